"""What a portal is connected to, without any secret."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from store.tables import connection as connection_table
from store.tables import portal, portal_zoom

_STATUS = (
    connection_table.c.account_id,
    connection_table.c.status,
    connection_table.c.scopes,
    connection_table.c.is_reduced,
)


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """A portal's row, its HubSpot grant (None: no grant any more) and its Zoom accounts."""

    portal: RowMapping
    hubspot: RowMapping | None
    zoom: list[RowMapping]


def read_connection_status(connection: Connection, portal_id: str) -> ConnectionStatus:
    """What the portal is connected to."""
    portal_row = (
        connection.execute(select(portal).where(portal.c.portal_id == portal_id)).mappings().one()
    )
    hubspot = (
        connection.execute(
            select(*_STATUS).where(
                connection_table.c.platform == "hubspot",
                connection_table.c.account_id == portal_id,
            )
        )
        .mappings()
        .first()
    )
    zoom = connection.execute(
        select(*_STATUS, portal_zoom.c.business_unit)
        .join(portal_zoom, portal_zoom.c.connection_id == connection_table.c.id)
        .where(portal_zoom.c.portal_id == portal_id)
        .order_by(connection_table.c.account_id)
    )
    return ConnectionStatus(portal_row, hubspot, list(zoom.mappings()))


def is_zoom_connected(connection: Connection, portal_id: str, account_id: str) -> bool:
    """Whether the portal is connected to this Zoom account."""
    return (
        connection.execute(
            select(portal_zoom.c.account_id).where(
                portal_zoom.c.portal_id == portal_id, portal_zoom.c.account_id == account_id
            )
        ).first()
        is not None
    )
