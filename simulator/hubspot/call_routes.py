"""Call records: create, read, change, archive, search.

https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide
"""

from __future__ import annotations

from typing import Any

from simulator.hubspot.association_routes import join
from simulator.hubspot.contact_batches import READ, WRITE
from simulator.hubspot.contact_routes import search_answer
from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import batch_entry, refuse
from simulator.hubspot.models import Record
from simulator.hubspot.record_wire import lag_of, record_body, requested_properties, written_body
from simulator.hubspot.wire import batch_body

BASE, OLD = "/crm/objects/{V}/calls", "/crm/v3/objects/calls"
STATUSES = {
    "BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING", "FAILED", "IN_PROGRESS",
    "NO_ANSWER", "QUEUED", "RINGING",
}  # fmt: skip


def add_call_routes(endpoints: Endpoints) -> None:
    """Routes of call records."""
    add = endpoints.add
    add("POST", BASE, OLD, scopes=WRITE, write=True)(create)
    add("POST", f"{BASE}/batch/create", f"{OLD}/batch/create", scopes=WRITE, write=True)(
        create_batch
    )
    add("POST", f"{BASE}/batch/read", f"{OLD}/batch/read", scopes=READ)(read_batch)
    add("POST", f"{BASE}/batch/update", f"{OLD}/batch/update", scopes=WRITE, write=True)(
        update_batch
    )
    add("POST", f"{BASE}/batch/archive", f"{OLD}/batch/archive", scopes=WRITE, write=True)(
        archive_batch
    )
    add("POST", f"{BASE}/search", f"{OLD}/search", scopes=READ, limit="hubspot.search")(search)
    one = "/<call_id>"
    add("GET", BASE + one, OLD + one, scopes=READ)(read)
    add("PATCH", BASE + one, OLD + one, scopes=WRITE, write=True)(update)
    add("DELETE", BASE + one, OLD + one, scopes=WRITE, write=True)(archive)


def create(call: ApiCall) -> Answer:
    """One call record with its associations."""
    values = _checked(call, call.body, creating=True)
    return written_body(call, _create(call, values, call.body), "calls", list(values)), 201


def create_batch(call: ApiCall) -> Answer:
    """Several call records, all or none."""
    inputs = call.inputs()
    checked = [_checked(call, item, creating=True) for item in inputs]
    created = [
        written_body(call, _create(call, values, item), "calls", list(values))
        for values, item in zip(checked, inputs, strict=True)
    ]
    return batch_body(call.world.clock(), created), 201


def read_batch(call: ApiCall) -> Answer:
    """Several call records; one error entry names those not found."""
    wanted = requested_properties(call.body.get("properties"))
    found, missing = [], []
    for item in call.inputs():
        record = call.portal.calls.records.get(str(item.get("id")))
        if record is None or not record.is_live:
            missing.append(str(item.get("id")))
        else:
            found.append(record_body(call, record, "calls", wanted))
    errors = []
    if missing:
        not_found = refuse(404, "OBJECT_NOT_FOUND", "Could not get some CALL objects")
        errors = [batch_entry(not_found, {"ids": missing})]
    return batch_body(call.world.clock(), found, errors), 207 if errors else 200


def update_batch(call: ApiCall) -> Answer:
    """Change several call records, all or none."""
    results = []
    for item in call.inputs():
        record = _need(call, str(item.get("id")))
        values = _checked(call, item, creating=False)
        call.portal.calls.change(record, values, "INTEGRATION", lag_of(call))
        results.append(written_body(call, record, "calls", list(values)))
    return batch_body(call.world.clock(), results), 200


def archive_batch(call: ApiCall) -> Answer:
    """Archive several call records."""
    for item in call.inputs():
        _archive(call, str(item.get("id")))
    return None, 204


def search(call: ApiCall) -> Answer:
    """Call records that satisfy filters, as the index knows them."""
    return search_answer(call, "calls")


def read(call: ApiCall, call_id: str) -> Answer:
    """One call record."""
    wanted = call.arg_list("properties")
    return record_body(call, _need(call, call_id), "calls", wanted), 200


def update(call: ApiCall, call_id: str) -> Answer:
    """Change one call record."""
    record = _need(call, call_id)
    values = _checked(call, call.body, creating=False)
    call.portal.calls.change(record, values, "INTEGRATION", lag_of(call))
    return written_body(call, record, "calls", list(values)), 200


def archive(call: ApiCall, call_id: str) -> Answer:
    """Archive one call record."""
    _archive(call, call_id)
    return None, 204


def _archive(call: ApiCall, call_id: str) -> None:
    record = call.portal.calls.records.get(call_id)
    if record is not None and record.is_live:
        call.portal.calls.archive(record, "INTEGRATION")


def _need(call: ApiCall, call_id: str) -> Record:
    record = call.portal.calls.records.get(call_id)
    if record is None or not record.is_live:
        raise refuse(404, "OBJECT_NOT_FOUND", "resource not found", context={"id": [call_id]})
    return record


def _checked(call: ApiCall, item: dict[str, Any], *, creating: bool) -> dict[str, str]:
    given = item.get("properties")
    if not isinstance(given, dict):
        raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: properties must be an object")
    schema = call.portal.schemas["calls"]
    values = schema.check_values(
        given,
        call.portal.id,
        version=call.version,
        current=None if creating else {},
    )
    if creating and not values.get("hs_timestamp"):
        message = "Error creating CALL. Some required properties were not set: hs_timestamp"
        raise refuse(400, "VALIDATION_ERROR", message)
    if values.get("hs_call_status") and values["hs_call_status"] not in STATUSES:
        message = f"{values['hs_call_status']} is not a call status"
        raise refuse(400, "VALIDATION_ERROR", message)
    return values


def _create(call: ApiCall, values: dict[str, str], item: dict[str, Any]) -> Record:
    record = call.portal.calls.add(values, "INTEGRATION")
    call.portal.writes["calls"] += 1
    for association in item.get("associations") or []:
        to_id = str((association.get("to") or {}).get("id"))
        types = [int(kind["associationTypeId"]) for kind in association.get("types") or []]
        join(call.portal, record.id, to_id, types)
    return record
