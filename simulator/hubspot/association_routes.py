"""Which contacts a call record belongs to.

https://developers.hubspot.com/docs/api-reference/latest/crm/activities/calls/guide
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.hubspot.contact_batches import READ, WRITE
from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import HubspotError, batch_entry, refuse
from simulator.hubspot.wire import batch_body

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal

CALL_TO_CONTACT, CONTACT_TO_CALL = 194, 193
BASE = "/crm/associations/{V}/<from_type>/<to_type>/batch"
OLD = "/crm/v4/associations/<from_type>/<to_type>/batch"
ONE = "/crm/objects/{V}/<from_type>/<from_id>/associations/<to_type>"
OLD_ONE = "/crm/v4/objects/<from_type>/<from_id>/associations/<to_type>"
LIMIT = "hubspot.associations"


def add_association_routes(endpoints: Endpoints) -> None:
    """Routes of associations between calls and contacts."""
    add = endpoints.add
    add("POST", f"{BASE}/create", f"{OLD}/create", scopes=WRITE, write=True, limit=LIMIT)(create)
    add("POST", f"{BASE}/read", f"{OLD}/read", scopes=READ, limit=LIMIT)(read)
    add("POST", f"{BASE}/archive", f"{OLD}/archive", scopes=WRITE, write=True, limit=LIMIT)(archive)
    add("GET", ONE, OLD_ONE, scopes=READ, limit=LIMIT)(list_of_one)


def join(portal: Portal, call_id: str, contact_id: str, types: list[int]) -> None:
    """Associate a call with a contact; raises 400 for a wrong type, 404 for unknown records."""
    call = portal.calls.records.get(call_id)
    contact = portal.contacts.follow(contact_id)
    if call is None or not call.is_live or contact is None or not contact.is_live:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No call {call_id} or no contact {contact_id}")
    if types != [CALL_TO_CONTACT]:
        message = f"Association types {types} do not join a call to a contact"
        raise refuse(400, "VALIDATION_ERROR", message)
    joined = call.associations.setdefault("contacts", {})
    if contact.id in joined:
        return
    joined[contact.id] = types
    contact.associations.setdefault("calls", {})[call_id] = [CONTACT_TO_CALL]
    portal.writes["call_associations"] += 1
    portal.remember(contact, "call", call.properties.get("hs_call_title", "call"), call_id)


def create(call: ApiCall, from_type: str, to_type: str) -> Answer:
    """Associate up to 2,000 pairs; pairs that cannot be are error entries."""
    results: list[dict[str, Any]] = []
    errors = []
    for item in call.inputs(2000):
        from_id, to_id = _ends(item)
        types = [int(kind["associationTypeId"]) for kind in item.get("types") or []]
        if not types:
            raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: types is required")
        call_id, contact_id = _order(from_type, from_id, to_id)
        if call_id == to_id and types == [CONTACT_TO_CALL]:
            types = [CALL_TO_CONTACT]
        try:
            join(call.portal, call_id, contact_id, types)
        except HubspotError as error:
            context = {"fromObjectId": [from_id], "toObjectId": [to_id]}
            errors.append(batch_entry(error, context))
            continue
        results.append(
            {
                "fromObjectTypeId": _type_id(from_type),
                "fromObjectId": from_id,
                "toObjectTypeId": _type_id(to_type),
                "toObjectId": to_id,
                "labels": [],
            }
        )
    return batch_body(call.world.clock(), results, errors), 207 if errors else 201


def read(call: ApiCall, from_type: str, to_type: str) -> Answer:
    """What up to 1,000 records are associated with."""
    results = [
        {
            "from": {"id": str(item.get("id"))},
            "to": _joined(call, from_type, str(item.get("id")), to_type),
        }
        for item in call.inputs(1000)
    ]
    return batch_body(call.world.clock(), results), 200


def archive(call: ApiCall, from_type: str, to_type: str) -> Answer:
    """Take associations away."""
    for item in call.inputs(100):
        ends = item.get("to") or []
        for end in ends if isinstance(ends, list) else [ends]:
            from_id, to_id = str(item["from"]["id"]), str(end["id"])
            call_id, contact_id = _order(from_type, from_id, to_id)
            record = call.portal.calls.records.get(call_id)
            contact = call.portal.contacts.records.get(contact_id)
            if record is not None and contact is not None:
                record.associations.get("contacts", {}).pop(contact_id, None)
                contact.associations.get("calls", {}).pop(call_id, None)
    return None, 204


def list_of_one(call: ApiCall, from_type: str, from_id: str, to_type: str) -> Answer:
    """What one record is associated with."""
    return {"results": _joined(call, from_type, from_id, to_type)}, 200


def _joined(call: ApiCall, from_type: str, from_id: str, to_type: str) -> list[dict[str, Any]]:
    store = call.portal.store_of(from_type)
    record = store.records.get(from_id) if store else None
    name = "contacts" if _type_id(to_type) == "0-1" else "calls"
    joined = record.associations.get(name, {}) if record else {}
    return [
        {
            "toObjectId": to_id,
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": kind, "label": None} for kind in types
            ],
        }
        for to_id, types in joined.items()
    ]


def _ends(item: dict[str, Any]) -> tuple[str, str]:
    try:
        return str(item["from"]["id"]), str(item["to"]["id"])
    except (KeyError, TypeError):
        message = "Invalid input JSON: from and to are required"
        raise refuse(400, "VALIDATION_ERROR", message) from None


def _order(from_type: str, from_id: str, to_id: str) -> tuple[str, str]:
    """The call's id and the contact's id."""
    return (to_id, from_id) if from_type in ("contacts", "contact", "0-1") else (from_id, to_id)


def _type_id(object_type: str) -> str:
    return "0-1" if object_type in ("contacts", "contact", "0-1") else "0-48"
