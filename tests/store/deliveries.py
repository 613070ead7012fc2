"""Deliveries put into the inbox within a transaction of the test's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from store.inbox import Source, place_of
from store.sealing import Sealer
from store.statements import insert_for
from store.tables import inbox


def record_delivery(
    connection: Connection,
    sealer: Sealer,
    source: Source,
    digest: str,
    body: bytes,
    *,
    event_name: str = "",
    account_id: str = "",
    now: datetime,
) -> bool:
    """Put a delivery in as the doors do; False when it is there already."""
    statement = insert_for(connection, inbox).on_conflict_do_nothing(index_elements=["digest"])
    stored = connection.execute(
        statement.returning(inbox.c.id),
        {
            "source": source,
            "digest": digest,
            "body": sealer.seal(body, place_of(digest)),
            "received_at": now,
            "event": event_name,
            "account_id": account_id,
        },
    ).scalar()
    return stored is not None
