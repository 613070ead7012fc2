"""The scheduler makes a run of whatever is due, once, and wakes the pool it is for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, RowMapping, event, select

from jobs.queue import Doorbell, Unheard
from jobs.scheduler import open_due_runs, tick
from store.database import reading, writing
from store.leases import release_lease, take_lease
from store.runs import open_run
from store.tables import run
from store.webinar_facts import change_occurrence, find_occurrence
from tests.jobs.conftest import NOW

MINUTE = timedelta(minutes=1)


class Bell:
    """Notes which workers were called."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def call(self, pool: str, workers: int) -> None:
        self.rung += [pool] * workers


def make_due(
    database: Engine, place: RowMapping, due_at: datetime, read_at: datetime | None = None
) -> None:
    with writing(database) as to:
        change_occurrence(to, place["id"], next_due_at=due_at, next_read_at=read_at)


def runs(database: Engine) -> list[Any]:
    with reading(database) as connection:
        return list(connection.execute(select(run)).mappings())


def tick_once(database: Engine, owner: str = "me") -> list[str]:
    bell = Bell()
    tick(database, cast(Doorbell, bell), owner, lambda: NOW)
    return bell.rung


def test_what_is_due_becomes_one_run_and_is_due_no_longer(
    database: Engine, place: RowMapping
) -> None:
    make_due(database, place, NOW)
    assert open_due_runs(database, NOW) == 1
    assert open_due_runs(database, NOW) == 0
    (opened,) = runs(database)
    assert (opened["trigger"], opened["pool"], opened["must_read"]) == ("schedule", "bulk", False)
    with reading(database) as connection:
        assert find_occurrence(connection, place["id"])["next_due_at"] is None


def test_what_is_due_later_stays(database: Engine, place: RowMapping) -> None:
    make_due(database, place, NOW + MINUTE)
    assert open_due_runs(database, NOW) == 0
    assert runs(database) == []


def test_zoom_is_read_only_when_a_read_is_due(database: Engine, place: RowMapping) -> None:
    make_due(database, place, NOW, read_at=NOW + MINUTE)
    open_due_runs(database, NOW)
    make_due(database, place, NOW, read_at=NOW)
    open_due_runs(database, NOW)
    (opened,) = runs(database)
    assert opened["must_read"]


def test_a_run_that_waits_already_is_widened_and_not_doubled(
    database: Engine, place: RowMapping
) -> None:
    with writing(database) as to:
        open_run(to, occurrence_pk=place["id"], trigger="webhook", pool="live", now=NOW)
    make_due(database, place, NOW, read_at=NOW)
    open_due_runs(database, NOW)
    (opened,) = runs(database)
    assert (opened["pool"], opened["must_read"]) == ("live", True)


def test_a_tick_opens_the_run_and_rings_for_its_pool(database: Engine, place: RowMapping) -> None:
    make_due(database, place, NOW)
    assert tick_once(database) == ["bulk"]
    with writing(database) as to:
        open_run(to, occurrence_pk=place["id"], trigger="webhook", pool="live", now=NOW)
    assert tick_once(database) == ["live"]


def test_a_tick_says_whose_workers_it_could_not_ring_for_F13(
    database: Engine, place: RowMapping
) -> None:
    class Broken:
        def call(self, pool: str, workers: int) -> None:
            raise Unheard(pool)

    bell = cast(Doorbell, Broken())
    make_due(database, place, NOW)
    assert tick(database, bell, "me", lambda: NOW) == ["bulk"]
    with writing(database) as to:
        open_run(to, occurrence_pk=place["id"], trigger="webhook", pool="live", now=NOW)
    assert tick(database, bell, "me", lambda: NOW) == ["live"]


def test_nothing_to_do_rings_for_nobody_and_writes_nothing(
    database: Engine, place: RowMapping
) -> None:
    make_due(database, place, NOW + MINUTE)
    begun: list[str] = []
    event.listen(
        database, "begin", lambda to: begun.append(to.get_execution_options().get("sqlite_begin"))
    )
    assert tick_once(database) == []
    assert set(begun) == {"DEFERRED"}


def test_of_several_schedulers_one_ticks_at_a_time(database: Engine, place: RowMapping) -> None:
    make_due(database, place, NOW)
    held = take_lease(database, "scheduler", "another", seconds=60)
    assert held is not None
    assert tick_once(database) == []
    assert runs(database) == []
    release_lease(database, held)
    assert tick_once(database) == ["bulk"]
