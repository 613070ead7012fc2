"""Everything Zoom ever told is merged again: nothing happens twice, and what was parked arrives."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

import jobs.registrations
from rollcall.errors import Permanent
from store.tables import inbox
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, add_webinar, connect, plan_webinar

GUESTS = [f"guest{number}@northquay.example" for number in range(110)]
CANCELLED, CAME = GUESTS[:20], GUESTS[20:70]
LATE = [f"late{number}@lowmoor.example" for number in range(30)]


def refuse(*_: Any) -> Any:
    raise Permanent("a registration of a form this version does not know")


def states(stage: Stage) -> Counter[str]:
    return Counter(row["state"] for row in stage.query(select(inbox.c.state)))


def replay(stage: Stage, doors: Doors, path: str, body: Any = None) -> int:
    """How many were merged again, once everything that follows from it is done."""
    replayed: int = doors.api("POST", path, body)["replayed"]
    stage.pass_time()
    assert states(stage)["new"] == 0
    return replayed


def test_all_done_ones_replayed_twice_add_nothing_and_parked_ones_arrive_once_F43_P12(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = plan_webinar(lone_stage)
    soon, called_off = (add_webinar(lone_stage, start_time=hours * HOUR) for hours in (40, 50))
    connect(lone_stage)
    held.register(*GUESTS)
    called_off.register(*GUESTS[:5])
    lone_stage.deliver(lone_stage.notices())
    lone_stage.work()
    told = len(lone_stage.notices())
    for email in CANCELLED:
        held.change(email, "cancel")
    held.play({email: [[0, HOUR]] for email in CAME})
    called_off.zoom("DELETE", "")
    lone_stage.deliver(lone_stage.notices()[told:])
    lone_stage.pass_time()
    done = states(lone_stage)["done"]
    assert done >= len(GUESTS) + len(CANCELLED) + 5
    assert Counter(held.states().values()) == {"CANCELLED": 20, "ATTENDED": 50, "NO_SHOW": 40}

    told = len(lone_stage.notices())
    soon.register(*LATE)
    with monkeypatch.context() as patched:
        patched.setattr(jobs.registrations, "merge_changes", refuse)
        lone_stage.deliver(lone_stage.notices()[told:])
        lone_stage.work()
    assert not set(LATE) & set(lone_stage.simulator.contacts())

    with open_doors(lone_stage) as doors:
        parked = doors.all("/dead-letters")
        assert len(parked) == len(LATE)
        assert "a form this version does not know" in parked[0]["error"]
        assert replay(lone_stage, doors, "/dead-letters/replay") == len(LATE)
        assert soon.states() == dict.fromkeys(LATE, "REGISTERED")
        assert called_off.events()["0"]["eventCancelled"]

        writes = lone_stage.simulator.writes()
        assert replay(lone_stage, doors, "/dead-letters/replay") == 0
        for _ in range(2):
            everything = replay(lone_stage, doors, "/deliveries/replay", {"state": "done"})
            assert everything == done + len(LATE)
            assert lone_stage.simulator.writes() == writes
    assert called_off.events()["0"]["eventCancelled"]
    summary = lone_stage.simulator.summary()
    assert summary["duplicate_effects"] == 0
    assert summary["contacts"] == summary["writes"]["contacts_created"] == len(GUESTS + LATE)
