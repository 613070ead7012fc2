"""What is stored about the desk's portal, set as a test wants it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table

from store.database import writing
from store.settings import save_settings
from tests.console.desk import NOW, Desk
from tests.oauth.support import PORTAL


def sync_all(desk: Desk) -> None:
    """Switch on sync for everybody's webinars and recordings."""
    patch = {"webinar_sync": "all", "recording_sync": "all"}
    with writing(desk.site.engine) as connection:
        save_settings(connection, str(PORTAL), patch, "test", NOW, {})


def change(desk: Desk, table: Table, key: int, **values: Any) -> None:
    """Set columns of the row with this key."""
    with writing(desk.site.engine) as connection:
        connection.execute(table.update().where(table.c.id == key).values(**values))
