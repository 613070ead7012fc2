"""What Zoom remembers: accounts, users, webinars, registrants, sessions and recordings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SINGLE, NO_FIXED_TIME, FIXED_TIMES = 5, 6, 9
"""Webinar types: once; recurring without fixed times; recurring with fixed times."""

AUTOMATIC, MANUAL, NO_REGISTRATION = 0, 1, 2
"""Approval types."""

LISTED_STATUSES = ("approved", "pending", "denied")
"""The registrant states that can be listed; a cancelled registrant is in no list."""


@dataclass(slots=True)
class User:
    """A person of a Zoom account. `role_report`: may see usage reports."""

    id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    type: int = 2
    status: str = "active"
    timezone: str = "UTC"
    role_report: bool = True
    is_admin: bool = True
    webinar: bool = True
    webinar_capacity: int = 500
    zoom_events: bool = False
    created_at: datetime | None = None

    @property
    def display_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Account:
    """A Zoom customer. `plan` is pro or business; `plan_missing`: no webinar licence any more.

    `is_subscribed`: webhooks of this account are sent; ends with deauthorisation.
    """

    id: str
    plan: str = "pro"
    plan_missing: bool = False
    is_subscribed: bool = True
    users: dict[str, User] = field(default_factory=dict)


@dataclass(slots=True)
class Occurrence:
    """One planned date; `duration` in minutes."""

    occurrence_id: str
    start_time: datetime
    duration: int
    status: str = "available"


@dataclass(slots=True)
class Registrant:
    """Someone signed up. `occurrences` maps occurrence id to state where dates are chosen."""

    id: str
    email: str
    first_name: str
    last_name: str
    status: str
    create_time: datetime
    answers: dict[str, Any] = field(default_factory=dict)
    occurrences: dict[str, str] = field(default_factory=dict)
    source_id: str = ""

    def status_for(self, occurrence_id: str) -> str:
        """The state for one date, empty when not registered for it."""
        if self.occurrences:
            return self.occurrences.get(occurrence_id, "")
        return self.status

    def is_listed(self, status: str, occurrence_id: str) -> bool:
        """Whether a list of this state (and date, unless empty) holds the person."""
        if occurrence_id:
            return self.status_for(occurrence_id) == status
        return status in self.occurrences.values() if self.occurrences else self.status == status

    def retake_status(self) -> None:
        """Make the overall state agree with the states of the dates."""
        for status in (*LISTED_STATUSES, "cancelled"):
            if status in self.occurrences.values():
                self.status = status
                return


@dataclass(slots=True)
class Panelist:
    """A speaker."""

    id: str
    email: str
    name: str


@dataclass(slots=True)
class ParticipantRow:
    """One join of a session: a rejoin is another row. `person` ties rows of one human together."""

    user_id: str
    person: str
    name: str
    user_email: str
    join_time: datetime
    leave_time: datetime
    registrant_id: str = ""
    participant_user_id: str = ""
    participant_uuid: str = ""
    status: str = "in_meeting"
    role: str = "attendee"
    failover: bool = False
    customer_key: str = ""
    leave_reason: str = ""


@dataclass(slots=True)
class Instance:
    """One actual session. `report_script` is what the next reads meet; its last entry stays."""

    uuid: str
    webinar_id: int
    occurrence_id: str
    start_time: datetime
    end_time: datetime | None
    is_practice: bool = False
    rows: list[ParticipantRow] = field(default_factory=list)
    report_script: list[str] = field(default_factory=lambda: ["full"])
    dropped_rows: int = 0
    polls: list[dict[str, Any]] = field(default_factory=list)
    qa: list[dict[str, Any]] = field(default_factory=list)
    survey: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class RecordingFile:
    """One file of a recording; `size` in bytes."""

    id: str
    file_type: str
    extension: str
    recording_type: str
    size: int
    start: datetime
    end: datetime
    status: str = "completed"
    content: bytes = b""
    url_part: str = ""


@dataclass(slots=True)
class Recording:
    """The cloud recording of one session. `state`: processing, available, trashed or deleted."""

    uuid: str
    webinar_id: int
    account_id: str
    share_token: str
    password: str
    start_time: datetime
    duration: int
    state: str = "processing"
    files: list[RecordingFile] = field(default_factory=list)


@dataclass(slots=True)
class Webinar:
    """A webinar or a series of them; `duration` in minutes."""

    id: int
    uuid: str
    account_id: str
    host_id: str
    topic: str
    type: int
    start_time: datetime | None
    duration: int
    created_at: datetime
    password: str
    register_token: str
    timezone: str = "UTC"
    agenda: str = ""
    approval_type: int = AUTOMATIC
    registration_type: int = 1
    registrants_restrict_number: int = 0
    alternative_hosts: list[str] = field(default_factory=list)
    work_domains: list[str] = field(default_factory=list)
    is_paid: bool = False
    is_simulive: bool = False
    is_events_webinar: bool = False
    auto_recording: str = "none"
    email_in_attendee_report: bool = False
    occurrences: list[Occurrence] = field(default_factory=list)
    recurrence: dict[str, Any] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)
    custom_questions: list[dict[str, Any]] = field(default_factory=list)
    tracking_sources: list[dict[str, Any]] = field(default_factory=list)
    panelists: list[Panelist] = field(default_factory=list)
    poll_definitions: list[dict[str, Any]] = field(default_factory=list)
    survey_definition: dict[str, Any] = field(default_factory=dict)
    registrants: dict[str, Registrant] = field(default_factory=dict)
    registrant_ids_by_email: dict[str, str] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    _lists: dict[tuple[str, str], list[Registrant]] = field(default_factory=dict)

    def list_registrants(self, status: str, occurrence_id: str = "") -> list[Registrant]:
        """The people of one state in order of registration; kept until somebody changes."""
        key = (status, occurrence_id)
        if key not in self._lists:
            people = self.registrants.values()
            self._lists[key] = [item for item in people if item.is_listed(status, occurrence_id)]
        return self._lists[key]

    def registrants_changed(self) -> None:
        """Forget the prepared lists."""
        self._lists.clear()

    def find_occurrence(self, occurrence_id: str) -> Occurrence | None:
        """The date by that id."""
        for occurrence in self.occurrences:
            if occurrence.occurrence_id == occurrence_id:
                return occurrence
        return None

    def last_planned_end(self) -> datetime | None:
        """When the last date is over; None for a series without fixed times."""
        if self.type == NO_FIXED_TIME or self.start_time is None:
            return None
        starts = [(item.start_time, item.duration) for item in self.occurrences] or [
            (self.start_time, self.duration)
        ]
        return max(start + timedelta(minutes=minutes) for start, minutes in starts)

    def ended_instances(self) -> list[Instance]:
        """Sessions that are over, oldest first, rehearsals left out."""
        over = [item for item in self.instances if item.end_time and not item.is_practice]
        return sorted(over, key=lambda instance: instance.start_time)
