"""Moments as Zoom writes them: aware UTC datetimes in, `2026-11-18T16:00:00Z` out, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


def stamp(moment: datetime | None) -> str:
    """`2026-11-18T16:00:00Z`; the empty string when there is no moment."""
    if moment is None:
        return ""
    return (
        f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}T"
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}Z"
    )


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, the unit of `event_ts`."""
    return int(moment.timestamp() * 1000)


def read_moment(value: Any, now: datetime) -> datetime:
    """An ISO string, or seconds relative to `now` (negative: in the past). Raises ValueError."""
    if isinstance(value, (int, float)):
        return (now + timedelta(seconds=value)).replace(microsecond=0)
    moment = datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
