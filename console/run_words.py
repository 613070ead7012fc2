"""How far a run is and what it changes, in words and figures for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from console.times import show_moment
from console.words import OUTCOMES, reason_words
from oauth.discovery import PROPERTIES

STATES: Mapping[str, tuple[str, str]] = {
    "queued": ("warn", "Queued"),
    "running": ("warn", "Running"),
    "done": ("good", "Done"),
    "failed": ("bad", "Failed"),
    "superseded": ("", "Superseded"),
}
"""A run's state: how it looks, and its word."""

TRIGGERS: Mapping[str, str] = {
    "webhook": "Zoom told of something new",
    "schedule": "the schedule",
    "sync_now": "Sync now",
    "setting": "a changed setting",
    "confirm": "reading back what was written",
    "replay": "a replay",
    "hand": "a decision by hand",
    "preview": "a preview",
    "action": "a HubSpot workflow",
}

WRITES = (
    ("created", "Created"),
    ("updated", "Updated"),
    ("unchanged", "Unchanged"),
    ("excluded", "Excluded"),
    ("failed", "Failed"),
    ("withdrawn", "Withdrawn"),
    ("cannot_change", "Cannot change"),
    ("unconfirmed", "Unconfirmed"),
)
"""What became of a run's writes, in the order it is shown."""

_EFFECTS: Mapping[str, str] = {
    "decision": "Decision",
    "contact": "Contact",
    "register": "Registration",
    "attend": "Attendance",
    "cancel": "Cancellation",
    "marketing_event": "Marketing event",
    "complete": "Marketing event",
    "cancel_event": "Marketing event",
    "call": "Call record",
    "transcript": "Transcript",
}
_LABELS = {one.name: one.label for one in PROPERTIES}
_OUTCOME_WORDS = dict(OUTCOMES)

_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
_FEWEST_STEPS = 20
_SHORTEST = timedelta(seconds=10)
_QUARTERS = ("Running.", "A quarter is done.", "Half is done.", "Three quarters are done.")


def is_going_on(run: Mapping[str, Any]) -> bool:
    """Whether the run is still to begin, or to end."""
    return run["state"] in ("queued", "running")


def is_measured(run: Mapping[str, Any]) -> bool:
    """Whether it is known how much there is to do; a dry run counts only what it has looked at."""
    return bool(run["progress"]["total"]) and not (run["dry_run"] and is_going_on(run))


def say_progress(run: Mapping[str, Any]) -> str:
    """What a screen reader is told: something new at each quarter, and at the end."""
    if run["state"] == "queued":
        return "Queued."
    if run["state"] == "running":
        done, total = run["progress"]["done"], run["progress"]["total"]
        return _QUARTERS[min(3, 4 * done // total)] if is_measured(run) else _QUARTERS[0]
    return f"{STATES[run['state']][1]}."


def seconds_so_far(run: Mapping[str, Any], now: datetime) -> float | None:
    """How long the run took, or has taken until now; None before it began."""
    if run["started_at"] is None:
        return None
    length: timedelta = (run["finished_at"] or now) - run["started_at"]
    return max(0.0, length.total_seconds())


def seconds_left(run: Mapping[str, Any], now: datetime) -> float | None:
    """At the pace so far, the time for what is known to be left; None when that says nothing."""
    done, total = run["progress"]["done"], run["progress"]["total"]
    if run["state"] != "running" or not is_measured(run) or run["started_at"] is None:
        return None
    if done < _FEWEST_STEPS or done >= total or now - run["started_at"] < _SHORTEST:
        return None
    spent: timedelta = now - run["started_at"]
    left: float = spent.total_seconds() / done * (total - done)
    return left


def show_change(change: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str | None]:
    """A line of before and after: whose, what it is, and both values in words."""
    what = change["property"]
    is_decision = change["effect"] == "decision"
    return {
        "email": change["email"],
        "what": _EFFECTS.get(change["effect"], change["effect"].replace("_", " ").capitalize()),
        "property": _LABELS.get(what, what) if what else "",
        "before": _show_value(change["before"], zone, is_decision=is_decision),
        "after": _show_value(change["after"], zone, is_decision=is_decision),
    }


def _show_value(text: str | None, zone: ZoneInfo, *, is_decision: bool) -> str | None:
    if text is None:
        return None
    if is_decision:
        return _show_verdict(text)
    return _MOMENT.sub(lambda found: show_moment(datetime.fromisoformat(found[0]), zone), text)


def _show_verdict(text: str) -> str:
    if text == "sync":
        return "Synced"
    outcome, _, reason = text.partition(": ")
    word = _OUTCOME_WORDS.get(outcome, outcome)
    return f"{word}: {reason_words(reason)}" if reason else word
