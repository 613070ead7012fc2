"""What was written for people who are excluded now, and what HubSpot lets us take back of it.

Only a run that was asked to withdraw plans this; whatever it planned goes as any effect does, by
whichever run comes next, until the person is included again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from engine.plan import UNDOES, WantedEffect, effect_key, to_milliseconds
from jobs.changes import Change, kept_change, withdrawn_change
from jobs.gathering import Appearance, PersonPlan
from jobs.wishes import place_of
from store.ledger import Wish
from store.withdrawals import (
    DOUBTFUL,
    applied_contacts,
    decide_again_if_included,
    end_undone,
    undoing_of,
    written_of,
)

Member = tuple[PersonPlan, Appearance]


@dataclass(slots=True)
class Withdrawals:
    """Wishes that take effects back, with a line each, and the lines of those that stay."""

    wishes: list[Wish] = field(default_factory=list)
    taken_back: list[Change] = field(default_factory=list)
    kept: list[Change] = field(default_factory=list)


def plan_withdrawals(
    connection: Connection,
    members: Sequence[Member],
    everybody: Iterable[PersonPlan],
    now: datetime,
) -> Withdrawals:
    """What is to be taken back of the excluded among these members of occurrences.

    ``everybody`` are all plans at hand: a contact whose other address is synced keeps what it has.
    Contacts that are gone took everything with them.
    """
    shared = _synced_contacts(everybody)
    excluded = {
        item.row["id"]: (plan, item)
        for plan, item in members
        if is_out(item)
        and _has_contact(plan)
        and (item.row["occurrence_pk"], plan.person["contact_id"]) not in shared
    }
    found = Withdrawals()
    rows: dict[int, list[RowMapping]] = {pk: [] for pk in excluded}
    for row in written_of(connection, list(excluded)):
        rows[row["occurrence_person_pk"]].append(row)
    for pk, (plan, item) in excluded.items():
        _withdraw(found, plan, item, rows[pk], now)
    return found


def is_out(item: Appearance) -> bool:
    """Whether the person is excluded from the occurrence; waiting is not excluded."""
    return item.decision is not None and item.decision.excluded_by is not None


def _has_contact(plan: PersonPlan) -> bool:
    return plan.person["contact_id"] is not None and not plan.person["is_deleted"]


def _synced_contacts(plans: Iterable[PersonPlan]) -> set[tuple[int, str]]:
    return {
        (item.row["occurrence_pk"], plan.person["contact_id"])
        for plan in plans
        if _has_contact(plan)
        for item in plan.appearances
        if not is_out(item)
    }


def _withdraw(
    found: Withdrawals,
    plan: PersonPlan,
    item: Appearance,
    rows: Sequence[RowMapping],
    now: datetime,
) -> None:
    email = plan.person["email"]
    known = {row["key"] for row in rows}
    cancel_of = _cancel_keys(item)
    for row in rows:
        kind = row["kind"]
        if kind == "register":
            key = cancel_of.get(row["key"])
            if key is None or key in known:
                continue  # it is ended, or about to be
            ends = {"at": to_milliseconds(now), UNDOES: row["key"]}
            found.wishes.append(_wish(key, "cancel", ends, item, plan))
            found.taken_back.append(withdrawn_change(email, kind))
        elif kind == "call_contact" and row["applied_hash"] and UNDOES not in row["wanted"]:
            ends = {**row["applied"], UNDOES: row["key"]}
            found.wishes.append(_wish(row["key"], kind, ends, item, plan))
            found.taken_back.append(withdrawn_change(email, kind))
        elif kind not in ("cancel", "call_contact") and row["state"] not in DOUBTFUL:
            # Nothing is wanted of it any more, and that cannot be.
            found.wishes.append(_wish(row["key"], kind, {}, item, plan))
            found.kept.append(kept_change(email, kind, row["applied"] or {}))


def _cancel_keys(item: Appearance) -> dict[str, str]:
    """The key of the cancellation by that of each registration the person ever had here."""
    place = place_of(item)
    turns = range(item.row["generation"] + 1)
    return {
        effect_key("register", *place, turn): effect_key("cancel", *place, turn) for turn in turns
    }


def _wish(
    key: str, kind: str, payload: Mapping[str, Any], item: Appearance, plan: PersonPlan
) -> Wish:
    return Wish(
        WantedEffect(key, kind, payload),
        occurrence_pk=item.row["occurrence_pk"],
        occurrence_person_pk=item.row["id"],
        person_pk=plan.person["id"],
    )


def end_undone_by(
    connection: Connection, portal_id: str, rows: Sequence[RowMapping]
) -> dict[int, Change]:
    """HubSpot holds these effects, and no longer those they undo; lines of what was taken back.

    The lines go by the key of the row. A registration that undoes a cancellation has none.
    """
    end_undone(connection, portal_id, [row["wanted"][UNDOES] for row in rows])
    ending = [row for row in rows if row["kind"] != "register"]
    decide_again_if_included(connection, [row["occurrence_person_pk"] for row in ending])
    return {
        row["id"]: withdrawn_change(
            row["email"], "register" if row["kind"] == "cancel" else row["kind"]
        )
        for row in ending
    }


# --- whoever is included again -------------------------------------------------------------------


def as_things_stand(
    connection: Connection, wishes: Sequence[Wish], members: Iterable[Appearance], now: datetime
) -> tuple[list[Wish], list[str]]:
    """The wishes, knowing what was withdrawn before; and keys still on their way to withdraw.

    HubSpot goes by the moment: somebody who was cancelled is registered again from now on, and not
    from when they registered first. Of people who are excluded, cancellations on their way stay.
    """
    out = {item.row["id"]: is_out(item) for item in members}
    undoing = undoing_of(connection, list(out))
    if not undoing:
        return list(wishes), []
    held = {row["key"]: row["wanted"] for row in undoing}
    ended = {
        row["occurrence_person_pk"]: row
        for row in undoing
        if row["kind"] == "cancel" and row["state"] == "applied"
    }
    standing = [_as_it_stands(wish, held, ended, now) for wish in wishes]
    on_their_way = [
        row["key"]
        for row in undoing
        if row["kind"] == "cancel" and out[row["occurrence_person_pk"]]
    ]
    return standing, on_their_way


def _as_it_stands(
    wish: Wish,
    held: Mapping[str, Mapping[str, Any]],
    ended: Mapping[int, RowMapping],
    now: datetime,
) -> Wish:
    wanted = wish.effect
    if wanted.kind not in ("register", "cancel"):
        return wish
    if wanted.key in held:
        return replace(wish, effect=replace(wanted, payload=held[wanted.key]))
    end = ended.get(wish.occurrence_person_pk or 0)
    if wanted.kind == "cancel" or end is None or wanted.payload["at"] > end["wanted"]["at"]:
        return wish
    payload = {"at": to_milliseconds(now), UNDOES: end["key"]}
    return replace(wish, effect=replace(wanted, payload=payload))


# --- contacts ------------------------------------------------------------------------------------


def clear_contacts(
    connection: Connection, plans: Sequence[PersonPlan], places: Collection[int]
) -> list[PersonPlan]:
    """The same people; of those excluded from one of the places, contacts lose what we wrote.

    But for what other occurrences still want, or wait to, and for what somebody changed since.
    """
    chosen = {
        plan.person["id"]
        for plan in plans
        if _has_contact(plan)
        and not plan.is_led
        and any(is_out(i) and i.row["occurrence_pk"] in places for i in plan.appearances)
        and all(is_out(i) or i.verdict is None for i in plan.appearances)
    }
    applied = applied_contacts(connection, list(chosen)) if chosen else {}
    return [
        _cleared(plan, applied[plan.person["id"]].get("properties", {}))
        if plan.person["id"] in applied
        else plan
        for plan in plans
    ]


def _cleared(plan: PersonPlan, written: Mapping[str, str]) -> PersonPlan:
    held = plan.person["contact"]
    emptied = {
        name: ""
        for name, value in written.items()
        if value and name not in plan.properties and held.get(name) == value
    }
    is_wanted = bool(plan.properties) or not all(is_out(item) for item in plan.appearances)
    return replace(
        plan,
        properties={**emptied, **plan.properties},
        is_taken_back=bool(emptied) and not is_wanted,
    )
