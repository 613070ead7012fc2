"""Draining the inbox: each delivery becomes a fact, people become dirty, occurrences due.

A delivery never decides anything. What cannot be read is parked for a person; what needs Zoom while
Zoom cannot be reached is put off and loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast, get_args

import structlog
from sqlalchemy import Connection, RowMapping

from jobs.erased import forget_if_erased
from jobs.hubspot_changes import merge_hubspot_changes
from jobs.live_runs import open_live_run
from jobs.presentable import presentable
from jobs.recording_reads import follow_notice, merge_notice, merge_reference
from jobs.runtime import Runtime
from jobs.webinars import refresh_webinar
from rollcall.errors import NeedsAttention, Permanent, RollcallError
from rollcall.events import RegistrantStatus
from schemas.zoom_codes import ONCE_FOR_ALL, RECURRING, SINGLE
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
from store.inbox import place_of, trace_of
from store.inbox_work import (
    bury,
    close_deliveries,
    forget_body,
    has_new_deliveries,
    new_deliveries,
    put_off,
)
from store.leases import release_lease, take_lease
from store.leaving import want_erasure
from store.registration_facts import RegistrationEntry, merge_registrations
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
    occurrences_of_webinar,
    portals_of_account,
    save_zoom_users,
)

AT_ONCE = 100
TURN_SECONDS = 0.5
"""So long somebody's registration waits behind another account's thousands."""
MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
LEASE_SECONDS = 30.0

log = structlog.get_logger(__name__)


def drain_inbox(runtime: Runtime) -> int:
    """Work off what waits in the inbox, for a moment; how many deliveries. One drainer at a time.

    The next turn begins with whoever arrived meanwhile, however much of an account is left.
    """
    with reading(runtime.database) as connection:
        if not has_new_deliveries(connection, runtime.clock()):
            return 0
    held = take_lease(runtime.database, "drain", runtime.owner, seconds=LEASE_SECONDS)
    if held is None:
        return 0
    try:
        return _drain(runtime)
    finally:
        release_lease(runtime.database, held)


def _drain(runtime: Runtime) -> int:
    ends_at = time.monotonic() + TURN_SECONDS
    with reading(runtime.database) as connection:
        rows = new_deliveries(connection, runtime.clock(), AT_ONCE)
    for count, row in enumerate(rows):
        if count and time.monotonic() > ends_at:
            return count
        _drain_one(runtime, row)
    return len(rows)


def _drain_one(runtime: Runtime, row: RowMapping) -> None:
    """Merge one delivery; every line logged meanwhile names it as the door's line did."""
    with structlog.contextvars.bound_contextvars(delivery=trace_of(row["digest"])):
        _merge_or_keep(runtime, row)


def _merge_or_keep(runtime: Runtime, row: RowMapping) -> None:
    now = runtime.clock()
    try:
        state = _merge(runtime, row, now)
        with writing(runtime.database) as connection:
            close_deliveries(connection, [row["id"]], state=state)
    except Permanent as error:
        log.warning("delivery_parked", delivery_event=row["event"], why=str(error))
        with writing(runtime.database) as connection:
            bury(connection, row["id"], error=str(error))
    except NeedsAttention as error:
        # It waits for a person, however long that takes: connecting again makes it due.
        with writing(runtime.database) as connection:
            put_off(connection, row["id"], until=now + LONGEST_PAUSE, error=str(error))
    except RollcallError as error:
        _try_later(runtime, row, str(error), now)
    except Exception as error:
        # A delivery we stumble over must not stop those behind it.
        log.exception("delivery_failed", delivery_event=row["event"])
        _try_later(runtime, row, f"failed with {type(error).__name__}", now)


def _try_later(runtime: Runtime, row: RowMapping, why: str, now: datetime) -> None:
    with writing(runtime.database) as connection:
        if row["attempts"] + 1 >= MAX_ATTEMPTS:
            bury(connection, row["id"], error=why)
            return
        pause = min(timedelta(seconds=2.0 ** row["attempts"]), LONGEST_PAUSE)
        put_off(connection, row["id"], until=now + pause, error=why)


