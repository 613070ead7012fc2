"""The doors' way into the inbox: one lean connection a process, and whoever waits goes together.

A commit costs the same for one row as for eight. So whoever finds the connection free writes what
all have brought by then, in one statement that commits by itself, and the next one takes over.
Measured reasons stand in docs/decisions/0017.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.exc import SQLAlchemyError

from store.inbox_drivers import Delivery, Driver, PostgreSQLDriver, SQLiteDriver

PATIENCE_SECONDS = 1.0
"""So long somebody waits for a turn, before the database's own patience (1.5 s) begins: a sender
waits three seconds."""
AT_ONCE = 32


class NotStored(Exception):
    """The database did not take a delivery, or not in time; ``why`` is what it called that.

    It may be there nevertheless, when only the answer was lost: its digest tells.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"the delivery is not known to be stored: {why}")
        self.why = why


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
        self._errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        self._connection: PoolProxiedConnection | None = None
        self._driver: Driver | None = None
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
        is_fresh = self._driver is None
        try:
            return self._connect().insert(deliveries)
        except self._errors:
            # A connection that the server ended meanwhile shows it only when it is used. Doing it
            # again does no harm: what is there already stays as it is.
            if self._driver is None or not self._driver.is_lost:
                raise
            self._close()
            if is_fresh:
                raise
            return self._connect().insert(deliveries)

    def _connect(self) -> Driver:
        if self._driver is None:
            self._connection = self._engine.raw_connection()
            raw: Any = self._connection.driver_connection
            is_postgresql = self._engine.dialect.name == "postgresql"
            self._driver = PostgreSQLDriver(raw) if is_postgresql else SQLiteDriver(raw)
        return self._driver

    def _close(self, _engine: Engine | None = None) -> None:
        if self._connection is not None:
            self._connection.invalidate()
        self._connection = self._driver = None
