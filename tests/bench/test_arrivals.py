"""Single registrations in the benchmark: what is divided by what."""

from __future__ import annotations

import pytest

from bench.arrivals import Arrived, Pace, gaps_between


def test_delay_and_calls_of_a_pace_are_held_against_its_bounds() -> None:
    arrived = Arrived(Pace(1, 20.0, 4.0), [1.0] * 19 + [9.0], calls=30, flights=[0.0, 2.5, 4.5])
    delay, calls, gap = arrived.ratios()
    assert (delay.measured, delay.against, delay.holds) == (1.0, 4.0, True)
    assert calls.value == pytest.approx(0.5)
    assert gap.value == pytest.approx(1.0)


def test_one_flight_has_no_gap_and_breaks_no_rule() -> None:
    assert gaps_between([5.0]) == []
    assert Arrived(Pace(1, 1.0, 4.0), [1.0], calls=3, flights=[5.0]).ratios()[2].value == 1.0


def test_the_p95_says_when_one_of_ten_is_late() -> None:
    arrived = Arrived(Pace(1, 10.0, 4.0), [1.0] * 9 + [9.0], calls=9, flights=[])
    assert arrived.ratios()[0].holds is False
