"""What is said of one person: verdicts, registrations, and what was written in HubSpot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauth.discovery import PROPERTIES

VERDICTS: Mapping[str, tuple[str, str]] = {
    "sync": ("good", "To be synced"),
    "excluded": ("", "Excluded"),
    "held": ("warn", "Held"),
    "by_hand": ("", "By hand"),
}
"""What was decided: how it looks, and its words."""

REGISTRATIONS: Mapping[str, str] = {
    "approved": "registered",
    "pending": "waits for the host's approval",
    "denied": "denied by the host",
    "cancelled": "cancelled",
}

EFFECT_STATES: Mapping[str, tuple[str, str]] = {
    "planned": ("warn", "To be sent"),
    "sending": ("warn", "On its way"),
    "applied": ("good", "Written"),
    "unconfirmed": ("warn", "Not yet seen in HubSpot"),
    "rejected": ("bad", "Refused"),
    "cannot_change": ("", "Written; HubSpot cannot change it"),
    "withdrawn": ("", "Withdrawn"),
}
"""What became of a write: how it looks, and its words."""

_EFFECTS: Mapping[str, str] = {
    "contact": "Contact and its properties",
    "register": "Registration on the timeline",
    "attend": "Attendance on the timeline",
    "cancel": "Cancellation on the timeline",
    "app_registered": "App event: registered",
    "app_attended": "App event: attended",
    "app_recording": "App event: recording available",
}

_LABELS = {one.name: one.label for one in PROPERTIES}


def effect_words(kind: str) -> str:
    """What was written, in words."""
    return _EFFECTS.get(kind, kind.replace("_", " "))


def changed_words(change: Mapping[str, Any]) -> str:
    """What a run changed about the person, in words: a property, the decision, or an entry."""
    name = change["property"]
    if name:
        return str(_LABELS.get(name, name))
    return "Decision" if change["effect"] == "decision" else effect_words(change["effect"])
