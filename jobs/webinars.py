"""A webinar as Zoom describes it now: detail, panelists and occurrences, stored for one portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, RowMapping

from clients.errors import NotFound, PermissionMissing, Rejected
from clients.zoom import Zoom
from jobs.erased import without_erased
from jobs.questions import refresh_questions
from jobs.runtime import Runtime
from schemas.zoom_api import WebinarDetail
from schemas.zoom_codes import RECURRING
from store.database import writing
from store.people import mark_occurrence_dirty
from store.webinar_facts import (
    bring_forward,
    change_occurrence,
    ensure_occurrence,
    ensure_webinar,
    occurrences_of_webinar,
)


def refresh_webinar(
    runtime: Runtime, zoom: Zoom, portal_id: str, account_id: str, webinar_id: str
) -> RowMapping:
    """The webinar's row after storing what Zoom says now.

    Zoom forgets a webinar some time after its end, or when somebody deletes it: what is known stays
    as it is, and ``status`` says `missing`, then `deleted`.
    """
    now = runtime.clock()
    try:
        detail = zoom.webinar(webinar_id, show_previous_occurrences=True)
    except NotFound:
        with writing(runtime.database) as connection:
            return _note_absence(connection, runtime, portal_id, account_id, webinar_id)
    listing = _listing(runtime, zoom, portal_id, account_id, detail)
    panelists = without_erased(runtime, portal_id, _panelists(zoom, webinar_id))
    with writing(runtime.database) as connection:
        row = ensure_webinar(
            connection,
            portal_id,
            account_id,
            webinar_id,
            {
                **webinar_columns(detail),
                **listing,
                "panelists": panelists,
                "detail_read_at": now,
                "status": "scheduled",
            },
        )
        _store_occurrences(connection, row, detail, runtime)
    refresh_questions(runtime, zoom, row)
    return row


def _listing(
    runtime: Runtime, zoom: Zoom, portal_id: str, account_id: str, detail: WebinarDetail
) -> dict[str, Any]:
    """Whether it is a Zoom Event's: only the host's list tells, so that is looked at once.

    https://developers.zoom.us/docs/api/meetings/#tag/webinars/get/users/{userId}/webinars
    """
    with writing(runtime.database) as connection:
        row = ensure_webinar(connection, portal_id, account_id, detail.webinar_id, {})
    if row["listed_at"] is not None:
        return {}
    try:
        listed = (one for page in zoom.user_webinars(detail.host_id) for one in page.rows)
        mine = next((one for one in listed if one.webinar_id == detail.webinar_id), None)
    except (PermissionMissing, Rejected):
        # A host who left, or who has no licence any more: what the list said is not to be had.
        mine = None
    is_zoom_events = mine is not None and mine.is_events_webinar
    return {"is_zoom_events": is_zoom_events, "listed_at": runtime.clock()}


def _note_absence(
    connection: Connection, runtime: Runtime, portal_id: str, account_id: str, webinar_id: str
) -> RowMapping:
    """Zoom has no such webinar. Believed when it says so again after the first delay.

    Then dates that have not begun are cancelled; what took place has taken place.
    """
    now = runtime.clock()
    row = ensure_webinar(connection, portal_id, account_id, webinar_id, {})
    ensure_occurrence(connection, row, "")
    if row["status"] == "missing":
        if now < row["detail_read_at"] + runtime.timing.reconcile_after[0]:
            return row
        for place in occurrences_of_webinar(connection, row["id"]):
            _cancel_if_upcoming(connection, place, now)
    status = "missing" if row["status"] == "scheduled" else "deleted"
    changes = {"status": status, "detail_read_at": now}
    return ensure_webinar(connection, portal_id, account_id, webinar_id, changes)


def _cancel_if_upcoming(connection: Connection, place: RowMapping, now: datetime) -> None:
    """Cancel a date that is still to come; its marketing event is cancelled by the next run."""
    if place["status"] != "cancelled" and place["start_at"] is not None and place["start_at"] > now:
        change_occurrence(connection, place["id"], status="cancelled", next_read_at=None)
        bring_forward(connection, place["id"], now, read=False)


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
        "auto_recording": detail.auto_recording or None,
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
    now = runtime.clock()
    if detail.type != RECURRING:
        times = {"start_at": detail.start_at, "duration_seconds": detail.duration_seconds}
        _revive(connection, ensure_occurrence(connection, row, "", times), now)
        return
    if detail.registration_type == 1:
        ensure_occurrence(connection, row, "")
    listed = {date.occurrence_id for date in detail.occurrences if date.status != "deleted"}
    for place in occurrences_of_webinar(connection, row["id"]):
        if not place["occurrence_id"]:
            # It may have been made before anybody knew that this is a series.
            change_occurrence(connection, place["id"], is_series=True)
            _revive(connection, place, now)
        elif place["occurrence_id"] not in listed:
            _cancel_if_upcoming(connection, place, now)
    for date in detail.occurrences:
        if date.occurrence_id not in listed:
            continue
        times = {"start_at": date.start_at, "duration_seconds": date.duration_seconds}
        known = ensure_occurrence(connection, row, date.occurrence_id, times)
        _revive(connection, known, now)
        if known["reads"] == 0 and known["next_read_at"] is None:
            bring_forward(connection, known["id"], now, read=True)


def _revive(connection: Connection, place: RowMapping, now: datetime) -> None:
    """A date that was called off is listed again: everything of it is wanted again."""
    if place["status"] == "cancelled":
        change_occurrence(connection, place["id"], status="scheduled")
        mark_occurrence_dirty(connection, place["id"], must_read=False)
        bring_forward(connection, place["id"], now, read=True)
