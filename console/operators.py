"""For operators: is it alive, can it do its work, what has it counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    generate_latest,
)
from redis.exceptions import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from store.clock import LARGEST_SKEW_SECONDS, measure_skew
from store.database import reading
from store.figures import read_figures
from store.leases import take_lease

log = structlog.get_logger(__name__)


class Counts:
    """What this process counts since it started; every web process counts for itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._webhooks = Counter(
            "rollcall_webhooks",
            "Deliveries by platform and what became of them",
            ("source", "result"),
            registry=self.registry,
        )
        self._unheard = Counter(
            "rollcall_doorbell_failures",
            "Rings that reached no worker; its next look finds the work",
            registry=self.registry,
        )

    def webhook(self, source: str, result: str) -> None:
        """Count a delivery."""
        self._webhooks.labels(source, result).inc()

    def unheard_ring(self) -> None:
        """Count a ring that failed."""
        self._unheard.inc()


def blueprint(
    engine: Engine,
    counts: Counts,
    outages: Callable[[], Mapping[str, int]],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Blueprint:
    """``/healthz``, ``/readyz`` and ``/metrics``; ``engine`` should give up quickly.

    ``outages`` gives the accounts that do not answer, by platform.
    """
    routes = Blueprint("operators", __name__)
    write = _writer(engine)

    @routes.get("/healthz")
    def healthz() -> Response:
        return Response("alive\n", mimetype="text/plain")

    @routes.get("/readyz")
    def readyz() -> Response:
        try:
            write()
            skew = measure_skew(engine, clock)
        except SQLAlchemyError as error:
            log.error("not_ready", error=type(error).__name__)
            return Response("the database takes no writes\n", 503, mimetype="text/plain")
        words = ["ready"]
        if abs(skew) > LARGEST_SKEW_SECONDS:
            log.warning("clock_is_wrong", seconds_ahead=round(skew))
            words.append(f"the clock here is {skew:+.0f} s from the database's: set one of them")
        return Response("\n".join(words) + "\n", mimetype="text/plain")

    @routes.get("/metrics")
    def metrics() -> Response:
        gauges = (_read_gauges(engine, clock), _read_breakers(outages))
        text = b"".join(generate_latest(one) for one in (counts.registry, *gauges))
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return routes


def _read_gauges(engine: Engine, clock: Callable[[], datetime]) -> CollectorRegistry:
    """What the database says: the same whichever process is asked, but for its clock."""
    registry = CollectorRegistry()
    is_up = Gauge("rollcall_database_up", "Whether the database can be read", registry=registry)
    try:
        with reading(engine) as connection:
            figures = read_figures(connection, clock())
        skew = measure_skew(engine, clock)
    except SQLAlchemyError as error:
        log.error("figures_unknown", error=type(error).__name__)
        return registry
    is_up.set(1)

    def add(name: str, words: str, label: str, values: Mapping[str, float]) -> None:
        gauge = Gauge(name, words, (label,), registry=registry)
        for value, count in values.items():
            gauge.labels(value).set(count)

    add("rollcall_inbox", "Deliveries that wait (new) or are parked", "state", figures.deliveries)
    add("rollcall_open_runs", "Runs queued or going on", "pool", figures.runs)
    oldest = Gauge("rollcall_inbox_oldest_seconds", "Age of what waits longest", registry=registry)
    oldest.set(figures.oldest_delivery_seconds)
    ahead = Gauge(
        "rollcall_clock_skew_seconds",
        "This process's clock, ahead of the database's",
        registry=registry,
    )
    ahead.set(skew)
    requests = Gauge(
        "rollcall_open_requests", "Requests of workflows that are not finished", registry=registry
    )
    requests.set(figures.requests)
    grants = Gauge("rollcall_connections", "Grants", ("platform", "status"), registry=registry)
    for (platform, status), count in figures.connections.items():
        grants.labels(platform, status).set(count)
    return registry


def _read_breakers(outages: Callable[[], Mapping[str, int]]) -> CollectorRegistry:
    """What Redis says; nothing while it is away."""
    registry = CollectorRegistry()
    try:
        counted = outages()
    except RedisError as error:
        log.error("breakers_unknown", error=type(error).__name__)
        return registry
    gauge = Gauge(
        "rollcall_breaker_open",
        "Accounts that do not answer and are tried from time to time",
        ("platform",),
        registry=registry,
    )
    for platform, count in counted.items():
        gauge.labels(platform).set(count)
    return registry


def _writer(engine: Engine) -> Callable[[], None]:
    def write() -> None:
        # A lease that ends at once: the smallest write there is, and nobody waits for it.
        take_lease(engine, "readyz", "readyz", seconds=0)

    return write
