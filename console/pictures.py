"""Pictures as numbers: where each line, bar and word stands; templates only draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WIDTH, HEIGHT = 480, 210
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 14, 30
FLOOR = HEIGHT - BOTTOM

_STEPS = (2, 4, 6, 8, 10)
_CLOCK_STEPS = tuple(timedelta(minutes=n) for n in (5, 10, 15, 30, 60, 120, 240, 480, 1440))


@dataclass(frozen=True, slots=True)
class Tick:
    """A word beside an axis, and where."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class RoomCurve:
    """The people in one session over time: a line, and what lies below it."""

    line: str
    area: str


@dataclass(frozen=True, slots=True)
class RoomPicture:
    """Who was in the room over time. Between two curves the webinar was down."""

    curves: tuple[RoomCurve, ...]
    hours: tuple[Tick, ...]
    people: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its label; ``is_faint``: what it stands for is not final."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    is_faint: bool = False


def draw_rooms(rooms: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> RoomPicture | None:
    """Sessions side by side on one clock; None without any."""
    if not rooms:
        return None
    start: datetime = min(room["start_time"] for room in rooms)
    end: datetime = max(room["end_time"] for room in rooms)
    top = round_up(max(room["peak"] for room in rooms))

    def x(at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ((at - start) / (end - start)), 1)

    def y(people: float) -> float:
        return round(FLOOR - (FLOOR - TOP) * people / top, 1)

    curves = []
    for room in rooms:
        line = [f"{x(one['at'])},{y(one['people'])}" for one in room["points"]]
        first, last = x(room["start_time"]), x(room["end_time"])
        if line:
            line = [f"{first},{line[0].split(',')[1]}", *line, f"{last},{line[-1].split(',')[1]}"]
        area = [f"{first},{FLOOR}", *line, f"{last},{FLOOR}"]
        curves.append(RoomCurve(" ".join(line), " ".join(area)))
    hours = tuple(Tick(x(at), at.astimezone(zone).strftime("%H:%M")) for at in _clock(start, end))
    people = tuple(Tick(y(n), f"{n:,}") for n in dict.fromkeys((0, top // 2, top)))
    return RoomPicture(tuple(curves), hours, people)


def _clock(start: datetime, end: datetime) -> list[datetime]:
    """Round moments from start to end, at most seven."""
    step = next((one for one in _CLOCK_STEPS if (end - start) / one <= 6), _CLOCK_STEPS[-1])
    seconds = step.total_seconds()
    first = -(-start.timestamp() // seconds) * seconds
    count = int((end.timestamp() - first) // seconds) + 1
    return [datetime.fromtimestamp(first + n * seconds, start.tzinfo) for n in range(count)]


def round_up(value: float) -> int:
    """The next of 2, 4, 6, 8, 10, 20, 40, … from there: the top of a scale."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= value:
                return step * size
        size *= 10


FUNNEL_ROW = 40
_FUNNEL_LEFT, _FUNNEL_ROOM = 128, 280


def draw_funnel(turnout: Mapping[str, int]) -> tuple[Bar, ...]:
    """Registered, attended, stayed: one bar each, the longest the full width."""
    rows = (
        ("Registered", turnout["registered"]),
        ("Attended", turnout["attended"]),
        (f"Stayed ≥ {turnout['stayed_percent']} %", turnout["stayed"]),
    )
    longest = max(max(count for _, count in rows), 1)
    return tuple(
        Bar(
            x=_FUNNEL_LEFT,
            y=6 + place * FUNNEL_ROW,
            width=round(_FUNNEL_ROOM * count / longest, 1),
            height=FUNNEL_ROW - 12,
            label=label,
            value=f"{count:,}",
        )
        for place, (label, count) in enumerate(rows)
    )


def draw_shares(dates: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> tuple[Bar, ...]:
    """The share of those registered who came, date by date, the oldest at the left."""
    room = WIDTH - LEFT - RIGHT
    step = room / max(len(dates), 8)
    bars = []
    for place, one in enumerate(dates):
        percent = min(one["percent"] or 0.0, 100.0)
        height = round((FLOOR - TOP) * percent / 100, 1)
        start = one["start_time"]
        bars.append(
            Bar(
                x=round(LEFT + place * step + step * 0.15, 1),
                y=FLOOR - height,
                width=round(step * 0.7, 1),
                height=height,
                label=f"{start.astimezone(zone):%-d %b}" if start else "",
                value="–" if one["percent"] is None else f"{percent:.0f} %",
                is_faint=not one["settled"],
            )
        )
    return tuple(bars)


def draw_stays(session: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    """When somebody was in a session: (from, width) in percent of its length."""
    start, end = session["start_time"], session["end_time"]
    if start is None or end is None or start >= end:
        return ()
    length = (end - start).total_seconds()
    spans = []
    for stay in session["stays"]:
        joined = max((stay["joined_at"] - start).total_seconds(), 0.0)
        left_at = stay["left_at"] or end
        left = min((left_at - start).total_seconds(), length)
        if left > joined:
            # Half a percent at least, so that it can be seen.
            width = max(100 * (left - joined) / length, 0.5)
            spans.append((round(100 * joined / length, 2), round(width, 2)))
    return tuple(spans)
