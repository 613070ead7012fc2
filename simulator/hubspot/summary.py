"""What happened in an account, for tests and pages: contacts, timelines, counts, duplicates."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from simulator.hubspot.models import HistoryEntry, Record
from simulator.hubspot.participation import attendance_of, count_states, occurred_at, state_of
from simulator.hubspot.wire import iso

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal


COUNTED = (
    "registered",
    "attended",
    "cancelled",
    "marketing_events",
    "app_events",
    "calls",
    "call_associations",
    "transcripts",
)


def describe_history(entry: HistoryEntry) -> dict[str, Any]:
    """One visible change in JSON."""
    return {
        "at": iso(entry.at),
        "kind": entry.kind,
        "name": entry.name,
        "value": entry.value,
        "source": entry.source,
    }


def timeline_of(portal: Portal, contact: Record) -> list[dict[str, Any]]:
    """What stands on a contact's timeline, newest first: app events, participation, calls."""
    entries: list[dict[str, Any]] = [
        {
            "at": iso(event.timestamp),
            "kind": "app_event",
            "name": event.type_name,
            "id": event.id,
            "properties": event.properties,
        }
        for event in portal.app_events_of(contact.id)
    ]
    for marketing_event in portal.marketing_events.values():
        participation = marketing_event.participations.get(contact.id)
        for interaction in participation.interactions if participation else []:
            entries.append(
                {
                    "at": iso(interaction.occurred_at),
                    "kind": "marketing_event",
                    "name": interaction.verb,
                    "id": marketing_event.external_event_id,
                    "properties": {"event_name": marketing_event.fields.get("eventName")},
                }
            )
    for call_id in contact.associations.get("calls", {}):
        call = portal.calls.records[call_id]
        if call.is_live:
            entries.append(
                {
                    "at": iso(call.created_at),
                    "kind": "call",
                    "name": call.properties.get("hs_call_title", ""),
                    "id": call_id,
                    "properties": dict(call.properties),
                }
            )
    return sorted(entries, key=lambda entry: str(entry["at"]), reverse=True)


def describe_contact(portal: Portal, contact: Record) -> dict[str, Any]:
    """A contact with properties, timeline and history."""
    return {
        "id": contact.id,
        "properties": contact.properties,
        "archived": contact.archived_at is not None,
        "merged_into": contact.merged_into,
        "timeline": timeline_of(portal, contact),
        "history": [describe_history(entry) for entry in contact.history],
    }


def describe_marketing_events(portal: Portal) -> list[dict[str, Any]]:
    """Every marketing event with its true counts and each contact's participation."""
    return [
        {
            "object_id": event.object_id,
            "external_account_id": event.external_account_id,
            "external_event_id": event.external_event_id,
            **event.fields,
            "counts": count_states(event, portal.clock()),
            "participations": [
                {
                    "contact_id": participation.contact_id,
                    "state": state_of(event, participation.interactions),
                    "occurred_at": _iso_or_none(occurred_at(participation.interactions)),
                    "joined_at": _iso_or_none(_attended(participation.interactions, "joined_at")),
                    "left_at": _iso_or_none(_attended(participation.interactions, "left_at")),
                    "recorded_at": _iso_or_none(
                        max((item.recorded_at for item in participation.interactions), default=None)
                    ),
                    "verbs": [item.verb for item in participation.interactions],
                    "occurred": [iso(item.occurred_at) for item in participation.interactions],
                }
                for participation in event.participations.values()
            ],
        }
        for event in portal.marketing_events.values()
    ]


def _attended(interactions: Any, name: str) -> Any:
    attendance = attendance_of(interactions)
    return getattr(attendance, name) if attendance else None


def _iso_or_none(moment: Any) -> str | None:
    return iso(moment) if moment else None


def summarise(portal: Portal) -> dict[str, Any]:
    """Counts of contacts and of what the app wrote."""
    contacts = portal.contacts
    return {
        "contacts": len(contacts.live()),
        "archived": len(contacts.archived()),
        "erased": contacts.erased,
        "writes": {
            "contacts_created": contacts.writes["created"],
            "contacts_updated": contacts.writes["updated"],
            "contacts_unchanged": contacts.writes["unchanged"],
            **{name: portal.writes[name] for name in COUNTED},
        },
        "duplicate_effects": count_duplicates(portal),
    }


def count_duplicates(portal: Portal) -> int:
    """Effects that say the same thing twice, each repetition counted once.

    App events of one type, contact, time and content under different ids; live calls with one
    external id; a participation verb recorded twice in a row.
    """
    app_events = Counter(
        (e.type_name, e.contact_id, e.timestamp, tuple(sorted(e.properties.items())))
        for e in portal.app_events.values()
    )
    calls = Counter(
        call.properties["hs_call_external_id"]
        for call in portal.calls.live()
        if call.properties.get("hs_call_external_id")
    )
    repeated = 0
    for event in portal.marketing_events.values():
        for participation in event.participations.values():
            verbs = [item.verb for item in participation.interactions]
            repeated += sum(a == b for a, b in itertools.pairwise(verbs))
    return repeated + sum(
        count - 1 for counter in (app_events, calls) for count in counter.values()
    )
