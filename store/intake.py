"""The doors' way into the inbox: one lean connection a process, and whoever waits goes together.

A commit costs the same for one row as for eight. So whoever finds the connection free writes what
all have brought by then, in one statement that commits by itself, and the next one takes over.
Measured reasons stand in docs/decisions/0017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.exc import SQLAlchemyError

from store.database import in_turn
from store.inbox import GIVE_UP_SECONDS, Source
from store.tables import inbox

PATIENCE_SECONDS = 1.0
"""So long somebody waits for a turn, before the database's own patience (1.5 s) begins: a sender
waits three seconds."""
AT_ONCE = 32

_COLUMNS = ("source", "digest", "body", "received_at", "event", "account_id")


class NotStored(Exception):
    """The database did not take a delivery, or not in time; ``why`` is what it called that.

    It may be there nevertheless, when only the answer was lost: its digest tells.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"the delivery is not known to be stored: {why}")
        self.why = why


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


class _Entry:
    """A delivery on its way. ``told`` opens when there is an outcome, or when it is to lead."""

    __slots__ = ("delivery", "is_leader", "is_new", "told", "why_not")

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.is_leader = False
        self.is_new: bool | None = None
        self.why_not = ""
        self.told = Lock()
        self.told.acquire()

    @property
    def is_over(self) -> bool:
        return self.is_new is not None or bool(self.why_not)


class Intake:
    """Stores deliveries for the threads of one process. It connects when it is first used.

    ``engine`` should give up quickly; see :func:`store.inbox.open_inbox`.
    """

    def __init__(self, engine: Engine, *, patience: float = PATIENCE_SECONDS) -> None:
        self._engine, self._patience = engine, patience
        self._is_postgresql = engine.dialect.name == "postgresql"
        self._errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        self._to_moment = inbox.c.received_at.type.bind_processor(engine.dialect)
        self._statements: dict[int, str] = {}
        self._connection: PoolProxiedConnection | None = None
        self._lock = Lock()
        self._waiting: list[_Entry] = []
        self._is_led = False
        # Kept out of the engine's pool for good, the connection has to go when the pool goes.
        event.listen(engine, "engine_disposed", self._close)

    def store(self, delivery: Delivery) -> bool:
        """Store it for good; False when it is there already. Raises NotStored."""
        entry = _Entry(delivery)
        with self._lock:
            self._waiting.append(entry)
            entry.is_leader, self._is_led = not self._is_led, True
        if not entry.is_leader and not entry.told.acquire(timeout=self._patience):
            self._give_up(entry)
        if entry.is_leader:
            self._lead()
        if entry.is_new is None:
            raise NotStored(entry.why_not)
        return entry.is_new

    def _give_up(self, entry: _Entry) -> None:
        """Waiting was in vain, unless the turn came in this very moment."""
        with self._lock:
            if entry.is_leader or entry.is_over:
                return
            if entry in self._waiting:
                self._waiting.remove(entry)
            entry.why_not = "Timeout"

    def _lead(self) -> None:
        """Write what has come together, tell everybody, and let the next one lead."""
        with self._lock:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        why_not = "Interrupted"
        new: list[str] | None = None
        try:
            new = self._write([entry.delivery for entry in batch])
        except self._errors as error:
            why_not = type(error).__name__
        finally:
            for entry in batch:
                if new is None:
                    entry.why_not = why_not
                else:
                    # The same delivery may be in here twice: the first one is the new one.
                    entry.is_new = entry.delivery.digest in new
                    if entry.is_new:
                        new.remove(entry.delivery.digest)
            self._hand_over()
            for entry in batch:
                entry.told.release()

    def _hand_over(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting[0].is_leader = True
                self._waiting[0].told.release()
            else:
                self._is_led = False

    def _write(self, deliveries: Sequence[Delivery]) -> list[str]:
        """The digests of those that were not there yet."""
        statement = self._statement(len(deliveries))
        values: list[Any] = []
        for one in deliveries:
            moment = self._to_moment(one.received_at) if self._to_moment else one.received_at
            values += (one.source, one.digest, one.body, moment)
            values += (one.event[:64], one.account_id[:64])
        is_fresh = self._connection is None
        try:
            return self._execute(statement, values)
        except self._errors:
            # A connection that the server ended meanwhile shows it only when it is used. Doing it
            # again does no harm: what is there already stays as it is.
            if not self._forget_if_lost() or is_fresh:
                raise
            return self._execute(statement, values)

    def _execute(self, statement: str, values: Sequence[Any]) -> list[str]:
        driver = self._connect()

        # An autocommitting connection: the statement is on disk when this returns.
        def insert(**more: Any) -> list[str]:
            return [row[0] for row in driver.execute(statement, values, **more).fetchall()]

        if self._is_postgresql:
            return insert(prepare=True)
        return in_turn(driver, GIVE_UP_SECONDS, insert)

    def _connect(self) -> Any:
        if self._connection is None:
            connection = self._engine.raw_connection()
            if self._is_postgresql:
                connection.driver_connection.autocommit = True  # type: ignore[union-attr]
            self._connection = connection
        return self._connection.driver_connection

    def _forget_if_lost(self) -> bool:
        if self._connection is None or not getattr(
            self._connection.driver_connection, "closed", False
        ):
            return False
        self._close()
        return True

    def _close(self, _engine: Engine | None = None) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def _statement(self, rows: int) -> str:
        if rows not in self._statements:
            mark = "%s" if self._is_postgresql else "?"
            row = f"({', '.join([mark] * len(_COLUMNS))})"
            self._statements[rows] = (
                f"INSERT INTO {inbox.name} ({', '.join(_COLUMNS)}) "
                f"VALUES {', '.join([row] * rows)} "
                "ON CONFLICT (digest) DO NOTHING RETURNING digest"
            )
        return self._statements[rows]
