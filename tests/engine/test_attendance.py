"""B5, B19: how long each person was there, to the second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.attendance import (
    Instance,
    Presence,
    Session,
    percent_attended,
    total_seconds,
    unite,
)

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def instance(start: float, end: float, uuid: str = "one") -> Instance:
    return Instance(uuid, at(start), at(end))


def row(
    join: float,
    leave: float | None,
    *,
    seconds: int | None = None,
    who: str = "ada",
    uuid: str = "one",
    waiting: bool = False,
) -> Session:
    return Session(who, uuid, at(join), None if leave is None else at(leave), seconds, waiting)


HOUR = [instance(0, 60)]
DROPPED = [instance(0, 20, "one"), instance(28, 60, "two")]  # the host was gone for 8 minutes

GOLDEN = [
    # name, instances, rows, minutes, percent, first join, last leave, joins
    ("the whole webinar", HOUR, [row(0, 60)], 60, 100.0, 0, 60, 1),
    ("part of it", HOUR, [row(6, 51)], 45, 75.0, 6, 51, 1),
    ("in the practice session too", HOUR, [row(-15, 30)], 30, 50.0, 0, 30, 1),
    ("stayed after the end", HOUR, [row(30, 75)], 30, 50.0, 30, 60, 1),
    ("a rejoin", HOUR, [row(0, 15), row(30, 45)], 30, 50.0, 0, 45, 2),
    ("two overlapping devices", HOUR, [row(0, 40), row(10, 30)], 40, 2 / 3 * 100, 0, 40, 2),
    ("devices one after the other", HOUR, [row(0, 30), row(20, 60)], 60, 100.0, 0, 60, 2),
    ("touching sessions", HOUR, [row(0, 30), row(30, 45)], 45, 75.0, 0, 45, 2),
    ("a late click after the end", HOUR, [row(0, 30), row(70, 71)], 30, 50.0, 0, 30, 2),
    ("only a late click", HOUR, [row(70, 71)], 0, 0.0, None, None, 1),
    ("zero seconds", HOUR, [row(10, 10, seconds=0)], 0, 0.0, 10, 10, 1),
    ("left before joining", HOUR, [row(10, 9)], 0, 0.0, None, None, 1),
    ("no leave but a duration", HOUR, [row(10, None, seconds=900)], 15, 25.0, 10, 25, 1),
    ("no leave, no duration", HOUR, [row(45, None)], 15, 25.0, 45, 60, 1),
    ("no leave, zero duration", HOUR, [row(45, None, seconds=0)], 15, 25.0, 45, 60, 1),
    ("a duration past the end", HOUR, [row(45, None, seconds=7200)], 15, 25.0, 45, 60, 1),
    ("the waiting room", HOUR, [row(0, 10, waiting=True), row(10, 40)], 30, 50.0, 10, 40, 1),
    ("only the waiting room", HOUR, [row(0, 10, waiting=True)], 0, 0.0, None, None, 0),
    (
        "host drop of 8 minutes, came back",
        DROPPED,
        [row(0, 20, uuid="one"), row(28, 60, uuid="two")],
        *(52, 100.0, 0, 60, 2),
    ),
    (
        "host drop of 8 minutes, did not come back",
        DROPPED,
        [row(0, 20, uuid="one")],
        *(20, 20 / 52 * 100, 0, 20, 1),
    ),
    (
        "host drop, a row that says more than its instance",
        DROPPED,
        [row(0, 60, uuid="one")],
        *(20, 20 / 52 * 100, 0, 20, 1),
    ),
    (
        "a rehearsal that is not counted",
        HOUR,
        [row(5, 35, uuid="rehearsal")],
        0,
        0.0,
        None,
        None,
        0,
    ),
]


@pytest.mark.parametrize(
    ("instances", "rows", "minutes", "percent", "first", "last", "joins"),
    [pytest.param(*case[1:], id=f"B5 {case[0]}") for case in GOLDEN],
)
def test_B5_golden_cases(
    instances: Sequence[Instance],
    rows: Sequence[Session],
    minutes: int,
    percent: float,
    first: float | None,
    last: float | None,
    joins: int,
) -> None:
    (presence,) = unite(rows, instances)
    assert presence == Presence(
        "ada",
        minutes * 60,
        None if first is None else at(first),
        None if last is None else at(last),
        joins,
    )
    length = total_seconds(instances)
    assert percent_attended(presence.seconds, length) == pytest.approx(percent)


def test_B5_weeks_of_a_series_are_counted_apart() -> None:
    week = 7 * 24 * 60
    weeks = [[instance(n * week, n * week + 60, f"week {n}")] for n in range(3)]
    rows = [row(0, 60, uuid="week 0"), row(2 * week, 2 * week + 30, uuid="week 2")]
    assert [[one.seconds for one in unite(rows, instances)] for instances in weeks] == [
        [3600],
        [0],
        [1800],
    ]


def test_B19_everybody_in_the_report_comes_out_once_and_same_names_stay_apart() -> None:
    rows = [row(0, 10, who="a"), row(5, 20, who="a"), row(0, 30, who="b"), row(0, 1, who="c")]
    assert [(one.identity, one.seconds) for one in unite(rows, HOUR)] == [
        ("a", 1200),
        ("b", 1800),
        ("c", 60),
    ]


def test_an_identity_that_comes_back_is_refused() -> None:
    with pytest.raises(ValueError, match="not sorted"):
        list(unite([row(0, 1, who="a"), row(0, 1, who="b"), row(2, 3, who="a")], HOUR))


def test_rows_are_taken_one_person_at_a_time() -> None:
    taken: list[str] = []

    def rows() -> object:
        for who in "abc":
            taken.append(who)
            yield row(0, 30, who=who)

    presences = unite(rows(), HOUR)  # type: ignore[arg-type]
    assert next(presences).identity == "a"
    assert taken == ["a", "b"]


@pytest.mark.parametrize(
    ("seconds", "length", "percent"), [(0, 0, 0.0), (10, 0, 0.0), (4000, 3600, 100.0)]
)
def test_percent_stays_between_0_and_100(seconds: int, length: int, percent: float) -> None:
    assert percent_attended(seconds, length) == percent


minutes = st.integers(-30, 100)


@given(st.lists(st.tuples(minutes, minutes, st.booleans()), min_size=1))
def test_B5_united_time_is_the_minutes_somebody_was_there(
    joins: list[tuple[int, int, bool]],
) -> None:
    """Against a count, minute by minute, that knows nothing of intervals."""
    rows = [row(join, leave, uuid="two" if second else "one") for join, leave, second in joins]
    (presence,) = unite(rows, DROPPED)
    there = {
        minute
        for minute in range(60)
        for join, leave, second in joins
        if join <= minute < leave and (28 <= minute < 60 if second else minute < 20)
    }
    assert presence.seconds == 60 * len(there)
    assert presence.joins == len(rows)
