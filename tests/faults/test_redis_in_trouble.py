"""A Redis that answers and takes no writes: the door stays open and work goes on without it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import clients.limiter
from app import create_app
from clients.limiter import Limiter, declare_fresh
from commands.embedded import embedded_valkey
from commands.trial import Process, trial_environment
from config import child_environment
from jobs.queue import Doorbell, Unheard, queue_of
from tests.oauth.support import PUBLIC_URL, Site
from tests.webhooks.support import Delivery, stored

EVENT = {"event": "webinar.x", "event_ts": 1, "payload": {"account_id": "acc-1"}}


def fill(redis: Redis) -> None:
    redis.config_set("maxmemory", "1")


def make_replica(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", "1")


def miss_replicas(redis: Redis) -> None:
    redis.config_set("min-replicas-to-write", "1")


def mend(redis: Redis) -> None:
    redis.replicaof("NO", "ONE")
    redis.config_set("maxmemory", "0")
    redis.config_set("min-replicas-to-write", "0")
    redis.flushall()


@pytest.fixture(scope="module")
def own_redis_url() -> Iterator[str]:
    """A Valkey that only these tests spoil."""
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-spoilt-") as directory,
        embedded_valkey(Path(directory)) as url,
    ):
        yield url


@pytest.fixture
def own_redis(own_redis_url: str) -> Iterator[Redis]:
    client = Redis.from_url(own_redis_url)
    yield client
    mend(client)
    client.close()


troubles = pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(fill, id="F13 full"),
        pytest.param(make_replica, id="F14 a read-only replica"),
        pytest.param(miss_replicas, id="F14 replicas missing"),
    ],
)
Spoil = Callable[[Redis], None]


@troubles
def test_a_delivery_is_taken_and_the_ring_nobody_heard_is_counted(
    site: Site, own_redis: Redis, own_redis_url: str, spoil: Spoil, wait_until: Any
) -> None:
    spoil(own_redis)
    app = create_app(replace(site.config, redis_url=own_redis_url))
    assert Delivery(EVENT).to_zoom(site, app).status_code == 204
    assert len(stored(site)) == 1

    def metrics() -> str:
        return app.test_client().get("/metrics", base_url=PUBLIC_URL).text

    wait_until(lambda: "rollcall_doorbell_failures_total 1.0" in metrics(), what="the count")


@troubles
def test_calls_go_on_at_one_a_second(
    own_redis: Redis, spoil: Spoil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clients.limiter._ALONE", clients.limiter._Alone())
    declare_fresh(own_redis)
    clock = [100.0]
    limiter = Limiter(
        own_redis, "hubspot", "1", "main", limit=90, window=10.0, clock=lambda: clock[0]
    )
    assert limiter.try_acquire() == 0.0
    spoil(own_redis)
    clock[0] += 3600
    assert limiter.try_acquire() == 0.0
    limiter.learn(50, 10.0)
    limiter.pause(1.0)
    assert limiter.try_acquire() == pytest.approx(1.0)
    mend(own_redis)
    declare_fresh(own_redis)
    clock[0] += 1.0
    assert [limiter.try_acquire() for _ in range(3)] == [0.0] * 3


@troubles
@pytest.mark.parametrize("waiting", [0, 4], ids=["no job waits", "jobs wait already"])
def test_whoever_rings_learns_that_nobody_can_hear(
    own_redis: Redis, spoil: Spoil, waiting: int
) -> None:
    for _ in range(waiting):
        Doorbell(own_redis).ring("bulk")
    assert queue_of(own_redis, "bulk").count == waiting
    spoil(own_redis)
    with pytest.raises(Unheard):
        Doorbell(own_redis).ring("bulk")


def test_the_scheduler_has_the_work_done_without_redis_F13(
    site: Site, own_redis: Redis, own_redis_url: str, tmp_path: Path, wait_until: Any
) -> None:
    assert Delivery(EVENT).to_zoom(site).status_code == 204
    fill(own_redis)
    settings = trial_environment(site.simulator.base_url, 8000, tmp_path) | {
        "ROLLCALL_SECRET_KEY": site.config.secret_key,
        "ROLLCALL_DATABASE_URL": site.config.database_url,
        "ROLLCALL_REDIS_URL": own_redis_url,
        "ROLLCALL_ENCRYPTION_KEYS": ",".join(site.config.encryption_keys),
    }
    log = tmp_path / "scheduler.log"
    scheduler = Process(["commands.scheduler"], child_environment(**settings), log)
    scheduler.start()
    try:
        wait_until(lambda: stored(site)[0]["state"] != "new", seconds=90, what="the delivery")
    finally:
        scheduler.stop()
    assert "stand_in_started" in log.read_text()
    assert queue_of(own_redis, "live").count == 0
