"""Effects and exclusions in words: the same value always reads the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from rollcall import (
    AuditEntry,
    CallRecord,
    ContactWanted,
    Effect,
    Exclusion,
    FollowUp,
    MarketingEventText,
    MarketingParticipation,
    PropertyUpdate,
    TimelineEvent,
)


def tell(answer: Effect | Exclusion) -> str:
    """One line a person can read."""
    match answer:
        case Exclusion(reason, detail, hold):
            told = "wait" if hold else "leave out"
            return f"{told}: {reason}" + (f" ({detail})" if detail else "")
        case ContactWanted():
            return "a contact"
        case PropertyUpdate(name, value, overwrite):
            how = {"if_empty": ", only if empty", "never_lower": ", never lower"}.get(overwrite, "")
            return f"property {name} = {value!r}{how}"
        case MarketingParticipation(state):
            return f"marketing event: {state}"
        case TimelineEvent(kind, properties, audience):
            whom = f" to everybody who {audience}" if audience else ""
            return f"timeline event {kind}{whom}{_listed(properties)}"
        case CallRecord(title, _, audience):
            return f"call record {title!r} for everybody who {audience}"
        case MarketingEventText(text):
            return f"marketing event's text {text!r}"
        case AuditEntry(message):
            return f"audit log: {message}"
        case FollowUp(function, arguments):
            return f"follow-up {function}{_listed(arguments)}"


def fingerprint(answer: Effect | Exclusion) -> str:
    """Every field, so that two answers that differ in anything read differently."""
    values = {field.name: getattr(answer, field.name) for field in fields(answer)}
    shown = {
        name: sorted(value.items()) if isinstance(value, Mapping) else value
        for name, value in values.items()
    }
    return f"{type(answer).__name__} {shown!r}"


def _listed(texts: Mapping[str, str]) -> str:
    return "".join(f", {name}={value!r}" for name, value in sorted(texts.items()))
