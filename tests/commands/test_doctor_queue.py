"""What the doctor says about Redis, the workers and the scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

from commands.doctor.findings import Finding
from commands.doctor.queue import _check_memory, _check_persistence, _check_server, check_redis
from commands.doctor.settings import read_surroundings
from jobs.presence import SCHEDULERS, note_scheduler
from jobs.queue import queue_of
from store.runs import Pool
from tests.commands.test_doctor_settings import GOOD

WELL: Mapping[str, Any] = {
    "redis_version": "7.4.0",
    "role": "master",
    "maxmemory_policy": "noeviction",
    "maxmemory": 0,
    "used_memory": 5 * 1024**2,
    "aof_enabled": 1,
    "rdb_last_bgsave_status": "ok",
}


def ask(url: str) -> dict[str, Finding]:
    around, _ = read_surroundings({**GOOD, "ROLLCALL_REDIS_URL": url})
    return {one.subject: one for one in check_redis(around)}


def register(redis: Redis, pool: Pool) -> Worker:
    worker = Worker([queue_of(redis, pool)], connection=redis, serializer=JSONSerializer)
    worker.register_birth()
    return worker


@pytest.fixture
def keeping_settings(redis: Redis) -> Iterator[Redis]:
    """A server whose settings are put back."""
    kept = {name: redis.config_get(name)[name] for name in ("maxmemory-policy", "appendonly")}
    yield redis
    for name, value in kept.items():
        redis.config_set(name, value)


class TestWhoListens:
    def test_workers_of_both_pools_and_a_scheduler_are_well(self, redis, redis_url):
        for pool in ("live", "bulk"):
            register(redis, pool)
        note_scheduler(redis, "here:1")

        assert {one.status for one in ask(redis_url).values()} == {"ok"}

    def test_nobody_is_told_line_by_line(self, redis, redis_url):
        found = ask(redis_url)

        for subject, command in (
            ("workers, live", "./run worker"),
            ("workers, bulk", "./run worker"),
            ("scheduler", "./run scheduler"),
        ):
            assert found[subject].status == "failed"
            assert command in found[subject].remedy

    def test_a_scheduler_that_stopped_is_told_since_when(self, redis, redis_url):
        redis.zadd(SCHEDULERS, {"here:1": redis.time()[0] - 600})

        assert ask(redis_url)["scheduler"].what == "the last one looked for work 10.0 minutes ago"


@pytest.mark.usefixtures("names_nobody_has")
class TestServer:
    @pytest.mark.parametrize(
        ("url", "what", "remedy"),
        [
            ("redis://127.0.0.1:9/0", "does not answer", "start Redis"),
            ("redis://redis.invalid:6379/0", "does not answer", "ROLLCALL_REDIS_URL"),
        ],
        ids=["nobody listens", "no such host"],
    )
    def test_one_that_cannot_be_reached_is_told(self, url, what, remedy):
        found = ask(url)["Redis"]

        assert (found.status, what in found.what) == ("failed", True)
        assert remedy in found.remedy

    def test_a_wrong_password_is_told(self, redis, redis_url):
        redis.config_set("requirepass", "another")
        try:
            found = ask(redis_url)
        finally:
            redis.config_set("requirepass", "")

        assert "password" in found["Redis"].what or "password" in found["Redis"].remedy

    def test_what_it_would_lose_is_told(self, keeping_settings, redis_url):
        keeping_settings.config_set("maxmemory-policy", "allkeys-lru")
        keeping_settings.config_set("appendonly", "no")

        found = ask(redis_url)

        assert found["Redis memory"].status == "warning"
        assert "noeviction" in found["Redis memory"].remedy
        assert found["Redis persistence"].status == "warning"
        assert "appendonly" in found["Redis persistence"].remedy

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({}, "ok"),
            ({"redis_version": "6.0.16"}, "failed"),
            ({"redis_version": "7.2.4", "valkey_version": "9.1.2"}, "ok"),
            ({"role": "slave"}, "failed"),
        ],
        ids=["well", "too old", "Valkey", "replica"],
    )
    def test_versions_and_roles(self, changes, status):
        assert _check_server({**WELL, **changes}).status == status

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({}, "ok"),
            ({"maxmemory": 10 * 1024**2}, "ok"),
            ({"maxmemory": 5 * 1024**2}, "failed"),
            ({"maxmemory_policy": "allkeys-lru"}, "warning"),
            ({"maxmemory_policy": "allkeys-lru", "maxmemory": 10 * 1024**2}, "failed"),
        ],
        ids=["no limit", "room", "full", "may evict one day", "evicts"],
    )
    def test_memory(self, changes, status):
        found = _check_memory({**WELL, **changes})

        assert found.status == status
        assert bool(found.remedy) == (status != "ok")

    @pytest.mark.parametrize("what", ["rdb_last_bgsave_status", "aof_last_write_status"])
    def test_a_disk_it_cannot_write_to(self, redis, what):
        found = _check_persistence(redis, {**WELL, what: "err"})

        assert found.status == "failed"
        assert "disk" in found.remedy


def test_an_embedded_server_that_never_ran_is_told_and_not_made(tmp_path):
    left_out = {"ROLLCALL_DATABASE_URL", "ROLLCALL_REDIS_URL"}
    given = {name: value for name, value in GOOD.items() if name not in left_out}
    around, _ = read_surroundings({**given, "ROLLCALL_DATA_DIR": str(tmp_path / "data")})

    (found,) = check_redis(around)

    assert (found.status, "./run serve" in found.remedy) == ("warning", True)
    assert not list(tmp_path.iterdir())
