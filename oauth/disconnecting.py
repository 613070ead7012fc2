"""Ending connections: the platform is told, the tokens are forgotten, work stops.

In the same transaction the data is marked to be erased; workers do that within seconds, a stretch
at a time. What HubSpot was sent stays in HubSpot.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from oauth.access import Access
from rollcall.errors import RollcallError
from store.connections import (
    TokenPair,
    forget_tokens,
    hubspot_grant,
    open_tokens,
    read_grant,
    unlink_portal,
    unlink_zoom,
    zoom_grants,
)
from store.database import reading, writing
from store.leaving import want_erasure

log = structlog.get_logger(__name__)


def disconnect_portal(access: Access, portal_id: str) -> None:
    """Uninstall Rollcall from the portal and take its Zoom accounts away.

    The tokens are forgotten even when HubSpot cannot be told; that is logged. Zoom connections that
    other portals use stay.
    https://developers.hubspot.com/docs/api-reference/latest/app-management/app-uninstalls/guide
    """
    with reading(access.engine) as connection:
        grant = hubspot_grant(connection, portal_id)
    if grant is not None and grant.status == "connected":
        try:
            access.hubspot(portal_id).uninstall()
        except RollcallError as error:
            log.warning("uninstall_not_told", portal=portal_id, reason=str(error))
    with writing(access.engine) as connection:
        accounts = {one.account_id for one in zoom_grants(connection, portal_id)}
        unused = unlink_portal(connection, portal_id)
        pairs = _forget(access, connection, unused)
        if grant is not None:
            forget_tokens(connection, grant.id, access.now())
            want_erasure(connection, portal_id, ["", *sorted(accounts)], access.now())
    _revoke(access, pairs)


def disconnect_zoom(access: Access, portal_id: str, account_id: str) -> None:
    """Take a Zoom account from the portal; nothing happens when it has no such account.

    The grant is revoked at Zoom when no other portal uses it.
    """
    with writing(access.engine) as connection:
        mine = {one.account_id for one in zoom_grants(connection, portal_id)}
        if account_id not in mine:
            return
        pairs = _forget(access, connection, unlink_zoom(connection, portal_id, account_id))
        want_erasure(connection, portal_id, [account_id], access.now())
    _revoke(access, pairs)


def _forget(access: Access, connection: Connection, connection_ids: list[int]) -> list[TokenPair]:
    """End the connections and return the tokens of those that were alive."""
    pairs = []
    for connection_id in connection_ids:
        grant = read_grant(connection, connection_id)
        if grant is not None and grant.status == "connected":
            pairs.append(open_tokens(connection, access.sealer, connection_id))
        forget_tokens(connection, connection_id, access.now())
    return pairs


def _revoke(access: Access, pairs: list[TokenPair]) -> None:
    for pair in pairs:
        try:
            access.zoom_endpoint.revoke(pair.access)
        except RollcallError as error:
            log.warning("revoke_not_told", platform="zoom", reason=str(error))
