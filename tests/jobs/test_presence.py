"""Redis tells who is at work: the workers of each pool, and when a scheduler looked last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

import worker as background
from jobs.presence import SCHEDULERS, count_workers, note_scheduler, read_schedulers
from jobs.queue import queue_of
from store.runs import Pool
from tests.oauth.support import disposed_engines, make_config


def register(redis: Redis, pool: Pool) -> Worker:
    worker = Worker([queue_of(redis, pool)], connection=redis, serializer=JSONSerializer)
    worker.register_birth()
    return worker


def test_workers_are_counted_by_pool_until_they_go(redis):
    worker = register(redis, "live")
    register(redis, "live")

    assert (count_workers(redis, "live"), count_workers(redis, "bulk")) == (2, 0)

    worker.register_death()
    assert count_workers(redis, "live") == 1


def test_a_worker_that_died_without_a_word_counts_no_longer_and_stays_listed(redis):
    worker = register(redis, "live")
    redis.delete(worker.key)

    assert count_workers(redis, "live") == 0
    assert redis.scard("rq:workers:rollcall-live") == 1


def test_schedulers_are_known_for_an_hour(redis):
    redis.zadd(SCHEDULERS, {"gone:1": redis.time()[0] - 7200})

    note_scheduler(redis, "here:2")

    assert list(read_schedulers(redis)) == ["here:2"]
    assert read_schedulers(redis)["here:2"] < 5


def test_the_scheduler_says_that_it_looks(redis, redis_url, sqlite_url, tmp_path, monkeypatch):
    class Over(BaseException):
        pass

    def look(*_: object) -> None:
        raise Over

    monkeypatch.setattr(background.signal, "signal", lambda *_: None)
    monkeypatch.setattr(background, "configure_logs", lambda: None)
    monkeypatch.setattr(background, "tick", look)
    config = make_config("http://127.0.0.1:9", tmp_path, sqlite_url, redis_url)
    hurried = replace(config, timing=replace(config.timing, tick=timedelta(milliseconds=1)))

    with disposed_engines(), pytest.raises(Over):
        background.run_scheduler(hurried)

    assert len(read_schedulers(redis)) == 1
