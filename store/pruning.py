"""What is kept for a while only: raw deliveries, lines of runs, names of requests, hashes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, select

from store.past_effects import KEPT_FOR, prune_past_effects
from store.registration_requests import forget_people
from store.settings import read_settings
from store.tables import connection as connections
from store.tables import (
    gone_address,
    gone_contact,
    inbox,
    portal,
    portal_zoom,
    registration_request,
    run,
    run_change,
)

STRANGERS = timedelta(days=30)
"""How long deliveries of accounts nobody here has (any more) are kept."""


def prune(connection: Connection, now: datetime) -> int:
    """Remove what is older than each portal's raw retention; how many rows.

    Deliveries not worked off yet stay, however old. Of an account that several portals share, the
    shortest retention counts.
    """
    removed = 0
    known: set[str] = set()
    for portal_id in connection.execute(select(portal.c.portal_id)).scalars().all():
        _, settings = read_settings(connection, portal_id)
        before = now - timedelta(days=settings.raw_retention_days)
        mine = select(portal_zoom.c.account_id).where(portal_zoom.c.portal_id == portal_id)
        accounts = {portal_id, *connection.execute(mine).scalars()}
        known |= accounts
        removed += _prune_deliveries(connection, accounts, before)
        over = select(run.c.id).where(
            run.c.portal_id == portal_id, run.c.finished_at.is_not(None), run.c.finished_at < before
        )
        removed += _empty_requests(connection, portal_id, before)
        removed += connection.execute(
            delete(run_change).where(run_change.c.run_id.in_(over))
        ).rowcount
    strangers = connection.execute(
        delete(inbox).where(
            inbox.c.account_id.not_in(known),
            inbox.c.state != "new",
            inbox.c.received_at < now - STRANGERS,
        )
    )
    left = select(connections.c.account_id).where(
        connections.c.platform == "hubspot",
        connections.c.status == "disconnected",
        connections.c.status_changed_at < now - KEPT_FOR,
    )
    for table in (gone_address, gone_contact):
        removed += connection.execute(
            delete(table).where(table.c.kind == "deleted", table.c.portal_id.in_(left))
        ).rowcount
    return removed + strangers.rowcount + prune_past_effects(connection, now)


def _empty_requests(connection: Connection, portal_id: str, before: datetime) -> int:
    """Requests of workflows long done lose whom they were about; the row keeps the answer."""
    request = registration_request
    ended_at = func.coalesce(request.c.completed_at, request.c.sent_at, request.c.received_at)
    over = and_(
        request.c.portal_id == portal_id,
        request.c.state == "done",
        request.c.due_at.is_(None),
        request.c.email != "",
        ended_at < before,
    )
    return forget_people(connection, over)


def _prune_deliveries(connection: Connection, accounts: set[str], before: datetime) -> int:
    return connection.execute(
        delete(inbox).where(
            inbox.c.account_id.in_(accounts),
            inbox.c.state != "new",
            inbox.c.received_at < before,
        )
    ).rowcount
