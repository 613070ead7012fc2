"""What happened, as plugins see it: frozen values, aware UTC moments, seconds, percent 0-100."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["attendee", "panelist", "host"]
"""Audience, speaker, owner."""

RegistrantStatus = Literal["approved", "pending", "denied", "cancelled"]
"""Where Zoom's host left the registration."""

Identity = Literal["registration", "report", "none"]
"""Where a person's address comes from."""


@dataclass(frozen=True, slots=True)
class Webinar:
    """A webinar as scheduled in Zoom; ``public_url`` never carries anybody's personal token."""

    webinar_id: str
    account_id: str
    topic: str
    host_id: str
    host_email: str
    public_url: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One scheduled date of a webinar.

    ``occurrence_id`` is "" for a single webinar. ``started_at`` and ``ended_at`` are the actual
    moments, None until known. ``length_seconds`` is the sum of the actual lengths of its instances.
    ``is_settled`` says that Zoom's attendance figures have stopped changing.
    """

    occurrence_id: str
    webinar: Webinar
    scheduled_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    length_seconds: int
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody Zoom knows in one occurrence.

    ``email`` is lower-cased, "" when Zoom gave none. ``identity`` says where the address comes
    from: the registration form, the attendance report, or nowhere. ``reference`` is opaque and
    stable: the same person in the same occurrence always has the same one. ``is_hubspot_user`` says
    whether the address belongs to a user of the customer's own HubSpot account.
    ``has_zoom_identity`` says that Zoom named the person by a registrant or user id, so that an
    address may yet be found for somebody who has none.
    """

    reference: str
    email: str
    first_name: str
    last_name: str
    role: Role
    identity: Identity
    status: RegistrantStatus | None
    is_hubspot_user: bool = False
    has_zoom_identity: bool = False


@dataclass(frozen=True, slots=True)
class Registrant:
    """A registration: the person, the occurrence, and when it was made (or taken back)."""

    person: Person
    occurrence: Occurrence
    status: RegistrantStatus
    registered_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """One person in one occurrence, all sessions united and capped at the occurrence's length."""

    person: Person
    occurrence: Occurrence
    first_join_at: datetime
    last_leave_at: datetime
    seconds: int
    percent: float


@dataclass(frozen=True, slots=True)
class Recording:
    """A cloud recording of one instance; ``share_url`` is for people and carries no token."""

    occurrence: Occurrence
    instance_uuid: str
    started_at: datetime
    duration_seconds: int
    share_url: str
    has_transcript: bool
