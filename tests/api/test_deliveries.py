"""Stored deliveries: found by state, event and time, and merged again on demand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from store.tables import inbox
from tests.api.conftest import NOW, OTHER_PORTAL, PORTAL, Calls, HubSpotCaller

STORED = [
    ("zoom", "zoom-account", "dead", "webinar.ended", b"sealed"),
    ("zoom", "zoom-account", "done", "webinar.ended", b"sealed"),
    ("hubspot", PORTAL, "dead", "contact.deletion", b"sealed"),
    ("hubspot", OTHER_PORTAL, "dead", "contact.deletion", b"sealed"),
    ("zoom", "zoom-account", "dead", "webinar.started", b"sealed"),
    ("zoom", "zoom-account", "ignored", "webinar.registration_created", b""),
    ("zoom", "zoom-account", "new", "webinar.ended", b"sealed"),
]
"""Rows 1 to 7: of the portal but for the fourth; what the sixth said was forgotten."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: the queries of these lists are plain ones."""
    return sqlite_url


@pytest.fixture(autouse=True)
def stored(engine: Engine) -> None:
    """The deliveries, an hour apart."""
    with engine.begin() as to:
        for number, (source, account, state, event, body) in enumerate(STORED, start=1):
            to.execute(
                inbox.insert().values(
                    source=source,
                    digest=str(number),
                    body=body,
                    received_at=NOW + timedelta(hours=number),
                    state=state,
                    event=event,
                    account_id=account,
                    attempts=9,
                    error="could not be read" if state == "dead" else "",
                )
            )


def merged_again(engine: Engine) -> list[int]:
    """Rows that wait to be merged, but for the one that waited before."""
    with engine.connect() as connection:
        waiting = select(inbox.c.id).where(inbox.c.state == "new", inbox.c.attempts == 0)
        return sorted(connection.execute(waiting).scalars())


def test_parked_deliveries_are_listed_without_their_bodies_P12(
    member: HubSpotCaller, stranger: HubSpotCaller
) -> None:
    rows = member.all("/api/dead-letters", limit=2)
    assert [row["id"] for row in rows] == ["1", "3", "5"]
    assert set(rows[0]) == {"id", "source", "event", "received_at", "attempts", "error"}
    assert [row["id"] for row in stranger.all("/api/dead-letters")] == ["4"]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, ["1", "2", "3", "5", "6", "7"]),
        ({"state": "done"}, ["2"]),
        ({"event": "webinar.ended"}, ["1", "2", "7"]),
        ({"event": "webinar.ended", "state": "dead"}, ["1"]),
        ({"since": "2026-03-10T17:00:00Z"}, ["5", "6", "7"]),
        ({"event": "webinar.nothing"}, []),
    ],
    ids=["all", "by state", "by event", "by both", "since a moment", "none"],
)
def test_every_delivery_is_found_page_by_page_P12(
    member: HubSpotCaller, which: dict[str, str], found: list[str]
) -> None:
    rows = member.all("/api/deliveries", limit=2, **which)
    assert [row["id"] for row in rows] == found
    for row in rows:
        assert "body" not in row
        assert row["replayable"] is (row["id"] != "6")


@pytest.mark.parametrize(
    "which", [{"state": "lost"}, {"since": "2026-03-10T17:00:00"}, {"since": "0001-01-01T00:00Z"}]
)
def test_a_filter_nothing_can_match_is_refused(
    member: HubSpotCaller, which: dict[str, str]
) -> None:
    answer = member.call("GET", "/api/deliveries", **which)
    assert answer.status_code == 400
    assert next(iter(which)) in answer.json["errors"][0]


@pytest.mark.parametrize(
    ("path", "status", "again"),
    [
        pytest.param("dead-letters/1", 202, [1], id="a parked one"),
        pytest.param("dead-letters/2", 202, [], id="one merged already, which stays"),
        pytest.param("deliveries/2", 202, [2], id="a merged one, on demand"),
        pytest.param("deliveries/7", 202, [7], id="a waiting one, at once"),
        pytest.param("deliveries/6", 410, [], id="a forgotten one"),
        pytest.param("dead-letters/6", 410, [], id="a forgotten one by the other name"),
        pytest.param("dead-letters/4", 404, [], id="another's"),
        pytest.param("deliveries/x", 404, [], id="no id"),
        pytest.param("deliveries/99", 404, [], id="an unknown one"),
    ],
)
def test_a_delivery_of_ones_own_is_merged_again_P12(
    admin: HubSpotCaller, engine: Engine, calls: Calls, path: str, status: int, again: list[int]
) -> None:
    for _ in range(2):
        answer = admin.call("POST", f"/api/{path}/replay")
        assert answer.status_code == status
        assert merged_again(engine) == again
    assert bool(calls.rung) is bool(again)
    if status != 202:
        assert answer.json["message"].endswith(".")


@pytest.mark.parametrize(
    ("path", "body", "again"),
    [
        ("/api/dead-letters/replay", None, [1, 3, 5]),
        ("/api/deliveries/replay", {"state": "done"}, [2]),
        ("/api/deliveries/replay", {"event": "webinar.ended"}, [1, 2, 7]),
        ("/api/deliveries/replay", {"since": "2026-03-10T16:30:00+00:00"}, [5, 7]),
    ],
    ids=["all parked ones", "all done ones", "an event", "since a moment"],
)
def test_many_are_merged_again_in_one_call_P12(
    admin: HubSpotCaller, engine: Engine, calls: Calls, path: str, body: Any, again: list[int]
) -> None:
    answer = admin.call("POST", path, body)
    assert (answer.status_code, answer.json) == (202, {"replayed": len(again)})
    assert merged_again(engine) == again
    assert calls.rung == ["live"]


def test_everything_at_once_has_to_be_asked_for(admin: HubSpotCaller, engine: Engine) -> None:
    answer = admin.call("POST", "/api/deliveries/replay", {})
    assert answer.status_code == 400
    assert "Say which" in answer.json["errors"][0]
    assert merged_again(engine) == []


@pytest.mark.parametrize(
    "path",
    ["dead-letters/1/replay", "deliveries/1/replay", "dead-letters/replay", "deliveries/replay"],
)
def test_only_a_super_admin_replays(member: HubSpotCaller, engine: Engine, path: str) -> None:
    answer = member.call("POST", f"/api/{path}", {"state": "dead"})
    assert answer.status_code == 403
    assert merged_again(engine) == []
