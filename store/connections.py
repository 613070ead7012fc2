"""Connections: each platform's grant with its sealed tokens, and which portals use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, delete, exists, func, select, update

from store.sealing import Sealer
from store.statements import insert_missing
from store.tables import connection as connections
from store.tables import portal_zoom

Platform = Literal["hubspot", "zoom"]
Status = Literal["connected", "reconnect", "disconnected"]
"""``reconnect``: the grant is dead, a person must authorise it. ``disconnected``: it was ended."""

_COLUMNS = [column for column in connections.c if column.name not in ("tokens", "created_at")]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a grant's bearer and refresh tokens are now."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class NewGrant:
    """What a platform granted just now. ``account_id`` is the portal id or the Zoom account id.

    ``user_id`` is the Zoom user who authorised, "" for HubSpot (one grant a portal). ``api_url`` is
    the root of the account's API, "" for the configured one. ``is_reduced`` says that reports
    cannot be read with it.
    """

    platform: Platform
    account_id: str
    user_id: str
    pair: TokenPair
    expires_at: datetime
    scopes: tuple[str, ...]
    api_url: str = ""
    is_reduced: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A stored connection, without its tokens.

    ``generation`` grows with every new pair of tokens. ``refreshing_generation`` is the generation
    whose refresh was begun last: equal to ``generation`` when its answer never arrived.
    """

    id: int
    platform: Platform
    account_id: str
    user_id: str
    expires_at: datetime
    generation: int
    status: Status
    scopes: tuple[str, ...]
    api_url: str
    is_reduced: bool
    refreshing_generation: int | None
    refreshed_at: datetime | None
    status_changed_at: datetime | None


def save_grant(connection: Connection, sealer: Sealer, grant: NewGrant, now: datetime) -> int:
    """Store a grant and return its connection's id.

    An earlier grant of the same platform, account and user is replaced in place: its portals go on
    with the new tokens.
    """
    key = {
        "platform": grant.platform,
        "account_id": grant.account_id,
        "user_id": grant.user_id,
    }
    fresh = {"tokens": b"", "expires_at": grant.expires_at, "generation": 0, "scopes": []}
    insert_missing(connection, connections, [key | fresh | {"created_at": now}], list(key))
    connection_id = int(connection.execute(select(connections.c.id).filter_by(**key)).scalar_one())
    connection.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(
            tokens=_seal(sealer, connection_id, grant.pair),
            expires_at=grant.expires_at,
            generation=connections.c.generation + 1,
            status="connected",
            scopes=list(grant.scopes),
            api_url=grant.api_url,
            is_reduced=grant.is_reduced,
            refreshing_generation=None,
            refreshed_at=now,
            status_changed_at=now,
        )
    )
    return connection_id


def read_grant(connection: Connection, connection_id: int) -> Grant | None:
    """The connection, or None."""
    return _first(connection, connections.c.id == connection_id)


def has_grants(connection: Connection) -> bool:
    """Whether anybody ever connected anything to this installation."""
    return connection.execute(select(connections.c.id).limit(1)).first() is not None


def hubspot_grant(connection: Connection, portal_id: str) -> Grant | None:
    """The portal's own connection, or None when it was never installed."""
    return _first(
        connection, connections.c.platform == "hubspot", connections.c.account_id == portal_id
    )


def is_customer(connection: Connection, portal_id: str) -> bool:
    """Whether the portal is connected, or may be again: it has not left."""
    grant = hubspot_grant(connection, portal_id)
    return grant is not None and grant.status != "disconnected"


def zoom_grants(connection: Connection, portal_id: str) -> list[Grant]:
    """The Zoom connections the portal uses, oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .join(portal_zoom, portal_zoom.c.connection_id == connections.c.id)
        .where(portal_zoom.c.portal_id == portal_id)
        .order_by(connections.c.id)
    ).mappings()
    return [_grant(row) for row in rows]


def open_tokens(connection: Connection, sealer: Sealer, connection_id: int) -> TokenPair:
    """The tokens of a connection. Raises SealBroken when no key opens them."""
    sealed = connection.execute(
        select(connections.c.tokens).where(connections.c.id == connection_id)
    ).scalar_one()
    opened: Any = sealer.open_json(sealed, _place(connection_id))
    return TokenPair(opened["access"], opened["refresh"])


def begin_refresh(connection: Connection, connection_id: int, generation: int) -> bool:
    """Note that this generation's refresh token leaves now; False when there is a newer one."""
    changed = connection.execute(
        update(connections)
        .where(
            connections.c.id == connection_id,
            connections.c.generation == generation,
            connections.c.status == "connected",
        )
        .values(refreshing_generation=generation)
    ).rowcount
    return bool(changed)


def commit_refresh(
    connection: Connection,
    sealer: Sealer,
    connection_id: int,
    generation: int,
    pair: TokenPair,
    expires_at: datetime,
    now: datetime,
) -> bool:
    """Store the pair that follows ``generation``; False when another one already did.

    A connection marked ``reconnect`` in the meantime is connected again: whoever marked it had
    tried the refresh token that this very pair replaced.
    """
    changed = connection.execute(
        update(connections)
        .where(
            connections.c.id == connection_id,
            connections.c.generation == generation,
            connections.c.status != "disconnected",
        )
        .values(
            tokens=_seal(sealer, connection_id, pair),
            expires_at=expires_at,
            generation=generation + 1,
            status="connected",
            refreshing_generation=None,
            refreshed_at=now,
        )
    ).rowcount
    return bool(changed)


