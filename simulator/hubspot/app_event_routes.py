"""App events: immutable entries on a contact's timeline.

https://developers.hubspot.com/docs/apps/developer-platform/add-features/app-events/send-event-occurrences
"""

from __future__ import annotations

import json
from typing import Any

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import refuse
from simulator.hubspot.models import AppEvent, Record
from simulator.hubspot.properties import EMAIL, NUMBER
from simulator.hubspot.wire import batch_body, iso, parse_moment

SCOPES = ("timeline", "timeline.write")
MOST_PER_BATCH = 500
LONGEST_ID = 500
LONGEST_PROPERTY = 510 * 1024
LARGEST_EVENT = 1024 * 1024
BASE, OLD = "/integrators/timeline/{V}", "/integrators/timeline/v4"


def add_app_event_routes(endpoints: Endpoints) -> None:
    """Routes of app events and of the names of their types."""
    add = endpoints.add
    add("POST", f"{BASE}/events", f"{OLD}/events", scopes=SCOPES, write=True)(send_one)
    add("POST", f"{BASE}/events/batch", f"{OLD}/events/batch", scopes=SCOPES, write=True)(
        send_batch
    )
    add("POST", f"{BASE}/types/projects", f"{OLD}/types/projects")(resolve_type)


def send_one(call: ApiCall) -> Answer:
    """Store one event; 409 when its id is stored already."""
    _check_approved(call)
    short_name = _check(call, call.body)
    if (short_name, call.body["id"]) in call.portal.app_events:
        raise refuse(409, "CONFLICT", f"An event with id {call.body['id']} already exists.")
    return _store(call, short_name, call.body), 201


def send_batch(call: ApiCall) -> Answer:
    """Store all events, or none when any is invalid (400) or its id is stored already (409)."""
    _check_approved(call)
    inputs = call.inputs(MOST_PER_BATCH)
    keys = [(_check(call, item), str(item["id"])) for item in inputs]
    taken = [key[1] for key in keys if key in call.portal.app_events]
    taken += (
        [key[1] for key in set(keys) if keys.count(key) > 1] if len(set(keys)) < len(keys) else []
    )
    if taken:
        message = f"{len(taken)} events have ids that already exist; nothing was stored."
        raise refuse(409, "CONFLICT", message)
    stored = [_store(call, key[0], item) for key, item in zip(keys, inputs, strict=True)]
    return batch_body(call.world.clock(), stored), 200


def resolve_type(call: ApiCall) -> Answer:
    """The name to send for a type declared in the app's project."""
    symbol = str(call.body.get("developerSymbol") or "")
    if symbol not in call.world.hubspot.app.event_types:
        raise refuse(404, "OBJECT_NOT_FOUND", f"No event type {symbol}")
    return {
        "fullyQualifiedName": full_name(call, symbol),
        "developerQualifiedSymbol": {
            "developerSymbol": symbol,
            "projectName": str(call.body.get("projectName") or ""),
        },
    }, 200


def full_name(call: ApiCall, short_name: str) -> str:
    """A type's fully qualified name."""
    return f"ae{call.world.apps.hubspot_app_id}_{short_name}"


def _check_approved(call: ApiCall) -> None:
    if not call.portal.settings.app_events_approved:
        raise refuse(403, "FORBIDDEN", "This app is not approved to send app events.")


def _check(call: ApiCall, item: dict[str, Any]) -> str:
    """The short name of the event's type; raises 400 when the event cannot be stored."""
    event_id = item.get("id")
    if not isinstance(event_id, str) or not event_id or len(event_id.encode()) > LONGEST_ID:
        raise refuse(400, "VALIDATION_ERROR", f"id must be text of 1 to {LONGEST_ID} bytes")
    sent = item.get("eventTypeName")
    types = call.world.hubspot.app.event_types
    short_name = next((name for name in types if sent in (name, full_name(call, name))), None)
    if short_name is None:
        raise refuse(400, "VALIDATION_ERROR", f"Event type {sent} does not exist")
    _check_properties(types[short_name], item.get("properties"))
    if len(json.dumps(item).encode()) > LARGEST_EVENT:
        raise refuse(400, "VALIDATION_ERROR", f"Event {event_id} is larger than 1 MB")
    if item.get("timestamp") is not None:
        try:
            parse_moment(item["timestamp"])
        except ValueError:
            message = f"Event {event_id} has an invalid timestamp"
            raise refuse(400, "VALIDATION_ERROR", message) from None
    if _find_contact(call, item) is None and not EMAIL.fullmatch(str(item.get("email") or "")):
        message = f"Event {event_id} has no contact: objectId {item.get('objectId')} is unknown"
        raise refuse(400, "VALIDATION_ERROR", message)
    return short_name


def _check_properties(declared: dict[str, str], properties: object) -> None:
    if not isinstance(properties, dict):
        raise refuse(400, "VALIDATION_ERROR", "properties must be an object")
    for name, value in properties.items():
        if name not in declared:
            raise refuse(400, "VALIDATION_ERROR", f"Property {name} is not declared")
        if not isinstance(value, str) or len(value.encode()) > LONGEST_PROPERTY:
            message = f"Property {name} must be text of at most 510 KB"
            raise refuse(400, "VALIDATION_ERROR", message)
        if not _has_type(value, declared[name]):
            raise refuse(400, "VALIDATION_ERROR", f"Property {name} is not a {declared[name]}")


def _has_type(value: str, declared: str) -> bool:
    """`declared` is a property type, or `enumeration:a,b` with its options."""
    if declared == "number":
        return NUMBER.fullmatch(value) is not None
    if declared.startswith("enumeration:"):
        return value in declared.partition(":")[2].split(",")
    if declared in ("date", "datetime"):
        try:
            parse_moment(value)
        except ValueError:
            return False
    return True


def _find_contact(call: ApiCall, item: dict[str, Any]) -> Record | None:
    contacts = call.portal.contacts
    if item.get("objectId"):
        record = contacts.follow(str(item["objectId"]))
        return record if record is not None and record.is_live else None
    return contacts.owner_of(str(item.get("email") or ""))


def _store(call: ApiCall, short_name: str, item: dict[str, Any]) -> dict[str, Any]:
    now = call.world.clock()
    contact = _find_contact(call, item)
    if contact is None:
        contact = call.portal.contacts.create({"email": str(item["email"])}, "INTEGRATION")
    event = AppEvent(
        id=item["id"],
        type_name=short_name,
        contact_id=contact.id,
        properties=dict(item["properties"]),
        timestamp=parse_moment(item["timestamp"]) if item.get("timestamp") else now,
        created_at=now,
        extra_data=item.get("extraData"),
    )
    call.portal.add_app_event(event)
    call.portal.writes["app_events"] += 1
    call.portal.remember(contact, "app_event", short_name, event.id)
    return {**item, "objectId": contact.id, "timestamp": iso(event.timestamp)}
