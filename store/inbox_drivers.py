"""One statement that stores deliveries, as each database's driver does it with the least work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.dialects import sqlite

from store.database import in_turn
from store.inbox import GIVE_UP_SECONDS, Source
from store.tables import inbox

if TYPE_CHECKING:
    import sqlite3

    import psycopg

_COLUMNS = ("source", "digest", "body", "received_at", "event", "account_id")
_NAME_LENGTH = 64
_CONNECTION_OK = 0  # psycopg.pq.ConnStatus.OK: psycopg is there only where PostgreSQL is used


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row to be: ``digest`` identifies it (64 hex digits), ``body`` is sealed for its place.

    ``event`` and ``account_id`` are what the body says, "" when it cannot be read.
    """

    source: Source
    digest: str
    body: bytes
    received_at: datetime
    event: str = ""
    account_id: str = ""


class Driver(Protocol):
    """A connection that commits by itself. ``is_lost``: it cannot be used again."""

    @property
    def is_lost(self) -> bool: ...

    def insert(self, deliveries: Sequence[Delivery]) -> list[str]:
        """Store them for good; the digests of those that were not there yet."""


def _statement(rows: Sequence[str]) -> str:
    into, values = f"{inbox.name} ({', '.join(_COLUMNS)})", ", ".join(rows)
    # Names of ours and placeholders; what a delivery says is never in here.
    return f"INSERT INTO {into} VALUES {values} ON CONFLICT (digest) DO NOTHING RETURNING digest"  # nosec B608


class SQLiteDriver:
    """SQLite's own connection, on which SQLAlchemy begins nothing."""

    is_lost = False

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        convert = inbox.c.received_at.type.bind_processor(sqlite.dialect())
        assert convert is not None
        self._to_text = convert

    def insert(self, deliveries: Sequence[Delivery]) -> list[str]:
        """See :class:`Driver`."""
        statement = _statement([f"({', '.join('?' * len(_COLUMNS))})"] * len(deliveries))
        values: list[object] = []
        for one in deliveries:
            values += (one.source, one.digest, one.body, self._to_text(one.received_at))
            values += (one.event[:_NAME_LENGTH], one.account_id[:_NAME_LENGTH])

        def attempt() -> list[str]:
            return [row[0] for row in self._connection.execute(statement, values).fetchall()]

        return in_turn(self._connection, GIVE_UP_SECONDS, attempt)


class PostgreSQLDriver:
    """libpq itself: a cursor of psycopg costs more than the rest (137 us a statement, here 52).

    https://www.psycopg.org/psycopg3/docs/api/pq.html
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        connection.autocommit = True
        self._libpq = connection.pgconn
        self._encoding = connection.info.encoding
        self._prepared: set[int] = set()

    @property
    def is_lost(self) -> bool:
        """Whether the server or the network ended it."""
        return self._libpq.status != _CONNECTION_OK

    def insert(self, deliveries: Sequence[Delivery]) -> list[str]:
        """See :class:`Driver`."""
        count = len(deliveries)
        name = f"deliveries_{count}".encode()
        if count not in self._prepared:
            self._check(self._libpq.prepare(name, self._statement(count)))
            self._prepared.add(count)
        values: list[bytes] = []
        for one in deliveries:
            texts = (one.source, one.digest, one.received_at.isoformat())
            source, digest, moment = (text.encode() for text in texts)
            names = (one.event[:_NAME_LENGTH], one.account_id[:_NAME_LENGTH])
            values += (source, digest, one.body, moment)
            values += (text.encode(self._encoding) for text in names)
        formats = [0, 0, 1, 0, 0, 0] * count  # the body alone is binary
        result = self._libpq.exec_prepared(name, values, formats)
        self._check(result)
        return [(result.get_value(row, 0) or b"").decode() for row in range(result.ntuples)]

    def _statement(self, count: int) -> bytes:
        rows = []
        for first in range(1, count * len(_COLUMNS), len(_COLUMNS)):
            a, b, c, d, e, f = range(first, first + len(_COLUMNS))
            rows.append(f"(${a}, ${b}, ${c}::bytea, ${d}::timestamptz, ${e}, ${f})")
        return _statement(rows).encode()

    def _check(self, result: psycopg.pq.abc.PGresult) -> None:
        """Raise the error psycopg would raise."""
        from psycopg import errors, pq

        if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            return
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        try:
            kind = errors.lookup(state)
        except KeyError:
            kind = errors.OperationalError
        raise kind(result.get_error_message())
