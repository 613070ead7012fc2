"""Zoom's REST bodies: users, webinars, registrants, errors.

Reports and recordings are in :mod:`schemas.zoom_reports`.

https://developers.zoom.us/docs/api/meetings/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from marshmallow import fields

from schemas.base import (
    Address,
    Flag,
    Inner,
    Moment,
    Page,
    Rows,
    Text,
    ValueSchema,
    Whole,
    as_object,
    read_rows,
    texts,
    without_addresses,
)

# --- errors and pages -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoomError:
    """Zoom's error body: ``code`` 0 when there is none; the message carries no addresses."""

    code: int = 0
    message: str = ""
    fields: tuple[str, ...] = ()


def read_error(body: Any) -> ZoomError:
    """Return what an error body says. One code has many meanings: look at the message too."""
    outer = as_object(body)
    code = outer.get("code")
    details = outer.get("errors")
    named = [as_object(one) for one in details] if isinstance(details, list) else []
    return ZoomError(
        code=int(code) if isinstance(code, (int, str)) and str(code).isdigit() else 0,
        message=without_addresses(outer.get("message")),
        fields=texts(one.get("field") for one in named),
    )


def read_page(schema: ValueSchema, key: str, body: Any) -> Page[Any]:
    """Return a page of the list under ``key``."""
    outer = as_object(body)
    total = outer.get("total_records")
    return read_rows(
        schema,
        outer.get(key),
        total_records=total if isinstance(total, int) else None,
        next_token=str(outer.get("next_page_token") or ""),
    )


# --- users ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoomUserRow:
    """A user of the Zoom account; ``type`` 1 basic, 2 licensed. ``account_id`` only of oneself."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    status: str
    type: int
    account_id: str = ""


class _UserSchema(ValueSchema):
    value = ZoomUserRow
    user_id = Text(data_key="id", required=True)
    email = Address()
    first_name = Text()
    last_name = Text()
    status = Text()
    type = Whole()
    account_id = Text()


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a user's licence allows; ``webinar_capacity`` in people."""

    has_webinar: bool = False
    webinar_capacity: int = 0
    has_zoom_events: bool = False


class _UserSettingsSchema(ValueSchema):
    value = UserSettings
    has_webinar = Flag(data_key="webinar")
    webinar_capacity = Whole()
    has_zoom_events = Flag(data_key="zoom_events")


def read_user(body: Any) -> ZoomUserRow:
    """Return one user. Raises marshmallow.ValidationError without an id."""
    user: ZoomUserRow = _USER.load(as_object(body))
    return user


def read_users(body: Any) -> Page[ZoomUserRow]:
    """Return a page of users."""
    return read_page(_USER, "users", body)


def read_user_settings(body: Any) -> UserSettings:
    """Return a user's webinar licence."""
    settings: UserSettings = _USER_SETTINGS.load(as_object(as_object(body).get("feature")))
    return settings


# --- webinars ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """A scheduled date of a series; ``status`` is ``available`` or ``deleted``."""

    occurrence_id: str
    start_at: datetime | None
    duration_seconds: int
    status: str


class OccurrenceSchema(ValueSchema):
    """Reads an occurrence; its duration comes in minutes."""

    value = OccurrenceRow
    occurrence_id = Text(required=True)
    start_at = Moment(data_key="start_time")
    duration_seconds = Whole(data_key="duration", times=60)
    status = Text()


@dataclass(frozen=True, slots=True)
class WebinarRow:
    """A webinar as a list shows it; ``type`` 5 single, 6 recurring without times, 9 with times."""

    webinar_id: str
    uuid: str
    host_id: str
    topic: str
    type: int
    start_at: datetime | None
    duration_seconds: int
    timezone: str
    join_url: str
    is_events_webinar: bool


class _WebinarSchema(ValueSchema):
    value: type[Any] | None = WebinarRow
    webinar_id = Text(data_key="id", required=True)
    uuid = Text()
    host_id = Text()
    topic = Text()
    type = Whole()
    start_at = Moment(data_key="start_time")
    duration_seconds = Whole(data_key="duration", times=60)
    timezone = Text()
    join_url = Text()
    is_events_webinar = Flag()


@dataclass(frozen=True, slots=True)
class WebinarDetail:
    """A webinar in full.

    ``approval_type`` 0 automatic, 1 manual, 2 no registration; ``registration_type`` 1 once for
    all occurrences, 2 for each, 3 once for chosen ones. ``registration_url`` is public, "" when
    registration is off. Zoom's detail never says whether it is a Zoom Events webinar.
    """

    webinar_id: str
    uuid: str
    host_id: str
    host_email: str
    topic: str
    type: int
    start_at: datetime | None
    duration_seconds: int
    timezone: str
    join_url: str
    registration_url: str
    approval_type: int
    registration_type: int
    is_events_webinar: bool
    auto_recording: str
    occurrences: tuple[OccurrenceRow, ...]


class _WebinarSettingsSchema(ValueSchema):
    approval_type = Whole(load_default=2)
    registration_type = Whole(load_default=1)
    auto_recording = Text()


