"""What Zoom says of recordings, as a notice or as a list, becomes facts of the occurrence.

With every notice lost the lists made at each due read after the end bring everything in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping

from clients.errors import (
    NotFound,
    NotSent,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from clients.zoom import Zoom
from engine.recording_warnings import write_list_problem
from engine.recordings import KEPT_TYPES, FileMoments
from jobs.reports import place_session
from jobs.runtime import Runtime
from jobs.slices import Slice
from jobs.webinars import public_url
from schemas.zoom_reports import RecordingDetail, RecordingFileRow
from schemas.zoom_webhooks import RecordingChanged, RecordingReference
from store.database import reading, writing
from store.recording_facts import (
    change_recording,
    describe_recording,
    ensure_recording,
    find_recording,
    merge_list,
    merge_moments,
    recordings_of,
)
from store.runs import open_run
from store.settings import read_settings
from store.switches import why_recordings_off
from store.webinar_facts import (
    change_occurrence,
    find_instance,
    find_occurrence,
    find_webinar,
    instances_of,
)

_SAID_AT = {"trashed": "trashed_at", "deleted": "deleted_at", "recovered": "recovered_at"}

NOT_NOW = (RateLimited, Unavailable, NotSent)
"""Passing troubles of a platform: nothing about people depends on recordings, so they go on."""

log = structlog.get_logger(__name__)


# --- notices -------------------------------------------------------------------------------------


def merge_notice(
    connection: Connection, webinar: RowMapping, change: RecordingChanged, at: datetime
) -> RowMapping:
    """Store a notice about one recording; the recording's row."""
    detail = change.recording
    row = ensure_recording(connection, webinar["portal_id"], detail.uuid)
    _describe(connection, row, detail, at)
    _place(connection, webinar, row, detail)
    name = _SAID_AT.get(change.action)
    if name is None:
        merge_moments(connection, row, _completed(detail.files, completed_at=at))
    elif detail.files:
        merge_moments(connection, row, [_moments(file, **{name: at}) for file in _kept(detail)])
    else:
        merge_moments(connection, row, (), {name: at})
    return ensure_recording(connection, webinar["portal_id"], detail.uuid)


def merge_reference(
    connection: Connection,
    portal_id: str,
    reference: RecordingReference,
    action: str,
    at: datetime,
) -> RowMapping | None:
    """Store a notice about many recordings for one of them; None when it is no webinar's of ours.

    ``action`` is ``trashed``, ``deleted`` or ``recovered``.
    """
    session = find_instance(connection, portal_id, reference.uuid)
    if session is None and find_recording(connection, portal_id, reference.uuid) is None:
        return None
    row = ensure_recording(connection, portal_id, reference.uuid)
    if session is not None and row["occurrence_pk"] is None:
        change_recording(connection, row["id"], occurrence_pk=session["occurrence_pk"])
    name = _SAID_AT[action]
    if reference.file_ids:
        # A file nobody told of before is stored without a type, and folded into no state.
        said: dict[str, Any] = {name: at}
        files = [FileMoments("", one, **said) for one in reference.file_ids]
        merge_moments(connection, row, files)
    else:
        merge_moments(connection, row, (), {name: at})
    return ensure_recording(connection, portal_id, reference.uuid)


def follow_notice(connection: Connection, row: RowMapping, now: datetime) -> None:
    """Have the recording listed and planned, if it is synced, or was before."""
    if row["occurrence_pk"] is None:
        return
    place = find_occurrence(connection, row["occurrence_pk"])
    webinar = find_webinar(connection, place["webinar_pk"])
    _, settings = read_settings(connection, row["portal_id"])
    is_off = why_recordings_off(connection, webinar, settings) is not None
    # What was written is taken back with the recording, whatever the switches say by then.
    if is_off and not row["external_id"]:
        return
    change_occurrence(connection, place["id"], recordings_due_at=now)
    open_run(connection, occurrence_pk=place["id"], trigger="webhook", pool="live", now=now)


def _describe(
    connection: Connection, row: RowMapping, detail: RecordingDetail, at: datetime
) -> None:
    describe_recording(
        connection,
        row,
        at,
        started_at=detail.started_at,
        duration_seconds=detail.duration_seconds,
        # What follows the question mark may let somebody in without the passcode.
        share_url=public_url(detail.share_url),
    )


