"""A webinar is replayed with changed rules while Zoom is away; withdrawn is what HubSpot allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, REX, RITA, RALF = (
    "ada@northquay.example",
    "rex@lowmoor.example",
    "rita@competitor.example",
    "ralf@competitor.example",
)


@pytest.fixture
def doors(lone_stage: Stage) -> Iterator[Doors]:
    """The API beside the stage."""
    with open_doors(lone_stage) as doors:
        yield doors


def run_of(doors: Doors, webinar: Webinar, **wanted: Any) -> dict[str, Any]:
    """The run that a wish of this kind comes to."""
    path = f"/webinars/{webinar.webinar_id}/sync"
    run_id = doors.api("POST", path, wanted)["run_id"]
    doors.stage.work()
    run: dict[str, Any] = doors.api("GET", f"/runs/{run_id}")
    assert run["state"] == "done", run
    return run


def zoom_calls(stage: Stage) -> int:
    return int(stage.simulator.call("GET", "/journal", platform="zoom")["total"])


def take_zoom_away(stage: Stage) -> None:
    gone = {"platform": "zoom", "kind": "status", "status": 503}
    stage.simulator.call("POST", "/faults", gone)


def begin(stage: Stage) -> Webinar:
    """A settled webinar; two of four people are excluded by their domain, one of whom came."""
    webinar = plan_webinar(stage)
    webinar.register(ADA, REX, RITA, RALF)
    webinar.play({ADA: [[0, HOUR]], RITA: [[0, 1800]]})
    connect(stage, excluded_contact_domains=["competitor.example"])
    stage.pass_time()
    return webinar


def test_B09_without_zoom_exactly_the_formerly_excluded_people_appear(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = begin(lone_stage)
    contacts = lone_stage.simulator.contacts()
    take_zoom_away(lone_stage)
    asked = zoom_calls(lone_stage)
    lone_stage.set(excluded_contact_domains=[])
    run = run_of(doors, webinar, replay=True)
    assert (run["replay"], run["message"]) == (True, "")
    assert zoom_calls(lone_stage) == asked
    assert set(lone_stage.simulator.contacts()) - set(contacts) == {RITA, RALF}
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW", RITA: "ATTENDED", RALF: "NO_SHOW"}
    writes = lone_stage.simulator.writes()
    run_of(doors, webinar, replay=True)
    assert lone_stage.simulator.writes() == writes
