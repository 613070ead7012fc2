"""Finding webinars nobody told us of: users, their webinars, and the account's recent history.

With every notice lost, this and the reads after each end bring everything in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, RowMapping

from clients.errors import PermissionMissing
from clients.zoom import Zoom
from jobs.decisions import why_off
from jobs.gathering import Rules, load_rules
from jobs.runtime import Runtime
from jobs.webinars import public_url
from rollcall.errors import RollcallError
from schemas.zoom_api import WebinarRow
from schemas.zoom_codes import RECURRING, SINGLE
from schemas.zoom_reports import HistoryRow
from store.database import reading, writing
from store.directory import accounts_of_portal, listing_of, note_listing, portals_to_list
from store.leases import release_lease, take_lease
from store.settings import read_settings
from store.webinar_facts import (
    bring_forward,
    ensure_instances,
    ensure_occurrence,
    ensure_webinar,
    occurrences_of_webinar,
    save_zoom_users,
)

EVERY = timedelta(hours=1)
SWEEP = timedelta(days=3)
LEASE_SECONDS = 60.0
"""A killed discovery is begun again so long after; two at once would only cost calls."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a listing goes by: the version of the settings, and the Zoom accounts."""

    settings_version: int
    accounts: list[str]


def discover_due(runtime: Runtime) -> int:
    """List the webinars of the portal that is due for it longest; how many portals: 1 or 0.

    One at a time, so that several workers share them and runs get their turn in between.
    """
    with reading(runtime.database) as connection:
        portals = portals_to_list(connection, runtime.clock(), EVERY)
    for portal_id in portals:
        name = listing_of(portal_id)
        held = take_lease(runtime.database, name, runtime.owner, seconds=LEASE_SECONDS)
        if held is None:
            continue
        try:
            _discover_portal(runtime, portal_id)
        finally:
            release_lease(runtime.database, held)
        return 1
    return 0


def _discover_portal(runtime: Runtime, portal_id: str) -> None:
    now = runtime.clock()
    with reading(runtime.database) as connection:
        basis = _basis(connection, portal_id)
    for account_id in basis.accounts:
        try:
            discover_account(runtime, portal_id, account_id, now)
        except RollcallError as error:
            log.warning("discovery_failed", portal=portal_id, account=account_id, why=str(error))
    # Noted whatever came of it: an account in trouble is tried again in an hour, not in a loop.
    # Not noted when the basis changed: what is to sync now was not to when it was listed.
    with writing(runtime.database) as connection:
        if _basis(connection, portal_id) == basis:
            note_listing(connection, portal_id, now)


def _basis(connection: Connection, portal_id: str) -> Basis:
    version, _ = read_settings(connection, portal_id)
    return Basis(version, sorted(accounts_of_portal(connection, portal_id)))


def discover_account(runtime: Runtime, portal_id: str, account_id: str, now: datetime) -> None:
    """List the account's users, their webinars, and what ended in the last three days."""
    zoom = runtime.platforms.zoom(portal_id, account_id, "bulk")
    hosts = _read_users(runtime, zoom, portal_id, account_id)
    with reading(runtime.database) as connection:
        version, settings = read_settings(connection, portal_id)
        rules = load_rules(connection, portal_id, version, settings, runtime)
    for host_id in hosts:
        try:
            for page in zoom.user_webinars(host_id):
                with writing(runtime.database) as connection:
                    for row in page.rows:
                        _note_webinar(connection, portal_id, account_id, row, rules, now)
        except PermissionMissing:
            # A user without a webinar licence; others of the account have one.
            continue
    try:
        for history in zoom.history_meetings((now - SWEEP).date(), now.date()):
            with writing(runtime.database) as connection:
                for session in history.rows:
                    _note_session(connection, portal_id, account_id, session, rules, now)
    except PermissionMissing:
        # Whoever connected Zoom may not read reports: each due read lists the sessions itself.
        log.info("history_not_permitted", portal=portal_id, account=account_id)


def _read_users(runtime: Runtime, zoom: Zoom, portal_id: str, account_id: str) -> list[str]:
    hosts: list[str] = []
    for page in zoom.users():
        users = [
            {
                "user_id": user.user_id,
                "email": user.email,
                "name": f"{user.first_name} {user.last_name}".strip(),
            }
            for user in page.rows
        ]
        hosts += [user["user_id"] for user in users]
        with writing(runtime.database) as connection:
            save_zoom_users(connection, portal_id, account_id, users)
    return hosts


def _note_webinar(
    connection: Connection,
    portal_id: str,
    account_id: str,
    row: WebinarRow,
    rules: Rules,
    now: datetime,
) -> None:
    webinar = ensure_webinar(
        connection,
        portal_id,
        account_id,
        row.webinar_id,
        {
            "topic": row.topic,
            "host_id": row.host_id,
            "type": row.type,
            "start_at": row.start_at,
            "duration_seconds": row.duration_seconds,
            "time_zone": row.timezone,
            "is_zoom_events": row.is_events_webinar,
            "listed_at": now,
        },
    )
    if not webinar["public_url"]:
        url = {"public_url": public_url(row.join_url)}
        webinar = ensure_webinar(connection, portal_id, account_id, row.webinar_id, url)
    times = None
    if row.type != RECURRING:
        times = {"start_at": row.start_at, "duration_seconds": row.duration_seconds}
    place = ensure_occurrence(connection, webinar, "", times)
    _make_due(connection, webinar, place, rules, now)
    _look_for_restored(connection, webinar, now)


def _look_for_restored(connection: Connection, webinar: RowMapping, now: datetime) -> None:
    """Listed although all that is to come was called off: a read sees whether a date is back."""
    rows = occurrences_of_webinar(connection, webinar["id"])
    future = [row for row in rows if row["start_at"] is not None and row["start_at"] > now]
    if future and all(row["status"] == "cancelled" for row in future):
        bring_forward(connection, future[0]["id"], now, read=True)


def _note_session(
    connection: Connection,
    portal_id: str,
    account_id: str,
    row: HistoryRow,
    rules: Rules,
    now: datetime,
) -> None:
    known = {"topic": row.topic, "host_email": row.host_email}
    webinar = ensure_webinar(connection, portal_id, account_id, row.webinar_id, known)
    place = ensure_occurrence(connection, webinar, "")
    # Of a series each session belongs to a date: the read places it, once the dates are known.
    if webinar["type"] == SINGLE and webinar["detail_read_at"] is not None:
        ensure_instances(
            connection,
            [
                {
                    "portal_id": portal_id,
                    "occurrence_pk": place["id"],
                    "uuid": row.uuid,
                    "started_at": row.started_at,
                }
            ],
        )
    _make_due(connection, webinar, place, rules, now)


def _make_due(
    connection: Connection, webinar: RowMapping, place: RowMapping, rules: Rules, now: datetime
) -> None:
    """A webinar that syncs and was never read is read now; the reads plan themselves from there."""
    if place["reads"] == 0 and not webinar["is_zoom_events"] and why_off(webinar, rules) is None:
        bring_forward(connection, place["id"], now, read=True)
