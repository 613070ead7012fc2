"""Where a workflow's contact can be registered: Zoom accounts by business unit, webinars, dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, select, update

from store.tables import connection as connections
from store.tables import (
    occurrence,
    occurrence_person,
    portal_zoom,
    registrant_alias,
    webinar,
    zoom_user,
)

PRIMARY = ""
"""The business unit that every HubSpot account begins with; the others have names of their own."""
_LONGEST = timedelta(days=2)
"""No webinar lasts longer than that."""
_AT_MOST = 2000


@dataclass(frozen=True, slots=True)
class AccountUse:
    """A Zoom account of the portal; ``is_primary``: it belongs to the primary business unit."""

    account_id: str
    is_primary: bool
    is_connected: bool


def accounts_in_use(connection: Connection, portal_id: str) -> list[AccountUse]:
    """The portal's Zoom accounts, those of the primary business unit first."""
    rows = connection.execute(
        select(portal_zoom.c.account_id, portal_zoom.c.business_unit, connections.c.status)
        .join(connections, connections.c.id == portal_zoom.c.connection_id)
        .where(portal_zoom.c.portal_id == portal_id)
        .order_by(portal_zoom.c.connection_id)
    ).all()
    accounts = [
        AccountUse(
            account_id,
            any(row.business_unit == PRIMARY for row in rows if row.account_id == account_id),
            any(row.status == "connected" for row in rows if row.account_id == account_id),
        )
        for account_id in dict.fromkeys(row.account_id for row in rows)
    ]
    return sorted(accounts, key=lambda one: not one.is_primary)


def set_business_unit(
    connection: Connection, portal_id: str, account_id: str, business_unit: str
) -> None:
    """Say which business unit the portal's Zoom account belongs to; "" is the primary one."""
    connection.execute(
        update(portal_zoom)
        .where(portal_zoom.c.portal_id == portal_id, portal_zoom.c.account_id == account_id)
        .values(business_unit=business_unit)
    )


def connected_users(connection: Connection, portal_id: str, account_id: str) -> frozenset[str]:
    """The addresses of the Zoom users who connected the account to the portal."""
    rows = connection.execute(
        select(zoom_user.c.email)
        .join(connections, connections.c.user_id == zoom_user.c.user_id)
        .join(portal_zoom, portal_zoom.c.connection_id == connections.c.id)
        .where(
            zoom_user.c.portal_id == portal_id,
            zoom_user.c.account_id == account_id,
            portal_zoom.c.portal_id == portal_id,
            portal_zoom.c.account_id == account_id,
            connections.c.platform == "zoom",
        )
    )
    return frozenset(row.email.lower() for row in rows)


def webinars_numbered(
    connection: Connection, portal_id: str, webinar_id: str, accounts: Sequence[str]
) -> list[RowMapping]:
    """The portal's webinars with this number of Zoom's in any of these accounts."""
    rows = connection.execute(
        select(webinar).where(
            webinar.c.portal_id == portal_id,
            webinar.c.webinar_id == webinar_id,
            webinar.c.account_id.in_(accounts),
        )
    )
    return list(rows.mappings())


def webinar_number_of_page(connection: Connection, portal_id: str, register_token: str) -> str:
    """The number of the webinar with this registration page, "" when none is known to have it."""
    found = connection.execute(
        select(webinar.c.webinar_id)
        .where(
            webinar.c.portal_id == portal_id,
            webinar.c.public_url.endswith(f"/register/{register_token}", autoescape=True),
        )
        .limit(1)
    ).scalar()
    return str(found or "")


@dataclass(frozen=True, slots=True)
class KnownRegistration:
    """Somebody's registration as the facts have it; ``join_url`` is "" unless it is kept."""

    status: str
    registrant_id: str
    join_url: str


def known_registrations(
    connection: Connection, webinar_pk: int, occurrence_id: str, emails: Sequence[str]
) -> dict[str, KnownRegistration]:
    """The registrations of these people for one date, by address; those without are left out."""
    rows = connection.execute(
        select(
            occurrence_person.c.identity_key,
            occurrence_person.c.status,
            occurrence_person.c.join_url,
            func.max(registrant_alias.c.registrant_id).label("registrant_id"),
        )
        .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
        .outerjoin(
            registrant_alias,
            (registrant_alias.c.occurrence_pk == occurrence.c.id)
            & (registrant_alias.c.email == occurrence_person.c.identity_key),
        )
        .where(
            occurrence.c.webinar_pk == webinar_pk,
            occurrence.c.occurrence_id == occurrence_id,
            occurrence_person.c.identity_key.in_(emails),
            occurrence_person.c.status.is_not(None),
        )
        .group_by(
            occurrence_person.c.identity_key,
            occurrence_person.c.status,
            occurrence_person.c.join_url,
        )
    )
    return {
        row.identity_key: KnownRegistration(row.status, row.registrant_id or "", row.join_url)
        for row in rows
    }


def upcoming_dates(
    connection: Connection, portal_id: str, accounts: Sequence[str], now: datetime
) -> list[RowMapping]:
    """Dates of the accounts' webinars that are still to come or going on, the next one first.

    Webinars that take no registrations, as far as is known, and those of Zoom Events are left out.
    Each row is the webinar's with ``occurrence_id``, ``is_series`` and the date's own
    ``date_starts_at`` and ``date_seconds``; of a series without fixed times the start is None.
    """
    rows = connection.execute(
        select(
            webinar,
            occurrence.c.occurrence_id,
            occurrence.c.is_series,
            occurrence.c.start_at.label("date_starts_at"),
            occurrence.c.duration_seconds.label("date_seconds"),
        )
        .join(occurrence, occurrence.c.webinar_pk == webinar.c.id)
        .where(
            webinar.c.portal_id == portal_id,
            webinar.c.account_id.in_(accounts),
            webinar.c.status == "scheduled",
            webinar.c.is_zoom_events.is_(False),
            (webinar.c.detail_read_at.is_(None)) | (webinar.c.approval_type != 2),
            occurrence.c.status != "cancelled",
            (occurrence.c.start_at.is_(None))
            | (occurrence.c.start_at > now - _LONGEST)
            | occurrence.c.is_series.is_(True),
        )
        .order_by(occurrence.c.start_at, webinar.c.id, occurrence.c.id)
        .limit(_AT_MOST)
    )
    return list(rows.mappings())
