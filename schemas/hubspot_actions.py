"""HubSpot's requests for a workflow action, after their signature was checked, and the answers.

https://developers.hubspot.com/docs/apps/developer-platform/add-features/custom-workflow-actions
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError

from rollcall.errors import Permanent
from schemas.base import Address, Text, ValueSchema, as_object, describe_fault

WEBINAR_FIELD = "webinarId"
OUTPUT_FIELDS = ("outcome", "joinUrl", "registrantId", "message")
STATE_FIELD, EXPIRY_FIELD = "hs_execution_state", "hs_expiration_duration"
CONTACT_PROPERTIES = ("email", "firstname", "lastname")
"""What the action's definition asks HubSpot to send of the contact."""
_LONGEST = {"callback_id": 255, "email": 255, "first_name": 255, "last_name": 255, "webinar": 512}


class UnreadableAction(Permanent):
    """A signed request that lacks what every request of its kind has."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A contact reached the action. ``callback_id`` is the same whenever HubSpot asks again.

    ``email`` is lower-cased; it and the names are "" when the contact has none. ``webinar`` is what
    the workflow's author picked or typed, or the value of a contact property.
    """

    callback_id: str
    portal_id: str
    contact_id: str
    email: str
    first_name: str
    last_name: str
    webinar: str


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    """The workflow editor asks for a page of entries; ``after`` is the one before's."""

    portal_id: str
    search: str
    after: str


@dataclass(frozen=True, slots=True)
class ActionOption:
    """An entry of the editor's list."""

    value: str
    label: str
    description: str = ""


class _OriginSchema(ValueSchema):
    portal_id = Text(data_key="portalId", required=True)


class _ExecutionSchema(ValueSchema):
    callback_id = Text(data_key="callbackId", required=True)


class _ContactSchema(ValueSchema):
    contact_id = Text(data_key="objectId", required=True)


class _PropertiesSchema(ValueSchema):
    email = Address()
    first_name = Text(data_key="firstname")
    last_name = Text(data_key="lastname")


class _FetchSchema(ValueSchema):
    search = Text(data_key="q")
    after = Text()


_ORIGIN, _EXECUTION, _CONTACT = _OriginSchema(), _ExecutionSchema(), _ContactSchema()
_PROPERTIES, _FETCH = _PropertiesSchema(), _FetchSchema()


def read_execution(raw: bytes) -> Execution:
    """The execution in a request's body. Raises UnreadableAction."""
    body = _read_object(raw)
    contact = as_object(body.get("object"))
    try:
        values: dict[str, str] = {
            **_ORIGIN.load(as_object(body.get("origin"))),
            **_EXECUTION.load(body),
            **_CONTACT.load(contact),
            **_PROPERTIES.load(as_object(contact.get("properties"))),
            "webinar": _input(body, WEBINAR_FIELD),
        }
    except ValidationError as error:
        raise UnreadableAction(f"an action's request: {describe_fault(error)}") from error
    return Execution(**{name: _fit(name, value) for name, value in values.items()})


def read_options_request(raw: bytes) -> OptionsRequest:
    """The request for entries in a body. Raises UnreadableAction."""
    body = _read_object(raw)
    try:
        origin = _ORIGIN.load(as_object(body.get("origin")))
        fetch = _FETCH.load(as_object(body.get("fetchOptions")))
    except ValidationError as error:
        raise UnreadableAction(f"a request for options: {describe_fault(error)}") from error
    return OptionsRequest(**origin, **fetch)


def _read_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UnreadableAction("a request of a workflow that is not JSON") from error
    return as_object(body)


def _input(body: Mapping[str, Any], name: str) -> str:
    """An input's value; older requests have it in ``fields`` only, with its type."""
    value = as_object(body.get("inputFields")).get(name)
    if value is None:
        value = as_object(as_object(body.get("fields")).get(name)).get("value")
    return str(value) if isinstance(value, (str, int, float)) else ""


def _fit(name: str, value: str) -> str:
    """The value as it fits its column: no zero bytes, no halves of characters."""
    clean = value.replace("\x00", "").encode("utf-8", "replace").decode().strip()
    return clean[: _LONGEST.get(name, 32)]


def action_outputs(
    outcome: str, join_url: str = "", registrant_id: str = "", message: str = ""
) -> dict[str, str]:
    """What the workflow can use of an outcome, by the names of the output fields."""
    values = (outcome, join_url, registrant_id, message)
    return dict(zip(OUTPUT_FIELDS, values, strict=True))


def outcome_answer(state: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    """The answer that lets the contact go on."""
    return {"outputFields": {**outputs, STATE_FIELD: state}}


def block_answer(expires_in: timedelta) -> dict[str, Any]:
    """The answer that lets the contact wait for a completion, at most so long (whole seconds)."""
    duration = f"PT{max(1, round(expires_in.total_seconds()))}S"
    return {"outputFields": {STATE_FIELD: "BLOCK", EXPIRY_FIELD: duration}}


def options_answer(options: Iterable[ActionOption], after: str) -> dict[str, Any]:
    """A page of entries; ``after`` fetches the next one, "" when this is the last."""
    listed = [
        {"value": one.value, "label": one.label}
        | ({"description": one.description} if one.description else {})
        for one in options
    ]
    return {"options": listed, "searchable": True} | ({"after": after} if after else {})
