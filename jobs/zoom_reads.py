"""One read of Zoom for an occurrence: registrant lists, instances, attendance reports.

Under the occurrence's lease. Pages are stored and forgotten, so memory does not grow with them.
People a read changes become dirty together when it ends: a read cut short is simply read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import structlog
from sqlalchemy import RowMapping, update

from clients.errors import PageTokenExpired, Rejected
from clients.zoom import RegistrantQuery, Zoom
from engine.read_problems import LIST_INCOMPLETE, LIST_REFUSED, NOT_STARTED, WEBINAR_GONE
from engine.timing import is_settled, next_read_at, scheduled_end
from jobs.presentable import presentable
from jobs.read_ahead import ReadAhead
from jobs.reports import Report, fetching_reports
from jobs.slices import Slice
from jobs.webinars import refresh_webinar
from schemas.base import Page
from schemas.zoom_api import RegistrantRow
from schemas.zoom_codes import NO_REGISTRATION, ONCE_FOR_ALL, RECURRING, WITHOUT_FIXED_TIME
from store.database import reading
from store.people import mark_attendees_dirty
from store.registration_facts import (
    ListRead,
    RegistrationEntry,
    cancel_vanished,
    is_somebody_missing,
    merge_registrations,
    release_pending,
)
from store.runs import change_run, count_in_run
from store.session_facts import count_taken_back, count_unlisted, count_unregistered
from store.tables import occurrence
from store.webinar_facts import change_occurrence, find_occurrence, find_webinar

GIVE_UP = timedelta(days=3)
"""So long after the last delay an occurrence nobody ever started is no longer read daily."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lists:
    """What the registrant lists came to: Zoom's own count, and whether every row of it came.

    ``total`` is None when Zoom would not show a list.
    """

    total: int | None
    is_complete: bool


def read_zoom(slice_: Slice) -> None:
    """Read everything Zoom knows of the run's occurrence and merge it."""
    runtime, run = slice_.runtime, slice_.run
    with reading(runtime.database) as connection:
        known = find_occurrence(connection, run["occurrence_pk"])
        webinar = find_webinar(connection, known["webinar_pk"])
    zoom = runtime.platforms.zoom(run["portal_id"], webinar["account_id"], run["pool"])
    webinar = refresh_webinar(
        runtime, zoom, run["portal_id"], webinar["account_id"], webinar["webinar_id"]
    )
    if webinar["is_zoom_events"]:
        _leave_alone(slice_)
        return
    started_at = runtime.clock()
    place, read = _begin(slice_, started_at)
    if place["is_series"] or (place["start_at"] is not None and place["start_at"] > started_at):
        lists, report = _read_lists(slice_, zoom, webinar, place, read), Report()
    else:
        with fetching_reports(slice_, zoom, webinar, place) as read_reports:
            lists = _read_lists(slice_, zoom, webinar, place, read)
            report = read_reports(read)
    _finish(slice_, webinar, place, read, lists, report)


def _leave_alone(slice_: Slice) -> None:
    """A Zoom Event keeps its registrations to itself: nothing more is read of its webinars."""
    with slice_.writing() as connection:
        change_occurrence(
            connection, slice_.run["occurrence_pk"], next_read_at=None, recordings_due_at=None
        )
        change_run(connection, slice_.run["id"], must_read=False)


def _begin(slice_: Slice, now: datetime) -> tuple[RowMapping, ListRead]:
    with slice_.writing() as connection:
        connection.execute(
            update(occurrence)
            .where(occurrence.c.id == slice_.run["occurrence_pk"])
            # Whenever Zoom is read, its recordings are listed too.
            .values(reads=occurrence.c.reads + 1, recordings_due_at=now)
        )
        place = find_occurrence(connection, slice_.run["occurrence_pk"])
    return place, ListRead(place["reads"], now)


# --- registrants -----------------------------------------------------------------------------


def _read_lists(
    slice_: Slice, zoom: Zoom, webinar: RowMapping, place: RowMapping, read: ListRead
) -> Lists:
    if webinar["status"] != "scheduled":
        return Lists(None, False)  # the webinar is gone, which says nothing about its registrants
    if webinar["approval_type"] == NO_REGISTRATION or not _holds_registrations(webinar, place):
        return Lists(0, True)
    total, is_complete = 0, True
    for status in get_args(RegistrantQuery):
        try:
            count, seen = _read_list(slice_, zoom, webinar, place, read, status)
        except PageTokenExpired:
            # The token lives 15 minutes; what was merged before is merged again without harm.
            count, seen = _read_list(slice_, zoom, webinar, place, read, status)
        except Rejected as refusal:
            # A list nobody may see is no empty list: who is on it stays as known.
            log.warning("registrants_refused", status=status, why=str(refusal))
            return Lists(None, False)
        total += count
        is_complete = is_complete and seen >= count
    if is_complete:
        with slice_.writing() as connection:
            cancel_vanished(connection, place, read)
    return Lists(total, is_complete)