def mark_reconnect(
    connection: Connection, connection_id: int, generation: int, now: datetime
) -> bool:
    """Note that the grant is dead; False when a newer pair arrived meanwhile."""
    changed = connection.execute(
        update(connections)
        .where(
            connections.c.id == connection_id,
            connections.c.generation == generation,
            connections.c.status == "connected",
        )
        .values(status="reconnect", status_changed_at=now)
    ).rowcount
    return bool(changed)


def forget_tokens(connection: Connection, connection_id: int, now: datetime) -> None:
    """End a connection: its tokens are gone for good, the row stays as ``disconnected``."""
    connection.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(
            tokens=b"",
            generation=connections.c.generation + 1,
            status="disconnected",
            status_changed_at=now,
        )
    )


def end_zoom_grant(
    connection: Connection,
    account_id: str,
    user_id: str,
    now: datetime,
    *,
    happened_at: datetime | None = None,
) -> list[int]:
    """End what a Zoom user authorised ("" for every user of the account), as Zoom says it ended.

    The portals keep their link, so that they see what ended. An authorisation newer than
    ``happened_at`` stays: the notice is about the one before it. Returns the ids of what ended.
    """
    ended = [connections.c.platform == "zoom", connections.c.account_id == account_id]
    if user_id:
        ended.append(connections.c.user_id == user_id)
    if happened_at is not None:
        ended.append(connections.c.status_changed_at <= happened_at)
    ids = connection.execute(select(connections.c.id).where(*ended)).scalars().all()
    for connection_id in ids:
        forget_tokens(connection, connection_id, now)
    return list(ids)


def portals_without_grant(connection: Connection, account_id: str) -> list[str]:
    """The portals that use a Zoom account and whose every grant to it was ended."""
    rows = connection.execute(
        select(portal_zoom.c.portal_id, connections.c.status)
        .join(connections, connections.c.id == portal_zoom.c.connection_id)
        .where(portal_zoom.c.account_id == account_id)
    ).all()
    alive = {row.portal_id for row in rows if row.status != "disconnected"}
    return sorted({row.portal_id for row in rows} - alive)


def idle_grants(connection: Connection, platform: Platform, before: datetime) -> list[int]:
    """The ids of the living connections whose tokens were last renewed before a moment."""
    rows = connection.execute(
        select(connections.c.id)
        .where(
            connections.c.platform == platform,
            connections.c.status == "connected",
            func.coalesce(connections.c.refreshed_at, connections.c.created_at) < before,
        )
        .order_by(connections.c.id)
    )
    return [row.id for row in rows]


# --- which portals use a Zoom connection --------------------------------------------------------


def link_zoom(connection: Connection, portal_id: str, connection_id: int, account_id: str) -> None:
    """Let the portal use a Zoom connection; doing it twice changes nothing."""
    row = {"portal_id": portal_id, "connection_id": connection_id, "account_id": account_id}
    insert_missing(connection, portal_zoom, [row], ["portal_id", "connection_id"])


def unlink_zoom(connection: Connection, portal_id: str, account_id: str) -> list[int]:
    """Take a Zoom account from the portal; the ids of the connections nobody uses any more."""
    rows = connection.execute(
        delete(portal_zoom)
        .where(portal_zoom.c.portal_id == portal_id, portal_zoom.c.account_id == account_id)
        .returning(portal_zoom.c.connection_id)
    )
    return _unused(connection, [row.connection_id for row in rows])


def unlink_dead(connection: Connection, portal_id: str, account_id: str) -> list[int]:
    """Take the dead connections to a Zoom account from the portal, one that lives being there.

    Returns the ids of the connections nobody uses any more.
    """
    alive = select(connections.c.id).where(connections.c.status == "connected")
    rows = connection.execute(
        delete(portal_zoom)
        .where(
            portal_zoom.c.portal_id == portal_id,
            portal_zoom.c.account_id == account_id,
            portal_zoom.c.connection_id.not_in(alive),
        )
        .returning(portal_zoom.c.connection_id)
    )
    return _unused(connection, [row.connection_id for row in rows])


def unlink_portal(connection: Connection, portal_id: str) -> list[int]:
    """Take all Zoom accounts from the portal; the ids of the connections nobody uses any more."""
    rows = connection.execute(
        delete(portal_zoom)
        .where(portal_zoom.c.portal_id == portal_id)
        .returning(portal_zoom.c.connection_id)
    )
    return _unused(connection, [row.connection_id for row in rows])


def _unused(connection: Connection, connection_ids: Sequence[int]) -> list[int]:
    used = exists().where(portal_zoom.c.connection_id == connections.c.id)
    rows = connection.execute(
        select(connections.c.id).where(connections.c.id.in_(connection_ids), ~used)
    )
    return [row.id for row in rows]


def _first(connection: Connection, *where: Any) -> Grant | None:
    row = connection.execute(select(*_COLUMNS).where(*where)).mappings().first()
    return _grant(row) if row is not None else None


def _grant(row: RowMapping) -> Grant:
    return Grant(**{**row, "scopes": tuple(row["scopes"])})


def _place(connection_id: int) -> str:
    return f"connection:{connection_id}"


def _seal(sealer: Sealer, connection_id: int, pair: TokenPair) -> bytes:
    return sealer.seal_json({"access": pair.access, "refresh": pair.refresh}, _place(connection_id))
