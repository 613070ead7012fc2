"""Which contact a person is: looked up in bulk by address, then by the id we stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from clients.hubspot import CONTACT_BATCH, HubSpot
from engine.plan import in_batches
from jobs.flights import Flights
from jobs.gathering import NAME_PROPERTIES, PersonPlan
from jobs.slices import Slice
from schemas.hubspot_contacts import ContactRow
from store.database import writing
from store.people import update_rows
from store.tables import person


def look_up_contacts(
    slice_: Slice, plans: Sequence[PersonPlan], wanted: Iterable[str], now: datetime
) -> list[PersonPlan]:
    """The same people with their contacts as HubSpot shows them now, where that was due.

    ``wanted`` names the properties plugins asked to see. An address that HubSpot no longer holds
    is looked up by the stored contact id; a contact found only in the bin is a deleted one.
    """
    due = [plan for plan in plans if plan.person["must_read"] and "@" in plan.person["email"]]
    if not due:
        return list(plans)
    run = slice_.run
    hubspot = slice_.runtime.platforms.hubspot(run["portal_id"], run["pool"])
    properties = _properties(due, wanted)
    by_email = _read_by_email(slice_, hubspot, [plan.person["email"] for plan in due], properties)
    lost = [
        plan.person["contact_id"]
        for plan in due
        if plan.person["contact_id"] and plan.person["email"] not in by_email
    ]
    by_id = _read_by_id(hubspot, lost, properties) if lost else {}
    changes = {
        plan.person["id"]: _as_columns(plan, by_email, by_id, properties, now) for plan in due
    }
    with writing(slice_.runtime.database) as connection:
        update_rows(connection, person, [{"pk": pk, **values} for pk, values in changes.items()])
    return [
        replace(plan, person={**plan.person, **changes.get(plan.person["id"], {})})
        for plan in plans
    ]


def _properties(plans: Sequence[PersonPlan], wanted: Iterable[str]) -> list[str]:
    """Names, what plugins declared, and whatever we wrote before (to notice that it drifted)."""
    names = dict.fromkeys((*NAME_PROPERTIES, *wanted))
    for plan in plans:
        names.update(dict.fromkeys(plan.person["contact"]))
    return list(names)


def _read_by_email(
    slice_: Slice, hubspot: HubSpot, emails: Sequence[str], properties: Sequence[str]
) -> dict[str, ContactRow]:
    found: dict[str, ContactRow] = {}

    def land(_batch: list[str], answer: list[ContactRow] | Exception) -> list[list[str]]:
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


def _as_columns(
    plan: PersonPlan,
    by_email: Mapping[str, ContactRow],
    by_id: Mapping[str, ContactRow],
    properties: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    email, stored_id = plan.person["email"], plan.person["contact_id"]
    row = by_email.get(email) or by_id.get(stored_id or "")
    match = "none"
    if row is not None and not row.archived:
        match = "secondary" if email in row.emails[1:] else "primary"
    return {
        # A deleted contact's id is kept: it is how the deletion is recognised next time.
        "contact_id": row.contact_id if row is not None else stored_id,
        "contact_match": match,
        "is_deleted": row.archived if row is not None else bool(stored_id),
        "contact": {
            name: row.properties[name] for name in properties if row and name in row.properties
        },
        "contact_read_at": now,
        "must_read": False,
    }
