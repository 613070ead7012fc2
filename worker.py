"""Composition root of the background processes: builds a runtime for jobs, and decides nothing."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from clients.alerts import AlertDoor, alert_key
from clients.limiter import declare_fresh
from commands.embedded import valkey_url
from commands.stand_ins import StandIns
from config import Config
from jobs import stopping
from jobs.clock import tell_skew
from jobs.guard import Guard
from jobs.presence import note_scheduler
from jobs.queue import Doorbell, Unheard, queue_of
from jobs.runtime import Platforms, Runtime, Timing, set_runtime_factory
from jobs.scheduler import tick
from jobs.work import work_off  # loaded before the fork, so that a job starts in milliseconds
from logs import configure_logs
from oauth.access import Access
from plugins.registry import Registry, load_plugins
from schemas.recording_links import RecordingLinks
from store.connections import has_grants
from store.database import open_database, reading
from store.runs import Pool
from store.sealing import Sealer

WORKER_TTL = 30
MONITORING_SECONDS = 5
MAINTENANCE_SECONDS = 30
IDLE_REFRESH_SECONDS = 3600.0

log = structlog.get_logger(__name__)


@contextmanager
def open_runtime(config: Config, registry: Registry, redis_url: str) -> Iterator[Runtime]:
    """The runtime of one job. The guard is forked before any thread or connection exists."""
    guard = Guard.start(registry)
    database = open_database(config.database_url)
    redis = Redis.from_url(redis_url)
    sealer = Sealer(config.encryption_keys)
    access = Access(database, sealer, redis, config.hubspot, config.zoom)
    try:
        yield Runtime(
            database=database,
            sealer=sealer,
            registry=registry,
            guard=guard,
            platforms=Platforms(access),
            timing=Timing(
                config.timing.reconcile_after,
                config.timing.confirm_after,
                config.timing.coalesce,
            ),
            app_events=config.hubspot.app_events,
            links=RecordingLinks(config.secret_key, config.web.public_url),
            owner=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}",
            clock=_now,
            alerts=_alert_door(config),
            call=_calling(Doorbell(redis)),
        )
    finally:
        guard.close()
        database.dispose()
        redis.close()


class TellingWorker(Worker):
    """Told to stop, it tells its job, which ends at the next safe place instead of going on."""

    def handle_warm_shutdown_request(self) -> None:
        """Pass it on; called once, by the first SIGTERM or SIGINT."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, stopping.SIGNAL)


def run_worker(config: Config, pool: Pool) -> None:
    """Be a worker of the pool until SIGTERM; a job in progress ends its slice first."""
    configure_logs()
    redis_url = redis_url_of(config)
    registry = load_plugins()
    for problem in registry.problems:
        log.error("plugin_skipped", plugin=problem.name, why=problem.what, remedy=problem.remedy)
    set_runtime_factory(lambda: open_runtime(config, registry, redis_url))
    redis = Redis.from_url(redis_url)
    stopping.listen()
    _spare_collections()
    worker = TellingWorker(
        [queue_of(redis, pool)],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )
    worker.work(with_scheduler=False, logging_level="WARNING")


def _spare_collections() -> None:
    """Keep the collector away from what is loaded, and have it look less often.

    What is loaded stays for good, and is shared with every job. A job makes values by the hundred
    thousand that hold no circles: looking each 700 of them costs a seventh of a sync's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def work_once(config: Config, pool: Pool) -> None:
    """Work off what is ready in the pool, told by the database alone, and end."""
    configure_logs()
    _spare_collections()
    with open_runtime(config, load_plugins(), redis_url_of(config)) as runtime:
        work_off(runtime, pool)


def run_scheduler(config: Config) -> None:
    """Look for due work every tick until SIGTERM or SIGINT.

    While Redis takes no rings, processes of its own work off what is ready.
    """
    configure_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    redis = Redis.from_url(redis_url_of(config))
    database = open_database(config.database_url)
    doorbell = Doorbell(redis)
    sealer = Sealer(config.encryption_keys)
    access = Access(database, sealer, redis, config.hubspot, config.zoom)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    _spare_first_wait(database, redis)
    stand_ins = StandIns()
    seconds, since_refresh = config.timing.tick.total_seconds(), IDLE_REFRESH_SECONDS
    while not stop.wait(seconds):
        since_refresh += seconds
        with suppress(RedisError):
            note_scheduler(redis, owner)
        try:
            stand_ins.start(tick(database, doorbell, owner, _now))
            if since_refresh >= IDLE_REFRESH_SECONDS:
                since_refresh = 0.0
                tell_skew(database, _now)
                access.tokens.refresh_idle()
                # Somebody looks after the rest, even where nothing is due by itself.
                doorbell.ring("bulk")
        except Unheard as error:
            log.warning("doorbell_unheard", why=str(error))
            stand_ins.start(["bulk"])
        except Exception:
            # The database or a platform is away for a moment: the next tick finds the same work.
            log.exception("tick_failed")
    stand_ins.stop()


def _spare_first_wait(database: Engine, redis: Redis) -> None:
    """Spare a new installation the wait for calls an empty Redis might have forgotten."""
    try:
        with reading(database) as connection:
            is_new = not has_grants(connection)
        if is_new:
            declare_fresh(redis)
    except (RedisError, SQLAlchemyError):
        log.warning("first_start_unclear", what_happens="the first calls wait ten seconds")


def redis_url_of(config: Config) -> str:
    """The Redis or Valkey to use: the configured one, else the embedded one of the data folder."""
    return config.redis_url or valkey_url(config.data_dir)


def _calling(doorbell: Doorbell) -> Callable[[Pool, int], None]:
    """Calls workers; one that is not heard has the scheduler's next look to come."""

    def call(pool: Pool, workers: int) -> None:
        with suppress(Unheard):
            doorbell.call(pool, workers)

    return call


def _alert_door(config: Config) -> AlertDoor | None:
    url = config.alerts.url
    return AlertDoor(url, alert_key(config.secret_key)) if url else None


def _now() -> datetime:
    return datetime.now(UTC)
