"""The attendance reports of an occurrence: instances found, rows stored, people's stays united."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from clients.errors import NotFound, PermissionMissing, Rejected
from clients.zoom import Zoom
from engine.attendance import Session, total_seconds, unite
from engine.plan import in_batches
from engine.read_problems import (
    INCOMPLETE,
    LIVE,
    NO_RIGHT,
    NOT_READY,
    NOT_STARTED,
    REFUSED,
    SHRUNK,
)
from engine.timing import EARLIEST_START, ReadResult, Slot, place_instance
from jobs.read_ahead import ReadAhead
from jobs.report_rows import DIGEST_SIZE, Part, Source, read_rows
from jobs.slices import Slice
from schemas.base import Page
from schemas.zoom_codes import RECURRING, WITHOUT_FIXED_TIME
from schemas.zoom_reports import InstanceDetail, ParticipantRow
from store.attendance_facts import as_session, attendance_columns, spans_of
from store.database import reading
from store.hand_matches import keep_matches
from store.registration_facts import ListRead
from store.session_facts import (
    SessionRow,
    clear_unreported,
    forget_unlisted,
    last_leave_of,
    merge_attendances,
    stream_sessions,
)
from store.webinar_facts import (
    bring_forward,
    change_instance,
    change_occurrence,
    ensure_instances,
    ensure_occurrence,
    instances_of,
    occurrences_of_webinar,
)

PAGES_AHEAD = 30
"""Of a report, fetched while the registrants are still being stored; some 9,000 rows."""

_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Report:
    """What reading the reports came to; ``result`` is None while nothing is known to have run.

    ``is_reduced``: no report could be read, only the plain list of participants.
    """

    result: ReadResult | None = None
    rows: int | None = None
    problem: str = ""
    is_reduced: bool = False


@contextmanager
def fetching_reports(
    slice_: Slice, zoom: Zoom, webinar: RowMapping, place: RowMapping
) -> Iterator[Callable[[ListRead], Report]]:
    """What reads the reports of every instance of the occurrence and unites people's stays.

    The first one is being fetched from now on, while the registrants are still being stored: only
    what they tell says whom a row is about.
    """
    find_instances(slice_, zoom, webinar)
    if webinar["type"] == WITHOUT_FIXED_TIME and not place["occurrence_id"]:
        yield lambda _read: Report()  # each session is an occurrence of its own
        return
    with reading(slice_.runtime.database) as connection:
        rows = instances_of(connection, place["id"])
    if not rows:
        yield lambda _read: Report(problem=NOT_STARTED)
        return
    with ReadAhead(_fetch(zoom, place, rows[0]), PAGES_AHEAD) as first:
        yield lambda read: _read_reports(slice_, zoom, rows, first, place, read)


def _fetch(
    zoom: Zoom, place: RowMapping, row: RowMapping
) -> Iterator[InstanceDetail | Page[ParticipantRow]]:
    """An instance's detail and then, if it is over and counts, the pages of its report."""
    detail = zoom.report_detail(row["uuid"])
    yield detail
    if detail.started_at and detail.ended_at and not _is_rehearsal(place, detail.ended_at):
        yield from zoom.report_participants(row["uuid"])


def _read_reports(
    slice_: Slice,
    zoom: Zoom,
    rows: Sequence[RowMapping],
    first: Iterator[InstanceDetail | Page[ParticipantRow]],
    place: RowMapping,
    read: ListRead,
) -> Report:
    digest = count = 0
    problem, is_reduced = "", False
    for row in rows:
        fetched = first if row is rows[0] else _fetch(zoom, place, row)
        part = _read_instance(slice_, zoom, fetched, place, row, read)
        digest = (digest + part.digest) % DIGEST_SIZE
        count += part.rows
        problem = problem or part.problem
        is_reduced = is_reduced or part.is_reduced
    if not _note_actual_times(slice_, place):
        return Report(problem=problem or LIVE, is_reduced=is_reduced)
    _unite(slice_, place, read)
    result = ReadResult(not problem, f"{digest:016x}")
    return Report(result, count, problem, is_reduced)


