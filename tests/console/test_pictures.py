"""Where lines and bars of the pictures stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from console.pictures import (
    FLOOR,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    draw_funnel,
    draw_rooms,
    draw_shares,
    draw_stays,
    round_up,
)

START = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("value", "top"), [(0, 2), (2, 2), (3, 4), (10, 10), (11, 20), (5941, 6000), (10_001, 20_000)]
)
def test_a_scale_ends_at_a_round_number_with_a_half(value: float, top: int) -> None:
    assert round_up(value) == top


def test_rooms_stand_on_one_clock_in_the_portals_zone_with_a_gap_between() -> None:
    rooms: list[dict[str, Any]] = [
        {
            "start_time": minutes(begin),
            "end_time": minutes(end),
            "peak": people,
            "points": [{"at": minutes((begin + end) / 2), "people": people}],
        }
        for begin, end, people in ((0, 20, 4), (40, 60, 2))
    ]
    picture = draw_rooms(rooms, BERLIN)
    assert picture is not None
    first, second = picture.curves
    width = WIDTH - LEFT - RIGHT
    assert first.line.startswith(f"{float(LEFT)},{float(TOP)} ")
    assert second.line.startswith(f"{round(LEFT + width * 40 / 60, 1)},")
    assert second.line.endswith(f"{float(WIDTH - RIGHT)},{(FLOOR + TOP) / 2}")
    assert [tick.text for tick in picture.people] == ["0", "2", "4"]
    assert [tick.text for tick in picture.hours][:2] == ["17:00", "17:10"]
    assert draw_rooms([], BERLIN) is None


def test_the_funnels_longest_step_is_the_measure() -> None:
    bars = draw_funnel({"registered": 0, "attended": 8, "stayed": 2, "stayed_percent": 75})
    assert [bar.value for bar in bars] == ["0", "8", "2"]
    assert bars[0].width == 0
    assert bars[2].width * 4 == bars[1].width


def test_a_date_nobody_registered_for_has_no_bar_and_says_so() -> None:
    dates = [
        {"percent": None, "start_time": None, "settled": False},
        {"percent": 50.0, "start_time": START, "settled": True},
    ]
    none, half = draw_shares(dates, BERLIN)
    assert (none.height, none.value, none.is_faint) == (0, "–", True)
    assert (half.height, half.label, half.value) == ((FLOOR - TOP) / 2, "18 Nov", "50 %")


@pytest.mark.parametrize(
    ("joined", "left", "spans"),
    [
        (15, 30, ((25.0, 25.0),)),
        (-10, 70, ((0.0, 100.0),)),
        (45, None, ((75.0, 25.0),)),
        (61, 90, ()),
        (10, 10.05, ((16.67, 0.5),)),
    ],
    ids=["inside", "early and late", "no end", "after the end", "a moment"],
)
def test_a_stay_lies_within_its_session(joined: float, left: float | None, spans: Any) -> None:
    stay = {"joined_at": minutes(joined), "left_at": None if left is None else minutes(left)}
    session = {"start_time": START, "end_time": minutes(60), "stays": [stay]}
    assert draw_stays(session) == spans
    assert draw_stays({**session, "end_time": None}) == ()
