"""Recording who registered, came or cancelled, and reading it back.

https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints, View
from simulator.hubspot.errors import refuse_older
from simulator.hubspot.marketing_events import find_event, record_interaction
from simulator.hubspot.marketing_routes import (
    BASE,
    OLD,
    READ,
    WRITE,
    counter_lag,
    need_external,
    need_object,
)
from simulator.hubspot.models import MarketingEvent, Participation, Record
from simulator.hubspot.participation import (
    NotStored,
    attendance_of,
    check_interaction_time,
    check_verb,
    count_states,
    occurred_at,
    read_interaction,
    seen,
    state_of,
)
from simulator.hubspot.wire import batch_body, iso, milliseconds, page_of, parse_moment

UNLIMITED = 10**9


def add_attendance_routes(endpoints: Endpoints) -> None:
    """Routes of attendance and participation."""
    external, internal = "/attendance/<event_id>/<verb>", "/<object_id>/attendance/<verb>"
    writes: list[tuple[str, View]] = [
        (f"{external}/create", create_external),
        (f"{external}/email-create", create_external_by_email),
        (f"{internal}/create", create_internal),
        (f"{internal}/email-create", create_internal_by_email),
    ]
    reads: list[tuple[str, View]] = [
        ("/participations/<account_id>/<event_id>", count_external),
        ("/participations/<account_id>/<event_id>/breakdown", break_down_external),
        ("/participations/<object_id>", count_internal),
        ("/participations/<object_id>/breakdown", break_down_internal),
        ("/participations/contacts/<contact_key>/breakdown", break_down_contact),
    ]
    for path, view in writes:
        endpoints.add("POST", BASE + path, OLD + path, scopes=WRITE, write=True)(view)
    for path, view in reads:
        endpoints.add("GET", BASE + path, OLD + path, scopes=READ)(view)


def create_external(call: ApiCall, event_id: str, verb: str) -> Answer:
    """Record by contact id."""
    check_verb(verb)
    return _record(call, need_external(call, event_id), verb, by_email=False)


def create_external_by_email(call: ApiCall, event_id: str, verb: str) -> Answer:
    """Record by address; unknown addresses become contacts."""
    check_verb(verb)
    return _record(call, need_external(call, event_id), verb, by_email=True)


def create_internal(call: ApiCall, object_id: str, verb: str) -> Answer:
    """Record by contact id and object id."""
    check_verb(verb)
    return _record(call, need_object(call, object_id), verb, by_email=False)


def create_internal_by_email(call: ApiCall, object_id: str, verb: str) -> Answer:
    """Record by address and object id."""
    check_verb(verb)
    return _record(call, need_object(call, object_id), verb, by_email=True)


def _record(call: ApiCall, event: MarketingEvent, verb: str, *, by_email: bool) -> Answer:
    most = int(str(call.world.switches["attendance_batch_limit"] or UNLIMITED))
    inputs = call.inputs(most)
    for item in inputs:
        check_interaction_time(item)
    results, errors = [], []
    for item in inputs:
        try:
            interaction = read_interaction(verb, item, call.world.clock())
        except NotStored as dropped:
            errors += [dropped.error] if dropped.error else []
            results += [_echo(item, by_email=by_email)] if dropped.is_echoed else []
            continue
        contact = _find_contact(call, item, by_email=by_email)
        if contact is not None and record_interaction(call.portal, event, contact, interaction):
            results.append(_echo({**item, "vid": int(contact.id)}, by_email=by_email))
    return batch_body(call.world.clock(), results, errors), 200


def _echo(item: dict[str, Any], *, by_email: bool) -> dict[str, Any]:
    echo = {"vid": item.get("vid", 0)}
    return {**echo, "email": item.get("email", "")} if by_email else echo


def _find_contact(call: ApiCall, item: dict[str, Any], *, by_email: bool) -> Record | None:
    contacts = call.portal.contacts
    if not by_email:
        record = contacts.records.get(str(item.get("vid")))
        return record if record is not None and record.is_live else None
    address = str(item.get("email") or "")
    if not address:
        raise refuse_older(400, "VALIDATION_ERROR", "email is required")
    known = contacts.owner_of(address)
    if known is not None:
        return known
    values = {"email": address, **(item.get("contactProperties") or {})}
    schema = call.portal.schemas["contacts"]
    checked = schema.check_values(values, call.portal.id, version=call.version)
    return contacts.create(checked, "INTEGRATION")


def count_external(call: ApiCall, account_id: str, event_id: str) -> Answer:
    """Counters of one event, which lag."""
    return _count(call, _need(call, account_id, event_id))


def count_internal(call: ApiCall, object_id: str) -> Answer:
    """Counters by object id."""
    return _count(call, need_object(call, object_id))


def _need(call: ApiCall, account_id: str, event_id: str) -> MarketingEvent:
    event = find_event(call.portal, account_id, event_id)
    if event is None:
        message = f"No marketing event {event_id} of account {account_id} was found."
        raise refuse_older(404, "OBJECT_NOT_FOUND", message)
    return event


def _count(call: ApiCall, event: MarketingEvent) -> Answer:
    until = call.world.clock() - timedelta(seconds=counter_lag(call))
    return count_states(event, until), 200


def break_down_external(call: ApiCall, account_id: str, event_id: str) -> Answer:
    """Participations of one event, which lag."""
    return _break_down_event(call, _need(call, account_id, event_id))


def break_down_internal(call: ApiCall, object_id: str) -> Answer:
    """Participations by object id."""
    return _break_down_event(call, need_object(call, object_id))


def _break_down_event(call: ApiCall, event: MarketingEvent) -> Answer:
    wanted = call.arg("contactIdentifier")
    contact = _identify(call, wanted) if wanted else None
    rows = [
        (event, participation)
        for participation in event.participations.values()
        if not wanted or (contact is not None and participation.contact_id == contact.id)
    ]
    return _page(call, rows, counter_lag(call))


def break_down_contact(call: ApiCall, contact_key: str) -> Answer:
    """Participations of one contact, by id or address; these do not lag."""
    contact = _identify(call, contact_key)
    if contact is None:
        raise refuse_older(404, "OBJECT_NOT_FOUND", "No contact was found.")
    rows = [
        (event, event.participations[contact.id])
        for event in call.portal.marketing_events.values()
        if contact.id in event.participations
    ]
    return _page(call, rows, 0.0)


def _identify(call: ApiCall, key: str) -> Record | None:
    contacts = call.portal.contacts
    return contacts.owner_of(key) if "@" in key else contacts.records.get(key)


def _page(
    call: ApiCall, rows: list[tuple[MarketingEvent, Participation]], lag_seconds: float
) -> Answer:
    until = call.world.clock() - timedelta(seconds=lag_seconds)
    shown = [
        (event, participation, interactions)
        for event, participation in rows
        if (interactions := seen(participation, until))
        and call.arg("state") in ("", state_of(event, interactions))
    ]
    page, frame = page_of(shown, call.limit(10, 100), call.arg("after"), with_total=True)
    return {**frame, "results": [_describe(call, *row) for row in page]}, 200


def _describe(
    call: ApiCall, event: MarketingEvent, participation: Participation, interactions: list[Any]
) -> dict[str, Any]:
    happened = occurred_at(interactions)
    properties: dict[str, Any] = {
        "attendanceState": state_of(event, interactions),
        "occurredAt": milliseconds(happened) if happened else 0,
    }
    attendance = attendance_of(interactions)
    if attendance and attendance.joined_at and attendance.left_at:
        seconds = round((attendance.left_at - attendance.joined_at).total_seconds())
        properties["attendanceDurationSeconds"] = seconds
        start, end = event.fields.get("startDateTime"), event.fields.get("endDateTime")
        if start and end and (length := (parse_moment(end) - parse_moment(start)).total_seconds()):
            properties["attendancePercentage"] = str(round(min(100 * seconds / length, 100), 2))
    contact = call.portal.contacts.follow(participation.contact_id)
    values = contact.properties if contact else {}
    return {
        "id": participation.id,
        "createdAt": iso(participation.created_at),
        "properties": properties,
        "associations": {
            "contact": {
                "contactId": participation.contact_id,
                "email": values.get("email", ""),
                "firstname": values.get("firstname"),
                "lastname": values.get("lastname"),
            },
            "marketingEvent": {
                "marketingEventId": event.object_id,
                "name": event.fields.get("eventName"),
                "externalAccountId": event.external_account_id,
                "externalEventId": event.external_event_id,
            },
        },
    }
