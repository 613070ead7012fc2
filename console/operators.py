"""For operators: is it alive, can it do its work, what has it counted."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from store.leases import take_lease

log = structlog.get_logger(__name__)


class Counts:
    """What this process counts; each has its own registry, so each has its own numbers."""

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


def blueprint(engine: Engine, counts: Counts) -> Blueprint:
    """``/healthz``, ``/readyz`` and ``/metrics``; ``engine`` should give up quickly."""
    routes = Blueprint("operators", __name__)
    write = _writer(engine)

    @routes.get("/healthz")
    def healthz() -> Response:
        return Response("alive\n", mimetype="text/plain")

    @routes.get("/readyz")
    def readyz() -> Response:
        try:
            write()
        except SQLAlchemyError as error:
            log.error("not_ready", error=type(error).__name__)
            return Response("the database takes no writes\n", 503, mimetype="text/plain")
        return Response("ready\n", mimetype="text/plain")

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(counts.registry), content_type=CONTENT_TYPE_LATEST)

    return routes


def _writer(engine: Engine) -> Callable[[], None]:
    def write() -> None:
        # A lease that ends at once: the smallest write there is, and nobody waits for it.
        take_lease(engine, "readyz", "readyz", seconds=0)

    return write
