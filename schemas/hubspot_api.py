"""HubSpot's REST bodies: accounts, users, properties, app events, callbacks, errors.

Contacts are in :mod:`schemas.hubspot_contacts`, marketing events in
:mod:`schemas.hubspot_marketing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from marshmallow import fields

from schemas.base import (
    Address,
    Flag,
    Page,
    Text,
    ValueSchema,
    as_object,
    iso,
    read_rows,
    texts,
    without_addresses,
)

NOT_FOUND_CATEGORY = "OBJECT_NOT_FOUND"
_EXISTING_ID = re.compile(r"[Ee]xisting ID:\s*(\d+)")

# --- errors -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HubSpotError:
    """HubSpot's error body; every part may be missing. The message carries no addresses.

    https://developers.hubspot.com/docs/api-reference/latest/error-handling
    """

    message: str = ""
    category: str = ""
    sub_category: str = ""
    policy: str = ""
    existing_id: str | None = None
    fields: tuple[str, ...] = ()


def read_error(body: Any) -> HubSpotError:
    """Return what an error body says, in either of HubSpot's shapes (marketing events: older)."""
    outer = as_object(body)
    details = outer.get("errors")
    first = as_object(details[0]) if isinstance(details, list) and details else {}
    message = str(outer.get("message") or first.get("message") or "")
    tokens = as_object(outer.get("errorTokens")).get("existingObjectId")
    token = str(tokens[0]) if isinstance(tokens, list) and tokens else None
    return HubSpotError(
        message=without_addresses(message),
        category=str(
            outer.get("category") or outer.get("errorType") or first.get("category") or ""
        ),
        sub_category=str(
            outer.get("subCategory") or first.get("subCategory") or first.get("code") or ""
        ),
        policy=str(outer.get("policyName") or ""),
        existing_id=existing_id(message) or token,
        fields=texts(as_object(detail).get("in") for detail in details or ())
        if isinstance(details, list)
        else (),
    )


def existing_id(message: str) -> str | None:
    """Return the record id in ``Contact already exists. Existing ID: 123``, or None."""
    found = _EXISTING_ID.search(message)
    return found.group(1) if found else None


# --- batches ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchFault:
    """One error entry of a batch; ``named`` are the trace ids or record ids it concerns."""

    message: str
    category: str
    sub_category: str
    named: tuple[str, ...]
    existing_id: str | None


def read_batch_faults(body: Any) -> tuple[BatchFault, ...]:
    """Return the error entries of a batch answer; one entry may name many inputs."""
    entries = as_object(body).get("errors")
    faults = []
    for entry in entries if isinstance(entries, list) else ():
        inner = as_object(entry)
        context = as_object(inner.get("context"))
        named = [inner.get("id")]
        for values in context.values():
            named.extend(values if isinstance(values, list) else [values])
        message = str(inner.get("message") or "")
        faults.append(
            BatchFault(
                message=without_addresses(message),
                category=str(inner.get("category") or ""),
                sub_category=str(inner.get("subCategory") or ""),
                named=texts(named),
                existing_id=existing_id(message),
            )
        )
    return tuple(faults)


# --- account, users, owners -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """The portal behind the token; ``ui_domain`` is the host of links into HubSpot."""

    portal_id: str
    account_type: str
    time_zone: str
    ui_domain: str


class _AccountSchema(ValueSchema):
    value = AccountDetails
    portal_id = Text(data_key="portalId", required=True)
    account_type = Text(data_key="accountType")
    time_zone = Text(data_key="timeZone", load_default="UTC")
    ui_domain = Text(data_key="uiDomain", load_default="app.hubspot.com")


@dataclass(frozen=True, slots=True)
class HubSpotUserRow:
    """A user of the portal; ``email`` lower-cased."""

    user_id: str
    email: str
    super_admin: bool


class _UserSchema(ValueSchema):
    value = HubSpotUserRow
    user_id = Text(data_key="id", required=True)
    email = Address()
    super_admin = Flag(data_key="superAdmin")


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """An owner of records; ``user_id`` is "" for archived owners. Not the same id as the user's."""

    owner_id: str
    email: str
    user_id: str
    first_name: str
    last_name: str
    archived: bool


class _OwnerSchema(ValueSchema):
    value = OwnerRow
    owner_id = Text(data_key="id", required=True)
    email = Address()
    user_id = Text(data_key="userId")
    first_name = Text(data_key="firstName")
    last_name = Text(data_key="lastName")
    archived = Flag()


_ACCOUNT, _USER, _OWNER = _AccountSchema(), _UserSchema(), _OwnerSchema()


def read_account(body: Any) -> AccountDetails:
    """Return the portal's details. Raises marshmallow.ValidationError without a portal id."""
    details: AccountDetails = _ACCOUNT.load(as_object(body))
    return details


