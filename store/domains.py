"""Domains a portal's own people have: of Zoom's users, and of HubSpot's."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Column, Connection, select

from store.tables import hubspot_user, zoom_user


def host_domains(connection: Connection, portal_id: str) -> list[str]:
    """Domains of the connected Zoom accounts' users, the most frequent first."""
    return _domains(connection, zoom_user.c.email, zoom_user.c.portal_id, portal_id)


def colleague_domains(connection: Connection, portal_id: str) -> list[str]:
    """Domains of the users of the HubSpot account, the most frequent first."""
    return _domains(connection, hubspot_user.c.email, hubspot_user.c.portal_id, portal_id)


def _domains(
    connection: Connection, email: Column[str], owner: Column[str], portal_id: str
) -> list[str]:
    addresses = connection.execute(select(email).where(owner == portal_id, email != "")).scalars()
    counted = Counter(one.rpartition("@")[2].lower() for one in addresses if "@" in one)
    return sorted(counted, key=lambda domain: (-counted[domain], domain))
