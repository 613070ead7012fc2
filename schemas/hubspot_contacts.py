"""HubSpot's contacts: batch reads, creates and updates.

https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from schemas.base import Flag, Page, Text, ValueSchema, as_object
from schemas.hubspot_api import BatchFault, read_batch_faults, read_list

_EMAIL, _MORE_EMAILS = "email", "hs_additional_emails"
EMAIL_PROPERTIES = (_EMAIL, _MORE_EMAILS)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact. ``emails`` holds the primary address first, then the secondary ones, lower-cased.

    ``properties`` lacks what HubSpot sent as null.
    """

    contact_id: str
    emails: tuple[str, ...]
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ContactCreate:
    """A contact to create; ``trace_id`` is ours and distinct within the batch."""

    trace_id: str
    properties: Mapping[str, str]

    @property
    def email(self) -> str:
        """The address to create, lower-cased, "" when none is given."""
        return self.properties.get(_EMAIL, "").strip().lower()


@dataclass(frozen=True, slots=True)
class ContactUpdate:
    """Properties to set on a known contact; never its address."""

    trace_id: str
    contact_id: str
    properties: Mapping[str, str]

    @property
    def sets_address(self) -> bool:
        """Whether an address is among the properties, which is not allowed."""
        return any(name in self.properties for name in EMAIL_PROPERTIES)


def contacts_by_email_body(emails: Sequence[str], properties: Iterable[str]) -> dict[str, Any]:
    """Return a batch read by address; it resolves secondary addresses too."""
    return {"idProperty": _EMAIL} | contacts_by_id_body(emails, properties)


def contacts_by_id_body(ids: Sequence[str], properties: Iterable[str]) -> dict[str, Any]:
    """Return a batch read by record id; the addresses are always asked for."""
    return {
        "inputs": [{"id": one} for one in ids],
        "properties": list(dict.fromkeys((*EMAIL_PROPERTIES, *properties))),
        "propertiesWithHistory": [],
    }


def create_contacts_body(contacts: Iterable[ContactCreate]) -> dict[str, Any]:
    """Return a batch create whose inputs carry their trace ids."""
    return {
        "inputs": [
            {
                "objectWriteTraceId": one.trace_id,
                "properties": dict(one.properties),
                "associations": [],
            }
            for one in contacts
        ]
    }


def update_contacts_body(contacts: Iterable[ContactUpdate]) -> dict[str, Any]:
    """Return a batch update by record id whose inputs carry their trace ids."""
    return {
        "inputs": [
            {
                "id": one.contact_id,
                "objectWriteTraceId": one.trace_id,
                "properties": dict(one.properties),
            }
            for one in contacts
        ]
    }


class _ContactSchema(ValueSchema):
    contact_id = Text(data_key="id", required=True)
    archived = Flag()
    trace_id = Text(data_key="objectWriteTraceId")


_CONTACT = _ContactSchema()


@dataclass(frozen=True, slots=True)
class ContactBatch:
    """The answer of a contact batch: ``traces`` gives the contact id of each trace id it echoes."""

    rows: tuple[ContactRow, ...]
    traces: Mapping[str, str]
    faults: tuple[BatchFault, ...]


def read_contacts(body: Any) -> ContactBatch:
    """Return the contacts and the error entries of a batch answer (200, 201 or 207)."""
    outer = as_object(body)
    rows, traces = [], {}
    results = outer.get("results")
    for result in results if isinstance(results, list) else ():
        try:
            head = _CONTACT.read(result)
        except ValidationError:
            continue
        rows.append(_contact(head, result))
        if head["trace_id"]:
            traces[head["trace_id"]] = head["contact_id"]
    return ContactBatch(tuple(rows), MappingProxyType(traces), read_batch_faults(body))


def read_contact_page(body: Any) -> Page[ContactRow]:
    """Return a page of a list of contacts; what cannot be read is left out."""
    rows = read_contacts(body).rows
    return replace(read_list(_CONTACT, body), rows=rows)


def _contact(head: Mapping[str, Any], result: Any) -> ContactRow:
    held = as_object(as_object(result).get("properties"))
    properties = {name: str(value) for name, value in held.items() if value is not None}
    return ContactRow(
        contact_id=head["contact_id"],
        emails=_emails(properties),
        properties=MappingProxyType(properties),
        archived=head["archived"],
    )


def _emails(properties: Mapping[str, str]) -> tuple[str, ...]:
    listed = [properties.get(_EMAIL, ""), *properties.get(_MORE_EMAILS, "").split(";")]
    return tuple(dict.fromkeys(one.strip().lower() for one in listed if one.strip()))
