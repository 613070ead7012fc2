"""One process of a pool works for a portal, and the inbox is worked off a moment at a time."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from sqlalchemy import RowMapping, update

from jobs import drain, stopping, turns, work
from jobs.runtime import Runtime
from jobs.turns import work_for_next_portal
from store.database import writing
from store.inbox_work import close_deliveries
from store.leases import is_lease_held
from store.runs import Pool
from store.sealing import Sealer
from store.tables import lease
from tests.jobs.conftest import NOW, PORTAL
from tests.store.deliveries import record_delivery

LEASE = f"portal:{PORTAL}:live"


def test_P6_a_portal_that_hangs_past_its_lease_takes_no_second_worker_F31(
    runtime: Runtime, run: RowMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call may hang three times as long as the lease lasts."""
    found: list[bool] = []

    def hang(runtime: Runtime, portal_id: str, pool: Pool) -> None:
        with writing(runtime.database) as to:
            to.execute(update(lease).where(lease.c.name == LEASE).values(until_ms=0))
        deadline = time.monotonic() + 10
        while not is_lease_held(runtime.database, LEASE):
            assert time.monotonic() < deadline, "the lease was left to run out"
        found.append(work_for_next_portal(runtime, "live", hang))

    monkeypatch.setattr(turns, "LEASE_SECONDS", 0.2)
    assert work_for_next_portal(runtime, "live", hang)
    assert found == [False]
    assert not is_lease_held(runtime.database, LEASE)


def test_P6_whoever_arrives_during_a_flood_is_next_but_one_turn_F32(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealer = Sealer(["x" * 43 + "="])
    moment, merged = [0.0], list[str]()

    def arrive(number: int, account_id: str) -> None:
        with writing(runtime.database) as to:
            record_delivery(
                to, sealer, "zoom", f"{number:064x}", b"{}", account_id=account_id, now=NOW
            )

    def merge(runtime: Runtime, row: RowMapping, *, is_wary: bool) -> None:
        moment[0] += drain.TURN_SECONDS / 4
        merged.append(row["account_id"])
        with writing(runtime.database) as to:
            close_deliveries(to, [row["id"]], state="done")

    monkeypatch.setattr(drain, "_drain_one", merge)
    monkeypatch.setattr("jobs.drain.time.monotonic", lambda: moment[0])
    for number in range(50):
        arrive(number, "loud")
    assert 0 < drain.drain_inbox(runtime) < 10
    before = len(merged)
    arrive(99, "quiet")
    drain.drain_inbox(runtime)
    assert "quiet" in merged[before : before + 2]


def test_P14_a_job_told_to_stop_begins_nothing_more_F15(
    runtime: Runtime, run: RowMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under steady load a job would go on for two minutes, and be killed long before."""
    before = signal.getsignal(stopping.SIGNAL)
    told = threading.Event()
    monkeypatch.setattr(stopping, "_told", told)
    monkeypatch.setattr(work, "work_for_next_portal", lambda *_: pytest.fail("it goes on"))
    stopping.listen()
    try:
        os.kill(os.getpid(), stopping.SIGNAL)
        work.work_off(runtime, "bulk")
    finally:
        signal.signal(stopping.SIGNAL, before)
    assert told.is_set()