def find_instances(slice_: Slice, zoom: Zoom, webinar: RowMapping) -> None:
    """Learn of sessions nobody told us of and give each to its occurrence."""
    try:
        found = zoom.past_instances(webinar["webinar_id"]).rows
    except NotFound:
        return
    with slice_.writing() as connection:
        for row in found:
            place = place_session(connection, webinar, row.uuid, row.started_at)
            if place is None:
                continue
            if place["id"] != slice_.run["occurrence_pk"] and place["reads"] == 0:
                bring_forward(connection, place["id"], slice_.runtime.clock(), read=True)


def place_session(
    connection: Connection, webinar: RowMapping, uuid: str, started_at: datetime | None
) -> RowMapping | None:
    """Give a session to the occurrence it belongs to; that occurrence, None when there is none."""
    place = _find_place(connection, webinar, uuid, started_at)
    if place is not None:
        ensure_instances(
            connection,
            [
                {
                    "portal_id": webinar["portal_id"],
                    "occurrence_pk": place["id"],
                    "uuid": uuid,
                    "started_at": started_at,
                }
            ],
        )
    return place


def _find_place(
    connection: Connection, webinar: RowMapping, uuid: str, started_at: datetime | None
) -> RowMapping | None:
    if webinar["type"] == WITHOUT_FIXED_TIME:
        name = hashlib.sha256(uuid.encode()).hexdigest()[:16]
        return ensure_occurrence(connection, webinar, name, {"start_at": started_at})
    rows = occurrences_of_webinar(connection, webinar["id"])
    if webinar["type"] != RECURRING:
        return rows[0] if rows else None
    slots = [
        Slot(r["id"], r["start_at"], r["start_at"] + timedelta(seconds=r["duration_seconds"]))
        for r in rows
        if r["start_at"] is not None and not r["is_series"]
    ]
    pk = place_instance(started_at, slots) if started_at else None
    return next((r for r in rows if r["id"] == pk), None)


def _read_instance(
    slice_: Slice,
    zoom: Zoom,
    fetched: Iterator[Any],
    place: RowMapping,
    row: RowMapping,
    read: ListRead,
) -> Part:
    sources: list[Source] = [zoom.report_participants, lambda _uuid: fetched]
    try:
        detail: InstanceDetail = next(fetched)
        if detail.ended_at is None or detail.started_at is None:
            return Part(problem=LIVE)
        if _is_rehearsal(place, detail.ended_at):
            _change(slice_, row, is_rehearsal=True)
            return Part()
        _change(
            slice_,
            row,
            started_at=detail.started_at,
            ended_at=detail.ended_at,
            participants_count=detail.participants_count,
        )
        part, total = read_rows(slice_, lambda uuid: sources.pop()(uuid), place, row, read)
    except NotFound:
        return Part(problem=NOT_READY)
    except PermissionMissing:
        return _read_plain_list(slice_, zoom, place, row, read)
    except Rejected:
        return Part(problem=REFUSED)
    if part.problem and not _is_last_word(slice_, detail.ended_at, read):
        return part
    if part.rows < total or part.rows < detail.participants_count:
        return Part(part.digest, part.rows, INCOMPLETE)
    return _accept(slice_, row, read, Part(part.digest, part.rows))


