"""How far back a backfill reaches: what Zoom still has of a past webinar, and what is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from engine.timing import REPORTS_KEPT, is_report_gone

HISTORICAL = "rollcall_historical"
"""The contact property that tells writes of a backfill from others, so that workflows can."""

KEPT = timedelta(days=365)
"""Zoom's reports refuse whatever is older (error 12702), and nothing that old is promised.

https://developers.zoom.us/docs/api/meetings/#tag/reports
"""
LISTED = timedelta(days=181)
"""The account's history is listed for six months; the shortest six months have so many days.

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/history_meetings
"""
LONGEST_RANGE = timedelta(days=30)
"""It is listed for a month at a time."""

Kept = Literal["everything", "attendance_only", "registrants_only", "nothing"]


@dataclass(frozen=True, slots=True)
class Horizon:
    """Since when Zoom keeps attendance reports, and since when anything at all."""

    reports_since: datetime
    earliest: datetime


def find_horizon(now: datetime) -> Horizon:
    """How far back Zoom reaches now."""
    return Horizon(now - REPORTS_KEPT, now - KEPT)


def since_moment(day: date) -> datetime:
    """The beginning of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def why_not_since(day: date, now: datetime) -> str:
    """Why no backfill can begin at that day; "" when one can."""
    earliest = find_horizon(now).earliest.date()
    if day > now.date():
        return "Not in the future: a backfill reads webinars that are over."
    if day < earliest:
        return f"Zoom keeps nothing of webinars for more than a year. The earliest is {earliest}."
    return ""


def history_ranges(since: datetime, now: datetime) -> list[tuple[date, date]]:
    """First and last days to ask the account's history for, the newest month first."""
    first = max(since, now - LISTED).date()
    ranges: list[tuple[date, date]] = []
    last = now.date()
    while last >= first:
        begin = max(first, last - LONGEST_RANGE)
        ranges.append((begin, last))
        last = begin - timedelta(days=1)
    return ranges


def what_is_unlisted(since: datetime, now: datetime) -> str:
    """Why webinars since then may not be found by themselves; "" when all of them are."""
    if since >= now - LISTED:
        return ""
    return (
        f"Zoom lists what took place since {(now - LISTED).date()}. Of webinars before that, those "
        "are found that Rollcall has heard of, and those that are asked for by their ids."
    )


def what_is_kept(
    *, has_webinar: bool, takes_registrations: bool, ended_at: datetime | None, now: datetime
) -> Kept:
    """What Zoom can still deliver of a webinar whose last session, or date, ended then.

    ``has_webinar``: Zoom still knows the webinar itself, whose lists hold its registrants.
    """
    if ended_at is not None and not is_report_gone(ended_at, now):
        return "everything" if has_webinar else "attendance_only"
    return "registrants_only" if has_webinar and takes_registrations else "nothing"


def what_is_lost(kept: Kept, began_at: datetime | None, now: datetime) -> str:
    """What Zoom cannot deliver any more, in words; "" when nothing is lost.

    ``began_at`` is the first date's start, which may be further back than the last one's.
    """
    if kept == "registrants_only":
        return "who attended, and for how long: Zoom keeps attendance reports for six months"
    if kept == "attendance_only":
        return "who registered and did not come: Zoom no longer has registrations of this webinar"
    if kept == "nothing":
        return "all of it: Zoom has neither registrations nor an attendance report any more"
    since = find_horizon(now).reports_since
    if began_at is not None and began_at < since:
        return f"who attended dates before {since.date()}: Zoom keeps reports for six months"
    return ""
