"""The attendance reports of an occurrence: instances found, rows stored, people's stays united."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from clients.errors import NotFound, PageTokenExpired, PermissionMissing, Rejected
from clients.zoom import Zoom
from engine.attendance import Session, total_seconds, unite
from engine.plan import in_batches
from engine.read_problems import (
    INCOMPLETE,
    LIVE,
    NO_RIGHT,
    NOT_PROCESSED,
    NOT_READY,
    NOT_STARTED,
    REFUSED,
    SHRUNK,
)
from engine.timing import EARLIEST_START, ReadResult, Slot, place_instance
from jobs.erased import hide_sessions
from jobs.slices import Slice
from schemas.base import Page
from schemas.zoom_codes import RECURRING, WITHOUT_FIXED_TIME
from schemas.zoom_reports import ParticipantRow
from store.attendance_facts import as_session, attendance_columns, spans_of
from store.database import reading
from store.hand_matches import keep_matches
from store.registration_facts import ListRead
from store.runs import count_in_run
from store.session_facts import (
    SessionRow,
    clear_unreported,
    forget_unlisted,
    last_leave_of,
    merge_attendances,
    merge_sessions,
    session_key,
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

_PEOPLE = 500
_DIGEST_SIZE = 2**64


@dataclass(frozen=True, slots=True)
class Report:
    """What reading the reports came to; ``result`` is None while nothing is known to have run.

    ``is_reduced``: no report could be read, only the plain list of participants.
    """

    result: ReadResult | None = None
    rows: int | None = None
    problem: str = ""
    is_reduced: bool = False


def read_report(
    slice_: Slice, zoom: Zoom, webinar: RowMapping, place: RowMapping, read: ListRead
) -> Report:
    """Read the reports of every instance of the occurrence and unite people's stays."""
    find_instances(slice_, zoom, webinar)
    if webinar["type"] == WITHOUT_FIXED_TIME and not place["occurrence_id"]:
        return Report()  # each session is an occurrence of its own
    with reading(slice_.runtime.database) as connection:
        rows = instances_of(connection, place["id"])
    if not rows:
        return Report(problem=NOT_STARTED)
    digest = count = 0
    problem, is_reduced = "", False
    for row in rows:
        part = _read_instance(slice_, zoom, place, row, read)
        digest = (digest + part.digest) % _DIGEST_SIZE
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


@dataclass(frozen=True, slots=True)
class _Part:
    digest: int = 0
    rows: int = 0
    problem: str = ""
    is_reduced: bool = False


def _read_instance(
    slice_: Slice, zoom: Zoom, place: RowMapping, row: RowMapping, read: ListRead
) -> _Part:
    try:
        detail = zoom.report_detail(row["uuid"])
        if detail.ended_at is None or detail.started_at is None:
            return _Part(problem=LIVE)
        if _is_rehearsal(place, detail.ended_at):
            _change(slice_, row, is_rehearsal=True)
            return _Part()
        _change(
            slice_,
            row,
            started_at=detail.started_at,
            ended_at=detail.ended_at,
            participants_count=detail.participants_count,
        )
        part, total = _read_rows(slice_, zoom.report_participants, place, row, read)
    except NotFound:
        return _Part(problem=NOT_READY)
    except PermissionMissing:
        return _read_plain_list(slice_, zoom, place, row, read)
    except Rejected:
        return _Part(problem=REFUSED)
    if part.problem and not _is_last_word(slice_, detail.ended_at, read):
        return part
    if part.rows < total or part.rows < detail.participants_count:
        return _Part(part.digest, part.rows, INCOMPLETE)
    return _accept(slice_, row, read, _Part(part.digest, part.rows))


