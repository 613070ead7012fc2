"""The doorbell: one RQ job means "go on with what is ready", never "handle this event".

The database knows what is left to do, so a lost ring delays work by a tick and loses none.
"""

from __future__ import annotations

import time

import structlog
from redis import Redis
from redis import exceptions as redis_errors
from rq import Queue
from rq.serializers import JSONSerializer

from store.runs import Pool

JOB = "jobs.work.go_on"
JOB_SECONDS = 900
THROTTLE_SECONDS = 0.25

log = structlog.get_logger(__name__)


def queue_of(redis: Redis, pool: Pool) -> Queue:
    """The pool's queue; a worker listens to exactly one."""
    return Queue(
        f"rollcall-{pool}",
        connection=redis,
        serializer=JSONSerializer,
        default_timeout=JOB_SECONDS,
    )


class Doorbell:
    """Wakes workers, at most every quarter second per process and pool."""

    def __init__(self, redis: Redis, *, waiting_at_most: int = 4) -> None:
        self._redis = redis
        self._waiting_at_most = waiting_at_most
        self._rung_at: dict[Pool, float] = {}

    def ring(self, pool: Pool = "live") -> None:
        """Wake a worker of the pool. Never raises: the scheduler finds what a lost ring missed."""
        now = time.monotonic()
        if now - self._rung_at.get(pool, 0.0) < THROTTLE_SECONDS:
            return
        self._rung_at[pool] = now
        try:
            queue = queue_of(self._redis, pool)
            if queue.count < self._waiting_at_most:
                queue.enqueue(
                    JOB, pool, result_ttl=0, failure_ttl=3600, description=f"go on: {pool}"
                )
        except redis_errors.RedisError as error:
            log.warning("doorbell_unheard", pool=pool, error=type(error).__name__)
