"""HubSpot's way of writing moments, and the frames around lists and batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any


def iso(moment: datetime) -> str:
    """UTC with milliseconds and a Z: `2026-11-23T10:00:00.000Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """The aware UTC moment; raises ValueError beyond what a datetime holds."""
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"not a moment in milliseconds: {value}") from error


def parse_moment(value: object) -> datetime:
    """A moment from ISO-8601 text or milliseconds; text without zone is UTC; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"not a moment: {value!r}")
    if isinstance(value, int) or value.lstrip("-").isdigit():
        return from_milliseconds(int(value))
    moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def batch_body(now: datetime, results: Sequence[Any], errors: Sequence[Any] = ()) -> dict[str, Any]:
    """A batch answer's body; `numErrors` counts error entries, not the inputs they speak of."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": iso(now),
        "completedAt": iso(now),
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": list(errors)}
    return body


def page_of(
    items: Sequence[Any], limit: int, after: str, *, with_total: bool = False
) -> tuple[Sequence[Any], dict[str, Any]]:
    """The items after the cursor, and the frame to answer with (`paging` only when more follow)."""
    start = int(after) if after.isdigit() else 0
    page = items[start : start + limit]
    frame: dict[str, Any] = {"total": len(items)} if with_total else {}
    if start + limit < len(items):
        following = str(start + limit)
        frame["paging"] = {"next": {"after": following, "link": f"?after={following}"}}
    return page, frame
