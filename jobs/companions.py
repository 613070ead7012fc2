"""Several people who are one contact: one attendee, one carrier of effects, one contact write.

Two addresses of one contact may both register and both join, from two devices at a time. What each
is decided to be stays apart; what is counted and written is theirs together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection, Engine, RowMapping

from engine.attendance import unite
from jobs.gathering import Appearance, PersonPlan, gather
from store.attendance_facts import as_session, spans_of, stay_columns
from store.database import reading
from store.ledger_reading import rows_with_effects
from store.people import companions_of
from store.session_facts import stream_sessions

_STANDING = {"approved": 0, "pending": 1, "cancelled": 2, None: 3, "denied": 4}
_FIGURES = ("attended_seconds", "attended_percent", "first_join_at", "last_leave_at")


def gather_companions(connection: Connection, plans: Sequence[PersonPlan]) -> list[PersonPlan]:
    """Whoever else is one of these people's contacts, not yet decided."""
    contact_ids = {_contact_of(plan) for plan in plans} - {""}
    here = [plan.person["id"] for plan in plans]
    if not here:
        return []
    portal_id = plans[0].person["portal_id"]
    return gather(connection, companions_of(connection, portal_id, sorted(contact_ids), here))


def unite_companions(
    database: Engine,
    plans: Sequence[PersonPlan],
    counts: Callable[[Appearance], bool],
    barred: Collection[int] = (),
) -> list[PersonPlan]:
    """The same people; those who are one contact point to each other.

    Of an occurrence several of them appear in, one appearance carries the figures of all, and the
    others say who carries theirs. ``counts`` says which appearances count, ``barred`` are keys of
    rows that do not.
    """
    shared: dict[str, list[PersonPlan]] = defaultdict(list)
    for plan in plans:
        shared[_contact_of(plan)].append(plan)
    together: dict[int, PersonPlan] = {}
    with reading(database) as connection:
        for contact_id, members in shared.items():
            if contact_id and len(members) > 1:
                united = _unite(connection, members, counts, barred)
                together.update({plan.person["id"]: plan for plan in united})
    return [together.get(plan.person["id"], plan) for plan in plans]


def barred_of(plans: Sequence[PersonPlan]) -> dict[int, int]:
    """Of people who share a contact: rows kept out of HubSpot by key, each with its lead person."""
    return {
        item.row["id"]: plan.lead_pk
        for plan in plans
        if plan.lead_pk is not None
        for item in plan.appearances
        if item.verdict is not None
    }


def _contact_of(plan: PersonPlan) -> str:
    return "" if plan.person["is_deleted"] else plan.person["contact_id"] or ""


def _unite(
    connection: Connection,
    members: Sequence[PersonPlan],
    counts: Callable[[Appearance], bool],
    barred: Collection[int],
) -> list[PersonPlan]:
    lead = min(members, key=_rank)
    shown = max(members, key=lambda plan: str(plan.person["contact_read_at"] or ""))
    is_primary = {plan.person["id"]: plan.person["contact_match"] == "primary" for plan in members}
    places: dict[int, list[Appearance]] = defaultdict(list)
    for plan in members:
        for item in plan.appearances:
            if counts(item) and item.row["id"] not in barred:
                places[item.row["occurrence_pk"]].append(item)
    sent = rows_with_effects(
        connection, [i.row["id"] for items in places.values() if len(items) > 1 for i in items]
    )
    carriers: dict[int, Appearance] = {}  # by the key of each row whose effects it carries
    for items in places.values():
        first = min(items, key=lambda item: _precedence(item, sent, is_primary))
        carrier = _carry(connection, first, items) if len(items) > 1 else first
        carriers.update({item.row["id"]: carrier for item in items})
    counted = {item.row["id"]: item for item in carriers.values()}
    return [
        replace(
            plan,
            person={**plan.person, "contact": shown.person["contact"]},
            appearances=tuple(_in_place(item, carriers) for item in plan.appearances),
            lead_pk=lead.person["id"],
            counted=tuple(counted.values()),
        )
        for plan in members
    ]


def _rank(plan: PersonPlan) -> tuple[bool, int]:
    return plan.person["contact_match"] != "primary", plan.person["id"]


def _precedence(
    item: Appearance, sent: Collection[int], is_primary: Mapping[int, bool]
) -> tuple[Any, ...]:
    """Who carries: the better registration, then what HubSpot has already, then the primary."""
    row = item.row
    return (
        _STANDING[row["status"]],
        row["id"] not in sent,
        not is_primary[row["person_pk"]],
        row["id"],
    )


def _in_place(item: Appearance, carriers: Mapping[int, Appearance]) -> Appearance:
    carrier = carriers.get(item.row["id"])
    if carrier is None:
        return item
    if carrier.row["id"] == item.row["id"]:
        return carrier
    return replace(item, carried_by=carrier.row["id"])


def _carry(connection: Connection, first: Appearance, items: Sequence[Appearance]) -> Appearance:
    """The first appearance with the figures of all of them."""
    alike = [i.row["registered_at"] for i in items if i.row["status"] == first.row["status"]]
    moments = [moment for moment in alike if moment is not None]
    row = {
        **first.row,
        "registered_at": min(moments, default=first.row["registered_at"]),
        **_attended_together(connection, first, items),
    }
    # Read like any row; only whoever writes rows could tell the difference.
    return replace(first, row=cast(RowMapping, row))


def _attended_together(
    connection: Connection, first: Appearance, items: Sequence[Appearance]
) -> dict[str, Any]:
    came = [item.row for item in items if item.row["joins"] > 0]
    if len(came) < 2:
        source = came[0] if came else first.row
        return {name: source[name] for name in _FIGURES}
    place = first.occurrence
    identities = [row["identity_key"] for row in came]
    sessions = [
        replace(as_session(row), identity="together")
        for row in stream_sessions(connection, place["id"], identities)
    ]
    for one in unite(sessions, spans_of(connection, place["id"])):
        return stay_columns(one, place["length_seconds"])
    return {name: first.row[name] for name in _FIGURES}
