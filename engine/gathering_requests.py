"""When registrations for one webinar leave, alone or together.

Zoom takes up to 30 people in one call, of a limited kind; a person alone should not wait for
others who may never come. So the first goes at once, and those who come right behind wait for each
other, for 30 or for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

BATCH = 30
"""https://developers.zoom.us/docs/api/meetings/#tag/webinars/post/webinars/{webinarId}/batch_registrants"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Departure(Generic[T]):
    """Groups that leave now, one call each, and those who wait ``until`` a moment."""

    leaving: tuple[tuple[T, ...], ...]
    waiting: tuple[T, ...]
    until: datetime | None


def gather(
    waiting: Sequence[tuple[T, datetime]],
    *,
    last_sent_at: datetime | None,
    now: datetime,
    patience: timedelta,
) -> Departure[T]:
    """Say who leaves now of those ``waiting`` (each with the moment it came), oldest first.

    ``last_sent_at`` is when somebody last left for the same webinar.
    """
    people = [who for who, _ in waiting]
    full = len(people) - len(people) % BATCH
    groups = [tuple(people[start : start + BATCH]) for start in range(0, full, BATCH)]
    rest = tuple(people[full:])
    if not rest:
        return Departure(tuple(groups), (), None)
    due_at = waiting[full][1] + patience
    is_first = not groups and (last_sent_at is None or last_sent_at + patience <= now)
    if now >= due_at or (is_first and len(rest) == 1):
        return Departure((*groups, rest), (), None)
    return Departure(tuple(groups), rest, due_at)
