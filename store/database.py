"""Engines for SQLite and PostgreSQL that behave alike: writers queue, readers never block them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

READ_ONLY = {"sqlite_begin": "DEFERRED"}


def open_database(url: str, *, pool_size: int = 8, **postgresql: int) -> Engine:
    """An engine for ``url``. Open it after forking, never before.

    ``postgresql`` are parameters of its connections there.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    """
    if url.startswith("sqlite"):
        return _open_sqlite(url, pool_size)
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


def _open_sqlite(url: str, pool_size: int) -> Engine:
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
            "busy_timeout=30000",
            "foreign_keys=ON",
            # What is deleted is gone from the file too, not only from the tables.
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A read that turns into a write under a plain BEGIN fails at once when somebody else wrote
        # in between (https://sqlite.org/isolation.html), so writers say so from the start.
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


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
