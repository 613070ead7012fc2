"""Recordings as notices and lists tell of them, merged in any order and repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from engine.recordings import FileMoments, RecordingState, fold_recording
from store.statements import insert_missing
from store.tables import recording, recording_file

_MOMENTS = ("completed_at", "trashed_at", "deleted_at", "recovered_at", "listed_at", "missed_at")
_WHOLE = ("trashed_at", "deleted_at", "recovered_at")
_FILE_FIELDS = tuple(one.name for one in fields(FileMoments))


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording's row and what its notices and lists add up to."""

    row: RowMapping
    state: RecordingState


def find_recording(connection: Connection, portal_id: str, uuid: str) -> RowMapping | None:
    """The portal's recording of this session, None when nobody told of one."""
    statement = select(recording).where(
        recording.c.portal_id == portal_id, recording.c.uuid == uuid
    )
    return connection.execute(statement).mappings().first()


def find_by_external_id(
    connection: Connection, portal_id: str, external_id: str
) -> RowMapping | None:
    """The portal's recording whose call record has this external id, None when there is none."""
    statement = select(recording).where(
        recording.c.portal_id == portal_id, recording.c.external_id == external_id
    )
    return connection.execute(statement).mappings().first()


def ensure_recording(connection: Connection, portal_id: str, uuid: str) -> RowMapping:
    """The row of the session's recording, made if missing, locked for this transaction."""
    insert_missing(
        connection, recording, [{"portal_id": portal_id, "uuid": uuid}], ["portal_id", "uuid"]
    )
    return (
        connection.execute(
            select(recording)
            .where(recording.c.portal_id == portal_id, recording.c.uuid == uuid)
            .with_for_update()
        )
        .mappings()
        .one()
    )


def change_recording(connection: Connection, recording_pk: int, **values: Any) -> None:
    """Set columns of the recording."""
    connection.execute(update(recording).where(recording.c.id == recording_pk).values(**values))


def describe_recording(
    connection: Connection, row: RowMapping, at: datetime, **values: Any
) -> None:
    """Store what was said of the recording (empty values left out) unless newer words are known."""
    if row["described_at"] is not None and row["described_at"] > at:
        return
    known = {name: value for name, value in values.items() if value}
    change_recording(connection, row["id"], described_at=at, **known)


def merge_moments(
    connection: Connection,
    row: RowMapping,
    files: Iterable[FileMoments],
    whole: Mapping[str, datetime] | None = None,
) -> None:
    """Keep the newest moment of each kind; ``whole`` are those that concern every file."""
    newer = {name: at for name, at in (whole or {}).items() if row[name] is None or at > row[name]}
    if newer:
        change_recording(connection, row["id"], **newer)
    known = _files_of(connection, [row["id"]])[row["id"]]
    for file in files:
        stored = next((one for one in known if one["file_id"] == file.file_id), None)
        _merge_file(connection, row["id"], stored, file)


def merge_list(
    connection: Connection, row: RowMapping, listed: Sequence[FileMoments], read_at: datetime
) -> None:
    """Store a complete list of the recording's files (none: Zoom has no recording)."""
    merge_moments(connection, row, listed)
    present = {file.file_id for file in listed}
    for stored in _files_of(connection, [row["id"]])[row["id"]]:
        is_here = stored["file_id"] in present
        values: dict[str, Any] = {"missed_reads": 0 if is_here else stored["missed_reads"] + 1}
        if not is_here:
            values["missed_at"] = read_at
        connection.execute(
            update(recording_file).where(recording_file.c.id == stored["id"]).values(**values)
        )


def _merge_file(
    connection: Connection, recording_pk: int, stored: RowMapping | None, file: FileMoments
) -> None:
    said = {name: getattr(file, name) for name in _MOMENTS if getattr(file, name) is not None}
    if stored is None:
        connection.execute(
            recording_file.insert().values(
                recording_pk=recording_pk,
                file_id=file.file_id,
                file_type=file.file_type,
                size=file.size,
                **said,
            )
        )
        return
    newer: dict[str, Any] = {
        name: at for name, at in said.items() if stored[name] is None or at > stored[name]
    }
    if file.size > stored["size"]:
        newer["size"] = file.size
    if file.file_type and not stored["file_type"]:
        newer["file_type"] = file.file_type
    if newer:
        connection.execute(
            update(recording_file).where(recording_file.c.id == stored["id"]).values(**newer)
        )


def event_texts(connection: Connection, occurrence_pk: int) -> list[str]:
    """What plugins want the occurrence's marketing event to say of its recordings, oldest first."""
    rows = connection.execute(
        select(recording.c.event_text)
        .where(recording.c.occurrence_pk == occurrence_pk, recording.c.event_text != "")
        .order_by(recording.c.started_at, recording.c.id)
    )
    return [row.event_text for row in rows]


def recordings_of(
    connection: Connection, occurrence_pks: Sequence[int]
) -> dict[int, list[StoredRecording]]:
    """The recordings of each occurrence, oldest first."""
    rows = connection.execute(
        select(recording)
        .where(recording.c.occurrence_pk.in_(occurrence_pks))
        .order_by(recording.c.started_at, recording.c.id)
    )
    found: dict[int, list[StoredRecording]] = {pk: [] for pk in occurrence_pks}
    for one in fold_stored(connection, list(rows.mappings())):
        found[one.row["occurrence_pk"]].append(one)
    return found


def read_recording(connection: Connection, recording_pk: int) -> StoredRecording | None:
    """The recording with this key, None when there is none."""
    row = connection.execute(select(recording).where(recording.c.id == recording_pk))
    return next(iter(fold_stored(connection, list(row.mappings()))), None)


def fold_stored(connection: Connection, rows: Sequence[RowMapping]) -> list[StoredRecording]:
    """The recordings of these rows with their state."""
    files = _files_of(connection, [row["id"] for row in rows])
    return [
        StoredRecording(row, fold_recording([_moments(file, row) for file in files[row["id"]]]))
        for row in rows
    ]


def _files_of(
    connection: Connection, recording_pks: Sequence[int]
) -> Mapping[int, list[RowMapping]]:
    found: dict[int, list[RowMapping]] = defaultdict(list)
    rows = connection.execute(
        select(recording_file)
        .where(recording_file.c.recording_pk.in_(recording_pks))
        .order_by(recording_file.c.id)
    )
    for row in rows.mappings():
        found[row["recording_pk"]].append(row)
    return found


def _moments(file: RowMapping, row: RowMapping) -> FileMoments:
    """The file's moments, with those of the recording as a whole."""
    own = FileMoments(**{name: file[name] for name in _FILE_FIELDS})
    newest: dict[str, Any] = {
        name: max((at for at in (file[name], row[name]) if at is not None), default=None)
        for name in _WHOLE
    }
    return replace(own, **newest)