def read_users(body: Any) -> Page[HubSpotUserRow]:
    """Return a page of users."""
    return read_list(_USER, body)


def read_owners(body: Any) -> Page[OwnerRow]:
    """Return a page of owners."""
    return read_list(_OWNER, body)


def read_list(schema: ValueSchema, body: Any) -> Page[Any]:
    """Return a page of HubSpot's ``results`` with ``paging.next.after`` as its next token."""
    outer = as_object(body)
    after = as_object(as_object(outer.get("paging")).get("next")).get("after")
    total = outer.get("total")
    return read_rows(
        schema,
        outer.get("results"),
        total_records=total if isinstance(total, int) else None,
        next_token=str(after or ""),
    )


# --- properties -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PropertyGroup:
    """A group of contact properties, as the portal's settings show it."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """A contact property; ``type`` and ``field_type`` in HubSpot's words (``number``, ``text``).

    ``options`` are (internal value, label) of a choice; yes or no is one too.
    """

    name: str
    label: str
    type: str
    field_type: str
    description: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyConflict:
    """A property of our name whose type is another one, so it cannot be written."""

    name: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """A contact property of the portal; ``options`` are (internal value, label) of a choice."""

    name: str
    label: str
    type: str
    options: tuple[tuple[str, str], ...]


class _PropertySchema(ValueSchema):
    name = Text(required=True)
    label = Text()
    type = Text()
    options = fields.Raw(load_default=(), allow_none=True)


_PROPERTY = _PropertySchema()


def group_body(group: PropertyGroup) -> dict[str, Any]:
    """Return the body that creates a property group."""
    return {"name": group.name, "label": group.label, "displayOrder": -1}


def properties_read_body(names: Iterable[str]) -> dict[str, Any]:
    """Return the body that reads properties by name."""
    return {
        "archived": False,
        "inputs": [{"name": name} for name in names],
        "dataSensitivity": "non_sensitive",
    }


def properties_create_body(
    group: PropertyGroup, definitions: Iterable[PropertyDefinition]
) -> dict[str, Any]:
    """Return the body that creates properties."""
    return {
        "inputs": [
            {
                "groupName": group.name,
                "name": one.name,
                "label": one.label,
                "type": one.type,
                "fieldType": one.field_type,
                "description": one.description,
                **({"options": _options_body(one)} if one.options else {}),
            }
            for one in definitions
        ]
    }


def _options_body(definition: PropertyDefinition) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "displayOrder": position, "hidden": False}
        for position, (value, label) in enumerate(definition.options)
    ]


def read_property_types(body: Any) -> dict[str, str]:
    """Return the type of each property in the answer, by name."""
    return {row["name"]: row["type"] for row in read_list(_PROPERTY, body).rows}


def read_properties(body: Any) -> Page[PropertyRow]:
    """Return the portal's properties with the options that may be chosen."""
    page = read_list(_PROPERTY, body)
    rows = tuple(
        PropertyRow(
            row["name"], row["label"] or row["name"], row["type"], _read_options(row["options"])
        )
        for row in page.rows
    )
    return replace(page, rows=rows)


def _read_options(options: Any) -> tuple[tuple[str, str], ...]:
    listed = options if isinstance(options, list) else []
    return tuple(
        (str(one["value"]), str(one.get("label") or one["value"]))
        for one in listed
        if isinstance(one, dict) and one.get("value") not in (None, "")
    )


# --- app events and workflow callbacks --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppEvent:
    """An entry for a contact's timeline; ``event_id`` is deterministic and at most 500 bytes."""

    type_name: str
    event_id: str
    contact_id: str
    at: datetime
    properties: Mapping[str, str]


def app_events_body(events: Iterable[AppEvent]) -> dict[str, Any]:
    """Return the body of a batch of app events; all values travel as text."""
    return {
        "inputs": [
            {
                "eventTypeName": one.type_name,
                "id": one.event_id,
                "objectId": one.contact_id,
                "timestamp": iso(one.at),
                "properties": dict(one.properties),
            }
            for one in events
        ]
    }


def count_results(body: Any) -> int | None:
    """Return how many results a batch answer holds, None when it has no such list."""
    results = as_object(body).get("results")
    return len(results) if isinstance(results, list) else None


@dataclass(frozen=True, slots=True)
class CallbackCompletion:
    """The end of a workflow action that was answered with BLOCK."""

    callback_id: str
    state: Literal["SUCCESS", "FAIL_CONTINUE"]
    output_fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def callbacks_body(completions: Iterable[CallbackCompletion]) -> dict[str, Any]:
    """Return the body that completes callbacks; ``typedOutputs`` is required, if empty."""
    return {
        "inputs": [
            {
                "callbackId": one.callback_id,
                "outputFields": dict(one.output_fields) | {"hs_execution_state": one.state},
                "typedOutputs": {},
            }
            for one in completions
        ]
    }
