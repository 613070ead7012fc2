"""Zoom's word on what happened: sessions, attendance reports, the account's history, recordings.

https://developers.zoom.us/docs/api/meetings/#tag/reports
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.base import Address, Moment, Page, Rows, Text, ValueSchema, Whole, as_object
from schemas.zoom_api import read_page

WEBINAR_TYPES = frozenset({5, 6, 9})


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One past session of a webinar."""

    uuid: str
    started_at: datetime | None


class _InstanceSchema(ValueSchema):
    value = InstanceRow
    uuid = Text(required=True)
    started_at = Moment(data_key="start_time")


@dataclass(frozen=True, slots=True)
class InstanceDetail:
    """The actual start and end of a session; ``ended_at`` None while it is live."""

    uuid: str
    webinar_id: str
    topic: str
    started_at: datetime | None
    ended_at: datetime | None
    participants_count: int


class _InstanceDetailSchema(ValueSchema):
    value = InstanceDetail
    uuid = Text()
    webinar_id = Text(data_key="id")
    topic = Text()
    started_at = Moment(data_key="start_time")
    ended_at = Moment(data_key="end_time")
    participants_count = Whole()


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """One join of somebody; a rejoin is another row.

    ``registrant_id``, ``user_email`` and ``participant_user_id`` may each be "". ``user_id`` means
    nothing outside the instance. ``left_at`` None and ``seconds`` 0: not processed yet.
    """

    registrant_id: str
    user_email: str
    participant_user_id: str
    user_id: str
    name: str
    joined_at: datetime
    left_at: datetime | None
    seconds: int
    is_waiting_room: bool


class _ParticipantSchema(ValueSchema):
    registrant_id = Text()
    user_email = Address()
    participant_user_id = Text()
    user_id = Text()
    name = Text()
    joined_at = Moment(data_key="join_time", required=True)
    left_at = Moment(data_key="leave_time")
    seconds = Whole(data_key="duration")
    status = Text()

    def build(self, loaded: dict[str, Any]) -> ParticipantRow:
        status = loaded.pop("status")
        return ParticipantRow(**loaded, is_waiting_room=status == "in_waiting_room")


class _PastParticipantSchema(_ParticipantSchema):
    # The plain list has no field of its own for the Zoom user; of guests this one is empty.
    participant_user_id = Text(data_key="id")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A finished session as the account's history shows it; ``participants`` counts joins."""

    uuid: str
    webinar_id: str
    topic: str
    type: str
    host_email: str
    started_at: datetime | None
    ended_at: datetime | None
    participants: int


class _HistorySchema(ValueSchema):
    value = HistoryRow
    uuid = Text(data_key="meeting_uuid", required=True)
    webinar_id = Text(data_key="meeting_id", required=True)
    topic = Text()
    type = Text()
    host_email = Address()
    started_at = Moment(data_key="start_time")
    ended_at = Moment(data_key="end_time")
    participants = Whole()


def read_instances(body: Any) -> Page[InstanceRow]:
    """Return all past sessions of a webinar."""
    return read_page(_INSTANCE, "webinars", body)


def read_instance_detail(body: Any) -> InstanceDetail:
    """Return the actual start and end of a session."""
    detail: InstanceDetail = _INSTANCE_DETAIL.load(as_object(body))
    return detail


def read_participants(body: Any) -> Page[ParticipantRow]:
    """Return a page of an attendance report."""
    return read_page(_PARTICIPANT, "participants", body)


def read_past_participants(body: Any) -> Page[ParticipantRow]:
    """Return a page of the plain list of participants; ``registrant_id`` may be missing in all."""
    return read_page(_PAST_PARTICIPANT, "participants", body)


def read_history(body: Any) -> Page[HistoryRow]:
    """Return a page of finished sessions."""
    return read_page(_HISTORY, "history_meetings", body)


# --- recordings -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordingFileRow:
    """A file of a recording; ``file_id`` may be "" (captions, timelines). ``size`` in bytes."""

    file_id: str
    file_type: str
    file_extension: str
    recording_type: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    size: int
    download_url: str = field(repr=False)
    play_url: str


class RecordingFileSchema(ValueSchema):
    """Reads a recording's file."""

    value = RecordingFileRow
    file_id = Text(data_key="id")
    file_type = Text()
    file_extension = Text()
    recording_type = Text()
    status = Text()
    started_at = Moment(data_key="recording_start")
    ended_at = Moment(data_key="recording_end")
    size = Whole(data_key="file_size")
    download_url = Text()
    play_url = Text()


@dataclass(frozen=True, slots=True)
class RecordingDetail:
    """The cloud recording of one session; ``share_url`` is for people."""

    uuid: str
    webinar_id: str
    host_id: str
    topic: str
    type: int
    started_at: datetime | None
    duration_seconds: int
    share_url: str
    files: tuple[RecordingFileRow, ...]

    @property
    def is_of_webinar(self) -> bool:
        """Whether it is a webinar's; meetings share the endpoint and the events."""
        return self.type in WEBINAR_TYPES


class RecordingSchema(ValueSchema):
    """Reads a recording of the API or of a webhook; its duration comes in minutes."""

    value = RecordingDetail
    uuid = Text(required=True)
    webinar_id = Text(data_key="id")
    host_id = Text()
    topic = Text()
    type = Whole()
    started_at = Moment(data_key="start_time")
    duration_seconds = Whole(data_key="duration", times=60)
    share_url = Text()
    files = Rows(RecordingFileSchema(), data_key="recording_files")


def read_recording(body: Any) -> RecordingDetail:
    """Return a recording. Raises marshmallow.ValidationError without a UUID."""
    recording: RecordingDetail = _RECORDING.load(as_object(body))
    return recording


_INSTANCE, _INSTANCE_DETAIL = _InstanceSchema(), _InstanceDetailSchema()
_PAST_PARTICIPANT = _PastParticipantSchema()
_PARTICIPANT, _HISTORY, _RECORDING = _ParticipantSchema(), _HistorySchema(), RecordingSchema()
