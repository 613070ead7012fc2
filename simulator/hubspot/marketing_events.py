"""Marketing events of a portal: create, change, find, and record participation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.hubspot.errors import refuse_older
from simulator.hubspot.models import Interaction, MarketingEvent, Participation, Record
from simulator.hubspot.participation import STATES, count_states, is_repetition
from simulator.hubspot.wire import iso, parse_moment

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal

TEXT_FIELDS = ("eventName", "eventOrganizer", "eventType", "eventDescription", "eventUrl")
MOMENT_FIELDS = ("startDateTime", "endDateTime")
FLAG_FIELDS = ("eventCancelled", "eventCompleted")


def find_event(portal: Portal, account_id: str, event_id: str) -> MarketingEvent | None:
    """The event with these external ids."""
    for event in portal.marketing_events.values():
        if (event.external_account_id, event.external_event_id) == (account_id, event_id):
            return event
    return None


def create_event(portal: Portal, body: Mapping[str, Any]) -> MarketingEvent:
    """A new event; raises 400 when fields are missing or its external ids are taken."""
    needed = ("eventName", "eventOrganizer", "externalAccountId", "externalEventId")
    missing = [name for name in needed if not body.get(name)]
    if missing:
        message = f"Required fields are missing: {', '.join(missing)}"
        raise refuse_older(400, "VALIDATION_ERROR", message)
    account_id, event_id = str(body["externalAccountId"]), str(body["externalEventId"])
    existing = find_event(portal, account_id, event_id)
    if existing is not None:
        raise refuse_older(
            400,
            "UNIQUE_VALUE_CONFLICT",
            "A marketing event with this external id already exists.",
            existingObjectId=[existing.object_id],
        )
    now = portal.clock()
    event = MarketingEvent(portal.next_id(), account_id, event_id, now, now)
    change_event(portal, event, body)
    portal.marketing_events[event.object_id] = event
    portal.writes["marketing_events"] += 1
    return event


def change_event(portal: Portal, event: MarketingEvent, body: Mapping[str, Any]) -> None:
    """Set the fields given; custom properties the portal does not have are left out."""
    before = (dict(event.fields), dict(event.custom_properties))
    for name in TEXT_FIELDS:
        if body.get(name) is not None:
            event.fields[name] = str(body[name])
    for name in MOMENT_FIELDS:
        if body.get(name) is not None:
            try:
                event.fields[name] = iso(parse_moment(body[name]))
            except ValueError:
                message = f"{name} is not a date and time"
                raise refuse_older(400, "VALIDATION_ERROR", message) from None
    for name in FLAG_FIELDS:
        if body.get(name) is not None:
            event.fields[name] = bool(body[name])
    known = portal.schemas["marketing_events"].properties
    for item in body.get("customProperties") or []:
        if item.get("name") in known:
            event.custom_properties[str(item["name"])] = str(item.get("value"))
    if before != (event.fields, event.custom_properties):
        event.updated_at = portal.clock()


def record_interaction(
    portal: Portal, event: MarketingEvent, contact: Record, interaction: Interaction
) -> bool:
    """Record what a contact did; False when it changes nothing."""
    participation = event.participations.get(contact.id)
    if participation is None:
        participation_id = f"{event.object_id}-{contact.id}"
        participation = Participation(participation_id, contact.id, interaction.recorded_at)
    elif is_repetition(participation, interaction):
        return False
    event.participations[contact.id] = participation
    participation.interactions.append(interaction)
    state = STATES[interaction.verb]
    portal.writes[state.lower()] += 1
    portal.remember(
        contact, "marketing_event", f"{event.external_event_id} {state}", event.object_id
    )
    return True


def describe_event(event: MarketingEvent) -> dict[str, Any]:
    """The event as the calls by external id answer it."""
    return {
        "id": event.object_id,
        "objectId": event.object_id,
        "eventName": event.fields.get("eventName"),
        "eventOrganizer": event.fields.get("eventOrganizer"),
        "eventType": event.fields.get("eventType"),
        "eventDescription": event.fields.get("eventDescription"),
        "eventUrl": event.fields.get("eventUrl"),
        "startDateTime": event.fields.get("startDateTime"),
        "endDateTime": event.fields.get("endDateTime"),
        "eventCancelled": event.fields.get("eventCancelled", False),
        "eventCompleted": event.fields.get("eventCompleted", False),
        "customProperties": [
            {"name": name, "value": value} for name, value in event.custom_properties.items()
        ],
        "createdAt": iso(event.created_at),
        "updatedAt": iso(event.updated_at),
    }


def describe_counted(portal: Portal, event: MarketingEvent, lag_seconds: float) -> dict[str, Any]:
    """The event with its external ids and counters, which lag behind."""
    counts = count_states(event, portal.clock() - timedelta(seconds=lag_seconds))
    return {
        **describe_event(event),
        "externalEventId": event.external_event_id,
        "externalAccountId": event.external_account_id,
        "registrants": counts["registered"],
        "attendees": counts["attended"],
        "cancellations": counts["cancelled"],
        "noShows": counts["noShows"],
    }
