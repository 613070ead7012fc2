"""Portals: the customers, and what their HubSpot offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from store.statements import insert_missing
from store.tables import portal


@dataclass(frozen=True, slots=True)
class Portal:
    """A customer. ``ui_domain`` is the host of links into its HubSpot.

    ``capabilities`` says what was found there, e.g. ``{"marketing_events": "on"}``;
    ``discovered_at`` is None until that was looked up completely.
    """

    portal_id: str
    time_zone: str
    ui_domain: str
    installer_user_id: str
    capabilities: Mapping[str, str]
    discovered_at: datetime | None
    created_at: datetime


def save_portal(
    connection: Connection, portal_id: str, *, installer_user_id: str, now: datetime
) -> bool:
    """Make sure the portal has a row and note who installed last; True when it is a new one."""
    is_new = read_portal(connection, portal_id) is None
    row = {"portal_id": portal_id, "capabilities": {}, "created_at": now}
    insert_missing(connection, portal, [row], ["portal_id"])
    connection.execute(
        update(portal)
        .where(portal.c.portal_id == portal_id)
        .values(installer_user_id=installer_user_id)
    )
    return is_new


def save_discovery(
    connection: Connection,
    portal_id: str,
    *,
    time_zone: str,
    ui_domain: str,
    capabilities: Mapping[str, str],
    now: datetime,
) -> None:
    """Note what the portal's HubSpot said about itself."""
    connection.execute(
        update(portal)
        .where(portal.c.portal_id == portal_id)
        .values(
            time_zone=time_zone,
            ui_domain=ui_domain,
            capabilities=dict(capabilities),
            discovered_at=now,
        )
    )


def read_portal(connection: Connection, portal_id: str) -> Portal | None:
    """The portal, or None."""
    row = (
        connection.execute(
            select(
                portal.c.portal_id,
                portal.c.time_zone,
                portal.c.ui_domain,
                portal.c.installer_user_id,
                portal.c.capabilities,
                portal.c.discovered_at,
                portal.c.created_at,
            ).where(portal.c.portal_id == portal_id)
        )
        .mappings()
        .first()
    )
    return Portal(**row) if row is not None else None


@dataclass(frozen=True, slots=True)
class BinMark:
    """How far the portal's bin was read: when last, and where it goes on ("": from the start)."""

    read_at: datetime | None
    after: str


def read_bin_mark(connection: Connection, portal_id: str) -> BinMark:
    """How far the portal's bin was read."""
    row = connection.execute(
        select(portal.c.bin_read_at, portal.c.bin_after).where(portal.c.portal_id == portal_id)
    ).one()
    return BinMark(row.bin_read_at, row.bin_after)


def note_bin(connection: Connection, portal_id: str, mark: BinMark) -> None:
    """Note how far the portal's bin was read."""
    connection.execute(
        update(portal)
        .where(portal.c.portal_id == portal_id)
        .values(bin_read_at=mark.read_at, bin_after=mark.after)
    )