def _read_plain_list(
    slice_: Slice, zoom: Zoom, place: RowMapping, row: RowMapping, read: ListRead
) -> _Part:
    """Read who was there without the right to reports.

    Registrant ids may be missing, so that people are matched by address, and nobody says when the
    session ended: a notice did, or the last one to leave ends it.
    """
    try:
        part, total = _read_rows(slice_, zoom.past_participants, place, row, read)
    except NotFound:
        return _Part(problem=NOT_READY, is_reduced=True)
    except PermissionMissing:
        return _Part(problem=NO_RIGHT)
    except Rejected:
        return _Part(problem=REFUSED)
    if row["ended_at"] is None and _may_be_live(place, read):
        return _Part(problem=LIVE, is_reduced=True)
    with reading(slice_.runtime.database) as connection:
        moments = [row["ended_at"], last_leave_of(connection, row["id"])]
    ended_at = max((moment for moment in moments if moment is not None), default=None)
    if ended_at is None or row["started_at"] is None:
        return replace(part, problem=part.problem or NOT_READY, is_reduced=True)
    is_rehearsal = _is_rehearsal(place, ended_at)
    _change(slice_, row, ended_at=ended_at, is_rehearsal=is_rehearsal)
    if is_rehearsal:
        return _Part(is_reduced=True)
    if part.problem and not _is_last_word(slice_, ended_at, read):
        return replace(part, is_reduced=True)
    if part.rows < total:
        return _Part(part.digest, part.rows, INCOMPLETE, is_reduced=True)
    return replace(_accept(slice_, row, read, _Part(part.digest, part.rows)), is_reduced=True)


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


_Source = Callable[[str], Iterator[Page[ParticipantRow]]]
"""A call that yields a session's joins: the report's, or the plain list's."""


def _read_rows(
    slice_: Slice, source: _Source, place: RowMapping, row: RowMapping, read: ListRead
) -> tuple[_Part, int]:
    try:
        return _read_pages(slice_, source, place, row, read)
    except PageTokenExpired:
        # The token lives 15 minutes; rows stored before are stored again without harm.
        return _read_pages(slice_, source, place, row, read)


def _read_pages(
    slice_: Slice, source: _Source, place: RowMapping, row: RowMapping, read: ListRead
) -> tuple[_Part, int]:
    digest = seen = total = 0
    problem = ""
    for page in source(row["uuid"]):
        slice_.keep()
        total = page.total_records if page.total_records is not None else total
        seen += len(page.rows) + page.unreadable
        kept = [joined for joined in page.rows if not joined.is_waiting_room]
        if any(joined.left_at is None or joined.seconds == 0 for joined in kept):
            problem = NOT_PROCESSED
        digest = (digest + sum(_digest(joined) for joined in page.rows)) % _DIGEST_SIZE
        with slice_.writing() as connection:
            sessions = [_session(joined, place, row, read) for joined in kept]
            hidden = hide_sessions(
                connection, slice_.runtime.sealer, row["portal_id"], place["id"], sessions
            )
            merge_sessions(connection, hidden)
            count_in_run(connection, slice_.run["id"], done=len(page.rows), total=len(page.rows))
    return _Part(digest, seen, problem), total


def _digest(row: ParticipantRow) -> int:
    text = f"{row.registrant_id}|{row.user_email}|{row.user_id}|{row.joined_at}|{row.left_at}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _session(
    joined: ParticipantRow, place: RowMapping, row: RowMapping, read: ListRead
) -> dict[str, Any]:
    who = joined.user_id or joined.participant_user_id or joined.registrant_id or joined.name
    return {
        "occurrence_pk": place["id"],
        "instance_pk": row["id"],
        "row_key": session_key(who, joined.joined_at),
        "registrant_id": joined.registrant_id,
        "email": joined.user_email[:255],
        "zoom_user_id": joined.participant_user_id,
        "name": joined.name[:255],
        "joined_at": joined.joined_at,
        "left_at": joined.left_at,
        "seconds": joined.seconds,
        "read_number": read.number,
    }


def _accept(slice_: Slice, row: RowMapping, read: ListRead, part: _Part) -> _Part:
    """Believe a complete read; one with fewer rows than before only when it comes twice."""
    shrank = row["rows_read"] is not None and part.rows < row["rows_read"]
    with slice_.writing() as connection:
        if shrank and not row["has_shrunk"]:
            change_instance(connection, row["portal_id"], row["uuid"], has_shrunk=True)
            return _Part(part.digest, part.rows, SHRUNK)
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
