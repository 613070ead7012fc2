"""Which contact a person is: looked up in bulk by address, then by the id we stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from clients.hubspot import CONTACT_BATCH, HubSpot
from engine.plan import in_batches
from jobs.erased import erase_contacts
from jobs.flights import Flights
from jobs.gathering import NAME_PROPERTIES, PersonPlan
from jobs.slices import Slice
from schemas.hubspot_contacts import ContactRow
from store.database import reading
from store.gone import deleted_among, ensure_hash, erased_contacts
from store.statements import update_rows
from store.tables import person


@dataclass(frozen=True, slots=True)
class _Found:
    """What HubSpot, and our memory of its bin, say about the people looked up."""

    by_email: Mapping[str, ContactRow]
    by_id: Mapping[str, ContactRow]
    in_bin: Mapping[str, str]  # contact id by address


def look_up_contacts(
    slice_: Slice, plans: Sequence[PersonPlan], wanted: Iterable[str], now: datetime
) -> list[PersonPlan]:
    """The same people with their contacts as HubSpot shows them now, where that was due.

    ``wanted`` names the properties plugins asked to see. An address that HubSpot no longer holds
    is looked up by the stored contact id; a contact found only in the bin is a deleted one. Of
    people found to be erased nothing is left, and they are not among the answer.
    """
    due = [plan for plan in plans if plan.person["must_read"] and "@" in plan.person["email"]]
    if not due:
        return list(plans)
    properties = _properties(due, wanted)
    found = _find(slice_, due, properties)
    erased = _erase_vanished(slice_, due, found, now)
    kept = [plan for plan in due if plan.person["id"] not in erased]
    changes = {plan.person["id"]: _as_columns(plan, found, properties, now) for plan in kept}
    with slice_.writing() as connection:
        _hash_other_addresses(connection, slice_, kept, found, changes)
        update_rows(connection, person, [{"pk": pk, **values} for pk, values in changes.items()])
    return [
        replace(plan, person={**plan.person, **changes.get(plan.person["id"], {})})
        for plan in plans
        if plan.person["id"] not in erased
    ]


def _properties(plans: Sequence[PersonPlan], wanted: Iterable[str]) -> list[str]:
    """Names, what plugins declared, and whatever we wrote before (to notice that it drifted)."""
    names = dict.fromkeys((*NAME_PROPERTIES, *wanted))
    for plan in plans:
        names.update(dict.fromkeys(plan.person["contact"]))
    return list(names)


def _find(slice_: Slice, due: Sequence[PersonPlan], properties: Sequence[str]) -> _Found:
    run, runtime = slice_.run, slice_.runtime
    hubspot = runtime.platforms.hubspot(run["portal_id"], run["pool"])
    by_email = _read_by_email(slice_, hubspot, [plan.person["email"] for plan in due], properties)
    unknown = [plan.person for plan in due if plan.person["email"] not in by_email]
    ids = [one["contact_id"] for one in unknown if one["contact_id"]]
    by_id = _read_by_id(hubspot, ids, properties) if ids else {}
    strangers = [one["email"] for one in unknown if not one["contact_id"]]
    with reading(runtime.database) as connection:
        in_bin = deleted_among(connection, runtime.sealer, run["portal_id"], strangers)
    return _Found(by_email, by_id, in_bin)


def _read_by_email(
    slice_: Slice, hubspot: HubSpot, emails: Sequence[str], properties: Sequence[str]
) -> dict[str, ContactRow]:
    found: dict[str, ContactRow] = {}

    def land(landed: Sequence[tuple[list[str], list[ContactRow] | Exception]]) -> list[list[str]]:
        for _, answer in landed:
            if isinstance(answer, Exception):
                raise answer
            found.update({email: row for row in answer for email in row.emails})
        return []

    def send(batch: list[str]) -> list[ContactRow]:
        return hubspot.read_contacts_by_email(batch, properties, permit=False)

    flights = Flights[list[str], list[ContactRow]](slice_, send=send, land=land)
    flights.fly(in_batches(emails, CONTACT_BATCH))
    return found


def _read_by_id(
    hubspot: HubSpot, ids: Sequence[str], properties: Sequence[str]
) -> dict[str, ContactRow]:
    found = {row.contact_id: row for row in hubspot.read_contacts_by_id(ids, properties)}
    missing = [contact_id for contact_id in ids if contact_id not in found]
    if missing:
        deleted = hubspot.read_contacts_by_id(missing, properties, archived=True)
        found.update({row.contact_id: replace(row, archived=True) for row in deleted})
    return found


def _erase_vanished(
    slice_: Slice, due: Sequence[PersonPlan], found: _Found, now: datetime
) -> frozenset[int]:
    """Erase those whose contact HubSpot erased before we knew that it was theirs; their keys."""
    gone = {
        plan.person["id"]: plan.person["contact_id"]
        for plan in due
        if plan.person["contact_id"]
        and plan.person["email"] not in found.by_email
        and plan.person["contact_id"] not in found.by_id
    }
    runtime, portal_id = slice_.runtime, slice_.run["portal_id"]
    with reading(runtime.database) as connection:
        erased = erased_contacts(connection, portal_id, sorted(set(gone.values())))
    if erased:
        erase_contacts(runtime, portal_id, sorted(erased), now)
    return frozenset(pk for pk, contact_id in gone.items() if contact_id in erased)


def _as_columns(
    plan: PersonPlan, found: _Found, properties: Sequence[str], now: datetime
) -> dict[str, Any]:
    email, stored_id = plan.person["email"], plan.person["contact_id"]
    row = found.by_email.get(email) or found.by_id.get(stored_id or "")
    match = "none"
    if row is not None and not row.archived:
        match = "secondary" if email in row.emails[1:] else "primary"
    # A deleted contact's id is kept: it is how the deletion is recognised next time.
    known_id = stored_id or found.in_bin.get(email)
    return {
        "contact_id": row.contact_id if row is not None else known_id,
        "contact_match": match,
        "is_deleted": row.archived if row is not None else bool(known_id),
        "contact": {
            name: row.properties[name] for name in properties if row and name in row.properties
        },
        "other_addresses": [],
        "contact_read_at": now,
        "must_read": False,
    }


def _hash_other_addresses(
    connection: Connection,
    slice_: Slice,
    plans: Sequence[PersonPlan],
    found: _Found,
    changes: Mapping[int, dict[str, Any]],
) -> None:
    """Remember a contact's other addresses by their hashes: whoever erases it means them too."""
    for plan in plans:
        email = plan.person["email"]
        row = found.by_email.get(email)
        if row is not None and len(row.emails) > 1:
            keyed = ensure_hash(connection, slice_.runtime.sealer, slice_.run["portal_id"])
            others = [keyed.of(one) for one in row.emails if one != email]
            changes[plan.person["id"]]["other_addresses"] = others
