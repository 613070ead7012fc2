"""The inbox: its engine, what a delivery is called in it, and where its body is sealed for."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Engine, event

from store.database import open_database

Source = Literal["zoom", "hubspot"]
GIVE_UP_SECONDS = 1.5
"""A sender waits three seconds, and comes again: rather refuse soon than answer late."""


def place_of(digest: str) -> str:
    """The place a delivery's body is sealed for (and opened with)."""
    return f"inbox:{digest}"


def trace_of(digest: str) -> str:
    """What a delivery is called in the logs, from the door to the work it leads to."""
    return digest[:12]


def open_inbox(url: str) -> Engine:
    """An engine for the doors alone: a statement that has to wait gives up after 1.5 seconds."""
    engine = open_database(
        url,
        pool_size=4,
        patience_seconds=GIVE_UP_SECONDS,
        # A server that is gone without a word must not keep a door waiting either.
        connect_timeout=2,
        tcp_user_timeout=3000,
    )
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "connect")
        def be_impatient(connection: Any, _record: Any) -> None:
            for name in ("lock_timeout", "statement_timeout"):
                connection.execute(f"SET {name} = '{GIVE_UP_SECONDS}s'")
            # One row, the same way each time: planning it anew is a waste.
            connection.execute("SET plan_cache_mode = auto")
            connection.commit()

    return engine
