"""Batch calls on contacts: read, create, update, upsert, archive.

Partial success needs a distinct `objectWriteTraceId` on every input; without it the first bad
record fails the whole batch.
https://developers.hubspot.com/docs/api-reference/latest/error-handling
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import HubspotError, batch_entry, refuse
from simulator.hubspot.models import Record
from simulator.hubspot.record_wire import (
    find_contact,
    lag_of,
    record_body,
    requested_properties,
    written_body,
)
from simulator.hubspot.wire import batch_body

READ = ("crm.objects.contacts.read",)
WRITE = ("crm.objects.contacts.write",)
NOT_FOUND = (
    "Could not get some CONTACT objects, they may be deleted or not exist. "
    "Check that ids are valid."
)
BASE, OLD = "/crm/objects/{V}/contacts/batch", "/crm/v3/objects/contacts/batch"


def add_contact_batch_routes(endpoints: Endpoints) -> None:
    """Routes of the five batch calls."""
    add = endpoints.add
    add("POST", f"{BASE}/read", f"{OLD}/read", scopes=READ)(read)
    add("POST", f"{BASE}/create", f"{OLD}/create", scopes=WRITE, write=True)(create)
    add("POST", f"{BASE}/update", f"{OLD}/update", scopes=WRITE, write=True)(update)
    add("POST", f"{BASE}/upsert", f"{OLD}/upsert", scopes=WRITE, write=True)(upsert)
    add("POST", f"{BASE}/archive", f"{OLD}/archive", scopes=WRITE, write=True)(archive)


def read(call: ApiCall) -> Answer:
    """Found records once each, and one error entry naming every input not found."""
    keys = [str(item.get("id", "")) for item in call.inputs()]
    _refuse_duplicates(keys)
    id_property = str(call.body.get("idProperty") or "hs_object_id")
    archived = call.flag("archived")
    wanted = requested_properties(call.body.get("properties"))
    found: dict[str, Record] = {}
    missing = []
    for key in keys:
        record = find_contact(call, key, id_property, archived=archived)
        if record is None:
            missing.append(key)
        else:
            found[record.id] = record
    results = [record_body(call, record, "contacts", wanted) for record in found.values()]
    return _answer(call, results, [_not_found(missing)] if missing else [], 200)


def create(call: ApiCall) -> Answer:
    """New contacts; an address in use is a conflict that names the contact."""

    def apply(item: dict[str, Any]) -> dict[str, Any]:
        values = checked_values(call, item, None)
        record = call.portal.contacts.create(values, "INTEGRATION")
        return written_body(call, record, "contacts", list(values))

    def check(item: dict[str, Any]) -> None:
        call.portal.contacts.check_addresses(checked_values(call, item, None), None)

    inputs = call.inputs()
    _refuse_duplicates([_email_of(item) for item in inputs])
    results, errors = _apply_each(inputs, check, apply)
    return _answer(call, results, errors, 201)


def update(call: ApiCall) -> Answer:
    """Changed contacts by record id; ids merged into others are left out without an error."""
    inputs = call.inputs()
    _refuse_duplicates([str(item.get("id", "")) for item in inputs])
    if any(item.get("idProperty") not in (None, "", "hs_object_id") for item in inputs):
        raise _non_unique()
    contacts = call.portal.contacts
    known, missing = [], []
    for item in inputs:
        record = contacts.records.get(str(item.get("id", "")))
        if record is None or record.archived_at is not None:
            missing.append(str(item.get("id", "")))
        elif record.merged_into is None:
            known.append(item)

    def apply(item: dict[str, Any]) -> dict[str, Any]:
        record = contacts.records[str(item["id"])]
        values = checked_values(call, item, record)
        contacts.update(record, values, "INTEGRATION", lag_of(call))
        return written_body(call, record, "contacts", list(values))

    def check(item: dict[str, Any]) -> None:
        record = contacts.records[str(item["id"])]
        contacts.check_addresses(checked_values(call, item, record), record)

    results, errors = _apply_each(known, check, apply, all_inputs=inputs)
    if missing:
        errors.append(_not_found(missing))
    return _answer(call, results, errors, 200)


def upsert(call: ApiCall) -> Answer:
    """Updated or new contacts by address or another unique property; tells which are new."""
    inputs = call.inputs()
    _refuse_duplicates([str(item.get("id", "")).lower() for item in inputs])
    for item in inputs:
        _check_unique_property(call, str(item.get("idProperty") or "hs_object_id"))

    def find(item: dict[str, Any]) -> Record | None:
        id_property = str(item.get("idProperty") or "hs_object_id")
        return find_contact(call, str(item.get("id", "")), id_property, archived=False)

    def check(item: dict[str, Any]) -> None:
        record = find(item)
        values = checked_values(call, _keyed(item, record), record)
        call.portal.contacts.check_addresses(values, record)
        if record is None and item.get("idProperty") in (None, "", "hs_object_id"):
            raise refuse(404, "OBJECT_NOT_FOUND", NOT_FOUND)

    def apply(item: dict[str, Any]) -> dict[str, Any]:
        record = find(item)
        values = checked_values(call, _keyed(item, record), record)
        if record is None:
            created = call.portal.contacts.create(values, "INTEGRATION")
            return {**written_body(call, created, "contacts", list(values)), "new": True}
        call.portal.contacts.update(record, values, "INTEGRATION", lag_of(call))
        return {**written_body(call, record, "contacts", list(values)), "new": False}

    results, errors = _apply_each(inputs, check, apply)
    return _answer(call, results, errors, 200)


def archive(call: ApiCall) -> Answer:
    """Delete contacts; ids that are not there are no error."""
    for item in call.inputs():
        record = call.portal.contacts.records.get(str(item.get("id", "")))
        if record is not None and record.is_live:
            call.world.hubspot.delete_contact(call.portal, record, "INTEGRATION")
    return None, 204


def _email_of(item: dict[str, Any]) -> str:
    values = item.get("properties")
    return str(values.get("email") or "").lower() if isinstance(values, dict) else ""


def _keyed(item: dict[str, Any], record: Record | None) -> dict[str, Any]:
    """The input with its key among the properties when it makes a new contact."""
    id_property = item.get("idProperty")
    if record is not None or not id_property:
        return item
    values = {id_property: item.get("id"), **(item.get("properties") or {})}
    return {**item, "properties": values}


def checked_values(call: ApiCall, item: dict[str, Any], record: Record | None) -> dict[str, str]:
    """The values to write to a record, or to a new one."""
    values = item.get("properties")
    if not isinstance(values, dict):
        raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: properties must be an object")
    schema = call.portal.schemas["contacts"]
    current = record.properties if record is not None else None
    return schema.check_values(values, call.portal.id, version=call.version, current=current)


def _apply_each(
    inputs: list[dict[str, Any]],
    check: Callable[[dict[str, Any]], Any],
    apply: Callable[[dict[str, Any]], dict[str, Any]],
    all_inputs: list[dict[str, Any]] | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Apply each input by itself when all carry distinct trace ids, otherwise all or none."""
    traces = [item.get("objectWriteTraceId") for item in all_inputs or inputs]
    if not all(traces) or len(set(traces)) != len(traces):
        for item in inputs:
            check(item)
        return [apply(item) for item in inputs], []
    results, errors = [], []
    for item in inputs:
        trace = str(item["objectWriteTraceId"])
        try:
            results.append({**apply(item), "objectWriteTraceId": trace})
        except HubspotError as error:
            errors.append(batch_entry(error, {"objectWriteTraceId": [trace]}))
    return results, errors


def _answer(
    call: ApiCall, results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int
) -> Answer:
    return batch_body(call.world.clock(), results, errors), 207 if errors else status


def _not_found(missing: list[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": NOT_FOUND,
        "context": {"ids": missing},
        "errors": [],
        "links": {},
    }


def _refuse_duplicates(keys: list[str]) -> None:
    twice = sorted({key for key in keys if key and keys.count(key) > 1})
    if twice:
        message = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise refuse(400, "VALIDATION_ERROR", message)


def _non_unique() -> HubspotError:
    message = "Unable to perform update/upsert by non-unique 0-1 property"
    return refuse(400, "VALIDATION_ERROR", message)


def _check_unique_property(call: ApiCall, name: str) -> None:
    definition = call.portal.schemas["contacts"].properties.get(name)
    is_unique = definition is not None and definition.has_unique_value
    if name not in ("email", "hs_object_id") and not is_unique:
        raise _non_unique()
