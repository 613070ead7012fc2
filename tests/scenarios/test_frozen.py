"""A worker freezes with a call on its way, another takes over, and the first one wakes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select

from commands.trial import Process
from config import child_environment
from jobs.discovery import discover_due
from jobs.scheduler import open_due_runs
from store.database import writing
from store.tables import effect, lease
from tests.conftest import WaitUntil
from tests.scenarios.stage import Stage, environment
from tests.scenarios.webinar import HOUR, connect, plan_webinar

PEOPLE = ["ada@northquay.example", "rex@northquay.example"]


@contextmanager
def worker_beside(stage: Stage, log: Path) -> Iterator[Process]:
    """A worker process on the stage's database, which works off what is ready and ends."""
    redis_url = str(stage.config.redis_url)
    given = environment(stage.simulator.base, stage.config.database_url, redis_url)
    process = Process(["commands.workers", "bulk", "once"], child_environment(**given), log)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def let_leases_run_out(stage: Stage) -> None:
    """Half a minute passes on the database's clock."""
    with writing(stage.database) as connection:
        connection.execute(lease.update().values(until_ms=0))


def contact_rows(stage: Stage) -> list[dict[str, Any]]:
    rows = stage.query(select(effect).where(effect.c.kind == "contact").order_by(effect.c.id))
    return [dict(row) for row in rows]


@pytest.mark.slow
def test_a_worker_that_wakes_late_changes_nothing_here_or_in_hubspot_F11b(
    lone_stage: Stage, tmp_path: Path, wait_until: WaitUntil
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(*PEOPLE)
    webinar.play({PEOPLE[0]: [[0, HOUR]]})
    connect(lone_stage)
    discover_due(lone_stage.runtime)
    assert open_due_runs(lone_stage.database, lone_stage.now()) == 1
    # The call itself arrives late, when another process has done what it was to do.
    late = {"platform": "hubspot", "kind": "slow", "route_contains": "/contacts/batch/create"}
    lone_stage.simulator.call("POST", "/faults", {**late, "times": 1, "seconds": 3.0})

    with worker_beside(lone_stage, tmp_path / "worker.log") as worker:
        wait_until(
            lambda: {row["state"] for row in contact_rows(lone_stage)} == {"sending"},
            seconds=60,
            what="the batch to leave",
        )
        psutil.Process(worker.pid).suspend()
        let_leases_run_out(lone_stage)
        lone_stage.pass_time(timedelta(hours=2))
        assert webinar.outcomes() == dict.fromkeys(PEOPLE, "in_sync")
        taken_over = contact_rows(lone_stage)

        psutil.Process(worker.pid).resume()
        wait_until(lambda: not worker.is_running, seconds=60, what="the worker to end")

    assert contact_rows(lone_stage) == taken_over
    assert webinar.outcomes() == dict.fromkeys(PEOPLE, "in_sync")
    assert webinar.states() == {PEOPLE[0]: "ATTENDED", PEOPLE[1]: "NO_SHOW"}
    summary = lone_stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (2, 0)
    assert summary["writes"]["contacts_created"] == 2
