"""What a backfill is doing, and what Zoom still has, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GOING_ON = ("finding", "checking", "syncing", "stopping")

STATES: Mapping[str, tuple[str, str]] = {
    "finding": ("warn", "Reading Zoom's history"),
    "checking": ("warn", "Asking Zoom about each webinar"),
    "syncing": ("warn", "Bringing webinars in"),
    "stopping": ("warn", "Stopping"),
    "done": ("good", "Done"),
    "failed": ("bad", "Failed"),
    "stopped": ("", "Stopped"),
}
"""A backfill's state: how it looks, and its words."""

PROGRESS: Mapping[str, str] = {
    "finding": "lists of Zoom's history read",
    "checking": "webinars asked about",
    "syncing": "webinars brought in",
    "stopping": "webinars brought in",
}
"""What is counted while it is under way."""

KEPT: Mapping[str, tuple[str, str]] = {
    "everything": ("good", "Everything"),
    "attendance_only": ("warn", "Attendance only"),
    "registrants_only": ("warn", "Registrants only"),
    "nothing": ("", "Nothing"),
}
"""What Zoom still has of a webinar: how it looks, and its words."""

WEBINAR_STATES: Mapping[str, str] = {
    "found": "not asked about yet",
    "waiting": "to be brought in",
    "running": "being brought in",
    "done": "brought in",
    "failed": "failed",
    "known": "synced without a backfill",
    "left_out": "left out",
    "nothing": "nothing to bring in",
}

LEFT_OUT: Mapping[str, str] = {
    "global_off": "webinar sync is off",
    "host_not_selected": "its host is not selected",
    "host_domain_excluded": "its host's domain is excluded",
    "webinar_off": "the webinar is switched off",
    "user_off": "its host is switched off",
    "zoom_events": "part of a Zoom Event",
    "not_over": "it is not over yet",
    "before_since": "it was before the first day",
}

_QUARTERS = ("", "A quarter is done.", "Half is done.", "Three quarters are done.")


def say_progress(backfill: Mapping[str, Any]) -> str:
    """What a screen reader is told: something new with each step, at each quarter, at the end."""
    words = f"{STATES[backfill['state']][1]}."
    done, total = backfill["progress"]["done"], backfill["progress"]["total"]
    if backfill["state"] not in GOING_ON or not total:
        return words
    return f"{words} {_QUARTERS[min(3, 4 * done // total)]}".strip()