def _place(
    connection: Connection, webinar: RowMapping, row: RowMapping, detail: RecordingDetail
) -> None:
    """Give the recording to its session's occurrence; the session may be news to us."""
    if row["occurrence_pk"] is not None:
        return
    if find_instance(connection, webinar["portal_id"], detail.uuid) is None:
        place_session(connection, webinar, detail.uuid, detail.started_at)
    session = find_instance(connection, webinar["portal_id"], detail.uuid)
    if session is not None:
        change_recording(connection, row["id"], occurrence_pk=session["occurrence_pk"])


# --- lists ---------------------------------------------------------------------------------------


def list_recordings(slice_: Slice) -> None:
    """List the recordings of the occurrence's sessions, if that is due and they are synced."""
    runtime, run = slice_.runtime, slice_.run
    now = runtime.clock()
    with reading(runtime.database) as connection:
        place = find_occurrence(connection, run["occurrence_pk"])
        if place["recordings_due_at"] is None or place["recordings_due_at"] > now:
            return
        webinar = find_webinar(connection, place["webinar_pk"])
        _, settings = read_settings(connection, run["portal_id"])
        is_off = why_recordings_off(connection, webinar, settings) is not None
        sessions = [row for row in instances_of(connection, place["id"]) if row["ended_at"]]
    problem, is_delayed = "", False
    try:
        if not is_off and not webinar["is_zoom_events"]:
            _list_sessions(slice_, webinar, sessions)
    except (PermissionMissing, Rejected) as error:
        log.warning("recordings_not_listed", why=str(error))
        problem = write_list_problem(
            "not_allowed" if isinstance(error, PermissionMissing) else "refused", str(error)
        )
    except NOT_NOW as error:
        log.warning("recordings_listed_later", why=str(error))
        problem, is_delayed = write_list_problem("unreachable", str(error)), True
    _note_list(runtime, place["id"], problem, now, is_delayed=is_delayed)


def _list_sessions(slice_: Slice, webinar: RowMapping, sessions: Iterable[RowMapping]) -> None:
    run = slice_.run
    zoom = slice_.runtime.platforms.zoom(run["portal_id"], webinar["account_id"], run["pool"])
    for session in sessions:
        slice_.keep()
        _list_session(slice_.runtime, zoom, session)


def _list_session(runtime: Runtime, zoom: Zoom, session: RowMapping) -> None:
    read_at = runtime.clock()
    try:
        detail = zoom.recordings(session["uuid"])
    except NotFound:
        # None, not processed yet, or removed: Zoom answers all three alike.
        detail = None
    with writing(runtime.database) as connection:
        if detail is None:
            row = find_recording(connection, session["portal_id"], session["uuid"])
            if row is not None:
                merge_list(connection, row, (), read_at)
            return
        row = ensure_recording(connection, session["portal_id"], session["uuid"])
        _describe(connection, row, detail, read_at)
        change_recording(
            connection, row["id"], occurrence_pk=session["occurrence_pk"], planned_run=""
        )
        merge_list(connection, row, _completed(detail.files, listed_at=read_at), read_at)


def _note_list(
    runtime: Runtime, occurrence_pk: int, problem: str, now: datetime, *, is_delayed: bool
) -> None:
    """A list that was delayed, or lacks what was there before, is followed by another one soon."""
    with writing(runtime.database) as connection:
        found = recordings_of(connection, [occurrence_pk])[occurrence_pk]
        is_doubtful = any(one.state.is_doubtful for one in found)
        again_at = now + runtime.timing.reconcile_after[0] if is_doubtful or is_delayed else None
        change_occurrence(
            connection, occurrence_pk, recordings_due_at=again_at, recordings_problem=problem
        )


# --- files ---------------------------------------------------------------------------------------


def _kept(detail: RecordingDetail) -> list[RecordingFileRow]:
    return [file for file in detail.files if file.file_type in KEPT_TYPES]


def _completed(files: Iterable[RecordingFileRow], **moment: Any) -> list[FileMoments]:
    """The files, those Zoom has finished with the moment; transcripts may come without a status."""
    return [
        _moments(file, **(moment if file.status in ("completed", "") else {}))
        for file in files
        if file.file_type in KEPT_TYPES
    ]


def _moments(file: RecordingFileRow, **moments: Any) -> FileMoments:
    file_id = file.file_id or f"{file.file_type} {file.started_at}"
    return FileMoments(file.file_type, file_id[:128], file.size, **moments)
