"""The portal's contact properties, as far as they may answer questions of registration forms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from engine.question_sources import ContactProperty
from store.tables import contact_property, portal


def replace_contact_properties(
    connection: Connection, portal_id: str, properties: Iterable[ContactProperty], now: datetime
) -> None:
    """Store the portal's contact properties in place of those stored before."""
    rows = {
        one.name: {
            "portal_id": portal_id,
            "name": one.name,
            "label": one.label,
            "type": one.type,
            "options": [list(option) for option in one.options],
        }
        for one in properties
    }
    connection.execute(delete(contact_property).where(contact_property.c.portal_id == portal_id))
    if rows:
        connection.execute(contact_property.insert(), list(rows.values()))
    connection.execute(
        update(portal).where(portal.c.portal_id == portal_id).values(properties_read_at=now)
    )


def contact_properties(connection: Connection, portal_id: str) -> dict[str, ContactProperty]:
    """The portal's contact properties by name; empty before they were first read."""
    rows = connection.execute(
        select(contact_property)
        .where(contact_property.c.portal_id == portal_id)
        .order_by(contact_property.c.name)
    )
    return {
        row.name: ContactProperty(
            row.name, row.label, row.type, tuple((value, label) for value, label in row.options)
        )
        for row in rows
    }


def properties_read_at(connection: Connection, portal_id: str) -> datetime | None:
    """When the portal's contact properties were last read; None if never."""
    moment: datetime | None = connection.execute(
        select(portal.c.properties_read_at).where(portal.c.portal_id == portal_id)
    ).scalar()
    return moment
