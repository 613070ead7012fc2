"""What must hold when the faults are over: each broken invariant is a sentence."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 5
"""Broken invariants of one kind told singly; the rest are counted."""

LONGEST_LEASE_MS = 60_000
CLOCKS = ("housekeeping",)
"""Leases that say when something was done last; nobody waits for their end."""

OURS = "rollcall_"
GROWING = ("rollcall_attendance_count",)
BY_US = "INTEGRATION"


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is a customer's own: the account, webinar ids, registrants' addresses (lower case)."""

    portal_id: str
    account_id: str
    webinar_ids: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Held:
    """What a portal holds: contacts with their history, marketing events, call records."""

    contacts: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]]
    writes: Mapping[str, int]
    contact_count: int


def missing_people(
    registrants: Iterable[Mapping[str, Any]], people: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Registrants of Zoom of whom the decision log says nothing."""
    known = {person["email"] for person in people}
    return [
        f"{person['email']} ({person['status']} in Zoom) has no outcome"
        for person in registrants
        if person["email"].lower() not in known
    ]


def repeated_effects(held: Held) -> list[str]:
    """Effects visible twice: contacts, interactions, marketing events, call records, attendances.

    A write that changes nothing shows nowhere and is no effect.
    """
    made = Counter(
        contact["properties"].get("email", "").lower()
        for contact in held.contacts
        if _is_made_by_us(contact)
    )
    again = held.writes["contacts_created"] - sum(made.values())
    broken = [f"{again} contacts were created that are not there (any more)"] if again else []
    more = held.contact_count - len({contact["id"] for contact in held.contacts})
    broken += [f"{more} contacts share an address with another"] if more else []
    broken += _twice(made, "contacts were created for {}")
    broken += _twice(
        Counter(event["external_event_id"] for event in held.events), "marketing events are {}"
    )
    broken += _twice(
        Counter(
            call["properties"].get("hs_call_external_id", "")
            for call in held.calls
            if not call["archived"]
        ),
        "call records are {}",
    )
    for where, person in _participations_of(held.events):
        # Whoever registers anew after cancelling has registered twice, at different moments.
        done = Counter(zip(person["verbs"], person["occurred"], strict=True))
        broken += _twice(done, f"times contact {person['contact_id']} of {where} did {{}}")
        came = person["verbs"].count("attend")
        broken += (
            [f"contact {person['contact_id']} of {where} attended {came} times"] if came > 1 else []
        )
    return broken


def count_effects(held: Held) -> int:
    """The effects to be seen in a portal."""
    return (
        sum(map(_is_made_by_us, held.contacts))
        + len(held.events)
        + sum(len(person["verbs"]) for _, person in _participations_of(held.events))
        + sum(not call["archived"] for call in held.calls)
    )


def inversions(held: Held) -> list[str]:
    """People whose state went backwards: in a marketing event, or in a property of ours."""
    broken = []
    for where, person in _participations_of(held.events):
        steps = list(zip(person["verbs"], person["occurred"], strict=True))
        changes = [(verb, at) for verb, at in steps if verb != "attend"]
        for (verb, at), (next_verb, next_at) in itertools.pairwise(changes):
            if next_at < at:
                broken.append(
                    f"contact {person['contact_id']} of {where}: {next_verb} of {next_at} came "
                    f"after {verb} of {at}"
                )
    for contact in held.contacts:
        for name, values in _values_by_property(contact).items():
            if _goes_back(name, values):
                told = " → ".join(values)
                broken.append(f"{name} of contact {contact['id']} went back: {told}")
    return broken


def crossings(
    own: Belongings, other: Belongings, held: Held, calls: Iterable[Mapping[str, Any]]
) -> list[str]:
    """What of another customer's is in a portal, or was asked for with this customer's tokens.

    ``calls`` are those made with tokens of ``own``, to either platform.
    """
    foreign = other.addresses - own.addresses
    broken = [
        f"{contact['properties']['email']} of portal {other.portal_id} is a contact in portal "
        f"{own.portal_id}"
        for contact in held.contacts
        if contact["properties"].get("email", "").lower() in foreign
    ]
    names = [("marketing event", event["external_event_id"]) for event in held.events]
    names += [("call", call["properties"].get("hs_call_external_id", "")) for call in held.calls]
    broken += [
        f"{kind} {name} in portal {own.portal_id} is of no webinar of its account"
        for kind, name in names
        if name.partition("-")[0] not in own.webinar_ids
    ]
    broken += [
        f"marketing event {event['external_event_id']} in portal {own.portal_id} is of account "
        f"{event['external_account_id']}"
        for event in held.events
        if event["external_account_id"] != own.account_id
    ]
    theirs = (*other.webinar_ids, other.account_id)
    asked = Counter(
        f"{call['method']} {call['path']}"
        for call in calls
        if any(name in call["path"] for name in theirs)
    )
    return broken + [
        f"{call} was called {count} times with a token of portal {own.portal_id}"
        for call, count in asked.items()
    ]


def unfinished_business(states: Mapping[str, int]) -> list[str]:
    """Effects that are still under way or in doubt although it is quiet."""
    return [
        f"{states[state]} effects are {state}"
        for state in ("sending", "unconfirmed")
        if states.get(state)
    ]


def long_leases(leases: Iterable[tuple[str, int]]) -> list[str]:
    """Leases (name, milliseconds they still run) that would keep others waiting for long."""
    return [
        f"the lease {name} is held for {left / 1000:.0f} s more"
        for name, left in leases
        if left > LONGEST_LEASE_MS and name not in CLOCKS
    ]


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
    return wrong + strangers


def limits_exceeded(calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """Calls HubSpot itself refused for its limits; those a fault refused do not count."""
    routes = Counter(
        str(call["route"]) for call in calls if call["status"] == 429 and not call["fault"]
    )
    return [
        f"{count} calls of {route} went over HubSpot's limit" for route, count in routes.items()
    ]


def lost_deliveries(answered: int, kept: int) -> list[str]:
    """Webhooks that were answered 2xx and are not kept."""
    lost = answered - kept
    return [f"{answered} different webhooks were answered 2xx, {kept} are kept"] * max(lost, 0)


def unread_deliveries(inbox_counts: Mapping[str, int]) -> list[str]:
    """Webhooks that are kept and nobody worked off."""
    return [
        f"{inbox_counts[state]} webhooks are {state} in the inbox"
        for state in ("new", "dead")
        if inbox_counts.get(state)
    ]


def answered_webhooks(deliveries: Iterable[Mapping[str, Any]]) -> int:
    """How many different webhooks were answered 2xx."""
    return len({json.dumps(delivery["body"], sort_keys=True) for delivery in deliveries})


def participations(
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


def told(sentences: Iterable[str]) -> list[str]:
    """The first few, and how many more there are."""
    listed = list(sentences)
    more = len(listed) - SHOWN
    return [*listed[:SHOWN], f"… and {more} more of this kind"] if more > 0 else listed


def _twice(counts: Mapping[Any, int], words: str) -> list[str]:
    return [f"{count} {words.format(name)}" for name, count in counts.items() if count > 1]


def _participations_of(
    events: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for event in events:
        for person in event["participations"]:
            yield str(event["external_event_id"]), person


def _is_made_by_us(contact: Mapping[str, Any]) -> bool:
    first = next(iter(contact["history"]), None)
    return first is not None and first["name"] == "created" and first["source"] == BY_US


def _values_by_property(contact: Mapping[str, Any]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for entry in contact["history"]:
        if entry["kind"] == "property" and entry["name"].startswith(OURS):
            values.setdefault(entry["name"], []).append(str(entry["value"]))
    return values


def _goes_back(name: str, values: Sequence[str]) -> bool:
    """Whether it is again what it was before, or less of what can only grow."""
    if len(set(values)) < len(values):
        return True
    return name in GROWING and any(
        float(after or 0) < float(before or 0) for before, after in itertools.pairwise(values)
    )
