"""Who belongs to the customer: users of the HubSpot account, and what is due to be looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, literal, or_, select, update

from store.leases import is_free
from store.statements import upsert
from store.tables import connection as connections
from store.tables import hubspot_user, portal, portal_zoom


def replace_hubspot_users(
    connection: Connection, portal_id: str, users: Iterable[Mapping[str, Any]], now: datetime
) -> bool:
    """Store the account's users (``user_id, email, is_super_admin``); whether addresses changed."""
    rows = [{"portal_id": portal_id, **user} for user in users]
    mine = hubspot_user.c.portal_id == portal_id
    before = set(connection.execute(select(hubspot_user.c.email).where(mine)).scalars())
    connection.execute(
        delete(hubspot_user).where(
            mine, hubspot_user.c.user_id.not_in([row["user_id"] for row in rows])
        )
    )
    upsert(connection, hubspot_user, rows, ["portal_id", "user_id"], ["email", "is_super_admin"])
    connection.execute(
        update(portal).where(portal.c.portal_id == portal_id).values(users_read_at=now)
    )
    return before != {row["email"] for row in rows}


def users_read_at(connection: Connection, portal_id: str) -> datetime | None:
    """When the account's users were last read; None if never."""
    moment: datetime | None = connection.execute(
        select(portal.c.users_read_at).where(portal.c.portal_id == portal_id)
    ).scalar()
    return moment


def listing_of(portal_id: str) -> str:
    """The name of the lease that whoever lists the portal's webinars holds."""
    return f"discovery:{portal_id}"


def portals_to_list(connection: Connection, now: datetime, every: timedelta) -> list[str]:
    """Portals with a living Zoom connection whose webinars were not listed for so long.

    Those nobody is listing now, the longest not listed first.
    """
    rows = connection.execute(
        select(portal.c.portal_id)
        .join(portal_zoom, portal_zoom.c.portal_id == portal.c.portal_id)
        .join(connections, connections.c.id == portal_zoom.c.connection_id)
        .where(
            connections.c.status == "connected",
            or_(portal.c.webinars_listed_at.is_(None), portal.c.webinars_listed_at <= now - every),
            is_free(connection, literal("discovery:") + portal.c.portal_id),
        )
        .group_by(portal.c.portal_id, portal.c.webinars_listed_at)
        .order_by(portal.c.webinars_listed_at.nulls_first(), portal.c.portal_id)
    )
    return [row.portal_id for row in rows]


def note_listing(connection: Connection, portal_id: str, now: datetime) -> None:
    """The portal's webinars have been listed now."""
    connection.execute(
        update(portal).where(portal.c.portal_id == portal_id).values(webinars_listed_at=now)
    )


def accounts_of_portal(connection: Connection, portal_id: str) -> list[str]:
    """The Zoom accounts the portal has a living connection to."""
    rows = connection.execute(
        select(portal_zoom.c.account_id)
        .join(connections, connections.c.id == portal_zoom.c.connection_id)
        .where(portal_zoom.c.portal_id == portal_id, connections.c.status == "connected")
        .distinct()
    )
    return [row.account_id for row in rows]
