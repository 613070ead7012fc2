"""What became of a person: Excluded, Failing, Waiting or In sync; the first that holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.plan import FOLLOW_UP

OutcomeName = Literal["in_sync", "excluded", "failing", "waiting"]


@dataclass(frozen=True, slots=True)
class EffectState:
    """One effect of the person as the ledger has it."""

    kind: str
    state: str
    error: str = ""
    is_due_later: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one person of one occurrence when the outcome is asked for."""

    excluded_reason: str | None = None
    excluded_detail: str = ""
    held_reason: str | None = None
    held_detail: str = ""
    is_pending_approval: bool = False
    is_provisional: bool = False
    is_undecided: bool = False
    connection_problem: str = ""
    outage: str = ""
    plugin_failure: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of the four outcomes with its stable reason code and a sentence for people."""

    name: OutcomeName
    reason: str = ""
    detail: str = ""


SOON = Outcome("waiting", "queued", "will be sent in this run")
"""Of somebody just decided upon."""


def conclude(standing: Standing, effects: Sequence[EffectState]) -> Outcome:
    """The outcome: exclusion first, then failures, then whatever is still awaited."""
    if standing.excluded_reason is not None:
        return Outcome("excluded", standing.excluded_reason, standing.excluded_detail)
    failing = _failing(standing, effects)
    if failing is not None:
        return failing
    if standing.held_reason is not None:
        return Outcome("waiting", standing.held_reason, standing.held_detail)
    if standing.is_undecided and standing.connection_problem:
        return Outcome("waiting", "reconnect", standing.connection_problem)
    if standing.is_undecided and standing.outage:
        return Outcome("waiting", "retrying", standing.outage)
    if standing.is_undecided:
        return Outcome("waiting", "queued", "will be looked at in the next run")
    if standing.is_pending_approval:
        return Outcome("waiting", "pending_approval", "the host has not approved the registration")
    return _waiting_for_effects(standing, effects) or Outcome("in_sync")


def _failing(standing: Standing, effects: Sequence[EffectState]) -> Outcome | None:
    for effect in effects:
        if effect.state == "rejected" and effect.kind != FOLLOW_UP:
            reason = "not_confirmed" if effect.error.startswith("not confirmed") else "rejected"
            return Outcome("failing", reason, effect.error)
    if standing.plugin_failure:
        return Outcome("failing", "plugin_failed", standing.plugin_failure)
    for effect in effects:
        if effect.state == "rejected":
            return Outcome("failing", "plugin_failed", effect.error)
    return None


def _waiting_for_effects(standing: Standing, effects: Sequence[EffectState]) -> Outcome | None:
    # A follow-up that is still to run keeps nobody waiting: HubSpot holds what it should.
    open_effects = [
        effect
        for effect in effects
        if effect.state in ("planned", "sending", "unconfirmed") and effect.kind != FOLLOW_UP
    ]
    if open_effects and standing.connection_problem:
        return Outcome("waiting", "reconnect", standing.connection_problem)
    if any(effect.state == "unconfirmed" for effect in open_effects):
        return Outcome("waiting", "unconfirmed", "HubSpot has not confirmed the last write yet")
    for effect in open_effects:
        if effect.is_due_later:
            return Outcome("waiting", "retrying", effect.error)
    if open_effects and standing.outage:
        return Outcome("waiting", "retrying", standing.outage)
    if open_effects:
        return SOON
    if standing.is_provisional:
        return Outcome("waiting", "provisional", "Zoom's attendance figures may still change")
    return None
