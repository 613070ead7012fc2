"""When registrations leave for Zoom: the first at once, those behind it together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.gathering_requests import BATCH, gather

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=2)


def people(count: int, age: float = 0.0) -> list[tuple[int, datetime]]:
    """So many, the oldest of whom came ``age`` seconds ago."""
    return [(number, NOW - timedelta(seconds=age)) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "age", "last_ago", "groups", "waiting"),
    [
        pytest.param(0, 0, None, [], 0, id="nobody"),
        pytest.param(1, 0, None, [1], 0, id="a lone first one goes at once"),
        pytest.param(1, 0, 60, [1], 0, id="and so does one after a quiet minute"),
        pytest.param(1, 0, 1, [], 1, id="right behind another it waits for company"),
        pytest.param(1, 2, 1, [1], 0, id="for a moment only"),
        pytest.param(5, 0, None, [], 5, id="several at once wait for more"),
        pytest.param(5, 2, None, [5], 0, id="until the oldest waited long enough"),
        pytest.param(30, 0, None, [30], 0, id="thirty never wait"),
        pytest.param(45, 0, None, [30], 15, id="the rest of them does"),
        pytest.param(45, 3, None, [30, 15], 0, id="until it is late enough"),
        pytest.param(2000, 9, None, [30] * 66 + [20], 0, id="two thousand: 67 calls"),
    ],
)
def test_who_leaves_now(
    count: int, age: float, last_ago: float | None, groups: list[int], waiting: int
) -> None:
    last = None if last_ago is None else NOW - timedelta(seconds=last_ago)
    departure = gather(people(count, age), last_sent_at=last, now=NOW, patience=PATIENCE)
    assert [len(group) for group in departure.leaving] == groups
    assert len(departure.waiting) == waiting
    together = [one for group in departure.leaving for one in group] + list(departure.waiting)
    assert together == list(range(count))
    assert (departure.until is None) == (waiting == 0)


def test_those_who_wait_leave_when_the_oldest_of_them_has_waited_long_enough() -> None:
    mixed = [(number, NOW - timedelta(seconds=1)) for number in range(BATCH + 1)]
    mixed.append((99, NOW))
    departure = gather(mixed, last_sent_at=None, now=NOW, patience=PATIENCE)
    assert departure.waiting == (BATCH, 99)
    assert departure.until == NOW + timedelta(seconds=1)
