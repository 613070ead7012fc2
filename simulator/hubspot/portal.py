"""One HubSpot account and everything in it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from simulator.hubspot.contacts import ContactStore
from simulator.hubspot.models import (
    AppEvent,
    HistoryEntry,
    MarketingEvent,
    Owner,
    Record,
    Transcript,
    User,
)
from simulator.hubspot.properties import Schema, starting_schemas
from simulator.hubspot.records import RecordStore


@dataclass(slots=True)
class PortalSettings:
    """What an account is, apart from its records.

    `dropped_scopes` are optional scopes its tier lacks: consent leaves them out silently.
    `app_events_approved` tells whether HubSpot has approved the app's event types.
    """

    name: str
    time_zone: str = "Europe/Berlin"
    ui_domain: str = "app.hubspot.com"
    account_type: str = "STANDARD"
    app_events_approved: bool = True
    dropped_scopes: list[str] = field(default_factory=list)
    custom_property_limit: int = 1000


class Portal:
    """An account: people, schemas, contacts, calls, marketing events, app events."""

    def __init__(
        self, portal_id: int, settings: PortalSettings, clock: Callable[[], datetime]
    ) -> None:
        self.id = portal_id
        self.settings = settings
        self.clock = clock
        self._ids = itertools.count(1001)
        self.users: dict[int, User] = {}
        self.owners: dict[str, Owner] = {}
        self.business_units: list[dict[str, Any]] = []
        self.schemas: dict[str, Schema] = starting_schemas()
        self.contacts = ContactStore(clock, self.next_id)
        self.calls = RecordStore(clock, self.next_id, "hs_lastmodifieddate")
        self.marketing_events: dict[str, MarketingEvent] = {}
        self.app_events: dict[tuple[str, str], AppEvent] = {}
        self._app_events_by_contact: dict[str, list[tuple[str, str]]] = {}
        self.transcripts: dict[str, Transcript] = {}
        self.writes: Counter[str] = Counter()

    def next_id(self) -> str:
        """A record id not yet used in this account."""
        return str(self.id % 1000 * 1_000_000 + next(self._ids))

    def add_owner(self, email: str, *, archived: bool = False) -> Owner:
        """An owner who is no user (any more)."""
        owner = Owner(str(900_000 + len(self.owners)), email, archived=archived)
        self.owners[owner.id] = owner
        return owner

    def remember(self, contact: Record, kind: str, name: str, value: str | None = None) -> None:
        """Add a visible change made by the app to a contact's history."""
        contact.history.append(HistoryEntry(self.clock(), kind, name, value, "INTEGRATION"))

    def add_app_event(self, event: AppEvent) -> None:
        """Put an entry on a contact's timeline."""
        key = (event.type_name, event.id)
        self.app_events[key] = event
        self._app_events_by_contact.setdefault(event.contact_id, []).append(key)

    def app_events_of(self, contact_id: str) -> list[AppEvent]:
        """A contact's app events, oldest first."""
        return [self.app_events[key] for key in self._app_events_by_contact.get(contact_id, [])]

    def forget_activity(self, contact_id: str) -> None:
        """Drop an erased contact's participations and app events."""
        for event in self.marketing_events.values():
            event.participations.pop(contact_id, None)
        for key in self._app_events_by_contact.pop(contact_id, []):
            del self.app_events[key]

    def move_activity(self, from_id: str, to_id: str) -> None:
        """Hang a merged contact's participations and app events on the survivor."""
        for event in self.marketing_events.values():
            moved = event.participations.pop(from_id, None)
            if moved is not None:
                moved.contact_id = to_id
                event.participations.setdefault(to_id, moved)
        for key in self._app_events_by_contact.pop(from_id, []):
            self.add_app_event(replace(self.app_events[key], contact_id=to_id))

    def store_of(self, object_type: str) -> RecordStore | None:
        """The records of an object type named as in paths or by type id."""
        stores = {"contacts": self.contacts, "contact": self.contacts, "0-1": self.contacts}
        more = {"calls": self.calls, "call": self.calls, "0-48": self.calls}
        return {**stores, **more}.get(object_type)
