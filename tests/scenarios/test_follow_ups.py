"""A plugin's follow-ups: run once for each person, beside the sync, and in the way of nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

import jobs.follow_ups
from jobs.guard import Guard
from plugins.registry import Registry
from rollcall import Attendance, Effect, FollowUp
from rollcall.errors import Permanent
from store.database import writing
from store.tables import effect
from tests.rollcall.values import plugin
from tests.scenarios.door import open_doors
from tests.scenarios.stage import Stage, set_stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, REX, NEVER = "ada@northquay.example", "rex@lowmoor.example", "never@lowmoor.example"
Stages = Callable[[str], tuple[Stage, Path]]


def record(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Note the call."""
    with Path(arguments["to"]).open("a") as log:
        log.write(arguments["who"] + "\n")


def raises(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Note the call and fail."""
    record(arguments, settings)
    raise ValueError("ada@northquay.example is not to be told")


def refuses(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Note the call and give up."""
    record(arguments, settings)
    raise Permanent("the channel is archived")


def hangs(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Note the call and never return."""
    record(arguments, settings)
    time.sleep(3600)


def dies(arguments: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Note the call and take the process down."""
    record(arguments, settings)
    os._exit(7)


@pytest.fixture
def stages(
    brisk: None,
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
    registry: Registry,
    tmp_path: Path,
) -> Iterator[Stages]:
    """A stage whose partner wants this function run for everybody who came, and what it noted."""
    with ExitStack() as stack:

        def begin(function: str) -> tuple[Stage, Path]:
            log = tmp_path / "calls"
            log.touch()

            def wants(attendance: Attendance) -> list[Effect]:
                arguments = {"to": str(log), "who": attendance.person.email}
                return [FollowUp(f"{__name__}:{function}", arguments)]

            both = Registry((*registry.plugins, plugin("partner", on_attendance=wants)))
            guard = stack.enter_context(Guard.start(both, follow_up=0.3))
            return stack.enter_context(
                set_stage(simulator_base, sqlite_url, redis_url, guard, both)
            ), log

        yield begin


def hold(stage: Stage, **settings: Any) -> Webinar:
    """A settled webinar of three, one of whom never came."""
    webinar = plan_webinar(stage)
    webinar.register(ADA, REX, NEVER)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, 1800]]})
    connect(stage, **settings)
    stage.pass_time()
    return webinar


def let_hours_pass(stage: Stage) -> None:
    """Have everything tried again as often as it is going to be."""
    for _ in range(6):
        stage.late_by += timedelta(hours=1)
        stage.work()


def test_a_follow_up_runs_once_for_each_person_and_never_in_a_dry_run(stages: Stages) -> None:
    stage, log = stages("record")
    webinar = hold(stage, plugins={"partner": {"enabled": False}})
    with open_doors(stage) as doors:
        asked = {"dry_run": True, "settings": {"plugins": {"partner": {"enabled": True}}}}
        run_id = doors.api("POST", f"/webinars/{webinar.webinar_id}/sync", asked)["run_id"]
        stage.work()
        shown = [row["effect"] for row in doors.all(f"/runs/{run_id}/changes")]
    assert shown == ["follow_up"] * 2
    assert log.read_text() == ""
    stage.set(plugins={"partner": {"enabled": True}})
    stage.work()
    assert sorted(log.read_text().split()) == [ADA, REX]
    stage.sync_now()
    let_hours_pass(stage)
    assert sorted(log.read_text().split()) == [ADA, REX]
    assert set(webinar.outcomes().values()) == {"in_sync"}


@pytest.mark.parametrize(
    ("function", "tries", "words"),
    [
        ("raises", 5, "raised ValueError at test_follow_ups.py:"),
        ("refuses", 1, "the channel is archived"),
        ("hangs", 5, "gave no sign of life for 0.3 s"),
        ("dies", 5, "ended its process (exit code 7)"),
    ],
)
def test_a_follow_up_that_fails_is_tried_again_then_shown_and_keeps_nothing_else_back(
    stages: Stages, function: str, tries: int, words: str
) -> None:
    stage, log = stages(function)
    webinar = hold(stage)
    let_hours_pass(stage)
    assert sorted(log.read_text().split()) == [*[ADA] * tries, *[REX] * tries]
    assert webinar.outcomes()[ADA] == "failing: plugin_failed"
    assert webinar.outcomes()[NEVER] == "in_sync"
    row = webinar.people()[ADA]
    assert words in row["detail"]
    assert "not to be told" not in row["detail"]
    assert row["decided_by"] == "partner"
    assert webinar.states() == {ADA: "ATTENDED", REX: "ATTENDED", NEVER: "NO_SHOW"}


def test_a_worker_that_dies_before_it_noted_a_success_has_it_run_again(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, log = stages("record")

    class Killed(BaseException):
        """The end of the worker."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(jobs.follow_ups, "_note", die)
        hold(stage)
    once = log.read_text().split()
    let_hours_pass(stage)
    assert sorted(log.read_text().split()) == sorted([*once, ADA, REX])
    assert {
        row["state"] for row in stage.query(select(effect).where(effect.c.kind == "follow_up"))
    } == {"applied"}


def test_a_follow_up_of_a_plugin_that_was_switched_off_meanwhile_is_not_run(
    stages: Stages,
) -> None:
    stage, log = stages("record")
    hold(stage)
    stage.set(plugins={"partner": {"enabled": False}})
    with writing(stage.database) as connection:
        is_ours = effect.c.kind == "follow_up"
        connection.execute(update(effect).where(is_ours).values(state="planned"))
    before = log.read_text()
    jobs.follow_ups.run_follow_ups(stage.runtime)
    assert log.read_text() == before
    rows = stage.query(select(effect).where(effect.c.kind == "follow_up"))
    assert {row["state"] for row in rows} == {"withdrawn"}
