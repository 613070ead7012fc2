"""Zoom's webhook bodies, after their signature was checked. https://developers.zoom.us/docs/api/webhooks/

An event that is not understood is an envelope without payload: new ones appear without notice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError

from rollcall.errors import Permanent
from schemas.base import (
    Address,
    Flag,
    Inner,
    Moment,
    Rows,
    Text,
    ValueSchema,
    Whole,
    as_object,
    describe_fault,
    keepable,
    texts,
)
from schemas.zoom_api import OccurrenceRow, OccurrenceSchema, RegistrantRow, RegistrantSchema
from schemas.zoom_reports import RecordingDetail, RecordingSchema

URL_VALIDATION = "endpoint.url_validation"


class UnreadableWebhook(Permanent):
    """A body that is no Zoom event, or lacks what its event is known to carry."""


@dataclass(frozen=True, slots=True)
class WebinarChanged:
    """A webinar was created, updated, deleted, recovered or made a meeting: read it again.

    An update carries only what changed, so everything but ``webinar_id`` may be empty.
    ``is_single`` says that only the listed ``occurrences`` are concerned, not the whole series.
    """

    action: str
    webinar_id: str
    uuid: str
    host_id: str
    topic: str
    is_single: bool
    occurrences: tuple[OccurrenceRow, ...]


@dataclass(frozen=True, slots=True)
class WebinarRan:
    """A session started or ended; the end of a practice session counts for nothing."""

    action: str
    webinar_id: str
    uuid: str
    host_id: str
    host_email: str
    topic: str
    started_at: datetime | None
    ended_at: datetime | None
    is_practice_session: bool


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """Somebody registered, or was approved, cancelled or denied: ``registrant.status`` says what.

    ``occurrences`` are those registered for, empty for a single webinar.
    """

    action: str
    webinar_id: str
    uuid: str
    host_id: str
    topic: str
    registrant: RegistrantRow
    occurrences: tuple[OccurrenceRow, ...]


@dataclass(frozen=True, slots=True)
class UserChanged:
    """A user of the account appeared, changed or left; an update carries only what changed."""

    action: str
    user_id: str
    email: str
    first_name: str
    last_name: str
    type: int


@dataclass(frozen=True, slots=True)
class AppDeauthorized:
    """A user removed the app: the account's data must go."""

    user_id: str


@dataclass(frozen=True, slots=True)
class UrlValidation:
    """Zoom asks whether the address is ours; answered by :func:`url_validation_answer`."""

    plain_token: str


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """A recording was completed, transcribed, renamed, put into the bin, taken out or deleted.

    ``download_token`` opens the files for 24 hours, "" when the event carries none.
    """

    action: str
    recording: RecordingDetail
    download_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecordingReference:
    """A recording named by a batch event; ``file_ids`` empty means all of its files."""

    uuid: str
    file_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingsChanged:
    """Many recordings were put into the bin, taken out or deleted at once: of meetings, too."""

    action: str
    recordings: tuple[RecordingReference, ...]


