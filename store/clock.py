"""The database's clock, by which leases run, and how far another one is from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from store.database import reading

LARGEST_SKEW_SECONDS = 30.0
"""Beyond this a clock is told to be wrong. HubSpot's signatures are refused at five minutes."""

_CLOCKS = {
    "postgresql": "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}


def read_clock_ms(connection: Connection) -> int:
    """The database's present, in milliseconds since 1970."""
    return int(connection.execute(text(_CLOCKS[connection.dialect.name])).scalar_one())


def measure_skew(engine: Engine, clock: Callable[[], datetime]) -> float:
    """By how many seconds ``clock`` is ahead of the database's; negative when it is behind."""
    with reading(engine) as connection:
        theirs = read_clock_ms(connection)
        return clock().timestamp() - theirs / 1000
