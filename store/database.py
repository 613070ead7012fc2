"""Engines for SQLite and PostgreSQL that behave alike: writers queue, readers never block them."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event

READ_ONLY = {"sqlite_begin": "DEFERRED"}
PATIENCE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = (0.002, 0.01)
"""Before a writer looks again: at first, and once it has waited for a tenth of a second."""

T = TypeVar("T")


def open_database(
    url: str,
    *,
    pool_size: int = 8,
    patience_seconds: float = PATIENCE_SECONDS,
    **postgresql: int,
) -> Engine:
    """An engine for ``url``. Open it after forking, never before.

    A transaction of SQLite waits so long for its turn to write. ``postgresql`` are parameters of
    the connections there.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    """
    if url.startswith("sqlite"):
        return _open_sqlite(url, pool_size, patience_seconds)
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={
            **postgresql,
            "options": "-c lock_timeout=5000 -c statement_timeout=30000"
            " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
            # A plan for any 500 addresses compares each of them with everybody of a webinar, one
            # for these 500 looks each up (measured: 226 against 2 ms among 7,000 people).
            " -c plan_cache_mode=force_custom_plan",
        },
    )


def _open_sqlite(url: str, pool_size: int, patience_seconds: float) -> Engine:
    # Kept open between transactions: whoever closes the last connection to a database in WAL mode
    # has to take the whole log in first (https://sqlite.org/wal.html), at each transaction anew.
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, connect_args={"timeout": 30}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's own BEGIN below is the only one
        for pragma in (
            "journal_mode=WAL",
            # FULL: an answered webhook must survive a power cut (https://sqlite.org/wal.html).
            "synchronous=FULL",
            f"busy_timeout={patience_seconds * 1000:.0f}",
            "foreign_keys=ON",
            # What is deleted is gone from the file too, not only from the tables.
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A read that turns into a write under a plain BEGIN fails at once when somebody else wrote
        # in between (https://sqlite.org/isolation.html), so writers say so from the start.
        if connection.get_execution_options().get("sqlite_begin") == "DEFERRED":
            connection.exec_driver_sql("BEGIN DEFERRED")
        else:
            _begin_writing(connection, patience_seconds)

    return engine


def _begin_writing(connection: Connection, patience_seconds: float) -> None:
    raw: Any = connection.connection.dbapi_connection
    in_turn(
        raw,
        patience_seconds,
        lambda: raw.execute("BEGIN IMMEDIATE"),
        # Slower, and raises what everybody expects.
        last=lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"),
    )


def in_turn(
    raw: Any, patience_seconds: float, attempt: Callable[[], T], last: Callable[[], T] | None = None
) -> T:
    """What ``attempt`` returns once no other writer is at it; looks every few milliseconds.

    ``raw`` is a connection of the driver. SQLite's own waiting looks every 100 ms
    (https://sqlite.org/c3ref/busy_timeout.html): beside writers that leave gaps of a millisecond,
    short transactions waited for up to four seconds. Whoever waits for long looks less often, yet
    often enough: two dozen that look all the time take the processor from the one who writes. When
    time is up ``last`` (else ``attempt``) is tried, and what it raises is raised.
    """
    began = time.monotonic()
    soon, later = LOOK_AGAIN_SECONDS
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while (waited := time.monotonic() - began) < patience_seconds:
            try:
                return attempt()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            time.sleep(min(max(soon, waited / 10), later) * random.uniform(0.5, 1.5))
        return (last or attempt)()
    finally:
        raw.execute(f"PRAGMA busy_timeout={patience_seconds * 1000:.0f}")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading one consistent state; it takes no write lock."""
    with engine.connect().execution_options(**READ_ONLY) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: committed at the end, rolled back when anything is raised."""
    with engine.begin() as connection:
        yield connection


def empty_log(engine: Engine) -> None:
    """Take what was overwritten out of SQLite's write-ahead log; PostgreSQL's vacuum does its own.

    Whoever reads at the moment keeps the log alive; then the next checkpoint overwrites it.
    https://sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA busy_timeout=1000")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            raw.close()