Payload = (
    WebinarChanged
    | WebinarRan
    | RegistrationChanged
    | UserChanged
    | AppDeauthorized
    | UrlValidation
    | RecordingChanged
    | RecordingsChanged
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event; ``payload`` is None when Rollcall has no use for it.

    ``account_id`` is "" for a URL validation alone.
    """

    event: str
    event_at: datetime
    account_id: str
    payload: Payload | None


def parse_webhook(body: bytes | str | Mapping[str, Any]) -> Envelope:
    """Return the event in a verified body. Raises UnreadableWebhook, without personal data."""
    try:
        loaded = dict(body) if isinstance(body, Mapping) else json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableWebhook("a webhook body that is not JSON") from error
    outer = as_object(loaded)
    event, payload = str(outer.get("event") or ""), as_object(outer.get("payload"))
    account_id = keepable(str(payload.get("account_id") or ""))
    if not event or not (account_id or event == URL_VALIDATION):
        raise UnreadableWebhook("a webhook body without event or account")
    family, _, action = event.partition(".")
    reader = _READERS.get(event)
    try:
        return Envelope(
            event=event,
            event_at=_event_at(outer, payload),
            account_id=account_id,
            payload=reader(action or family, payload, outer) if reader else None,
        )
    except ValidationError as error:
        raise UnreadableWebhook(f"{event}: {describe_fault(error)}") from error


def url_validation_answer(plain_token: str, encrypted_token: str) -> dict[str, str]:
    """Return the answer to a URL validation; ``encrypted_token`` is the token's HMAC in hex.

    https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
    """
    return {"plainToken": plain_token, "encryptedToken": encrypted_token}


def _event_at(outer: Mapping[str, Any], payload: Mapping[str, Any]) -> datetime:
    """Return when it happened; ``app_deauthorized`` says so inside its payload."""
    stamp = outer.get("event_ts") or payload.get("deauthorization_time")
    moment: datetime = _MOMENT.deserialize(stamp)
    return moment.astimezone(UTC)


# --- one reader for each family ---------------------------------------------------------------


class _WebinarSchema(ValueSchema):
    webinar_id = Text(data_key="id", required=True)
    uuid = Text()
    host_id = Text()
    topic = Text()
    occurrences = Rows(OccurrenceSchema())


class _RunSchema(ValueSchema):
    webinar_id = Text(data_key="id", required=True)
    uuid = Text(required=True)
    host_id = Text()
    host_email = Address()
    topic = Text()
    started_at = Moment(data_key="start_time")
    ended_at = Moment(data_key="end_time")
    is_practice_session = Flag(data_key="practice_session")


class _RegistrationSchema(_WebinarSchema):
    registrant = Inner(RegistrantSchema, required=True)


class _UserSchema(ValueSchema):
    user_id = Text(data_key="id", required=True)
    email = Address()
    first_name = Text()
    last_name = Text()
    type = Whole()


_WEBINAR, _RUN, _REGISTRATION = _WebinarSchema(), _RunSchema(), _RegistrationSchema()
_USER, _RECORDING = _UserSchema(), RecordingSchema()
_MOMENT = Moment(required=True)

Reader = Callable[[str, Mapping[str, Any], Mapping[str, Any]], Payload]


def _read_webinar(
    action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]
) -> WebinarChanged:
    extent = payload.get("operation") or payload.get("scope")
    loaded = _WEBINAR.load(as_object(payload.get("object")))
    return WebinarChanged(action=action, is_single=extent == "single", **loaded)


def _read_run(action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]) -> WebinarRan:
    return WebinarRan(action=action, **_RUN.load(as_object(payload.get("object"))))


_STATUS_OF = {
    "registration_approved": "approved",
    "registration_cancelled": "cancelled",
    "registration_denied": "denied",
}


def _read_registration(
    action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]
) -> RegistrationChanged:
    loaded = _REGISTRATION.load(as_object(payload.get("object")))
    registrant = loaded.pop("registrant")
    status = _STATUS_OF.get(action) or registrant.status or "approved"
    if registrant.status != status:
        registrant = replace(registrant, status=status)
    return RegistrationChanged(action=action, registrant=registrant, **loaded)


def _read_user(action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]) -> UserChanged:
    return UserChanged(action=action, **_USER.load(as_object(payload.get("object"))))


def _read_deauthorization(
    action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]
) -> AppDeauthorized:
    return AppDeauthorized(user_id=str(payload.get("user_id") or ""))


def _read_url_validation(
    action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]
) -> UrlValidation:
    return UrlValidation(plain_token=str(payload.get("plainToken") or ""))


def _read_recording(
    action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]
) -> RecordingChanged:
    recording = _RECORDING.load(as_object(payload.get("object")))
    return RecordingChanged(action, recording, str(outer.get("download_token") or ""))


def _read_recordings(
    action: str, payload: Mapping[str, Any], outer: Mapping[str, Any]
) -> RecordingsChanged:
    inner = as_object(payload.get("object"))
    references = [RecordingReference(uuid) for uuid in _texts(inner.get("meeting_uuids"))]
    for one in _listed(inner.get("meetings")):
        uuid = str(as_object(one).get("meeting_uuid") or "")
        if uuid:
            files = _texts(as_object(one).get("recording_file_ids"))
            references.append(RecordingReference(uuid, files))
    if not references:
        raise ValidationError({"object": ["Names no recordings."]})
    return RecordingsChanged(action, tuple(references))


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _texts(values: Any) -> tuple[str, ...]:
    return texts(_listed(values))


def _family(reader: Reader, family: str, *actions: str) -> dict[str, Reader]:
    return {f"{family}.{action}": reader for action in actions}


_READERS: dict[str, Reader] = {
    "app_deauthorized": _read_deauthorization,
    URL_VALIDATION: _read_url_validation,
    **_family(_read_webinar, "webinar", "created", "updated", "deleted", "recovered"),
    **_family(_read_webinar, "webinar", "permanently_deleted", "converted_to_meeting"),
    **_family(_read_run, "webinar", "started", "ended"),
    **_family(_read_registration, "webinar", "registration_created", "registration_approved"),
    **_family(_read_registration, "webinar", "registration_cancelled", "registration_denied"),
    **_family(_read_user, "user", "created", "updated", "deleted", "deactivated"),
    **_family(_read_user, "user", "activated", "disassociated"),
    **_family(_read_recording, "recording", "completed", "transcript_completed", "renamed"),
    **_family(_read_recording, "recording", "trashed", "recovered", "deleted"),
    **_family(_read_recordings, "recording", "batch_trashed", "batch_recovered", "batch_deleted"),
}

SUBSCRIBED = frozenset(_READERS) - {URL_VALIDATION, "app_deauthorized"}
"""The events to subscribe to: those that are read, without the two Zoom sends unasked."""
