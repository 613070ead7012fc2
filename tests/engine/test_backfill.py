"""B14: how far back a backfill reaches, and what is lost on the way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.backfill import (
    LISTED,
    find_horizon,
    history_ranges,
    since_moment,
    what_is_kept,
    what_is_lost,
    what_is_unlisted,
    why_not_since,
)

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SOON, OLD = NOW - timedelta(days=20), NOW - timedelta(days=7 * 31)


@pytest.mark.parametrize(
    ("day", "complaint"),
    [
        pytest.param(date(2026, 11, 25), "future", id="B14 tomorrow"),
        pytest.param(date(2026, 11, 24), "", id="B14 today"),
        pytest.param(date(2025, 11, 24), "", id="B14 a year ago"),
        pytest.param(date(2025, 11, 23), "2025-11-24", id="B14 more than a year ago"),
    ],
)
def test_a_backfill_begins_within_the_last_year(day: date, complaint: str) -> None:
    problem = why_not_since(day, NOW)
    assert complaint in problem
    assert bool(problem) is bool(complaint)


@pytest.mark.parametrize("days", [0, 1, 30, 31, 32, 100, 181, 182, 360])
def test_B14_the_history_is_asked_for_every_day_once_a_month_at_most_and_no_further_than_it_reaches(
    days: int,
) -> None:
    since = since_moment((NOW - timedelta(days=days)).date())
    ranges = history_ranges(since, NOW)
    asked = [
        first + timedelta(days=number)
        for first, last in ranges
        for number in range((last - first).days + 1)
    ]
    first = max(since, NOW - LISTED).date()
    assert sorted(asked) == [
        first + timedelta(days=n) for n in range((NOW.date() - first).days + 1)
    ]
    assert all((last - first).days <= 30 for first, last in ranges)
    assert ranges[0][1] == NOW.date()
    # Six calendar months back, in whichever half of the year.
    for month in range(1, 13):
        now = datetime(2027, month, 28, tzinfo=UTC)
        reach = date(2027, month - 6, 28) if month > 6 else date(2026, month + 6, 28)
        assert history_ranges(since_moment(date(2026, 1, 1)), now)[-1][0] >= reach


@pytest.mark.parametrize(
    ("has_webinar", "takes_registrations", "ended_at", "kept", "lost"),
    [
        pytest.param(True, True, SOON, "everything", "", id="B14 recent"),
        pytest.param(True, False, SOON, "everything", "", id="B14 without registration"),
        pytest.param(False, False, SOON, "attendance_only", "registered", id="B14 forgotten"),
        pytest.param(True, True, OLD, "registrants_only", "attended", id="B14 seven months ago"),
        pytest.param(True, True, None, "registrants_only", "attended", id="B14 no end"),
        pytest.param(True, False, OLD, "nothing", "all", id="B14 old without registration"),
        pytest.param(False, False, OLD, "nothing", "all", id="B14 old and forgotten"),
        pytest.param(False, False, None, "nothing", "all", id="B14 unknown"),
    ],
)
def test_what_zoom_still_has(
    has_webinar: bool, takes_registrations: bool, ended_at: datetime | None, kept: str, lost: str
) -> None:
    found = what_is_kept(
        has_webinar=has_webinar,
        takes_registrations=takes_registrations,
        ended_at=ended_at,
        now=NOW,
    )
    assert found == kept
    said = what_is_lost(found, ended_at, NOW)
    assert lost in said
    assert bool(said) is bool(lost)


def test_B14_of_a_series_that_reaches_back_further_the_older_dates_lack_attendance() -> None:
    since = find_horizon(NOW).reports_since.date()
    assert str(since) in what_is_lost("everything", OLD, NOW)


def test_B14_it_is_said_when_zoom_does_not_list_that_far_back() -> None:
    assert what_is_unlisted(NOW - LISTED, NOW) == ""
    assert "2026-05-27" in what_is_unlisted(NOW - LISTED - timedelta(days=1), NOW)
