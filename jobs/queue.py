"""The doorbell: one RQ job means "go on with what is ready", never "handle this event".

The database knows what is left to do, so a lost ring delays work by a tick and loses none. While
Redis takes no rings at all, the scheduler starts a process that goes on without one.
"""

from __future__ import annotations

import time

from redis import Redis
from redis import exceptions as redis_errors
from rq import Queue
from rq.serializers import JSONSerializer

from store.runs import Pool

JOB = "jobs.work.go_on"
JOB_SECONDS = 900
THROTTLE_SECONDS = 0.25
_PROBE = "rollcall:doorbell"


class Unheard(Exception):
    """Redis took no ring: it is away, full or read-only. The work is still in the database."""


def queue_of(redis: Redis, pool: Pool) -> Queue:
    """The pool's queue; a worker listens to exactly one."""
    return Queue(
        f"rollcall-{pool}",
        connection=redis,
        serializer=JSONSerializer,
        default_timeout=JOB_SECONDS,
    )


class Doorbell:
    """Wakes workers, at most every quarter second per process and pool.

    ``waiting_at_most`` jobs wait in a queue, since more workers than that never come at once.
    """

    def __init__(self, redis: Redis, *, waiting_at_most: int = 4) -> None:
        self._redis = redis
        self._waiting_at_most = waiting_at_most
        self._rung_at: dict[Pool, float] = {}

    def ring(self, pool: Pool = "live") -> None:
        """Wake a worker of the pool. Raises Unheard when no worker can hear it."""
        self._ring(pool, None)

    def call(self, pool: Pool, workers: int) -> None:
        """Wake so many workers of the pool, those on their way included. Raises Unheard."""
        self._ring(pool, workers)

    def _ring(self, pool: Pool, workers: int | None) -> None:
        now = time.monotonic()
        if now - self._rung_at.get(pool, 0.0) < THROTTLE_SECONDS:
            return
        self._rung_at[pool] = now
        try:
            queue = queue_of(self._redis, pool)
            waiting = queue.count
            wanted = waiting + 1 if workers is None else workers
            missing = min(wanted, self._waiting_at_most) - waiting
            for _ in range(missing):
                queue.enqueue(
                    JOB, pool, result_ttl=0, failure_ttl=3600, description=f"go on: {pool}"
                )
            if missing <= 0:
                # Jobs that wait do not say whether anybody can still take them.
                self._redis.set(_PROBE, 1, ex=60)
        except redis_errors.RedisError as error:
            raise Unheard(f"{pool}: {type(error).__name__}") from error
