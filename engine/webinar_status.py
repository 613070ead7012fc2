"""How a webinar stands, in one word: the worst of its dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Status = Literal["attention", "syncing", "waiting", "healthy", "planned", "off"]
STATUSES: tuple[Status, ...] = ("attention", "syncing", "waiting", "healthy", "planned", "off")
"""The worst first."""

NEEDS_SOMEBODY = ("held_secondary", "plugin_unavailable", "reconnect")
"""Reasons to wait that end only when somebody does something."""
FOR_ZOOM = ("provisional", "pending_approval")
"""Reasons to wait that end with what Zoom says next."""


@dataclass(frozen=True, slots=True)
class DateFacts:
    """What is known of one date.

    ``counts`` are people by (outcome, reason). ``zoom_people`` is Zoom's own figure, None before it
    is known. ``has_begun``: a session took place. ``is_behind``: overdue, or read without the right
    to see reports.
    """

    counts: Mapping[tuple[str, str], int]
    zoom_people: int | None
    has_begun: bool
    is_settled: bool
    is_behind: bool = False


def judge_webinar(dates: Iterable[DateFacts], *, is_on: bool) -> Status:
    """The webinar's status; ``dates`` are those that were neither cancelled nor deleted."""
    if not is_on:
        return "off"
    found = {_judge_date(date) for date in dates} or {"planned"}
    if "planned" in found and "healthy" in found:
        found.discard("planned")
    return next(status for status in STATUSES if status in found)


def _judge_date(date: DateFacts) -> Status:
    waiting = {reason: n for (outcome, reason), n in date.counts.items() if outcome == "waiting"}
    failing = any(n for (outcome, _), n in date.counts.items() if outcome == "failing")
    remainder = 0 if date.zoom_people is None else date.zoom_people - sum(date.counts.values())
    if failing or remainder or date.is_behind or any(map(waiting.get, NEEDS_SOMEBODY)):
        return "attention"
    if any(n for reason, n in waiting.items() if reason not in FOR_ZOOM):
        return "syncing"
    if any(waiting.values()) or (date.has_begun and not date.is_settled):
        return "waiting"
    return "healthy" if date.is_settled else "planned"
