"""Who works for whom: every waiting customer gets a worker of their own, if there are as many."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from jobs.runtime import Runtime
from jobs.scheduler import count_work
from jobs.turns import Stint, seconds_until_ready, work_for_next_portal
from store.database import writing
from store.runs import Pool, open_run
from store.tables import portal
from store.webinar_facts import ensure_occurrence, ensure_webinar
from tests.jobs.conftest import NOW


def wait_in_line(database: Engine, count: int, first: int = 2000) -> None:
    """That many customers with a run that is ready, the first for the longest."""
    with writing(database) as to:
        for number in range(count):
            portal_id = str(first + number)
            row = {"portal_id": portal_id, "capabilities": {}, "created_at": NOW}
            to.execute(portal.insert().values(row))
            place = ensure_occurrence(to, ensure_webinar(to, portal_id, "acct", "95", {}), "")
            due = NOW - timedelta(minutes=count - number)
            open_run(to, occurrence_pk=place["id"], trigger="schedule", pool="bulk", now=due)


def test_a_worker_that_sees_more_than_it_can_do_calls_the_others(runtime: Runtime) -> None:
    wait_in_line(runtime.database, 3)
    called: list[tuple[str, int]] = []
    runtime = replace(runtime, call=lambda pool, workers: called.append((pool, workers)))
    served: list[str] = []

    def work(runtime: Runtime, portal_id: str, pool: Pool) -> None:
        served.append(portal_id)
        if len(served) < 4:
            work_for_next_portal(runtime, pool, work)

    assert work_for_next_portal(runtime, "bulk", work)
    assert served == ["2000", "2001", "2002"]
    assert called == [("bulk", 2), ("bulk", 1)]


def test_on_sqlite_no_more_portals_are_worked_for_at_once_than_write_without_waiting(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.runs.PLACES", 2)
    wait_in_line(runtime.database, 3)
    served: list[str] = []

    def work(runtime: Runtime, portal_id: str, pool: Pool) -> None:
        served.append(portal_id)
        if not work_for_next_portal(runtime, pool, work):
            assert seconds_until_ready(runtime, pool) is None
            assert count_work(runtime.database, NOW)["bulk"] == 0

    assert work_for_next_portal(runtime, "bulk", work)
    assert served == ["2000", "2001"]
    assert seconds_until_ready(runtime, "bulk") is not None


def test_what_somebody_else_does_keeps_no_worker_waiting(runtime: Runtime) -> None:
    """It would ask for it over and over."""
    wait_in_line(runtime.database, 1)
    assert seconds_until_ready(runtime, "bulk") == -60
    found: list[float | None] = []

    def work(runtime: Runtime, portal_id: str, pool: Pool) -> None:
        found.append(seconds_until_ready(runtime, "bulk"))

    work_for_next_portal(runtime, "bulk", work)
    assert found == [None]


def test_a_look_for_work_costs_the_same_however_many_wait(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.runs.PLACES", 100)
    statements: list[str] = []
    event.listen(
        runtime.database, "before_cursor_execute", lambda *given: statements.append(given[2])
    )

    def cost_of_looking() -> int:
        statements.clear()
        count_work(runtime.database, NOW)
        return len(statements)

    wait_in_line(runtime.database, 1)
    before = cost_of_looking()
    wait_in_line(runtime.database, 50, first=3000)
    assert count_work(runtime.database, NOW) == {"live": 0, "bulk": 51}
    assert cost_of_looking() == before


@pytest.mark.parametrize(
    ("seconds", "others", "is_over"),
    [(29, 0, False), (30, 0, True), (9, 1, False), (11, 1, True)],
    ids=["alone a whole slice", "and no more", "a fair turn", "and no more while others wait"],
)
def test_P6_a_turn_is_shorter_when_others_wait_for_a_worker_F31(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, seconds: float, others: int, is_over: bool
) -> None:
    moment = time.monotonic()
    wait_in_line(runtime.database, others)
    monkeypatch.setattr("jobs.turns.time.monotonic", lambda: moment)
    stint = Stint(runtime, "bulk")
    moment += seconds
    assert stint.is_over() is is_over


def test_what_a_long_read_brought_is_worked_on_before_others_are(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = time.monotonic()
    wait_in_line(runtime.database, 1)
    monkeypatch.setattr("jobs.turns.time.monotonic", lambda: moment)
    stint = Stint(runtime, "bulk")
    moment += 300
    stint.go_on()
    assert not stint.is_over()
    moment += 10
    assert stint.is_over()