def _read_plain_list(
    slice_: Slice, zoom: Zoom, place: RowMapping, row: RowMapping, read: ListRead
) -> Part:
    """Read who was there without the right to reports.

    Registrant ids may be missing, so that people are matched by address, and nobody says when the
    session ended: a notice did, or the last one to leave ends it.
    """
    try:
        part, total = read_rows(slice_, zoom.past_participants, place, row, read)
    except NotFound:
        return Part(problem=NOT_READY, is_reduced=True)
    except PermissionMissing:
        return Part(problem=NO_RIGHT)
    except Rejected:
        return Part(problem=REFUSED)
    if row["ended_at"] is None and _may_be_live(place, read):
        return Part(problem=LIVE, is_reduced=True)
    with reading(slice_.runtime.database) as connection:
        moments = [row["ended_at"], last_leave_of(connection, row["id"])]
    ended_at = max((moment for moment in moments if moment is not None), default=None)
    if ended_at is None or row["started_at"] is None:
        return replace(part, problem=part.problem or NOT_READY, is_reduced=True)
    is_rehearsal = _is_rehearsal(place, ended_at)
    _change(slice_, row, ended_at=ended_at, is_rehearsal=is_rehearsal)
    if is_rehearsal:
        return Part(is_reduced=True)
    if part.problem and not _is_last_word(slice_, ended_at, read):
        return replace(part, is_reduced=True)
    if part.rows < total:
        return Part(part.digest, part.rows, INCOMPLETE, is_reduced=True)
    return replace(_accept(slice_, row, read, Part(part.digest, part.rows)), is_reduced=True)


def _may_be_live(place: RowMapping, read: ListRead) -> bool:
    """Whether it is known to have begun and should still be on."""
    length = timedelta(seconds=place["duration_seconds"])
    is_within = place["start_at"] is not None and read.started_at < place["start_at"] + length
    return bool(place["status"] == "started" and is_within)


def _is_last_word(slice_: Slice, ended_at: datetime, read: ListRead) -> bool:
    """After the last delay a stay of no length is what it says, no longer one to be worked out."""
    last_delay = slice_.runtime.timing.reconcile_after[-1]
    return read.started_at >= ended_at + last_delay


def _is_rehearsal(place: RowMapping, ended_at: datetime) -> bool:
    """A session over long before the webinar was to begin: shown, and never counted."""
    start: datetime | None = place["start_at"]
    return start is not None and ended_at < start - EARLIEST_START


def _change(slice_: Slice, row: RowMapping, **values: Any) -> None:
    with slice_.writing() as connection:
        change_instance(connection, row["portal_id"], row["uuid"], **values)


def _accept(slice_: Slice, row: RowMapping, read: ListRead, part: Part) -> Part:
    """Believe a complete read; one with fewer rows than before only when it comes twice."""
    shrank = row["rows_read"] is not None and part.rows < row["rows_read"]
    with slice_.writing() as connection:
        if shrank and not row["has_shrunk"]:
            change_instance(connection, row["portal_id"], row["uuid"], has_shrunk=True)
            return Part(part.digest, part.rows, SHRUNK)
        change_instance(
            connection, row["portal_id"], row["uuid"], has_shrunk=False, rows_read=part.rows
        )
        forget_unlisted(connection, row["id"], read.number)
    return part


def _note_actual_times(slice_: Slice, place: RowMapping) -> bool:
    """Store the occurrence's actual start, end and length; False while none is known."""
    with slice_.writing() as connection:
        spans = spans_of(connection, place["id"])
        if not spans:
            return False
        change_occurrence(
            connection,
            place["id"],
            status="ended",
            started_at=min(span.started_at for span in spans),
            ended_at=max(span.ended_at for span in spans),
            length_seconds=total_seconds(spans),
        )
    return True


def _unite(slice_: Slice, place: RowMapping, read: ListRead) -> None:
    database = slice_.runtime.database
    with reading(database) as connection:
        spans = spans_of(connection, place["id"])
        length = total_seconds(spans)
        about: dict[str, SessionRow] = {}

        def sessions() -> Iterator[Session]:
            for row in stream_sessions(connection, place["id"]):
                about.setdefault(row.identity, row)
                yield as_session(row)

        for part in in_batches(unite(sessions(), spans), _PEOPLE):
            slice_.keep()
            figures = {
                one.identity: attendance_columns(one, about[one.identity], length) for one in part
            }
            for key in figures:
                del about[key]
            with slice_.writing() as other:
                merge_attendances(other, place, figures, read_number=read.number)
    with slice_.writing() as connection:
        clear_unreported(connection, place["id"], read.number)
        keep_matches(connection, place)
