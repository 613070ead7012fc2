"""Who is at work, as Redis tells it: RQ's workers, and the schedulers' signs of life."""

from __future__ import annotations

from typing import Any, cast

from redis import Redis
from rq.worker_registration import get_keys

from jobs.queue import queue_of
from store.runs import Pool

SCHEDULERS = "rollcall:schedulers"
KEPT_SECONDS = 3600


def note_scheduler(redis: Redis, owner: str) -> None:
    """Say that a scheduler has just looked for work; on Redis' clock. Raises RedisError."""
    now = _now(redis)
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.zadd(SCHEDULERS, {owner: now})
        pipeline.zremrangebyscore(SCHEDULERS, 0, now - KEPT_SECONDS)
        pipeline.expire(SCHEDULERS, KEPT_SECONDS)
        pipeline.execute()


def read_schedulers(redis: Redis) -> dict[str, float]:
    """Each scheduler of the last hour and how many seconds ago it looked. Raises RedisError."""
    now = _now(redis)
    seen = cast("list[tuple[bytes, float]]", redis.zrange(SCHEDULERS, 0, -1, withscores=True))
    return {owner.decode(): max(0.0, now - at) for owner, at in seen}


def count_workers(redis: Redis, pool: Pool) -> int:
    """The pool's workers that RQ has heard of within 90 seconds. Raises RedisError.

    RQ's own listing removes those that died from its register; this one only reads.
    """
    keys = get_keys(queue=queue_of(redis, pool))
    return sum(
        bool(redis.exists(key)) and not cast("Any", redis.hexists(key, "death")) for key in keys
    )


def _now(redis: Redis) -> float:
    seconds, microseconds = redis.time()
    return seconds + microseconds / 1_000_000
