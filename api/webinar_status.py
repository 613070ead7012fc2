"""How each webinar stands, in one word; counted for all, and kept to when the list is filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from api.parts import parts
from engine.effective import why_webinar_not
from engine.timing import is_overdue, scheduled_end
from engine.webinar_status import STATUSES, DateFacts, Status, judge_webinar
from schemas.tenant_settings import Settings
from store.settings import read_settings
from store.switches import webinars_with_hosts
from store.webinars import (
    Counts,
    count_people,
    list_webinars,
    occurrences_of_webinars,
    occurrences_that_began,
)

LOOKED_AT = 500
"""Webinars counted by status, the latest of them."""

_OVER = ("cancelled", "deleted")


def count_statuses(connection: Connection, portal_id: str) -> dict[str, Any]:
    """How many of the portal's latest webinars have which status."""
    rows = list_webinars(connection, portal_id, LOOKED_AT + 1)
    found = read_statuses(connection, portal_id, rows[:LOOKED_AT]).values()
    return {
        "counts": {status: sum(one == status for one in found) for status in STATUSES},
        "webinars": min(len(rows), LOOKED_AT),
        "more": len(rows) > LOOKED_AT,
    }


def webinars_with_status(connection: Connection, portal_id: str, status: str) -> list[int]:
    """Those of the portal's latest webinars that have this status, by key."""
    rows = list_webinars(connection, portal_id, LOOKED_AT)
    found = read_statuses(connection, portal_id, rows)
    return [pk for pk, one in found.items() if one == status]


def read_statuses(
    connection: Connection, portal_id: str, rows: Sequence[RowMapping]
) -> dict[int, Status]:
    """The status of each of these webinars, by key."""
    pks = [row["id"] for row in rows]
    _, settings = read_settings(connection, portal_id)
    of_zoom_events = {row["id"] for row in rows if row["is_zoom_events"]}
    occurrences = occurrences_of_webinars(connection, pks)
    counted = [one["id"] for found in occurrences.values() for one in found]
    counts = count_people(connection, counted)
    begun = occurrences_that_began(connection, counted)
    return {
        row["id"]: judge_webinar(
            _dates(occurrences.get(row["id"], ()), counts, begun),
            is_on=row["id"] not in of_zoom_events and _is_on(settings, row),
        )
        for row in webinars_with_hosts(connection, portal_id, pks)
    }


def _is_on(settings: Settings, row: RowMapping) -> bool:
    why = why_webinar_not(
        settings, row["host_id"], row["host_email"], row["sync"], row["sync_new_webinars"]
    )
    return why is None


def _dates(
    occurrences: Iterable[RowMapping], counts: Mapping[int, Counts], begun: set[int]
) -> list[DateFacts]:
    return [
        DateFacts(
            counts=counts[row["id"]],
            zoom_people=row["zoom_people"],
            has_begun=row["id"] in begun,
            is_settled=row["settled_at"] is not None,
            is_behind=row["is_reduced"] or is_behind(row, has_begun=row["id"] in begun),
        )
        for row in occurrences
        if row["status"] not in _OVER
    ]


def is_behind(row: RowMapping, *, has_begun: bool) -> bool:
    """Whether the date's numbers should be final by now, and Zoom's are still awaited."""
    ends_at = row["ended_at"] or scheduled_end(row["start_at"], row["duration_seconds"])
    is_awaited = (
        row["settled_at"] is None
        and row["status"] != "cancelled"
        and row["next_read_at"] is not None
        and has_begun
    )
    return is_awaited and is_overdue(ends_at, parts().clock(), parts().reconcile_after)
