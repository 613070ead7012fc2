"""One delivery becomes facts: people become dirty, occurrences due. It decides nothing.

Order and repetition do not matter, so a delivery may be merged again at any time: what Zoom
answered since is newer than what an old notice says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection, RowMapping

from jobs.erased import forget_erased
from jobs.hubspot_changes import merge_hubspot_changes
from jobs.recording_reads import follow_notice, merge_notice, merge_reference
from jobs.registrations import merge_told, read_told
from jobs.runtime import Runtime
from jobs.webinars import refresh_webinar
from schemas.zoom_codes import SINGLE
from schemas.zoom_webhooks import (
    AppDeauthorized,
    Envelope,
    RecordingChanged,
    RecordingsChanged,
    RegistrationChanged,
    UserChanged,
    WebinarChanged,
    WebinarRan,
    parse_webhook,
)
from store.connections import end_zoom_grant, portals_without_grant
from store.database import reading, writing
from store.inbox import place_of
from store.inbox_work import forget_body
from store.leaving import want_erasure
from store.runs import open_run
from store.webinar_facts import (
    bring_forward,
    change_instance,
    change_occurrence,
    ensure_instances,
    ensure_occurrence,
    ensure_webinar,
    find_instance,
    find_occurrence,
    find_webinar_of,
    occurrences_of_webinar,
    portals_of_account,
    save_zoom_users,
)

log = structlog.get_logger(__name__)


def merge_delivery(runtime: Runtime, row: RowMapping, now: datetime) -> str:
    """What became of it: ``done``, or ``ignored`` when it concerns nobody or nothing of ours.

    Raises Permanent for what cannot be read, NeedsAttention or Retryable when Zoom has to be asked
    and cannot be.
    """
    body = runtime.sealer.open(row["body"], place_of(row["digest"]))
    if row["source"] == "hubspot":
        if merge_hubspot_changes(runtime, body, now):
            return "done"
        return _forget_strangers(runtime, row)
    envelope = parse_webhook(body)
    merge = _MERGES.get(type(envelope.payload))
    if merge is None and not isinstance(envelope.payload, RegistrationChanged):
        return "ignored"
    with reading(runtime.database) as connection:
        portals = portals_of_account(connection, envelope.account_id)
    if merge is None:
        return _merge_registration(runtime, row, envelope, portals, now)
    for portal_id in portals:
        merge(runtime, portal_id, envelope, now)
    return "done" if portals else _forget_strangers(runtime, row)


def _forget_strangers(runtime: Runtime, row: RowMapping) -> str:
    """Nobody here is (still) connected to whom this is about: what it said is not kept."""
    with writing(runtime.database) as connection:
        forget_body(connection, row["id"])
    return "ignored"


# --- one function a kind of event ---------------------------------------------------------------


def _merge_registration(
    runtime: Runtime, row: RowMapping, envelope: Envelope, portals: Sequence[str], now: datetime
) -> str:
    told = read_told(row, envelope)
    for portal_id in portals:
        webinar = _known_webinar(runtime, portal_id, told.account_id, told.webinar_id)
        merge_told(runtime, webinar, [told], now)
    forget_erased(runtime, portals, {row["id"]: told.entry.email})
    return "done" if portals else _forget_strangers(runtime, row)


def _known_webinar(
    runtime: Runtime, portal_id: str, account_id: str, webinar_id: str
) -> RowMapping:
    """The webinar's row; Zoom is asked about one never heard of (which dates does it have?)."""
    with reading(runtime.database) as connection:
        row = find_webinar_of(connection, portal_id, account_id, webinar_id)
    if row is not None and row["detail_read_at"] is not None:
        return row
    with writing(runtime.database) as connection:
        ensure_webinar(connection, portal_id, account_id, webinar_id, {})
    zoom = runtime.platforms.zoom(portal_id, account_id, "live")
    return refresh_webinar(runtime, zoom, portal_id, account_id, webinar_id)


def _merge_webinar_change(
    runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime
) -> None:
    """Something about the webinar changed: it is read again; only a deletion says it all itself."""
    change = envelope.payload
    assert isinstance(change, WebinarChanged)
    changes = {"topic": change.topic[:255] or None, "host_id": change.host_id or None}
    is_gone = change.action in ("deleted", "permanently_deleted", "converted_to_meeting")
    with writing(runtime.database) as connection:
        webinar = ensure_webinar(
            connection, portal_id, envelope.account_id, change.webinar_id, changes
        )
        if is_gone and not _was_seen_since(webinar, envelope.event_at):
            _cancel_dates(connection, webinar, change, now)
            return
        place = ensure_occurrence(connection, webinar, "")
        open_run(
            connection,
            occurrence_pk=place["id"],
            trigger="webhook",
            pool="live",
            now=now,
            must_read=True,
        )