def _merge(runtime: Runtime, row: RowMapping, now: datetime) -> str:
    body = runtime.sealer.open(row["body"], place_of(row["digest"]))
    if row["source"] == "hubspot":
        if merge_hubspot_changes(runtime, body, now):
            return "done"
        return _forget_strangers(runtime, row)
    envelope = parse_webhook(body)
    merge = _MERGES.get(type(envelope.payload))
    if merge is None:
        return "ignored"
    with reading(runtime.database) as connection:
        portals = portals_of_account(connection, envelope.account_id)
    for portal_id in portals:
        merge(runtime, portal_id, envelope, now)
    if isinstance(envelope.payload, RegistrationChanged):
        forget_if_erased(runtime, row["id"], portals, envelope.payload.registrant.email)
    return "done" if portals else _forget_strangers(runtime, row)


def _forget_strangers(runtime: Runtime, row: RowMapping) -> str:
    """Nobody here is (still) connected to whom this is about: what it said is not kept."""
    with writing(runtime.database) as connection:
        forget_body(connection, row["id"])
    return "ignored"


# --- one function a kind of event ---------------------------------------------------------------


def _merge_registration(
    runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime
) -> None:
    change = envelope.payload
    assert isinstance(change, RegistrationChanged)
    webinar = _known_webinar(runtime, portal_id, envelope.account_id, change.webinar_id)
    registrant = change.registrant
    entry = RegistrationEntry(
        email=registrant.email[:255],
        first_name=registrant.first_name[:255],
        last_name=registrant.last_name[:255],
        registrant_id=registrant.registrant_id,
        status=_status_of(registrant.status),
        at=envelope.event_at,
        join_url=registrant.join_url,
    )
    names = [date.occurrence_id for date in change.occurrences]
    covers_series = webinar["type"] == RECURRING and webinar["registration_type"] == ONCE_FOR_ALL
    if webinar["type"] != RECURRING or covers_series or not names:
        names = [""]
    with writing(runtime.database) as connection:
        for name in names:
            place = ensure_occurrence(connection, webinar, name)
            shown = presentable(connection, runtime.sealer, portal_id, [entry])
            if merge_registrations(connection, webinar, place, shown):
                run_id = open_live_run(connection, runtime, place, "webhook", now)
                log.info("delivery_merged", portal=portal_id, run=run_id)


def _status_of(status: str) -> RegistrantStatus:
    for known in get_args(RegistrantStatus):
        if status == known:
            return cast(RegistrantStatus, known)
    raise Permanent("a registration with a status Zoom does not document")


def _known_webinar(
    runtime: Runtime, portal_id: str, account_id: str, webinar_id: str
) -> RowMapping:
    """The webinar's row; Zoom is asked about one never heard of (which dates does it have?)."""
    with writing(runtime.database) as connection:
        row = ensure_webinar(connection, portal_id, account_id, webinar_id, {})
    if row["detail_read_at"] is not None:
        return row
    zoom = runtime.platforms.zoom(portal_id, account_id, "live")
    return refresh_webinar(runtime, zoom, portal_id, account_id, webinar_id)


def _merge_webinar_change(
    runtime: Runtime, portal_id: str, envelope: Envelope, now: datetime
) -> None:
    """Something about the webinar changed: it is read again; only a deletion says it all itself."""
    change = envelope.payload
    assert isinstance(change, WebinarChanged)
    changes = {"topic": change.topic or None, "host_id": change.host_id or None}
    is_gone = change.action in ("deleted", "permanently_deleted", "converted_to_meeting")
    with writing(runtime.database) as connection:
        webinar = ensure_webinar(
            connection, portal_id, envelope.account_id, change.webinar_id, changes
        )
        if is_gone:
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
        if find_instance(connection, portal_id, ran.uuid) is None and webinar["type"] == SINGLE:
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
    user = {"user_id": change.user_id, "email": change.email, "name": name}
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
    RegistrationChanged: _merge_registration,
    WebinarChanged: _merge_webinar_change,
    WebinarRan: _merge_run,
    RecordingChanged: _merge_recording,
    RecordingsChanged: _merge_recordings,
    UserChanged: _merge_user,
    AppDeauthorized: _merge_deauthorization,
}
