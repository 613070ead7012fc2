"""Recordings while a platform is in trouble: nothing is made twice, and nobody else waits."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from store.database import writing
from store.tables import effect
from tests.scenarios.recorded import (
    MINUTES,
    calls,
    contact_ids,
    database_url,
    later,
    on_both_databases,
    play,
    shows_recording,
)
from tests.scenarios.stage import Stage

__all__ = ["database_url"]


def strike(stage: Stage, route: str, kind: str, times: int = 1, **more: Any) -> None:
    rule = {"platform": "hubspot", "method": "POST", "route_contains": route, "kind": kind}
    stage.simulator.call("POST", "/faults", rule | {"times": times} | more)


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("/calls", "lost_answer"),
        ("/calls", "refuse_before"),
        ("/transcripts", "lost_answer"),
        ("/associations/", "lost_answer"),
    ],
)
def test_B04_an_answer_that_never_came_makes_nothing_twice(
    stage: Stage, route: str, kind: str
) -> None:
    scene = play(stage, before=lambda stage, _: strike(stage, route, kind))
    later(stage)
    (call,) = calls(stage)
    assert shows_recording(stage) == (True, True)
    assert call["contacts"] == contact_ids(stage, scene, "attends", "rejoins")
    writes = stage.simulator.summary()["writes"]
    assert (writes["calls"], writes["transcripts"], writes["call_associations"]) == (1, 1, 2)


@on_both_databases
def test_B04_a_process_that_died_between_sending_and_answer_is_confirmed_by_search(
    stage: Stage,
) -> None:
    play(stage)
    with writing(stage.database) as connection:
        # As it stands in the ledger when the process that sent it dies before the answer.
        connection.execute(
            effect.update()
            .where(effect.c.kind == "call")
            .values(state="sending", fence=0, remote_id="", applied_hash="", applied=None)
        )
    stage.sync_now()
    stage.work()
    assert len(calls(stage)) == 1
    later(stage)
    assert len(calls(stage)) == 1
    assert shows_recording(stage) == (True, True)
    (row,) = stage.query(select(effect).where(effect.c.kind == "call"))
    assert (row["state"], row["remote_id"]) == ("applied", calls(stage)[0]["id"])


@pytest.mark.parametrize(
    ("platform", "route"),
    [("zoom", "/recordings"), ("zoom", "/rec/download/"), ("hubspot", "/calls")],
    ids=["Zoom's list", "Zoom's file", "HubSpot's call records"],
)
def test_a_platform_in_trouble_with_recordings_does_not_hold_the_people_up(
    stage: Stage, platform: str, route: str
) -> None:
    trouble = {"kind": "status", "status": 503, "times": 3}
    rule = {"platform": platform, "route_contains": route, **trouble}
    scene = play(stage, before=lambda stage, _: stage.simulator.call("POST", "/faults", rule))
    assert stage.simulator.summary()["writes"]["attended"] == 2
    (struck,) = stage.simulator.call("GET", "/faults")["faults"]
    assert struck["struck"] > 0
    stage.simulator.call("DELETE", "/faults")
    later(stage, 2 * MINUTES)
    assert shows_recording(stage) == (True, True)
    assert calls(stage)[0]["contacts"] == contact_ids(stage, scene, "attends", "rejoins")


def test_a_refused_call_record_is_no_reason_to_stop_the_people(stage: Stage) -> None:
    refusal = {"status": 400, "body": {"message": "no", "category": "VALIDATION_ERROR"}}
    play(stage, before=lambda stage, _: strike(stage, "/calls", "status", **refusal))
    assert calls(stage) == []
    assert stage.simulator.summary()["writes"]["attended"] == 2
