"""What is kept for a while only: raw deliveries, and the lines of what runs changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from store.settings import read_settings
from store.tables import inbox, portal, portal_zoom, run, run_change

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
    return removed + strangers.rowcount


def _prune_deliveries(connection: Connection, accounts: set[str], before: datetime) -> int:
    return connection.execute(
        delete(inbox).where(
            inbox.c.account_id.in_(accounts),
            inbox.c.state != "new",
            inbox.c.received_at < before,
        )
    ).rowcount
