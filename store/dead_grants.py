"""Grants that died and were not given again: whose data waits for the end of its clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.tables import connection as connections
from store.tables import portal_zoom


def dead_portals(connection: Connection, before: datetime) -> list[str]:
    """Portals whose HubSpot grant has been dead since before a moment."""
    rows = connection.execute(
        select(connections.c.account_id).where(
            connections.c.platform == "hubspot",
            connections.c.status == "reconnect",
            connections.c.status_changed_at < before,
        )
    )
    return [row.account_id for row in rows]


def dead_accounts(connection: Connection, before: datetime) -> list[tuple[str, str]]:
    """Portals and Zoom accounts all of whose grants have been dead since before a moment."""
    rows = connection.execute(
        select(
            portal_zoom.c.portal_id,
            portal_zoom.c.account_id,
            connections.c.status,
            connections.c.status_changed_at,
        ).join(connections, connections.c.id == portal_zoom.c.connection_id)
    ).all()
    dead = {(row.portal_id, row.account_id) for row in rows if row.status == "reconnect"}
    waiting = {
        (row.portal_id, row.account_id)
        for row in rows
        if row.status == "connected"
        or (row.status == "reconnect" and row.status_changed_at >= before)
    }
    return sorted(dead - waiting)
