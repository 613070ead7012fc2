"""Machines whose clocks are ten minutes off share the work; all of it is done, and done once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from jobs.scheduler import open_due_runs
from jobs.work import work_off
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, REX = "ada@northquay.example", "rex@northquay.example"


def work_by_clock_of(stage: Stage, skew: timedelta) -> None:
    """What a scheduler and a worker of a machine do whose clock is off."""
    runtime = replace(stage.runtime, clock=lambda: stage.now() + skew)
    open_due_runs(stage.database, runtime.clock())
    work_off(runtime, "live")
    work_off(runtime, "bulk")


def test_workers_whose_clocks_are_off_do_everything_once_F36(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    webinar.play({ADA: [[0, HOUR]]})
    connect(lone_stage)
    for _ in range(5):
        for minutes in (10, -10):
            work_by_clock_of(lone_stage, timedelta(minutes=minutes))
        lone_stage.late_by += timedelta(minutes=15)
    assert webinar.outcomes() == {ADA: "in_sync", REX: "in_sync"}
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    summary = lone_stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (2, 0)
    assert summary["writes"]["contacts_created"] == 2