class _WebinarDetailSchema(_WebinarSchema):
    value = None
    host_email = Address()
    registration_url = Text()
    occurrences = Rows(OccurrenceSchema())
    settings = Inner(_WebinarSettingsSchema, load_default=_WebinarSettingsSchema().load({}))

    def build(self, loaded: dict[str, Any]) -> WebinarDetail:
        settings = loaded.pop("settings")
        return WebinarDetail(**loaded, **settings)


def read_webinars(body: Any) -> Page[WebinarRow]:
    """Return a page of webinars."""
    return read_page(_WEBINAR, "webinars", body)


def read_webinar(body: Any) -> WebinarDetail:
    """Return one webinar. Raises marshmallow.ValidationError without an id."""
    detail: WebinarDetail = _WEBINAR_DETAIL.load(as_object(body))
    return detail


# --- registration -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistrantRow:
    """A registration; ``join_url`` is personal. ``created_at`` is None in webhooks."""

    registrant_id: str
    email: str
    first_name: str
    last_name: str
    status: str
    created_at: datetime | None
    join_url: str = field(repr=False)


class RegistrantSchema(ValueSchema):
    """Reads a registrant of the API or of a webhook."""

    value = RegistrantRow
    registrant_id = Text(data_key="id", required=True)
    email = Address(required=True)
    first_name = Text()
    last_name = Text()
    status = Text()
    created_at = Moment(data_key="create_time")
    join_url = Text()


@dataclass(frozen=True, slots=True)
class PanelistRow:
    """A panelist of a webinar."""

    panelist_id: str
    email: str
    name: str


class _PanelistSchema(ValueSchema):
    value = PanelistRow
    panelist_id = Text(data_key="id")
    email = Address()
    name = Text()


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question of the registration form.

    ``name`` is a standard field's name, or the title of an own question (then ``is_custom``);
    ``type`` and ``answers`` (the allowed ones, for choices) are of own questions only.
    """

    name: str
    required: bool
    is_custom: bool
    type: str = ""
    answers: tuple[str, ...] = ()


class _StandardQuestion(ValueSchema):
    name = Text(data_key="field_name", required=True)
    required_ = Flag(data_key="required")


class _CustomQuestion(ValueSchema):
    # As it stands, blanks included: an answer is matched to its question by the exact title.
    name = fields.String(data_key="title", required=True)
    required_ = Flag(data_key="required")
    type = Text()
    answers = fields.Raw(load_default=(), allow_none=True)


@dataclass(frozen=True, slots=True)
class RegistrantInput:
    """Somebody to register. ``fields`` are standard ones by Zoom's name (``org``, ``job_title``),
    ``answers`` those to own questions, by exact title (at most 128 characters each).
    """

    email: str
    first_name: str
    last_name: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of an added registrant; ``join_url`` is personal, ``status`` may be ""."""

    registrant_id: str
    join_url: str = field(repr=False)
    status: str
    start_at: datetime | None


class _RegistrationSchema(ValueSchema):
    value = Registration
    registrant_id = Text(required=True)
    join_url = Text()
    status = Text()
    start_at = Moment(data_key="start_time")


def registrant_body(registrant: RegistrantInput) -> dict[str, Any]:
    """Return the body that adds a registrant, cut to the lengths Zoom documents."""
    body: dict[str, Any] = {name: value for name, value in registrant.fields.items() if value}
    body["email"] = registrant.email
    body["first_name"] = registrant.first_name[:64]
    if registrant.last_name:
        body["last_name"] = registrant.last_name[:64]
    if registrant.answers:
        body["custom_questions"] = [
            {"title": title, "value": answer[:128]} for title, answer in registrant.answers.items()
        ]
    return body


def read_registrants(body: Any) -> Page[RegistrantRow]:
    """Return a page of registrants."""
    return read_page(_REGISTRANT, "registrants", body)


def read_registration(body: Any) -> Registration:
    """Return what came of an added registrant. Raises marshmallow.ValidationError without an id."""
    registration: Registration = _REGISTRATION.load(as_object(body))
    return registration


def read_panelists(body: Any) -> Page[PanelistRow]:
    """Return all panelists."""
    return read_page(_PANELIST, "panelists", body)


def read_questions(body: Any) -> tuple[QuestionRow, ...]:
    """Return the form's questions, standard ones first. Name and address are always asked."""
    standard = [
        QuestionRow(row["name"], row["required_"], False)
        for row in read_page(_STANDARD, "questions", body).rows
    ]
    own = [
        QuestionRow(
            row["name"], row["required_"], True, row["type"], texts(_listed(row["answers"]))
        )
        for row in read_page(_CUSTOM, "custom_questions", body).rows
    ]
    return (*standard, *own)


def _listed(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list) else ()


_USER, _USER_SETTINGS = _UserSchema(), _UserSettingsSchema()
_WEBINAR, _WEBINAR_DETAIL = _WebinarSchema(), _WebinarDetailSchema()
_REGISTRANT, _PANELIST, _REGISTRATION = RegistrantSchema(), _PanelistSchema(), _RegistrationSchema()
_STANDARD, _CUSTOM = _StandardQuestion(), _CustomQuestion()
