"""People with everything a decision about them depends on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping

from engine.dispatch import Decision, Opinion
from engine.merge import Loser
from jobs.runtime import Runtime
from plugins.registry import Registry
from schemas.tenant_settings import Settings
from store.gone import ERASED
from store.people import (
    hubspot_user_emails,
    load_appearances,
    load_occurrence_details,
    load_people,
    user_switches,
)
from store.portals import read_portal

NAME_PROPERTIES = ("firstname", "lastname")


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in one occurrence, with the rows it is made of and the decision in force for it.

    ``carried_by``: the row whose effects stand for this one too (another address of the contact).
    """

    row: RowMapping
    occurrence: RowMapping
    webinar: RowMapping
    decision: Decision | None = None
    carried_by: int | None = None

    @property
    def is_dirty(self) -> bool:
        """Whether something changed since it was last planned."""
        return bool(self.row["dirty"] != self.row["decided"])

    @property
    def is_erased(self) -> bool:
        """Whether this is somebody erased on their own demand."""
        return bool(self.row["identity_key"].startswith(ERASED))

    @property
    def verdict(self) -> Opinion | None:
        """The opinion that keeps the person out or waiting; None when nothing does."""
        if self.decision is None:
            return None
        return self.decision.excluded_by or self.decision.held_by


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A person, all their occurrences as decided, and what their contact should hold.

    ``properties`` are values to hold, ``names`` fill empty names only. ``wants_contact`` says that
    a contact is to be made if there is none. Where several people are one contact, ``lead_pk`` is
    the one whose write covers all, and ``counted`` what the contact's totals are counted from.
    ``is_historical``: nothing but webinars brought in by a quiet backfill makes it due.
    ``is_taken_back``: nothing is wanted of the contact any more, and the write empties it.
    """

    person: Mapping[str, Any]
    appearances: tuple[Appearance, ...]
    wants_contact: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    losers: tuple[Loser, ...] = ()
    lead_pk: int | None = None
    counted: tuple[Appearance, ...] | None = None
    is_historical: bool = False
    is_taken_back: bool = False

    @property
    def is_led(self) -> bool:
        """Whether somebody else's write covers this person."""
        return self.lead_pk is not None and self.lead_pk != self.person["id"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions depend on besides facts: one version of the settings, both sides' users.

    ``app_events`` maps our event types to the names HubSpot approved; empty where the portal has
    none. ``has_marketing_events`` is False where it may not be written to. ``is_trial``: nothing
    comes of what is decided, so it is not held against a plugin either.
    """

    version: int
    settings: Settings
    order: tuple[str, ...]
    hubspot_users: frozenset[str]
    zoom_users: Mapping[tuple[str, str], bool]
    app_events: Mapping[str, str]
    has_marketing_events: bool
    is_trial: bool = False


def load_rules(
    connection: Connection, portal_id: str, version: int, settings: Settings, runtime: Runtime
) -> Rules:
    """The rules of the portal under these settings."""
    found = read_portal(connection, portal_id)
    # What was not looked up yet is tried.
    offers = found.capabilities if found is not None else {}
    return Rules(
        version,
        settings,
        enabled_plugins(settings, runtime.registry),
        hubspot_user_emails(connection, portal_id),
        user_switches(connection, portal_id),
        runtime.app_events if offers.get("app_events") != "no_scope" else {},
        offers.get("marketing_events") != "no_scope",
    )


def enabled_plugins(settings: Settings, registry: Registry) -> tuple[str, ...]:
    """Names of the plugins the portal has on, in its declared order (as loaded by default).

    A plugin the portal switched on that could not be loaded is named too, so that it can be missed.
    """
    chosen = settings.plugins
    names = [plugin.name for plugin in registry.plugins]
    names += [name for name, choice in chosen.items() if choice.enabled and name not in names]

    def place(name: str) -> tuple[int, int]:
        choice = chosen.get(name)
        by_default = names.index(name)
        return (choice.order if choice and choice.order is not None else by_default, by_default)

    return tuple(
        name for name in sorted(names, key=place) if name not in chosen or chosen[name].enabled
    )


def gather(connection: Connection, person_pks: Sequence[int]) -> list[PersonPlan]:
    """The people with every occurrence they appear in, not yet decided."""
    people = load_people(connection, person_pks)
    appearances = load_appearances(connection, person_pks)
    details = load_occurrence_details(
        connection, {row["occurrence_pk"] for rows in appearances.values() for row in rows}
    )
    return [
        PersonPlan(
            people[pk],
            tuple(Appearance(row, *details[row["occurrence_pk"]]) for row in appearances[pk]),
        )
        for pk in person_pks
    ]


def gather_nameless(connection: Connection, rows: Sequence[RowMapping]) -> list[Appearance]:
    """Participants without an address, each on their own."""
    details = load_occurrence_details(connection, {row["occurrence_pk"] for row in rows})
    return [Appearance(row, *details[row["occurrence_pk"]]) for row in rows]
