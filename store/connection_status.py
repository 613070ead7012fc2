"""What a portal is connected to, without any secret."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from store.tables import connection as connection_table
from store.tables import hubspot_user, portal, portal_zoom, zoom_user

_STATUS = (
    connection_table.c.account_id,
    connection_table.c.status,
    connection_table.c.scopes,
    connection_table.c.is_reduced,
    connection_table.c.created_at,
)


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """A portal's row, its HubSpot grant (None: no grant any more) and its Zoom accounts.

    ``installer`` is the address of who installed Rollcall, each Zoom account's ``name`` and
    ``email`` are those of who connected it; empty or None where nobody knows.
    """

    portal: RowMapping
    installer: str
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
    installer = connection.execute(
        select(hubspot_user.c.email).where(
            hubspot_user.c.portal_id == portal_id,
            hubspot_user.c.user_id == portal_row["installer_user_id"],
        )
    ).scalar()
    zoom = connection.execute(
        select(*_STATUS, portal_zoom.c.business_unit, zoom_user.c.name, zoom_user.c.email)
        .join(portal_zoom, portal_zoom.c.connection_id == connection_table.c.id)
        .outerjoin(
            zoom_user,
            (zoom_user.c.portal_id == portal_zoom.c.portal_id)
            & (zoom_user.c.account_id == connection_table.c.account_id)
            & (zoom_user.c.user_id == connection_table.c.user_id),
        )
        .where(portal_zoom.c.portal_id == portal_id)
        .order_by(connection_table.c.account_id, connection_table.c.id)
    )
    return ConnectionStatus(portal_row, installer or "", hubspot, list(zoom.mappings()))


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
