"""The inbox: every delivery, sealed and stored once before it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, event

from store.database import open_database
from store.sealing import Sealer
from store.statements import insert_for
from store.tables import inbox

Source = Literal["zoom", "hubspot"]
GIVE_UP_SECONDS = 1.5
"""A sender waits three seconds, and comes again: rather refuse soon than answer late."""


def place_of(digest: str) -> str:
    """The place a delivery's body is sealed for (and opened with)."""
    return f"inbox:{digest}"


def trace_of(digest: str) -> str:
    """What a delivery is called in the logs, from the door to the work it leads to."""
    return digest[:12]


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
    """Store a delivery; False when it is there already.

    ``digest`` identifies it (64 hex digits). ``event_name`` and ``account_id`` are what the body
    says, "" when it cannot be read.
    """
    statement = insert_for(connection, inbox).on_conflict_do_nothing(index_elements=["digest"])
    stored = connection.execute(
        statement.returning(inbox.c.id),
        {
            "source": source,
            "digest": digest,
            "body": sealer.seal(body, place_of(digest)),
            "received_at": now,
            "event": event_name[:64],
            "account_id": account_id[:64],
        },
    ).scalar()
    return stored is not None


def open_inbox(url: str) -> Engine:
    """An engine for the doors alone: a statement that has to wait gives up after 1.5 seconds."""
    engine = open_database(url, pool_size=4, patience_seconds=GIVE_UP_SECONDS)
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "connect")
        def be_impatient(connection: Any, _record: Any) -> None:
            for name in ("lock_timeout", "statement_timeout"):
                connection.execute(f"SET {name} = '{GIVE_UP_SECONDS}s'")
            connection.commit()

    return engine
