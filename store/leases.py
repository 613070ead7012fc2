"""Leases with a fence, on the database's clock: who may work on what, and whose writes are late."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, exists, select, update
from sqlalchemy.exc import SQLAlchemyError

from rollcall.errors import Retryable
from store.clock import read_clock_ms
from store.database import reading, writing
from store.statements import insert_missing
from store.tables import lease

log = structlog.get_logger(__name__)


class LeaseLost(Retryable):
    """Somebody else holds the lease by now: stop, write nothing more; the work goes on there."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease. ``fence`` grows with every holder; rows stamped with an older one are old.

    ``was_left_behind``: its holder before never gave it back, so it died or was too slow.
    """

    name: str
    owner: str
    fence: int
    was_left_behind: bool = False


def take_lease(engine: Engine, name: str, owner: str, *, seconds: float) -> Lease | None:
    """The lease, or None while somebody else holds it."""
    with writing(engine) as connection:
        now = read_clock_ms(connection)
        insert_missing(
            connection, lease, [{"name": name, "owner": "", "until_ms": 0, "fence": 0}], ["name"]
        )
        until = connection.execute(select(lease.c.until_ms).where(lease.c.name == name)).scalar()
        taken = connection.execute(
            update(lease)
            .where(lease.c.name == name, lease.c.until_ms < now)
            .values(owner=owner, until_ms=now + int(seconds * 1000), fence=lease.c.fence + 1)
            .returning(lease.c.fence)
        ).scalar()
    return Lease(name, owner, taken, bool(until)) if taken is not None else None


def renew_lease(engine: Engine, held: Lease, *, seconds: float) -> None:
    """Hold the lease for ``seconds`` more. Raises LeaseLost when it is somebody else's."""
    with writing(engine) as connection:
        until = read_clock_ms(connection) + int(seconds * 1000)
        changed = connection.execute(
            update(lease)
            .where(lease.c.name == held.name, lease.c.fence == held.fence)
            .values(until_ms=until)
        ).rowcount
    if not changed:
        raise LeaseLost(f"the lease {held.name} was taken over; its new holder goes on")


@contextmanager
def keeping_lease(engine: Engine, held: Lease, *, seconds: float, every: float) -> Iterator[None]:
    """Renew the lease every so many seconds until the block ends, however long one step takes.

    A thread does it, so a process that dies or freezes keeps nothing. Whoever lost the lease is not
    told: for leases that keep others from joining in, not for those writes depend on.
    """
    over = threading.Event()

    def keep() -> None:
        while not over.wait(every):
            try:
                renew_lease(engine, held, seconds=seconds)
            except LeaseLost:
                return
            except SQLAlchemyError as error:
                log.warning("lease_not_renewed", lease=held.name, error=type(error).__name__)

    keeper = threading.Thread(target=keep, name=f"keeps {held.name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


@contextmanager
def holding_lease(
    engine: Engine, name: str, owner: str, *, seconds: float
) -> Iterator[Lease | None]:
    """Hold a lease, kept until the block ends and then given back; None while another has it."""
    held = take_lease(engine, name, owner, seconds=seconds)
    if held is None:
        yield None
        return
    try:
        with keeping_lease(engine, held, seconds=seconds, every=seconds / 4):
            yield held
    finally:
        release_lease(engine, held)


def check_lease(connection: Connection, held: Lease) -> None:
    """Raise LeaseLost unless ``held`` is still ours; call it inside the writing transaction.

    Nobody takes the lease over before that transaction ends.
    """
    fence = connection.execute(
        select(lease.c.fence).where(lease.c.name == held.name).with_for_update(read=True)
    ).scalar()
    if fence != held.fence:
        raise LeaseLost(f"the lease {held.name} was taken over; its new holder goes on")


def release_lease(engine: Engine, held: Lease) -> None:
    """Give the lease back; nothing happens when it is somebody else's by now."""
    with writing(engine) as connection:
        connection.execute(
            update(lease)
            .where(lease.c.name == held.name, lease.c.fence == held.fence)
            .values(until_ms=0)
        )


def is_free(connection: Connection, name: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that nobody holds the lease of that name, for a query about many at once."""
    now = read_clock_ms(connection)
    return ~exists().where(lease.c.name == name, lease.c.until_ms >= now)


def is_lease_held(engine: Engine, name: str) -> bool:
    """Whether anybody holds the lease now."""
    with reading(engine) as connection:
        until = connection.execute(select(lease.c.until_ms).where(lease.c.name == name)).scalar()
        return until is not None and until >= read_clock_ms(connection)
