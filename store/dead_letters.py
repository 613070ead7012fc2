"""Deliveries that could not be made use of, parked until somebody has them tried again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, or_, select, update

from store.tables import inbox, portal_zoom


def list_dead_letters(
    connection: Connection, portal_id: str, limit: int, after: int = 0
) -> list[RowMapping]:
    """Parked deliveries that concern the portal, by key behind ``after``; never their bodies."""
    rows = connection.execute(
        select(
            inbox.c.id,
            inbox.c.source,
            inbox.c.event,
            inbox.c.received_at,
            inbox.c.attempts,
            inbox.c.error,
        )
        .where(inbox.c.state == "dead", _concerns(portal_id), inbox.c.id > after)
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return list(rows.mappings())


def replay_dead_letter(connection: Connection, portal_id: str, delivery_id: int) -> bool:
    """Put a parked delivery back among the new ones; False when the portal has no such one."""
    changed = connection.execute(
        update(inbox)
        .where(inbox.c.id == delivery_id, inbox.c.state == "dead", _concerns(portal_id))
        .values(state="new", attempts=0, not_before=None, error="")
    )
    return changed.rowcount == 1


def _concerns(portal_id: str) -> ColumnElement[Any]:
    accounts = select(portal_zoom.c.account_id).where(portal_zoom.c.portal_id == portal_id)
    return or_(
        and_(inbox.c.source == "hubspot", inbox.c.account_id == portal_id),
        and_(inbox.c.source == "zoom", inbox.c.account_id.in_(accounts)),
    )
