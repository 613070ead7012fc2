"""A webinar as Zoom describes it now: detail, panelists and occurrences, stored for one portal."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, RowMapping

from clients.errors import NotFound, Rejected
from clients.zoom import Zoom
from jobs.erased import without_erased
from jobs.runtime import Runtime
from schemas.zoom_api import WebinarDetail
from store.database import writing
from store.webinar_facts import bring_forward, ensure_occurrence, ensure_webinar

RECURRING = 9
WITHOUT_FIXED_TIME = 6


def refresh_webinar(
    runtime: Runtime, zoom: Zoom, portal_id: str, account_id: str, webinar_id: str
) -> RowMapping:
    """The webinar's row after storing what Zoom says now.

    Zoom forgets a webinar some time after its end; then what is known stays as it is.
    """
    now = runtime.clock()
    try:
        detail = zoom.webinar(webinar_id, show_previous_occurrences=True)
    except NotFound:
        with writing(runtime.database) as connection:
            row = ensure_webinar(
                connection, portal_id, account_id, webinar_id, {"detail_read_at": now}
            )
            ensure_occurrence(connection, row, "")
            return row
    panelists = without_erased(runtime, portal_id, _panelists(zoom, webinar_id))
    with writing(runtime.database) as connection:
        row = ensure_webinar(
            connection,
            portal_id,
            account_id,
            webinar_id,
            {**webinar_columns(detail), "panelists": panelists, "detail_read_at": now},
        )
        _store_occurrences(connection, row, detail, runtime)
    return row


def webinar_columns(detail: WebinarDetail) -> dict[str, Any]:
    """The columns Zoom's detail fills; the public URL never carries a personal token."""
    return {
        "topic": detail.topic,
        "host_id": detail.host_id,
        "host_email": detail.host_email or None,
        "type": detail.type,
        "start_at": detail.start_at,
        "duration_seconds": detail.duration_seconds,
        "time_zone": detail.timezone,
        "public_url": public_url(detail.registration_url or detail.join_url),
        "approval_type": detail.approval_type,
        "registration_type": detail.registration_type,
    }


def public_url(url: str) -> str:
    """The URL without its query: passcodes and personal tokens travel there."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _panelists(zoom: Zoom, webinar_id: str) -> list[str]:
    try:
        return sorted({row.email for row in zoom.panelists(webinar_id).rows if row.email})
    except Rejected:
        # A webinar Zoom no longer serves panelists of; the host is still known.
        return []


def _store_occurrences(
    connection: Connection, row: RowMapping, detail: WebinarDetail, runtime: Runtime
) -> None:
    if detail.type != RECURRING:
        times = {"start_at": detail.start_at, "duration_seconds": detail.duration_seconds}
        ensure_occurrence(connection, row, "", times)
        return
    if detail.registration_type == 1:
        ensure_occurrence(connection, row, "")
    for date in detail.occurrences:
        known = ensure_occurrence(
            connection,
            row,
            date.occurrence_id,
            {
                "start_at": date.start_at,
                "duration_seconds": date.duration_seconds,
                "status": "cancelled" if date.status == "deleted" else None,
            },
        )
        if known["reads"] == 0 and known["next_read_at"] is None and date.status != "deleted":
            bring_forward(connection, known["id"], runtime.clock(), read=True)
