"""When Zoom is read again, and when its figures count as settled and as final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

BEFORE_THE_START = timedelta(hours=24)
EVERY_HOUR = timedelta(hours=1)
EVERY_DAY = timedelta(days=1)
REPORTS_KEPT = timedelta(days=183)
"""How long Zoom keeps attendance reports: six months.

https://developers.zoom.us/docs/api/meetings/#tag/reports
"""

# An instance belongs to the occurrence whose start is nearest, if it begins within these bounds.
EARLIEST_START = timedelta(hours=2)
LATEST_START = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What one read of the attendance report found.

    ``is_complete``: all pages of all instances came, as many rows as Zoom said there are, and
    nobody is still in the room. ``digest`` is equal for two reads that found the same rows.
    """

    is_complete: bool
    digest: str


def final_at(ended_at: datetime | None, delays: Sequence[timedelta]) -> datetime | None:
    """When the figures of an occurrence become final at the earliest."""
    return None if ended_at is None else ended_at + delays[-1]


def scheduled_end(start_at: datetime | None, duration_seconds: int) -> datetime | None:
    """When the occurrence is to end; None without a start."""
    return None if start_at is None else start_at + timedelta(seconds=duration_seconds)


def is_overdue(ends_at: datetime | None, now: datetime, delays: Sequence[timedelta]) -> bool:
    """Whether the figures of an occurrence still awaited should be final by now."""
    due = final_at(ends_at, delays)
    return due is not None and now > due


def is_settled(
    result: ReadResult,
    previous_digest: str,
    *,
    ended_at: datetime,
    read_at: datetime,
    delays: Sequence[timedelta],
    is_scheduled: bool,
) -> bool:
    """Whether this read settles the occurrence.

    Two complete reads in a row that agree do, and so does a complete read after the last delay. A
    read somebody asked for before the last delay only counts when it was due anyway.
    """
    if not result.is_complete:
        return False
    if read_at >= ended_at + delays[-1]:
        return True
    return is_scheduled and result.digest == previous_digest


def next_read_at(
    *,
    now: datetime,
    starts_at: datetime | None,
    ends_at: datetime | None,
    delays: Sequence[timedelta],
    is_settled: bool,
    has_doubts: bool = False,
) -> datetime | None:
    """When the occurrence is next read by itself; None when nothing more is expected of Zoom.

    Before the end: from a day ahead, hourly, so that lost notices of registrations are found. After
    it: at each delay; after the last one daily for as long as no complete read has settled it, and
    as Zoom keeps reports.
    ``has_doubts``: the read missed something that a second one has to confirm, so that one follows
    after the first delay.
    """
    regular = _regular_read_at(now, starts_at, ends_at, delays, is_settled)
    if not has_doubts:
        return regular
    return min(regular, now + delays[0]) if regular is not None else now + delays[0]


def _regular_read_at(
    now: datetime,
    starts_at: datetime | None,
    ends_at: datetime | None,
    delays: Sequence[timedelta],
    is_settled: bool,
) -> datetime | None:
    if ends_at is None:
        return now + EVERY_DAY
    if now < ends_at:
        first = ends_at + delays[0]
        if starts_at is not None and now < starts_at - BEFORE_THE_START:
            return min(first, starts_at - BEFORE_THE_START)
        return min(first, now + EVERY_HOUR)
    for delay in delays:
        if ends_at + delay > now:
            return ends_at + delay
    return None if is_settled or is_report_gone(ends_at, now) else now + EVERY_DAY


def is_report_gone(ends_at: datetime | None, now: datetime) -> bool:
    """Whether Zoom no longer keeps the attendance report of an occurrence that ended then."""
    return ends_at is not None and now > ends_at + REPORTS_KEPT


@dataclass(frozen=True, slots=True)
class Slot:
    """An occurrence as far as instances are placed in it."""

    occurrence_pk: int
    starts_at: datetime
    ends_at: datetime


def place_instance(started_at: datetime, slots: Sequence[Slot]) -> int | None:
    """The occurrence an instance that began at ``started_at`` belongs to, None when to none.

    The nearest start among those the instance began at most 2 h before, or 6 h after the end of.
    """
    near = [
        slot
        for slot in slots
        if slot.starts_at - EARLIEST_START <= started_at <= slot.ends_at + LATEST_START
    ]
    if not near:
        return None
    return min(near, key=lambda slot: abs(slot.starts_at - started_at)).occurrence_pk
