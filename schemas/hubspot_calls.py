"""HubSpot's call records: a webinar's recording on the contacts' timelines, and its transcript.

https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.base import Text, ValueSchema, as_object, epoch_ms
from schemas.hubspot_api import BatchFault, read_batch_faults, read_list

_CALL_TO_CONTACT = 194
_ENDS = 100
"""Contacts taken off a call record by one input; the guide gives no limit for them."""
_EXTERNAL_ID = "hs_call_external_id"
TRANSCRIPT_PROPERTIES = ("hs_call_has_transcript", "hs_call_transcription_id")


@dataclass(frozen=True, slots=True)
class CallBody:
    """A call record as we want it; ``external_id`` is deterministic, ``account`` Zoom's.

    ``recording_url`` must be playable without signing in; "" leaves the recording out.
    """

    external_id: str
    account: str
    title: str
    body: str
    started_at: datetime
    duration_seconds: int
    recording_url: str = ""
    owner_id: str = ""
    app_id: str = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said; both moments in milliseconds from the start of the recording."""

    speaker_id: str
    speaker_name: str
    text: str
    start_ms: int
    end_ms: int
    language: str = ""


def call_body(call: CallBody, contact_ids: Iterable[str] = ()) -> dict[str, Any]:
    """Return the body that creates a call record, joined to contacts; what is empty is left out."""
    properties = {
        "hs_timestamp": str(epoch_ms(call.started_at)),
        "hs_call_title": call.title,
        "hs_call_body": call.body,
        "hs_call_duration": str(call.duration_seconds * 1000),
        "hs_call_status": "COMPLETED",
        "hs_call_recording_url": call.recording_url,
        "hs_call_source": "INTEGRATIONS_PLATFORM",
        "hs_call_app_id": call.app_id,
        _EXTERNAL_ID: call.external_id,
        "hs_call_external_account_id": call.account,
        "hubspot_owner_id": call.owner_id,
    }
    return {
        "properties": {name: value for name, value in properties.items() if value},
        "associations": [{"to": {"id": one}, "types": _types()} for one in contact_ids],
    }


def call_changes_body(call: CallBody) -> dict[str, Any]:
    """Return the body that makes a call record say this; an empty link takes the old one away."""
    properties = call_body(call)["properties"]
    return {"properties": {"hs_call_recording_url": "", "hs_call_body": "", **properties}}


def recording_removed_body() -> dict[str, Any]:
    """Return the body that takes the recording's link and the text out of a call record."""
    return {"properties": {"hs_call_recording_url": "", "hs_call_body": ""}}


def call_search_body(external_id: str) -> dict[str, Any]:
    """Return the search for call records of one external id."""
    same = {"propertyName": _EXTERNAL_ID, "operator": "EQ", "value": external_id}
    return {"filterGroups": [{"filters": [same]}], "properties": [_EXTERNAL_ID], "limit": 10}


def association_body(call_id: str, contact_ids: Iterable[str]) -> dict[str, Any]:
    """Return the body that joins a call record to contacts."""
    return {
        "inputs": [
            {"from": {"id": call_id}, "to": {"id": one}, "types": _types()} for one in contact_ids
        ]
    }


def disassociation_body(call_id: str, contact_ids: Iterable[str]) -> dict[str, Any]:
    """Return the body that takes contacts off a call record."""
    every = list(contact_ids)
    parts = [every[start : start + _ENDS] for start in range(0, len(every), _ENDS)]
    return {
        "inputs": [{"from": {"id": call_id}, "to": [{"id": one} for one in part]} for part in parts]
    }


def _types() -> list[dict[str, Any]]:
    return [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _CALL_TO_CONTACT}]


def recording_ready_body(call_id: str) -> dict[str, Any]:
    """Return the body that tells HubSpot to fetch a call's recording."""
    return {"engagementId": call_id}


def transcript_body(call_id: str, utterances: Iterable[Utterance]) -> dict[str, Any]:
    """Return the body that gives a call record its transcript."""
    return {
        "engagementId": call_id,
        "transcriptCreateUtterances": [_utterance(one) for one in utterances],
    }


def _utterance(one: Utterance) -> dict[str, Any]:
    said = {
        "speaker": {"id": one.speaker_id, "name": one.speaker_name},
        "text": one.text,
        "startTimeMillis": one.start_ms,
        "endTimeMillis": one.end_ms,
    }
    return said | ({"languageCode": one.language} if one.language else {})


class _IdSchema(ValueSchema):
    record_id = Text(data_key="id", required=True)


class _AssociationSchema(ValueSchema):
    contact_id = Text(data_key="toObjectId", required=True)


_ID, _ASSOCIATION = _IdSchema(), _AssociationSchema()


def read_id(body: Any) -> str:
    """Return the id of a created record. Raises marshmallow.ValidationError without one."""
    return str(_ID.load(as_object(body))["record_id"])


def read_transcript_id(body: Any) -> str | None:
    """Return the id of a call record's transcript, "" when only its presence is told, or None."""
    properties = as_object(as_object(body).get("properties"))
    has, transcript_id = (str(properties.get(name) or "") for name in TRANSCRIPT_PROPERTIES)
    return transcript_id if transcript_id or has.lower() == "true" else None


def read_found_ids(body: Any) -> tuple[str, ...]:
    """Return the ids a search found."""
    return tuple(row["record_id"] for row in read_list(_ID, body).rows)


def read_associations(body: Any) -> tuple[frozenset[str], tuple[BatchFault, ...]]:
    """Return the contact ids that were joined, and the error entries."""
    joined = frozenset(row["contact_id"] for row in read_list(_ASSOCIATION, body).rows)
    return joined, read_batch_faults(body)
