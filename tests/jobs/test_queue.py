"""The doorbell: heard at once, never rung in a rush, and missed when it fails."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.queue import JOB, THROTTLE_SECONDS, Doorbell, Unheard, queue_of


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("jobs.queue.time", clock)
    return clock


def test_one_ring_leaves_one_job_that_names_the_pool_and_nothing_else(
    redis: Redis, clock: Clock
) -> None:
    Doorbell(redis).ring("bulk")
    (job,) = queue_of(redis, "bulk").jobs
    assert (job.func_name, job.args, job.kwargs) == (JOB, ["bulk"], {})
    assert queue_of(redis, "live").count == 0


def test_a_storm_of_rings_is_one_job_for_each_quarter_second(redis: Redis, clock: Clock) -> None:
    bell = Doorbell(redis)
    for _ in range(1000):
        bell.ring("live")
    assert queue_of(redis, "live").count == 1
    clock.seconds += THROTTLE_SECONDS
    bell.ring("live")
    assert queue_of(redis, "live").count == 2


def test_one_pools_ring_does_not_silence_the_other(redis: Redis, clock: Clock) -> None:
    bell = Doorbell(redis)
    bell.ring("live")
    bell.ring("bulk")
    assert (queue_of(redis, "live").count, queue_of(redis, "bulk").count) == (1, 1)


def test_while_nobody_answers_the_door_jobs_do_not_pile_up(redis: Redis, clock: Clock) -> None:
    bell = Doorbell(redis, waiting_at_most=3)
    for _ in range(50):
        bell.ring("live")
        clock.seconds += 1
    assert queue_of(redis, "live").count == 3


def test_as_many_workers_are_called_as_are_not_on_their_way_yet(redis: Redis, clock: Clock) -> None:
    bell = Doorbell(redis, waiting_at_most=3)
    for wanted, waiting in ((2, 2), (1, 2), (5, 3)):
        bell.call("bulk", wanted)
        assert queue_of(redis, "bulk").count == waiting
        clock.seconds += 1


def test_without_redis_whoever_rings_learns_that_nobody_heard_F13(clock: Clock) -> None:
    absent = Redis(port=1, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    with pytest.raises(Unheard, match="live: ConnectionError"):
        Doorbell(absent).ring("live")
