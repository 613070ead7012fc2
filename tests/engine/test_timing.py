"""When Zoom is read again, when its figures are settled, and which occurrence a session is of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.timing import (
    REPORTS_KEPT,
    ReadResult,
    Slot,
    final_at,
    is_overdue,
    is_report_gone,
    is_settled,
    next_read_at,
    place_instance,
    scheduled_end,
)

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DELAYS = (5 * MINUTE, 30 * MINUTE, 3 * HOUR, 24 * HOUR, 72 * HOUR)


class TestNextRead:
    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            pytest.param(START - 10 * DAY, START - DAY, id="long before: from a day ahead"),
            pytest.param(START - DAY - MINUTE, START - DAY, id="just over a day before"),
            pytest.param(START - DAY, START - 23 * HOUR, id="a day before: hourly"),
            pytest.param(START - 90 * MINUTE, START - 30 * MINUTE, id="hourly until it begins"),
            pytest.param(
                START + 50 * MINUTE, END + DELAYS[0], id="before the end: the first delay"
            ),
            pytest.param(END, END + DELAYS[0], id="at the end: the first delay"),
            pytest.param(END + DELAYS[0], END + DELAYS[1], id="a read at a delay: the next one"),
            pytest.param(END + 6 * MINUTE, END + DELAYS[1], id="a late read: the next delay"),
            pytest.param(END + 4 * HOUR, END + DELAYS[3], id="delays slept through are left out"),
            pytest.param(END + 25 * HOUR, END + DELAYS[4], id="the last delay"),
            pytest.param(END + DELAYS[4], END + DELAYS[4] + DAY, id="overdue: daily"),
            pytest.param(END + 9 * DAY, END + 10 * DAY, id="and daily again"),
        ],
    )
    def test_unsettled_occurrences_are_read_at_each_delay_then_daily(
        self, now: datetime, expected: datetime
    ) -> None:
        found = next_read_at(now=now, starts_at=START, ends_at=END, delays=DELAYS, is_settled=False)
        assert found == expected

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            pytest.param(END + 40 * MINUTE, END + DELAYS[2], id="before the last delay it goes on"),
            pytest.param(END + 25 * HOUR, END + DELAYS[4], id="up to the last one"),
            pytest.param(END + DELAYS[4], None, id="after which nothing more is expected"),
        ],
    )
    def test_settled_occurrences_are_read_up_to_the_last_delay_for_corrections(
        self, now: datetime, expected: datetime | None
    ) -> None:
        found = next_read_at(now=now, starts_at=START, ends_at=END, delays=DELAYS, is_settled=True)
        assert found == expected

    def test_Q8_a_report_zoom_no_longer_keeps_is_not_asked_for_every_day(self) -> None:
        last, over = END + REPORTS_KEPT, END + REPORTS_KEPT + MINUTE
        moments = [
            next_read_at(now=now, starts_at=START, ends_at=END, delays=DELAYS, is_settled=False)
            for now in (last, over)
        ]
        assert moments == [last + DAY, None]
        assert (is_report_gone(END, last), is_report_gone(END, over)) == (False, True)
        assert not is_report_gone(None, over)

    def test_without_a_fixed_time_it_is_read_daily(self) -> None:
        found = next_read_at(
            now=START, starts_at=None, ends_at=None, delays=DELAYS, is_settled=False
        )
        assert found == START + DAY

    @pytest.mark.parametrize(
        ("now", "settled", "expected"),
        [
            pytest.param(START - 5 * DAY, False, START - 5 * DAY + DELAYS[0], id="long before"),
            pytest.param(END + DELAYS[4], True, END + DELAYS[4] + DELAYS[0], id="after everything"),
            pytest.param(END - MINUTE, False, END + 4 * MINUTE, id="a little sooner than regular"),
            pytest.param(
                END + DELAYS[0] - MINUTE, False, END + DELAYS[0], id="the regular one is sooner"
            ),
        ],
    )
    def test_what_a_second_read_must_confirm_is_read_again_soon(
        self, now: datetime, settled: bool, expected: datetime
    ) -> None:
        found = next_read_at(
            now=now,
            starts_at=START,
            ends_at=END,
            delays=DELAYS,
            is_settled=settled,
            has_doubts=True,
        )
        assert found == expected

    @given(
        now=st.integers(-20 * 1440, 20 * 1440).map(lambda minutes: START + minutes * MINUTE),
        settled=st.booleans(),
        doubts=st.booleans(),
    )
    def test_the_next_read_is_always_ahead(
        self, now: datetime, settled: bool, doubts: bool
    ) -> None:
        found = next_read_at(
            now=now,
            starts_at=START,
            ends_at=END,
            delays=DELAYS,
            is_settled=settled,
            has_doubts=doubts,
        )
        assert found is None or found > now
        if not settled:
            assert found is not None

    def test_every_delay_is_read_when_each_read_is_on_time(self) -> None:
        now, reads = END, []
        while len(reads) < len(DELAYS):
            found = next_read_at(
                now=now, starts_at=START, ends_at=END, delays=DELAYS, is_settled=False
            )
            assert found is not None
            reads.append(found - END)
            now = found
        assert tuple(reads) == DELAYS


class TestSettled:
    @pytest.mark.parametrize(
        ("complete", "digest", "previous", "after_end", "scheduled", "settles"),
        [
            pytest.param(True, "a", "a", 30 * MINUTE, True, True, id="two complete reads agree"),
            pytest.param(True, "a", "b", 30 * MINUTE, True, False, id="they differ"),
            pytest.param(True, "a", "", 5 * MINUTE, True, False, id="the first read"),
            pytest.param(
                True, "a", "a", 30 * MINUTE, False, False, id="Sync now counts for nothing"
            ),
            pytest.param(False, "a", "a", 30 * MINUTE, True, False, id="incomplete"),
            pytest.param(True, "a", "b", 72 * HOUR, True, True, id="complete after the last delay"),
            pytest.param(True, "a", "", 72 * HOUR, True, True, id="even the only one"),
            pytest.param(True, "a", "b", 73 * HOUR, False, True, id="even by Sync now"),
            pytest.param(
                True, "a", "b", 71 * HOUR, False, False, id="but not before the last delay"
            ),
            pytest.param(False, "a", "a", 90 * HOUR, True, False, id="never while incomplete"),
        ],
    )
    def test_two_agreeing_reads_settle_or_one_after_the_last_delay(
        self,
        complete: bool,
        digest: str,
        previous: str,
        after_end: timedelta,
        scheduled: bool,
        settles: bool,
    ) -> None:
        found = is_settled(
            ReadResult(complete, digest),
            previous,
            ended_at=END,
            read_at=END + after_end,
            delays=DELAYS,
            is_scheduled=scheduled,
        )
        assert found is settles

    def test_final_is_the_last_delay_after_the_end(self) -> None:
        assert final_at(END, DELAYS) == END + 72 * HOUR

    def test_what_has_not_ended_has_no_final_moment(self) -> None:
        assert final_at(None, DELAYS) is None


class TestPlacing:
    WEEKLY = tuple(
        Slot(number, START + 7 * number * DAY, START + 7 * number * DAY + HOUR)
        for number in (1, 2, 3)
    )

    @pytest.mark.parametrize(
        ("began", "expected"),
        [
            pytest.param(WEEKLY[1].starts_at, 2, id="on time"),
            pytest.param(WEEKLY[1].starts_at - 2 * HOUR, 2, id="two hours early"),
            pytest.param(WEEKLY[1].starts_at - 2 * HOUR - MINUTE, None, id="earlier than that"),
            pytest.param(WEEKLY[1].ends_at + 6 * HOUR, 2, id="six hours after the end"),
            pytest.param(WEEKLY[1].ends_at + 6 * HOUR + MINUTE, None, id="later than that"),
            pytest.param(WEEKLY[0].starts_at + 3 * DAY, None, id="between two weeks"),
        ],
    )
    def test_a_session_belongs_to_the_occurrence_it_begins_near(
        self, began: datetime, expected: int | None
    ) -> None:
        assert place_instance(began, self.WEEKLY) == expected

    @pytest.mark.parametrize(
        ("began", "expected"),
        [
            pytest.param(START + 100 * MINUTE, 1, id="nearer the morning one"),
            pytest.param(START + 160 * MINUTE, 2, id="nearer the one after it"),
        ],
    )
    def test_of_two_on_one_day_the_nearest_start_wins(self, began: datetime, expected: int) -> None:
        slots = [
            Slot(1, START, START + HOUR),
            Slot(2, START + 4 * HOUR, START + 5 * HOUR),
        ]
        assert place_instance(began, slots) == expected
        assert place_instance(began, slots[::-1]) == expected

    def test_without_occurrences_it_belongs_to_none(self) -> None:
        assert place_instance(START, []) is None


@pytest.mark.parametrize(
    ("ends_at", "hours", "overdue"),
    [
        pytest.param(END, 72, False, id="B20 just final"),
        pytest.param(END, 73, True, id="B20 past it"),
        pytest.param(None, 73, False, id="B20 no end known"),
    ],
)
def test_figures_are_overdue_after_the_last_delay(
    ends_at: datetime | None, hours: int, overdue: bool
) -> None:
    assert is_overdue(ends_at, END + hours * HOUR, DELAYS) is overdue


def test_the_scheduled_end_needs_a_start() -> None:
    assert scheduled_end(END, 3600) == END + HOUR
    assert scheduled_end(None, 3600) is None
