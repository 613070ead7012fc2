"""Which date of a webinar a page shows, and how far its numbers are, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from console.times import show_moment

_OVER = ("cancelled", "deleted")


def choose_date(
    webinar: Mapping[str, Any], now: datetime, wanted: str | None = None
) -> dict[str, Any] | None:
    """The date with this id; without one the latest that took place, else the next to come.

    None when Zoom told of no date yet, or the webinar has none with this id.
    """
    dates: list[dict[str, Any]] = webinar["occurrences"]
    if wanted:
        return next((one for one in dates if one["id"] == wanted), None)
    held = [one for one in dates if one["instances"]]
    if held:
        return held[-1]
    to_come = [one for one in dates if one["status"] not in _OVER and _starts_after(one, now)]
    return next(iter(to_come or dates), None)


def _starts_after(date: Mapping[str, Any], now: datetime) -> bool:
    start: datetime | None = date["start_time"]
    return start is None or start > now


def has_begun(date: Mapping[str, Any]) -> bool:
    """Whether a session of it took place."""
    return bool(date["instances"])


def say_settling(date: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> str:
    """Whether the numbers are settled or final, and if not, why not and when they will be."""
    final = date["final_at"]
    when = show_moment(final, zone)
    if date["status"] == "deleted":
        return "Zoom no longer has this date; its numbers stay as they are."
    if date["status"] == "cancelled":
        return "This date was cancelled, so there is no attendance to wait for."
    if date["settled_at"] is not None:
        if final is not None and now >= final:
            return f"Final since {when}. Later corrections in Zoom come with Sync now."
        return (
            f"Settled {show_moment(date['settled_at'], zone)}: Zoom's report was the same twice,"
            f" and attendance goes to HubSpot. Final {when}; until then corrections are looked for."
        )
    if not has_begun(date):
        if final is None:
            return "Without a fixed time: its numbers are final some time after it took place."
        if now < final:
            return f"Has not taken place yet. Its numbers will be final {when}."
        return "Zoom knows of no session of this date, so there is no attendance."
    problem = f" So far: {date['read_problem'].rstrip('.')}." if date["read_problem"] else ""
    again = ""
    if date["next_read_at"] is not None:
        again = f" Zoom is read next {show_moment(date['next_read_at'], zone)}."
    if date["overdue"]:
        return f"Overdue: the numbers should have been final {when}.{problem}{again}"
    return (
        "Not settled yet: two reads of Zoom's report in a row have to agree before attendance is"
        f" written.{problem}{again} Final {when}."
    )
