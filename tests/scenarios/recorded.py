"""A customer who wants recordings, a webinar that was recorded, and what HubSpot holds of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.database import reading
from store.recording_facts import recordings_of
from store.tables import occurrence
from tests.scenarios.stage import PORTAL, Stage

TRANSCRIPT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\nHanna Host: Welcome, everybody.\n"
MINUTES = timedelta(minutes=5)

on_both_databases = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: SQLite, unless the test names another one."""
    name = getattr(request, "param", "sqlite")
    url: str = request.getfixturevalue("sqlite_url" if name == "sqlite" else "postgres_url")
    return url


Prepare = Callable[[Stage, dict[str, Any]], None]


def begin(
    stage: Stage, *, recorded: bool = True, before: Prepare | None = None, **settings: Any
) -> dict[str, Any]:
    """A webinar of five people took place at a customer's who wants recordings.

    ``before`` is what happens before the customer installs.
    """
    scene = stage.simulator.scene("small", silent=True, recording=recorded)
    if before is not None:
        before(stage, scene)
    stage.install(scene["account_id"])
    wanted = {"webinar_sync": "all", "recording_sync": "all"} | scene["settings"] | settings
    stage.set(**wanted)
    stage.work()
    return scene


def play(stage: Stage, **options: Any) -> dict[str, Any]:
    """The same, synced to its last delay."""
    scene = begin(stage, **options)
    later(stage)
    return scene


def later(stage: Stage, by: timedelta = MINUTES) -> None:
    """Let time pass, and what is due then be done."""
    stage.late_by += by
    stage.work()


def read_twice(stage: Stage) -> None:
    """Press Sync now, and let the read that confirms an absence follow."""
    stage.sync_now()
    stage.work()
    later(stage)


def change(stage: Stage, scene: dict[str, Any], what: str, session: int = 1, **body: Any) -> None:
    """Something befalls the recording of a session."""
    path = f"/zoom/webinars/{scene['webinar_id']}/instances/{session}/recording"
    stage.simulator.call("POST", f"{path}/{what}" if what else path, body)


def calls(stage: Stage) -> list[dict[str, Any]]:
    """The call records of the portal."""
    answer = stage.simulator.call("GET", f"/hubspot/portals/{PORTAL}/calls")
    return list(answer["results"])


def shows_recording(stage: Stage) -> tuple[bool, bool]:
    """Whether the one call record has a link, and whether it has a transcript."""
    (call,) = calls(stage)
    return "/rec/share/" in call["properties"].get("hs_call_body", ""), bool(call["transcript"])


def contact_ids(stage: Stage, scene: dict[str, Any], *kinds: str) -> list[str]:
    contacts = stage.simulator.contacts()
    return sorted(contacts[scene["people"][kind]]["id"] for kind in kinds)


def event_description(stage: Stage) -> str | None:
    """What the marketing event says."""
    answer = stage.simulator.call("GET", f"/hubspot/portals/{PORTAL}/marketing-events")
    (event,) = answer["results"]
    description: str | None = event.get("eventDescription")
    return description


def remembered(stage: Stage) -> list[tuple[str, str]]:
    """State of recording and transcript as Rollcall has them."""
    pks = [row["id"] for row in stage.query(select(occurrence.c.id))]
    with reading(stage.database) as connection:
        found = recordings_of(connection, pks)
    return [
        (one.state.state, one.state.transcript_state) for rows in found.values() for one in rows
    ]


def set_global(stage: Stage, is_on: bool) -> None:
    stage.set(recording_sync="all" if is_on else "none")


def nobody_came(stage: Stage, **settings: Any) -> dict[str, Any]:
    """A recorded webinar without a single participant."""
    scene = stage.simulator.scene("small", silent=True, play=False)
    stage.simulator.call(
        "POST",
        f"/zoom/webinars/{scene['webinar_id']}/play",
        {"start_time": -3600, "end_time": 0, "participants": [], "silent": True},
    )
    change(stage, scene, "", complete=True)
    stage.install(scene["account_id"])
    stage.set(webinar_sync="all", recording_sync="all", **settings)
    stage.work()
    later(stage)
    return scene
