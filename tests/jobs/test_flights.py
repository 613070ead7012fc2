"""Calls side by side: never too many, each settled, and an error leaves none of them unsettled."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import RowMapping

from clients.errors import BudgetExhausted, Rejected, Unavailable, Unconfirmed
from jobs.flights import IN_FLIGHT, LEAVE_TOGETHER, Flights
from jobs.runtime import Runtime
from jobs.slices import Slice, SliceOver, slice_under
from tests.jobs.conftest import CountingPlatforms

Batch = list[int]
Landed = Sequence[tuple[Batch, int | Exception]]


@pytest.fixture
def slice_(runtime: Runtime, run: RowMapping) -> Iterator[Slice]:
    with slice_under(runtime, run, "contacts:1001", ends_at=float("inf")) as held:
        yield held


class Tower:
    """Notes what departs and lands; ``faults`` says what befalls the batch that begins so."""

    def __init__(self, slice_: Slice, faults: dict[int, Exception] | None = None) -> None:
        self.faults = faults or {}
        self.departed: list[Batch] = []
        self.landed: list[tuple[Batch, Any]] = []
        self.flights = Flights[Batch, int](
            slice_, send=self.send, land=self.land, depart=self.departed.extend
        )

    def send(self, batch: Batch) -> int:
        if batch[0] in self.faults:
            raise self.faults[batch[0]]
        return sum(batch)

    def land(self, landed: Landed) -> list[Batch]:
        self.landed += landed
        refused = [b for b, answer in landed if isinstance(answer, Rejected) and len(b) > 1]
        return [half for b in refused for half in (b[: len(b) // 2], b[len(b) // 2 :])]


def test_every_batch_departs_and_lands_once_with_a_permit_each(
    slice_: Slice, platforms: CountingPlatforms
) -> None:
    tower = Tower(slice_)
    tower.flights.fly([[number] for number in range(30)])
    assert sorted(batch for batch, _ in tower.landed) == [[number] for number in range(30)]
    assert tower.departed == [[number] for number in range(30)]
    assert platforms.permits == 30


def test_no_more_than_eight_are_in_the_air(slice_: Slice) -> None:
    tower = Tower(slice_)
    aloft, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(IN_FLIGHT)

    def send(batch: Batch) -> int:
        nonlocal aloft, most
        with lock:
            aloft += 1
            most = max(most, aloft)
        if batch[0] < IN_FLIGHT:
            full.wait(timeout=10)  # all eight at once, or this breaks
        with lock:
            aloft -= 1
        return 0

    Flights[Batch, int](slice_, send=send, land=tower.land).fly([[n] for n in range(20)])
    assert most == IN_FLIGHT
    assert len(tower.landed) == 20


def test_a_refused_batch_is_halved_until_the_one_to_blame_stands_alone_F24(slice_: Slice) -> None:
    tower = Tower(slice_)
    tower.send = lambda batch: _refuse(batch)  # type: ignore[method-assign]
    tower.flights = Flights[Batch, int](slice_, send=tower.send, land=tower.land)
    tower.flights.fly([list(range(8))])
    refused = [batch for batch, answer in tower.landed if isinstance(answer, Rejected)]
    assert refused[-1] == [5]
    done = sorted(n for batch, answer in tower.landed if answer == 0 for n in batch)
    assert done == [0, 1, 2, 3, 4, 6, 7]


def _refuse(batch: Batch) -> int:
    if 5 in batch:
        raise Rejected("the fifth")
    return 0


@pytest.mark.parametrize(
    "error", [Unavailable("down"), Unconfirmed("lost")], ids=["certain", "uncertain"]
)
def test_an_error_stops_departures_and_lands_everything_in_the_air(
    slice_: Slice, error: Exception
) -> None:
    """Several calls fail alike when HubSpot is down: all of them are settled, one is told."""
    tower = Tower(slice_, dict.fromkeys(range(100), error))
    with pytest.raises(type(error)):
        tower.flights.fly([[number] for number in range(100)])
    assert sorted(batch for batch, _ in tower.landed) == sorted(tower.departed)
    assert len(tower.departed) <= 2 * IN_FLIGHT


def test_halves_of_a_refused_batch_do_not_leave_once_something_stopped(slice_: Slice) -> None:
    tower = Tower(slice_, {0: Unavailable("down"), 10: Rejected("one of them")})
    released = threading.Event()
    send = tower.send

    def in_turn(batch: Batch) -> int:
        if batch[0] == 10:
            released.wait(timeout=10)
        return send(batch)

    def land(landed: Landed) -> list[Batch]:
        released.set()
        return tower.land(landed)

    flights = Flights[Batch, int](slice_, send=in_turn, land=land, depart=tower.departed.extend)
    with pytest.raises(Unavailable):
        flights.fly([[0], [10, 11]])
    assert tower.departed == [[0], [10, 11]]
    assert [batch for batch, _ in tower.landed] == [[0], [10, 11]]


def test_without_a_permit_what_left_before_still_lands(
    slice_: Slice, platforms: CountingPlatforms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_the_third(portal_id: str, pool: str) -> None:
        platforms.permits += 1
        if platforms.permits == 3:
            raise BudgetExhausted("used up", retry_after=4.0)

    platforms.at_once = 0
    monkeypatch.setattr(platforms, "take_permit", refuse_the_third)
    tower = Tower(slice_)
    with pytest.raises(BudgetExhausted):
        tower.flights.fly([[number] for number in range(10)])
    assert sorted(batch for batch, _ in tower.landed) == [[0], [1]]


def test_what_leaves_and_comes_back_at_a_time_is_noted_at_a_time(slice_: Slice) -> None:
    tower = Tower(slice_)
    leaving, landing = [], []

    def depart(batches: Sequence[Batch]) -> None:
        leaving.append(len(batches))

    def land(landed: Landed) -> list[Batch]:
        landing.append(len(landed))
        return tower.land(landed)

    full = threading.Barrier(IN_FLIGHT)

    def send(batch: Batch) -> int:
        full.wait(timeout=10)
        return 0

    Flights[Batch, int](slice_, send=send, land=land, depart=depart).fly(
        [[number] for number in range(IN_FLIGHT)]
    )
    assert max(leaving) == LEAVE_TOGETHER
    assert sum(leaving) == IN_FLIGHT
    assert sum(landing) == IN_FLIGHT


def test_only_as_many_leave_together_as_there_are_permits_for(
    slice_: Slice, platforms: CountingPlatforms
) -> None:
    platforms.at_once = 1
    leaving = []

    def depart(batches: Sequence[Batch]) -> None:
        leaving.append(len(batches))

    tower = Tower(slice_)
    flights = Flights[Batch, int](slice_, send=tower.send, land=tower.land, depart=depart)
    flights.fly([[number] for number in range(IN_FLIGHT)])
    assert max(leaving) == 2
    assert sum(leaving) == platforms.permits == IN_FLIGHT


def test_a_slice_that_is_over_lets_nothing_leave(runtime: Runtime, run: RowMapping) -> None:
    with slice_under(runtime, run, "contacts:1001", ends_at=0.0) as over:
        tower = Tower(over)
        with pytest.raises(SliceOver):
            tower.flights.fly([[1]])
    assert tower.departed == []
