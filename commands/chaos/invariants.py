"""What must hold when the faults are over: each broken invariant is a sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import func, select

from commands.chaos.play import Play
from commands.demo_report import find_faults, show_second_sync
from store.database import open_database, reading
from store.tables import inbox

SHOWN = 5
"""Broken invariants of one kind told singly; the rest are counted."""


def find_broken(play: Play) -> list[str]:
    """Look at Zoom's truth, the decision log, HubSpot and the inbox; what is broken."""
    simulated, customer = play.trial.simulated, play.customer
    customer.sign_in(play.portal_id)
    people = customer.people(play.webinar_id)
    contacts = simulated.contacts(play.portal_id)
    alive = {contact["id"] for contact in contacts.values()}
    events = simulated.call("GET", f"/hubspot/portals/{play.portal_id}/marketing-events")
    journal = simulated.call(
        "GET", "/journal", platform="hubspot", tenant=play.portal_id, entries=50_000
    )
    deliveries = simulated.call("GET", "/zoom/webhooks", status="delivered", entries=100_000)
    return [
        *missing_people(play.zoom_truth()["registrants"], people),
        *duplicate_contacts(simulated.summary(play.portal_id)["contacts"], contacts),
        *wrong_participations(
            _participations(events["results"], play.webinar_id, alive),
            expected_states(play.zoom_truth()["registrants"], people, contacts, play.played),
        ),
        *limits_exceeded(journal["entries"]),
        *lost_deliveries(deliveries["deliveries"], count_inbox(play.trial.data_dir)),
        *find_faults(simulated, customer, play.played),
    ]


def find_late_writes(play: Play) -> list[str]:
    """Press Sync now; broken unless it finds nothing to write."""
    quiet = Console(quiet=True)
    return show_second_sync(quiet, play.trial.simulated, play.customer, play.played)


def missing_people(
    registrants: Iterable[Mapping[str, Any]], people: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Registrants of Zoom of whom the decision log says nothing."""
    known = {person["email"] for person in people}
    return _told(
        f"{person['email']} ({person['status']} in Zoom) has no outcome"
        for person in registrants
        if person["email"].lower() not in known
    )


def duplicate_contacts(count: int, contacts: Mapping[str, Any]) -> list[str]:
    """Contacts beyond one for each address."""
    more = count - len(contacts)
    return [f"{more} contacts share an address with another"] if more else []


def expected_states(
    registrants: Iterable[Mapping[str, Any]],
    people: Iterable[Mapping[str, Any]],
    contacts: Mapping[str, Mapping[str, Any]],
    played: Mapping[str, Any],
) -> dict[str, set[str]]:
    """What the marketing event may say of each contact of somebody in sync, by contact id."""
    statuses = {person["email"].lower(): person["status"] for person in registrants}
    expected: dict[str, set[str]] = {}
    for person in people:
        contact = contacts.get(person["email"])
        if person["outcome"] != "in_sync" or contact is None:
            continue
        if person["email"] in played["attendance"]:
            states = {"ATTENDED"}
        elif statuses.get(person["email"]) == "cancelled":
            # Somebody who cancelled before anything was sent was never registered there.
            states = {"CANCELLED", "EMPTY", ""}
        else:
            states = {"NO_SHOW"}
        expected[contact["id"]] = states
    return expected


def wrong_participations(found: Mapping[str, str], expected: Mapping[str, set[str]]) -> list[str]:
    """Contacts of whom the marketing event says something else, or whom it should not know."""
    wrong = [
        f"contact {contact_id} is {found.get(contact_id, '') or 'absent'} in the marketing event, "
        f"not {' or '.join(sorted(filter(None, states)))}"
        for contact_id, states in expected.items()
        if found.get(contact_id, "") not in states
    ]
    strangers = [
        f"contact {contact_id} is {state} in the marketing event and nobody in sync"
        for contact_id, state in found.items()
        if contact_id not in expected
    ]
    return _told(wrong) + _told(strangers)


def limits_exceeded(calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Calls HubSpot itself refused for its limits; those a fault refused do not count."""
    routes = Counter(
        str(call["route"]) for call in calls if call["status"] == 429 and not call["fault"]
    )
    return [
        f"{count} calls of {route} went over HubSpot's limit" for route, count in routes.items()
    ]


def lost_deliveries(
    deliveries: Iterable[Mapping[str, Any]], inbox_counts: Mapping[str, int]
) -> list[str]:
    """Webhooks that were answered 2xx and are not kept, and kept ones nobody worked off."""
    answered = {json.dumps(delivery["body"], sort_keys=True) for delivery in deliveries}
    kept = sum(inbox_counts.values())
    broken = []
    if kept < len(answered):
        broken.append(f"{len(answered)} different webhooks were answered 2xx, {kept} are kept")
    broken += [
        f"{inbox_counts[state]} webhooks are {state} in the inbox"
        for state in ("new", "dead")
        if inbox_counts.get(state)
    ]
    return broken


def count_inbox(data_dir: Path) -> dict[str, int]:
    """How many webhooks of Zoom are in which state."""
    database = open_database(f"sqlite:///{data_dir / 'rollcall.db'}")
    counted = (
        select(inbox.c.state, func.count().label("deliveries"))
        .where(inbox.c.source == "zoom")
        .group_by(inbox.c.state)
    )
    try:
        with reading(database) as connection:
            return {row.state: row.deliveries for row in connection.execute(counted)}
    finally:
        database.dispose()


def _participations(
    events: Sequence[Mapping[str, Any]], webinar_id: str, alive: set[str]
) -> dict[str, str]:
    """The webinar's participations; a contact that was deleted keeps its own, and is nobody's."""
    return {
        person["contact_id"]: person["state"]
        for event in events
        if event["external_event_id"] == f"{webinar_id}-0"
        for person in event["participations"]
        if person["contact_id"] in alive
    }


def _told(sentences: Iterable[str]) -> list[str]:
    """The first few, and how many more there are."""
    listed = list(sentences)
    more = len(listed) - SHOWN
    return [*listed[:SHOWN], f"… and {more} more of this kind"] if more > 0 else listed