def _was_seen_since(webinar: RowMapping, moment: datetime) -> bool:
    """Whether Zoom showed the webinar after the moment: it was recovered, or the notice is old."""
    seen_at = webinar["detail_read_at"]
    return webinar["status"] == "scheduled" and seen_at is not None and seen_at > moment


def _cancel_dates(
    connection: Connection, webinar: RowMapping, change: WebinarChanged, now: datetime
) -> None:
    """Cancel what has not begun: a deleted webinar that took place has taken place."""
    listed = {date.occurrence_id for date in change.occurrences} if change.is_single else None
    for place in occurrences_of_webinar(connection, webinar["id"]):
        if listed is not None and place["occurrence_id"] not in listed:
            continue
        if place["started_at"] is None and place["status"] == "scheduled":
            change_occurrence(connection, place["id"], status="cancelled", next_read_at=None)
            open_run(connection, occurrence_pk=place["id"], trigger="webhook", pool="live", now=now)


def _merge_run(runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime) -> None:
    """A session began or ended. Its end makes the attendance report due at the first delay."""
    ran = envelope.payload
    assert isinstance(ran, WebinarRan)
    if ran.is_practice_session:
        return
    webinar = _known_webinar(runtime, portal_id, envelope.account_id, ran.webinar_id)
    with writing(runtime.database) as connection:
        known = find_instance(connection, portal_id, ran.uuid)
        if ran.action == "started" and known is not None and known["ended_at"] is not None:
            return
        if known is None and webinar["type"] == SINGLE:
            place = ensure_occurrence(connection, webinar, "")
            ensure_instances(
                connection,
                [
                    {
                        "portal_id": portal_id,
                        "occurrence_pk": place["id"],
                        "uuid": ran.uuid,
                        "started_at": ran.started_at,
                    }
                ],
            )
        if ran.action == "ended":
            change_instance(connection, portal_id, ran.uuid, ended_at=ran.ended_at)
        for place in _places_of(connection, webinar, portal_id, ran.uuid):
            if ran.action == "started":
                change_occurrence(connection, place["id"], status="started")
            else:
                first = runtime.timing.reconcile_after[0]
                due_at = (ran.ended_at or envelope.event_at) + first
                bring_forward(connection, place["id"], due_at, read=True)


def _places_of(
    connection: Connection, webinar: RowMapping, portal_id: str, uuid: str
) -> list[RowMapping]:
    """The occurrence of the session; all begun ones of a series whose session is not placed yet."""
    known = find_instance(connection, portal_id, uuid)
    if known is not None:
        return [find_occurrence(connection, known["occurrence_pk"])]
    return [
        place
        for place in occurrences_of_webinar(connection, webinar["id"])
        if not place["is_series"] and place["settled_at"] is None
    ]


def _merge_recording(runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime) -> None:
    change = envelope.payload
    assert isinstance(change, RecordingChanged)
    # Meetings share the events; a new name changes nothing that is written anywhere.
    if not change.recording.is_of_webinar or change.action == "renamed":
        return
    webinar = _known_webinar(runtime, portal_id, envelope.account_id, change.recording.webinar_id)
    with writing(runtime.database) as connection:
        row = merge_notice(connection, webinar, change, envelope.event_at)
        follow_notice(connection, row, now)


def _merge_recordings(runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime) -> None:
    change = envelope.payload
    assert isinstance(change, RecordingsChanged)
    action = change.action.removeprefix("batch_")
    with writing(runtime.database) as connection:
        for reference in change.recordings:
            row = merge_reference(connection, portal_id, reference, action, envelope.event_at)
            if row is not None:
                follow_notice(connection, row, now)


def _merge_user(runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime) -> None:
    change = envelope.payload
    assert isinstance(change, UserChanged)
    if not change.email:
        return
    name = f"{change.first_name} {change.last_name}".strip()
    user = {"user_id": change.user_id, "email": change.email[:255], "name": name[:255]}
    with writing(runtime.database) as connection:
        save_zoom_users(connection, portal_id, envelope.account_id, [user])


def _merge_deauthorization(
    runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime
) -> None:
    gone = envelope.payload
    assert isinstance(gone, AppDeauthorized)
    with writing(runtime.database) as connection:
        ended = end_zoom_grant(
            connection,
            envelope.account_id,
            gone.user_id,
            now,
            happened_at=envelope.event_at,
        )
        if ended:
            # Every portal at once: the grant may be shared, and the others are not asked again.
            for one in portals_without_grant(connection, envelope.account_id):
                want_erasure(connection, one, [envelope.account_id], now)


_Merge = Callable[[Runtime, str, Envelope, datetime], None]

_MERGES: dict[type, _Merge] = {
    WebinarChanged: _merge_webinar_change,
    WebinarRan: _merge_run,
    RecordingChanged: _merge_recording,
    RecordingsChanged: _merge_recordings,
    UserChanged: _merge_user,
    AppDeauthorized: _merge_deauthorization,
}
