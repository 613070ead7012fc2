"""How a contact or call reads in JSON, and how one is found."""

from __future__ import annotations

from typing import Any

from simulator.hubspot.endpoints import ApiCall
from simulator.hubspot.models import Record
from simulator.hubspot.wire import iso

DEFAULT_PROPERTIES = {
    "contacts": [
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    ],
    "calls": ["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
}
OBJECT_TYPE_IDS = {"contacts": "0-1", "calls": "0-48"}


def lag_of(call: ApiCall) -> float:
    """Seconds until search sees a write."""
    return float(str(call.world.switches["search_lag_seconds"]))


def requested_properties(value: object) -> list[str]:
    """Names from a body's list."""
    return [str(name) for name in value] if isinstance(value, list) else []


def record_body(
    call: ApiCall, record: Record, object_type: str, wanted: list[str]
) -> dict[str, Any]:
    """The record as a read answers it: requested properties, null where unset."""
    defined = call.portal.schemas[object_type].properties
    defaults = DEFAULT_PROPERTIES[object_type]
    names = [name for name in wanted if name in defined and not defined[name].archived]
    names = sorted({*names, *([] if wanted else defaults), "hs_object_id", *defaults[-3:]})
    body: dict[str, Any] = {
        "id": record.id,
        "properties": {name: record.properties.get(name) for name in names},
        "createdAt": iso(record.created_at),
        "updatedAt": iso(record.updated_at),
        "archived": record.archived_at is not None,
        "url": record_url(call, record, object_type),
    }
    if record.archived_at is not None:
        body["archivedAt"] = iso(record.archived_at)
    return body


def written_body(
    call: ApiCall, record: Record, object_type: str, written: list[str]
) -> dict[str, Any]:
    """The record as a write answers it: what was written and the standard properties, if set."""
    body = record_body(call, record, object_type, written)
    body["properties"] = {k: v for k, v in body["properties"].items() if v is not None}
    return body


def record_url(call: ApiCall, record: Record, object_type: str) -> str:
    """Where a person sees the record."""
    type_id = OBJECT_TYPE_IDS[object_type]
    root = f"{call.world.base_url}/hubspot/app/contacts/{call.portal.id}"
    return f"{root}/record/{type_id}/{record.id}"


def find_contact(call: ApiCall, key: str, id_property: str, *, archived: bool) -> Record | None:
    """The contact by id, by any of its addresses, or by another property."""
    contacts = call.portal.contacts
    if id_property == "email":
        if not archived:
            return contacts.owner_of(key)
        if not call.world.switches["archived_read_resolves_email"]:
            return None
        secondary = bool(call.world.switches["archived_read_resolves_secondary"])
        return contacts.archived_owner_of(key, secondary=secondary)
    if id_property != "hs_object_id":
        wanted = [c for c in contacts.records.values() if c.properties.get(id_property) == key]
        return next((c for c in wanted if (c.archived_at is not None) == archived), None)
    record = contacts.records.get(key)
    if record is not None and record.merged_into is not None:
        follows = call.world.switches["single_get_follows_merge"]
        record = contacts.follow(key) if follows else None
    if record is None or (record.archived_at is not None) != archived:
        return None
    return record