def _holds_registrations(webinar: RowMapping, place: RowMapping) -> bool:
    """Whether people register for this date, and not for another one or for the whole series."""
    if webinar["type"] == WITHOUT_FIXED_TIME:
        return not place["occurrence_id"]
    if webinar["type"] == RECURRING:
        covers_series = webinar["registration_type"] == ONCE_FOR_ALL
        return bool(place["is_series"]) is bool(covers_series)
    return True


def _read_list(
    slice_: Slice,
    zoom: Zoom,
    webinar: RowMapping,
    place: RowMapping,
    read: ListRead,
    status: RegistrantQuery,
) -> tuple[int, int]:
    total = seen = 0
    pages: Iterator[Page[RegistrantRow]] = zoom.registrants(
        webinar["webinar_id"], status, place["occurrence_id"]
    )
    with ReadAhead(pages) as ahead:
        for page in ahead:
            slice_.keep()
            total = page.total_records if page.total_records is not None else total
            seen += len(page.rows) + page.unreadable
            _store(slice_, webinar, place, read, [_entry(row, status, read) for row in page.rows])
    return total, seen


def _store(
    slice_: Slice,
    webinar: RowMapping,
    place: RowMapping,
    read: ListRead,
    entries: Sequence[RegistrationEntry],
) -> None:
    with slice_.writing() as connection:
        shown = presentable(connection, slice_.runtime.sealer, webinar["portal_id"], entries)
        merge_registrations(connection, webinar, place, shown, read=read)
        count_in_run(connection, slice_.run["id"], done=len(entries), total=len(entries))


def _entry(row: RegistrantRow, status: RegistrantQuery, read: ListRead) -> RegistrationEntry:
    created_at = row.created_at or read.started_at
    return RegistrationEntry(
        email=row.email[:255],
        first_name=row.first_name[:255],
        last_name=row.last_name[:255],
        registrant_id=row.registrant_id,
        status=status,
        at=min(created_at, read.started_at),
        join_url=row.join_url,
    )


# --- the end of the read ---------------------------------------------------------------------


def _finish(
    slice_: Slice,
    webinar: RowMapping,
    place: RowMapping,
    read: ListRead,
    lists: Lists,
    report: Report,
) -> None:
    runtime = slice_.runtime
    delays = runtime.timing.reconcile_after
    with slice_.writing() as connection:
        fresh = find_occurrence(connection, place["id"])
        ends_at = fresh["ended_at"] or scheduled_end(fresh["start_at"], fresh["duration_seconds"])
        was_due = place["next_read_at"] is not None and place["next_read_at"] <= read.started_at
        settled = fresh["settled_at"] is not None
        if not settled and report.result is not None and fresh["ended_at"] is not None:
            settled = is_settled(
                report.result,
                fresh["read_digest"],
                ended_at=fresh["ended_at"],
                read_at=read.started_at,
                delays=delays,
                is_scheduled=was_due,
            )
            if settled:
                mark_attendees_dirty(connection, place["id"])
        values = {
            "settled_at": fresh["settled_at"] or (read.started_at if settled else None),
            "read_problem": _list_problem(webinar, lists) or report.problem,
            "is_reduced": report.is_reduced,
            "next_read_at": _next_read(
                fresh,
                ends_at,
                delays,
                read.started_at,
                settled,
                never_began=fresh["started_at"] is None and report.problem in ("", NOT_STARTED),
                has_doubts=webinar["status"] == "missing"
                or is_somebody_missing(connection, place["id"]),
            ),
        }
        if report.result is not None and report.result.is_complete and was_due:
            values["read_digest"] = report.result.digest
        if lists.total is not None:
            unlisted = count_unlisted(connection, place["id"], read.number, read.started_at)
            unregistered = count_unregistered(connection, place["id"])
            unregistered += count_taken_back(connection, place["id"])
            # Zoom's own figure: what lists, notices and reports say, never a count of our rows.
            values["zoom_people"] = lists.total + unlisted + unregistered
        if lists.is_complete and (report.result is None or report.result.is_complete):
            values |= {"read_at": read.started_at, "report_rows": report.rows}
        change_occurrence(connection, place["id"], **values)
        release_pending(connection, place["id"])
        change_run(connection, slice_.run["id"], must_read=False)


def _list_problem(webinar: RowMapping, lists: Lists) -> str:
    if webinar["status"] != "scheduled":
        return WEBINAR_GONE
    if lists.total is None:
        return LIST_REFUSED
    return "" if lists.is_complete else LIST_INCOMPLETE


def _next_read(
    row: RowMapping,
    ends_at: datetime | None,
    delays: tuple[timedelta, ...],
    now: datetime,
    settled: bool,
    *,
    never_began: bool,
    has_doubts: bool,
) -> datetime | None:
    if row["status"] == "cancelled":
        return None
    if never_began and ends_at is not None and now > ends_at + delays[-1] + GIVE_UP:
        return None
    return next_read_at(
        now=now,
        starts_at=row["start_at"],
        ends_at=ends_at,
        delays=delays,
        is_settled=settled,
        has_doubts=has_doubts,
    )
