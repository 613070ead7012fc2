"""What the ledger should hold: from decisions to effects with deterministic keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.backfill import HISTORICAL
from engine.merge import Loser
from engine.plan import (
    FOLLOW_UP,
    WantedEffect,
    effect_key,
    hash_payload,
    participation_payload,
    to_milliseconds,
)
from jobs.gathering import Appearance, PersonPlan, Rules
from rollcall import AuditEntry, FollowUp, MarketingParticipation, TimelineEvent


def occurrence_wishes(item: Appearance, rules: Rules) -> list[WantedEffect]:
    """The effects wanted for one person of one occurrence, keyed by what they are about."""
    if item.decision is None or item.verdict is not None:
        return []
    wishes = []
    for stamped in item.decision.effects:
        if isinstance(stamped.effect, FollowUp):
            wishes += _follow_up(item, stamped.effect, stamped.plugin, stamped.version)
            continue
        kind, payload = _kind_and_payload(item, stamped.effect, rules)
        if kind and payload is not None:
            wishes.append(
                WantedEffect(
                    effect_key(kind, *place_of(item), item.row["generation"]),
                    kind,
                    payload,
                    stamped.plugin,
                    stamped.version,
                )
            )
    return wishes


def _follow_up(item: Appearance, effect: FollowUp, plugin: str, version: str) -> list[WantedEffect]:
    """One job a person, function and arguments, whatever the generation: it cannot be taken back.

    None for a quiet backfill, which tells nobody about webinars long past.
    """
    if item.occurrence["is_historical"]:
        return []
    payload = {"function": effect.function, "arguments": dict(effect.arguments)}
    key = effect_key(FOLLOW_UP, *place_of(item), plugin, hash_payload(payload))
    return [WantedEffect(key, FOLLOW_UP, payload, plugin, version)]


def _kind_and_payload(
    item: Appearance, effect: object, rules: Rules
) -> tuple[str, Mapping[str, Any] | None]:
    app_events = rules.app_events
    if isinstance(effect, MarketingParticipation) and rules.has_marketing_events:
        row = item.row
        return effect.state, participation_payload(
            effect.state,
            registered_at=row["registered_at"],
            cancelled_at=row["cancelled_at"],
            first_join_at=row["first_join_at"],
            last_leave_at=row["last_leave_at"],
        )
    if isinstance(effect, TimelineEvent) and effect.type in app_events:
        moment = item.row["last_leave_at" if effect.type == "attended" else "registered_at"]
        if moment is not None:
            return f"app_{effect.type}", {
                "type": app_events[effect.type],
                "at": to_milliseconds(moment),
                "properties": dict(effect.properties),
            }
    return "", None


def place_of(item: Appearance) -> tuple[str, ...]:
    """What the keys of a person's effects in an occurrence begin with, whatever the generation."""
    return (
        item.row["portal_id"],
        item.webinar["account_id"],
        item.webinar["webinar_id"],
        item.occurrence["occurrence_id"],
        item.row["identity_key"],
    )


def audit_lines(item: Appearance, losers: Iterable[Loser] = ()) -> list[str]:
    """What plugins wrote for the audit log, and whose property values lost to whose."""
    entries = item.decision.effects if item.decision is not None else ()
    lines = [
        stamped.effect.message for stamped in entries if isinstance(stamped.effect, AuditEntry)
    ]
    lines += [
        f"{loser.name}: the value of {loser.plugin} was not written ({loser.because})"
        for loser in losers
    ]
    return lines


def contact_wish(plan: PersonPlan) -> WantedEffect:
    """The one contact write of a person, as the ledger keeps it."""
    payload: dict[str, Any] = {"properties": dict(plan.properties), "names": dict(plan.names)}
    return WantedEffect(
        effect_key("contact", plan.person["portal_id"], plan.person["email"]), "contact", payload
    )


def due_changes(plan: PersonPlan) -> dict[str, str] | None:
    """Properties the contact should hold and does not; None when it is not to be touched at all.

    An existing contact gets a name only where it has none; a new one gets everything.
    """
    person = plan.person
    if plan.is_led:
        return None
    is_new = person["contact_id"] is None or person["is_deleted"]
    if is_new and not plan.wants_contact:
        return None
    if not is_new and not plan.properties and not plan.names:
        return None
    held = {} if is_new else person["contact"]
    changes = {
        name: value for name, value in plan.properties.items() if held.get(name, "") != value
    }
    changes |= {name: value for name, value in plan.names.items() if not held.get(name)}
    if is_new:
        # Empty values say nothing on a contact that does not exist yet.
        changes = {name: value for name, value in changes.items() if value}
        changes = changes or {"email": person["email"]}
    return changes | _mark(plan, held, changes)


def _mark(plan: PersonPlan, held: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, str]:
    """What tells a write of a backfill from others, and takes it back with the next other one.

    It goes with every write of a backfill, and alone where a past webinar's participation is all
    that is new; nothing is written only to take it back.
    """
    if plan.is_historical:
        is_new_there = any(item.row["decided"] == 0 for item in plan.appearances)
        is_marked = held.get(HISTORICAL) == "true"
        return {HISTORICAL: "true"} if changes or (is_new_there and not is_marked) else {}
    return {HISTORICAL: ""} if changes and held.get(HISTORICAL) else {}
