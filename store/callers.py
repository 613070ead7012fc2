"""Who may ask for what: installed portals and the users who administer them."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from store.tables import connection as grant
from store.tables import hubspot_user, portal


def is_installed(connection: Connection, portal_id: str) -> bool:
    """Whether the portal installed Rollcall and has not disconnected it since."""
    disconnected = exists().where(
        grant.c.platform == "hubspot",
        grant.c.account_id == portal.c.portal_id,
        grant.c.status == "disconnected",
    )
    found = connection.execute(
        select(portal.c.portal_id).where(portal.c.portal_id == portal_id, ~disconnected)
    )
    return found.first() is not None


def is_super_admin(connection: Connection, portal_id: str, user_id: str) -> bool:
    """Whether the user is a super admin of the portal; whoever installed Rollcall counts as one."""
    if not user_id:
        return False
    installer = connection.execute(
        select(portal.c.installer_user_id).where(portal.c.portal_id == portal_id)
    ).scalar()
    if installer == user_id:
        return True
    return bool(
        connection.execute(
            select(hubspot_user.c.is_super_admin).where(
                hubspot_user.c.portal_id == portal_id, hubspot_user.c.user_id == user_id
            )
        ).scalar()
    )
