"""What notices and lists of a recording add up to, in whatever order and however often they came.

A notice counts as of its moment, a list as of the start of its read. Only a recovery or a list
brings back what was put into the bin: Zoom may announce the same completion twice.
https://developers.zoom.us/docs/api/meetings/events/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

FileState = Literal["processing", "available", "trashed", "deleted", "unavailable"]
"""``unavailable``: no list holds it any more, and no notice said why."""
TranscriptState = Literal["missing", "processing", "available", "gone"]

MEDIA_TYPES = ("MP4", "M4A")
TRANSCRIPT_TYPE = "TRANSCRIPT"
KEPT_TYPES = (*MEDIA_TYPES, TRANSCRIPT_TYPE)
ENOUGH_MISSES = 2
"""One list without a file may be Zoom's moment of weakness; the second in a row is believed."""


@dataclass(frozen=True, slots=True)
class FileMoments:
    """When what was last said of one file; ``missed_reads`` counts lists without it in a row."""

    file_type: str
    file_id: str = ""
    size: int = 0
    completed_at: datetime | None = None
    trashed_at: datetime | None = None
    deleted_at: datetime | None = None
    recovered_at: datetime | None = None
    listed_at: datetime | None = None
    missed_at: datetime | None = None
    missed_reads: int = 0


@dataclass(frozen=True, slots=True)
class RecordingState:
    """What a recording has come to; ``transcript`` is the file of its text, None without one."""

    state: FileState
    transcript_state: TranscriptState
    transcript: FileMoments | None = None
    is_doubtful: bool = False


def fold_recording(files: Sequence[FileMoments]) -> RecordingState:
    """The state of a recording by its files: available as long as anything of it can be played."""
    media = [fold_file(file) for file in files if file.file_type in MEDIA_TYPES]
    texts = [(fold_file(file), file) for file in files if file.file_type == TRANSCRIPT_TYPE]
    transcript = max(
        (file for state, file in texts if state == "available"),
        key=lambda file: (file.size, file.file_id),
        default=None,
    )
    return RecordingState(
        _first_of(media, ("available", "processing", "trashed", "deleted", "unavailable")),
        _transcript_state([state for state, _ in texts]),
        transcript,
        any(_is_doubtful(file) for file in files),
    )


def fold_file(file: FileMoments) -> FileState:
    """The state of one file."""
    removed_at = _newest(file.trashed_at, file.deleted_at)
    back_at = _newest(file.recovered_at, file.listed_at)
    if removed_at is not None and (back_at is None or back_at <= removed_at):
        is_deleted = file.deleted_at is not None and (back_at is None or back_at <= file.deleted_at)
        return "deleted" if is_deleted else "trashed"
    if _is_missed(file) and file.missed_reads >= ENOUGH_MISSES:
        return "unavailable"
    if file.completed_at is not None or back_at is not None:
        return "available"
    return "processing"


def _is_doubtful(file: FileMoments) -> bool:
    """Whether one more read has to tell that the file is gone."""
    is_thought_there = fold_file(file) == "available"
    return is_thought_there and _is_missed(file)


def _is_missed(file: FileMoments) -> bool:
    """Whether the newest list lacks it, and nothing was heard of it since."""
    heard_at = _newest(file.completed_at, file.recovered_at, file.listed_at)
    missed_at = file.missed_at
    return missed_at is not None and (heard_at is None or missed_at > heard_at)


def _transcript_state(states: Sequence[FileState]) -> TranscriptState:
    if not states:
        return "missing"
    if "available" in states:
        return "available"
    return "processing" if "processing" in states else "gone"


def _first_of(states: Sequence[FileState], order: Sequence[FileState]) -> FileState:
    return next((state for state in order if state in states), "processing")


def _newest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
