"""A slice holds its lease as long as it works, and stops when it no longer does."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine, RowMapping, select

from jobs.runtime import Runtime
from jobs.slices import LEASE_SECONDS, LeaseTaken, SliceOver, slice_under
from store.database import writing
from store.leases import LeaseLost, is_lease_held, take_lease
from store.tables import lease

NAME = "contacts:1001"
NEVER = float("inf")


class Clock:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = time.monotonic()

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("jobs.slices.time.monotonic", clock.monotonic)
    return clock


def until(database: Engine) -> int:
    """When the lease ends by the database's clock."""
    with writing(database) as to:
        return int(to.execute(select(lease.c.until_ms).where(lease.c.name == NAME)).scalar_one())


def let_it_run_out(database: Engine) -> None:
    with writing(database) as to:
        to.execute(lease.update().where(lease.c.name == NAME).values(until_ms=0))


def test_the_lease_is_held_inside_and_given_back_afterwards_whatever_happens(
    runtime: Runtime, run: RowMapping
) -> None:
    with pytest.raises(RuntimeError), slice_under(runtime, run, NAME, NEVER):
        assert is_lease_held(runtime.database, NAME)
        raise RuntimeError("a bug")
    assert not is_lease_held(runtime.database, NAME)


def test_what_somebody_else_works_on_is_left_alone(runtime: Runtime, run: RowMapping) -> None:
    take_lease(runtime.database, NAME, "another", seconds=60)
    with pytest.raises(LeaseTaken) as refused, slice_under(runtime, run, NAME, NEVER):
        pytest.fail("two at once")
    assert refused.value.retry_after == 0.5
    assert is_lease_held(runtime.database, NAME)


def test_long_work_renews_its_lease_before_it_ends(
    runtime: Runtime, run: RowMapping, clock: Clock
) -> None:
    with slice_under(runtime, run, NAME, NEVER) as slice_:
        let_it_run_out(runtime.database)
        slice_.keep()
        assert until(runtime.database) == 0, "too early to bother the database"
        clock.seconds += LEASE_SECONDS / 2
        slice_.keep()
        assert until(runtime.database) > 0


def test_whoever_lost_the_lease_is_told_and_does_not_end_the_new_holders(
    runtime: Runtime, run: RowMapping, clock: Clock
) -> None:
    with pytest.raises(LeaseLost), slice_under(runtime, run, NAME, NEVER) as slice_:
        let_it_run_out(runtime.database)
        assert take_lease(runtime.database, NAME, "another", seconds=60) is not None
        clock.seconds += LEASE_SECONDS / 2
        slice_.keep()
    assert is_lease_held(runtime.database, NAME)


def test_a_slice_ends_at_its_time_F15(runtime: Runtime, run: RowMapping, clock: Clock) -> None:
    with slice_under(runtime, run, NAME, clock.seconds + 30) as slice_:
        slice_.keep()
        clock.seconds += 30
        with pytest.raises(SliceOver) as over:
            slice_.keep()
    assert over.value.retry_after == 0.0


def test_P14_told_to_stop_a_slice_ends_at_the_next_step_F15(
    runtime: Runtime, run: RowMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.slices.is_told_to_stop", lambda: True)
    with slice_under(runtime, run, NAME, NEVER) as slice_, pytest.raises(SliceOver):
        slice_.keep()
    assert not is_lease_held(runtime.database, NAME)


def test_a_read_that_must_get_to_its_end_outlasts_the_slice_and_keeps_the_lease(
    runtime: Runtime, run: RowMapping, clock: Clock
) -> None:
    """A hundred pages of an event take longer than a slice, and begin at the first each time."""
    ends_at = clock.seconds + 30
    with slice_under(runtime, run, NAME, ends_at, is_to_yield=lambda: True) as slice_:
        let_it_run_out(runtime.database)
        with slice_.reading_through():
            for _ in range(10):
                clock.seconds += LEASE_SECONDS / 2
                slice_.keep()
        assert until(runtime.database) > 0
        with pytest.raises(SliceOver):
            slice_.keep()
