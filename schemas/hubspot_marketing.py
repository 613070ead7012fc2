"""HubSpot's marketing events: the event, attendance inputs, participation.

https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from schemas.base import (
    Flag,
    Inner,
    Moment,
    Page,
    Text,
    ValueSchema,
    Whole,
    as_object,
    epoch_ms,
    iso,
)
from schemas.hubspot_api import BatchFault, read_batch_faults, read_list

Verb = Literal["register", "attend", "cancel"]
ParticipationState = Literal["REGISTERED", "ATTENDED", "CANCELLED", "NO_SHOW", "EMPTY"]


@dataclass(frozen=True, slots=True)
class MarketingEventBody:
    """A marketing event as we want it; ``account`` is our external account id (Zoom's).

    ``description`` None leaves the event's own alone, "" takes it away.
    """

    account: str
    name: str
    organizer: str
    event_type: str = ""
    description: str | None = None
    url: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    custom_properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class MarketingEventRow:
    """A marketing event as HubSpot has it."""

    object_id: str
    external_id: str
    name: str
    organizer: str
    url: str
    starts_at: datetime | None
    ends_at: datetime | None
    cancelled: bool
    completed: bool


class _EventSchema(ValueSchema):
    value = MarketingEventRow
    object_id = Text(data_key="objectId")
    external_id = Text(data_key="externalEventId")
    name = Text(data_key="eventName")
    organizer = Text(data_key="eventOrganizer")
    url = Text(data_key="eventUrl")
    starts_at = Moment(data_key="startDateTime")
    ends_at = Moment(data_key="endDateTime")
    cancelled = Flag(data_key="eventCancelled")
    completed = Flag(data_key="eventCompleted")


def marketing_event_body(external_id: str, event: MarketingEventBody) -> dict[str, Any]:
    """Return the body of an upsert; what is empty is left out."""
    body = {
        "eventName": event.name,
        "eventOrganizer": event.organizer,
        "externalAccountId": event.account,
        "externalEventId": external_id,
        "customProperties": [
            {"name": name, "value": value} for name, value in event.custom_properties.items()
        ],
        "eventType": event.event_type,
        "eventUrl": event.url,
        "startDateTime": iso(event.starts_at) if event.starts_at else "",
        "endDateTime": iso(event.ends_at) if event.ends_at else "",
    }
    described = {} if event.description is None else {"eventDescription": event.description}
    return {key: value for key, value in body.items() if value != ""} | described


def completion_body(started_at: datetime, ended_at: datetime) -> dict[str, Any]:
    """Return the body that completes an event with its actual start and end."""
    return {"startDateTime": iso(started_at), "endDateTime": iso(ended_at)}


def read_marketing_event(body: Any) -> MarketingEventRow:
    """Return the event of an answer."""
    row: MarketingEventRow = _EVENT.load(as_object(body))
    return row


@dataclass(frozen=True, slots=True)
class AttendanceInput:
    """One contact's state; ``at`` is the moment Zoom gave, the other two only for ``attend``."""

    contact_id: str
    at: datetime
    joined_at: datetime | None = None
    left_at: datetime | None = None


def attendance_body(inputs: Iterable[AttendanceInput]) -> dict[str, Any]:
    """Return the body of an attendance call by contact id; the moment is in milliseconds."""
    return {"inputs": [_attendance(one) for one in inputs]}


def _attendance(one: AttendanceInput) -> dict[str, Any]:
    properties = {}
    if one.joined_at and one.left_at:
        properties = {"joinedAt": iso(one.joined_at), "leftAt": iso(one.left_at)}
    return {
        "vid": int(one.contact_id),
        "interactionDateTime": epoch_ms(one.at),
        "properties": properties,
    }


class _StoredSchema(ValueSchema):
    contact_id = Text(data_key="vid", required=True)


def read_attendance(body: Any) -> tuple[frozenset[str], tuple[BatchFault, ...]]:
    """Return the contact ids HubSpot stored, and the error entries."""
    stored = frozenset(row["contact_id"] for row in read_list(_STORED, body).rows)
    return stored, read_batch_faults(body)


@dataclass(frozen=True, slots=True)
class ParticipationRow:
    """One contact's newest state in one event; ``seconds`` as HubSpot counted."""

    contact_id: str
    external_event_id: str
    state: str
    occurred_at: datetime | None
    seconds: int


class _ParticipationProperties(ValueSchema):
    state = Text(data_key="attendanceState")
    occurred_at = Moment(data_key="occurredAt")
    seconds = Whole(data_key="attendanceDurationSeconds")


class _ContactReference(ValueSchema):
    contact_id = Text(data_key="contactId", required=True)


class _EventReference(ValueSchema):
    external_event_id = Text(data_key="externalEventId")


class _ParticipationAssociations(ValueSchema):
    contact = Inner(_ContactReference, required=True)
    event = Inner(_EventReference, data_key="marketingEvent", load_default=dict)


class _ParticipationSchema(ValueSchema):
    properties = Inner(_ParticipationProperties, required=True)
    associations = Inner(_ParticipationAssociations, required=True)

    def build(self, loaded: dict[str, Any]) -> ParticipationRow:
        associations = loaded["associations"]
        return ParticipationRow(
            **associations["contact"],
            external_event_id=associations["event"].get("external_event_id", ""),
            **loaded["properties"],
        )


def read_participations(body: Any) -> Page[ParticipationRow]:
    """Return a page of a participation breakdown."""
    return read_list(_PARTICIPATION, body)


@dataclass(frozen=True, slots=True)
class ParticipationCounts:
    """An event's counters, which HubSpot rolls up late: they may read 0 for long."""

    registered: int
    attended: int
    cancelled: int
    no_shows: int


class _CountsSchema(ValueSchema):
    value = ParticipationCounts
    registered = Whole()
    attended = Whole()
    cancelled = Whole()
    no_shows = Whole(data_key="noShows")


def read_counts(body: Any) -> ParticipationCounts:
    """Return an event's counters."""
    counts: ParticipationCounts = _COUNTS.load(as_object(body))
    return counts


_EVENT, _STORED, _COUNTS = _EventSchema(), _StoredSchema(), _CountsSchema()
_PARTICIPATION = _ParticipationSchema()
