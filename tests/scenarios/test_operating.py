"""What operators do: follow a webhook through the logs, and go back to a copy of the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import make_url
from structlog.testing import capture_logs

from clients.limiter import declare_fresh
from tests.scenarios.door import open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, REX = "ada@northquay.example", "rex@northquay.example"


def test_a_webhook_is_followed_in_the_logs_to_the_calls_it_led_to(lone_stage: Stage) -> None:
    lone_stage.listen()
    webinar = plan_webinar(lone_stage, start_time=HOUR)
    connect(lone_stage)
    lone_stage.work()
    with (
        open_doors(lone_stage) as doors,
        capture_logs([structlog.contextvars.merge_contextvars]) as lines,
    ):
        doors.deliver(doors.notices())
        webinar.register(ADA)
        doors.deliver(doors.notices())
        lone_stage.pass_time(timedelta(minutes=1))
    stored = [line["delivery"] for line in lines if line["event"] == "delivery_stored"]
    (merged,) = [line for line in lines if line["event"] == "delivery_merged"]
    assert merged["delivery"] == stored[-1]
    calls = [line for line in lines if line["event"] == "call" and line.get("run") == merged["run"]]
    assert {"hubspot"} <= {call["platform"] for call in calls}
    assert any(call["route"].endswith("/batch/create") for call in calls)


def copy_to(stage: Stage, target: Path) -> None:
    """Copy the database as it is, while it is in use."""
    with closing(sqlite3.connect(str(make_url(stage.config.database_url).database))) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def go_back_to(stage: Stage, copy: Path) -> None:
    """Put the copy in the database's place, as an operator does with everything stopped."""
    stage.database.dispose()
    path = Path(str(make_url(stage.config.database_url).database))
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(copy.read_bytes())
    stage.redis.flushall()
    declare_fresh(stage.redis)


def test_going_back_to_a_copy_loses_nobody_and_makes_nothing_twice(
    lone_stage: Stage, tmp_path: Path
) -> None:
    webinar = plan_webinar(lone_stage)
    connect(lone_stage)
    webinar.register(ADA)
    lone_stage.pass_time(timedelta(minutes=5))
    copy_to(lone_stage, tmp_path / "copy.db")
    webinar.register(REX)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, HOUR]]})
    lone_stage.pass_time(timedelta(hours=2))
    written = lone_stage.simulator.summary()["writes"]
    assert webinar.states() == {ADA: "ATTENDED", REX: "ATTENDED"}

    go_back_to(lone_stage, tmp_path / "copy.db")
    lone_stage.sync_now()
    lone_stage.pass_time(timedelta(hours=2))

    assert webinar.states() == {ADA: "ATTENDED", REX: "ATTENDED"}
    assert webinar.outcomes() == {ADA: "in_sync", REX: "in_sync"}
    summary = lone_stage.simulator.summary()
    assert summary["duplicate_effects"] == 0
    assert summary["writes"]["contacts_created"] == written["contacts_created"]
