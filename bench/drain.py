"""How many registrations a second are merged, beside a job for each of them.

Both do the same to the same kind of rows: open, read, merge into facts, mark people dirty, open
runs, close the delivery. What Zoom or HubSpot answer is no part of it.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import structlog
from cryptography.fernet import Fernet
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, func, insert, select

from bench import event_job
from bench.ratio import Ratio
from bench.sender import registration
from bench.servers import has_postgresql
from commands.chaos.databases import own_database
from commands.embedded import embedded_valkey
from commands.trial import TrialFailed
from jobs.drain import drain_inbox
from jobs.runtime import Runtime, Timing
from logs import configure_logs
from plugins.registry import Registry
from simulator.zoom.sender import compact
from store.database import open_database, reading, writing
from store.inbox import place_of
from store.sealing import Sealer
from store.tables import connection as grants
from store.tables import inbox, metadata, occurrence_person, portal, portal_zoom
from store.webinar_facts import ensure_webinar

PORTAL, ACCOUNT, WEBINAR = "1001", "bench-account", "90000000001"
KINDS = ("postgresql", "sqlite")
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite, synchronous=FULL"}
TARGET = 50.0
A_JOB_EACH = "a job each (RQ SimpleWorker)"


@dataclass(frozen=True, slots=True)
class Stock:
    """A database with deliveries to work off; ``url`` is of a Redis or Valkey."""

    runtime: Runtime
    redis_url: str

    def deliver(self, first: int, count: int) -> list[int]:
        """Store registrations of people numbered from ``first`` on; the deliveries' keys."""
        now = datetime.now(UTC)
        rows = []
        for number in range(first, first + count):
            digest = f"{number:064x}"
            told = registration(number, ACCOUNT, int(WEBINAR), int(now.timestamp() * 1000))
            rows.append(
                {
                    "source": "zoom",
                    "digest": digest,
                    "body": self.runtime.sealer.seal(compact(told), place_of(digest)),
                    "received_at": now,
                    "event": told["event"],
                    "account_id": ACCOUNT,
                }
            )
        with writing(self.runtime.database) as connection:
            connection.execute(insert(inbox), rows)
            fresh = select(inbox.c.id).where(inbox.c.state == "new").order_by(inbox.c.id)
            return list(connection.execute(fresh).scalars())

    def check(self, people: int) -> None:
        """Raise `TrialFailed` unless all is worked off and so many people are known and dirty."""
        with reading(self.runtime.database) as connection:
            undone = _count(connection, inbox, inbox.c.state != "done")
            known = _count(connection, occurrence_person, occurrence_person.c.dirty == 1)
        if undone or known != people:
            raise TrialFailed(f"{undone} deliveries left, {known} of {people} people known")


def measure_drain(
    *, events: int = 5_000, jobs: int = 200, rounds: int = 3, kinds: Sequence[str] = KINDS
) -> list[Ratio]:
    """A ratio a database; 0 against 0 for one that cannot be had here. Raises `TrialFailed`."""
    ratios = []
    for kind in kinds:
        if kind == "postgresql" and not has_postgresql():
            ratios.append(ratio_of(f"{NAMES[kind]}: not measured, none here", 0, 0))
            continue
        with open_stock(kind) as stock:
            drained, each = measure_rounds(stock, events, jobs, rounds)
        ratios.append(ratio_of(NAMES[kind], drained, each))
    return ratios


def ratio_of(name: str, drained: float, each: float) -> Ratio:
    """The line of one database."""
    return Ratio(
        f"registrations drained ({name})",
        drained,
        A_JOB_EACH,
        each,
        "a second",
        is_better_low=False,
        target=TARGET,
    )


def measure_rounds(stock: Stock, events: int, jobs: int, rounds: int) -> tuple[float, float]:
    """Registrations a second drained, and with a job each: medians of rounds in turn."""
    drained, each = list[float](), list[float]()
    for number in range(rounds + 1):
        first = number * (events + jobs)
        stock.deliver(first, events)
        drained.append(events / timed(lambda: drain_all(stock.runtime)))
        keys = stock.deliver(first + events, jobs)
        each.append(jobs / work_off_one_by_one(stock, keys))
        stock.check((number + 1) * (events + jobs))
    # The first round warms up.
    return statistics.median(drained[1:]), statistics.median(each[1:])


def drain_all(runtime: Runtime) -> None:
    """Drain turn after turn, as a live worker does."""
    while drain_inbox(runtime):
        pass


def work_off_one_by_one(stock: Stock, keys: Sequence[int]) -> float:
    """Seconds a SimpleWorker takes for a job a delivery; they are all queued before."""
    redis = Redis.from_url(stock.redis_url)
    queue = Queue("events", connection=redis, serializer=JSONSerializer)
    for key in keys:
        queue.enqueue(event_job.work_off, key, result_ttl=0)
    worker = SimpleWorker([queue], connection=redis, serializer=JSONSerializer)
    event_job.RUNTIME[:] = [stock.runtime]
    try:
        return timed(lambda: worker.work(burst=True, logging_level="WARNING"))
    finally:
        event_job.RUNTIME.clear()
        redis.close()


def timed(work: Callable[[], Any]) -> float:
    """How many seconds it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


@contextmanager
def open_stock(kind: str) -> Iterator[Stock]:
    """A database of that kind with a portal, its Zoom account, and a webinar Zoom told of."""
    with (
        TemporaryDirectory(prefix="rollcall-bench-") as name,
        own_database(kind, folder := Path(name)) as database,
        embedded_valkey(folder) as redis_url,
        logging_to(folder / "worker.log"),
    ):
        engine = open_database(database.url)
        metadata.create_all(engine)
        _populate(engine)
        try:
            yield Stock(_runtime(engine), redis_url)
        finally:
            engine.dispose()


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Within it this process logs as a worker does, to a file of its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with path.open("w", buffering=1) as log, redirect_stderr(log):
            configure_logs()
            yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def _populate(engine: Engine) -> None:
    now = datetime.now(UTC)
    with writing(engine) as connection:
        row = {"portal_id": PORTAL, "capabilities": {}, "created_at": now}
        connection.execute(insert(portal).values(row))
        grant = {"platform": "zoom", "account_id": ACCOUNT, "tokens": b"", "scopes": []}
        key = connection.execute(
            insert(grants).values(**grant, expires_at=now, created_at=now).returning(grants.c.id)
        ).scalar_one()
        connection.execute(
            insert(portal_zoom).values(portal_id=PORTAL, connection_id=key, account_id=ACCOUNT)
        )
        told = {"detail_read_at": now, "type": 5}
        ensure_webinar(connection, PORTAL, ACCOUNT, WEBINAR, told)


def _runtime(engine: Engine) -> Runtime:
    """A job's runtime, without what merging never asks for."""
    nothing = cast(Any, None)
    return Runtime(
        database=engine,
        sealer=Sealer([Fernet.generate_key().decode()]),
        registry=Registry(()),
        guard=nothing,
        platforms=nothing,
        timing=Timing((timedelta(minutes=5),), timedelta(minutes=10), timedelta(seconds=2)),
        app_events={},
        links=nothing,
        owner="bench",
        clock=lambda: datetime.now(UTC),
    )


def _count(connection: Any, table: Any, condition: Any) -> int:
    query = select(func.count()).select_from(table).where(condition)
    return int(connection.execute(query).scalar_one())
