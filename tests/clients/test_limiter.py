"""Permits from a real Valkey: never more than allowed, live before bulk, safe when lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis

from clients import limiter as module
from clients.errors import BudgetExhausted
from clients.limiter import (
    GENERATION_KEY,
    Limiter,
    Priority,
    declare_fresh,
    hubspot_budget,
    read_pause,
    zoom_budget,
)

ROOT = Path(__file__).parents[2]
HOUR = 3600.0


@pytest.fixture
def fresh(redis: Redis) -> Redis:
    """A Valkey that knows no calls were made before."""
    declare_fresh(redis)
    return redis


@pytest.fixture(autouse=True)
def _lone_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ALONE", module._Alone())


def make(redis: Redis, *, limit: int = 3, window: float = HOUR, account: str = "1") -> Limiter:
    return Limiter(redis, "hubspot", account, "main", limit=limit, window=window)


def take(limiter: Limiter, count: int, priority: Priority = "bulk") -> list[bool]:
    return [limiter.try_acquire(priority) == 0.0 for _ in range(count)]


class TestWindow:
    def test_no_more_than_the_limit_is_granted(self, fresh: Redis) -> None:
        limiter = make(fresh)
        assert take(limiter, 4) == [True, True, True, False]
        assert HOUR - 60 < limiter.try_acquire() <= HOUR

    def test_all_processes_share_the_log(self, fresh: Redis) -> None:
        assert take(make(fresh), 2) == [True, True]
        assert take(make(fresh), 2) == [True, False]

    def test_accounts_and_buckets_do_not_disturb_each_other_F31(self, fresh: Redis) -> None:
        take(make(fresh), 3)
        assert take(make(fresh, account="2"), 1) == [True]
        search = Limiter(fresh, "hubspot", "1", "search", limit=1, window=HOUR)
        assert take(search, 1) == [True]

    def test_an_old_permit_leaves_the_window(self, fresh: Redis) -> None:
        limiter = make(fresh, limit=1, window=0.05)
        limiter.acquire(max_wait=30.0)
        limiter.acquire(max_wait=30.0)
        assert limiter.try_acquire() <= 0.05

    def test_a_client_that_decodes_works_as_well(self, fresh: Redis, redis_url: str) -> None:
        decoding = Redis.from_url(redis_url, decode_responses=True)
        assert take(make(decoding), 4) == [True, True, True, False]
        decoding.close()

    def test_all_keys_of_an_account_share_a_cluster_slot(self, fresh: Redis) -> None:
        limiter = make(fresh)
        take(limiter, 4, "live")
        limiter.pause(5)
        limiter.learn(100, HOUR)
        keys = [key.decode() for key in fresh.scan_iter() if key.decode() != GENERATION_KEY]
        assert len(keys) == 5
        assert all("{hubspot:1}" in key for key in keys)

    def test_the_keys_of_an_account_that_left_expire(self, fresh: Redis) -> None:
        limiter = make(fresh)
        take(limiter, 4, "live")
        limiter.pause(5)
        limiter.learn(100, HOUR)
        for key in fresh.scan_iter():
            if key.decode() != GENERATION_KEY:
                assert fresh.ttl(key) > 0, key


class TestAcrossProcesses:
    def test_no_window_ever_holds_more_than_the_limit_F35(
        self, fresh: Redis, redis_url: str
    ) -> None:
        """Each process brackets its grants with the server's clock, so that the check is exact."""
        limit, window_us, processes = 20, 300_000, 4
        program = """
import json, sys
from redis import Redis
from clients.limiter import Limiter
redis = Redis.from_url(sys.argv[1])
limiter = Limiter(redis, "hubspot", "1", "main", limit=20, window=0.3)
def now():
    seconds, micro = redis.time()
    return seconds * 1_000_000 + micro
grants = []
for _ in range(25):
    while True:
        before = now()
        wait = limiter.try_acquire()
        if not wait:
            break
        limiter._sleep(wait)
    grants.append((before, now()))
print(json.dumps(grants))
"""
        running = [
            subprocess.Popen(
                [sys.executable, "-c", program, redis_url],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]
        grants = []
        for process in running:
            output, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            grants += [tuple(pair) for pair in json.loads(output)]
        assert len(grants) == 25 * processes
        grants.sort()
        for first in range(len(grants) - limit):
            group = grants[first : first + limit + 1]
            span = max(after for _, after in group) - min(before for before, _ in group)
            assert span >= window_us, f"{limit + 1} permits within {span} us"


class TestLearning:
    def test_the_stated_limit_replaces_the_first_guess_with_a_margin(self, fresh: Redis) -> None:
        limiter = make(fresh)
        limiter.learn(10, HOUR)
        assert take(limiter, 10) == [True] * 9 + [False]

    def test_every_process_uses_what_one_has_learnt(self, fresh: Redis) -> None:
        make(fresh).learn(10, HOUR)
        assert take(make(fresh), 10).count(True) == 9

    def test_a_lower_limit_takes_hold_at_once(self, fresh: Redis) -> None:
        limiter = make(fresh, limit=9)
        take(limiter, 5)
        limiter.learn(5, HOUR)
        assert take(limiter, 1) == [False]

    def test_a_limit_of_another_window_is_not_ours(self, fresh: Redis) -> None:
        limiter = make(fresh)
        limiter.learn(1000, 1.0)
        assert take(limiter, 4).count(True) == 3

    def test_a_lost_lesson_is_learnt_again(self, fresh: Redis) -> None:
        limiter = make(fresh)
        limiter.learn(10, HOUR)
        fresh.flushall()
        declare_fresh(fresh)
        limiter.try_acquire()
        limiter.learn(10, HOUR)
        assert take(limiter, 9).count(True) == 8


class TestPause:
    @pytest.mark.parametrize("priority", ["live", "bulk"])
    def test_a_pause_holds_in_every_process(self, fresh: Redis, priority: Priority) -> None:
        make(fresh).pause(30)
        assert 25 < make(fresh).try_acquire(priority) <= 30

    def test_a_shorter_pause_does_not_end_a_longer_one(self, fresh: Redis) -> None:
        limiter = make(fresh)
        limiter.pause(30)
        limiter.pause(1)
        assert limiter.try_acquire() > 25

    def test_how_long_it_lasts_is_known_outside(self, fresh: Redis) -> None:
        make(fresh).pause(30)
        assert 25 < read_pause(fresh, "hubspot", "1") <= 30
        assert read_pause(fresh, "hubspot", "2") == 0.0


class TestPriority:
    def test_bulk_callers_stand_back_while_a_live_one_waits(self, fresh: Redis) -> None:
        limiter = make(fresh, limit=1)
        assert take(limiter, 1) == [True]
        assert take(limiter, 1, "live") == [False]
        fresh.delete("rollcall:limiter:{hubspot:1}:main:log")
        assert take(limiter, 1, "bulk") == [False]
        assert take(limiter, 1, "live") == [True]

    def test_a_waiting_bulk_caller_holds_up_nobody(self, fresh: Redis) -> None:
        limiter = make(fresh, limit=1)
        take(limiter, 3, "bulk")
        limiter.learn(10, HOUR)
        assert take(limiter, 2, "bulk") == [True, True]

    def test_a_live_caller_is_not_held_up_by_another_ones_mark(self, fresh: Redis) -> None:
        limiter = make(fresh, limit=1)
        take(limiter, 2, "live")
        limiter.learn(10, HOUR)
        assert take(limiter, 1, "bulk") == [False]
        assert take(limiter, 1, "live") == [True]


class TestWaiting:
    def test_a_wait_that_is_too_long_is_refused_without_waiting(self, fresh: Redis) -> None:
        limiter = make(fresh, limit=1)
        limiter.acquire()
        with pytest.raises(BudgetExhausted) as refused:
            limiter.acquire(max_wait=5.0)
        assert refused.value.retry_after is not None
        assert refused.value.retry_after > HOUR - 60

    def test_the_wait_is_slept_and_the_permit_taken(self, fresh: Redis) -> None:
        naps: list[float] = []

        def sleep(seconds: float) -> None:
            naps.append(seconds)
            time.sleep(seconds)

        limiter = Limiter(fresh, "zoom", "a", "heavy", limit=1, window=0.05, sleep=sleep)
        limiter.acquire(max_wait=30.0)
        limiter.acquire(max_wait=30.0)
        assert naps
        assert all(nap <= 0.08 for nap in naps)


class TestLostRedis:
    def test_after_a_loss_a_full_window_is_assumed(self, redis: Redis) -> None:
        limiter = make(redis, window=10.0)
        assert 9 < limiter.try_acquire("live") <= 10

    def test_an_account_first_seen_later_need_not_wait(self, redis: Redis) -> None:
        make(redis, window=0.05, account="1").acquire(max_wait=30.0)
        assert take(make(redis, window=0.05, account="2"), 1) == [True]

    def test_a_new_installation_need_not_wait(self, fresh: Redis) -> None:
        assert take(make(fresh, window=10.0), 1) == [True]

    def test_declaring_a_known_redis_fresh_changes_nothing(self, redis: Redis) -> None:
        make(redis).try_acquire()
        before = redis.get(GENERATION_KEY)
        declare_fresh(redis)
        assert redis.get(GENERATION_KEY) == before

    def test_a_loss_in_the_middle_is_noticed_by_the_next_call_F12(self, fresh: Redis) -> None:
        limiter = make(fresh)
        assert take(limiter, 1) == [True]
        fresh.flushall()
        assert limiter.try_acquire("live") > HOUR - 60

    def test_a_restarted_server_forgets_the_script_and_nothing_breaks(self, fresh: Redis) -> None:
        limiter = make(fresh)
        take(limiter, 1)
        fresh.script_flush()
        assert take(limiter, 1) == [True]


class TestWithoutRedis:
    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Redis:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return Redis(unix_socket_path=str(tmp_path / "nobody"), retry=Retry(NoBackoff(), 0))

    def test_the_process_makes_one_call_a_second_in_all_F13(self, unreachable: Redis) -> None:
        clock = [100.0]
        one, two = (
            Limiter(
                unreachable, "hubspot", name, "main", limit=90, window=10.0, clock=lambda: clock[0]
            )
            for name in "12"
        )
        assert one.try_acquire("live") == 0.0
        assert two.try_acquire("live") == pytest.approx(1.0)
        clock[0] += 0.4
        assert one.try_acquire("bulk") == pytest.approx(0.6)
        clock[0] += 0.6
        assert two.try_acquire("bulk") == 0.0

    def test_learning_and_pausing_do_not_fail(self, unreachable: Redis) -> None:
        limiter = make(unreachable)
        limiter.learn(10, HOUR)
        limiter.pause(1)
        assert limiter.try_acquire() == 0.0

    def test_redis_is_used_again_once_it_is_back_F13(
        self, fresh: Redis, unreachable: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [100.0]
        limiter = Limiter(
            unreachable, "hubspot", "1", "main", limit=3, window=HOUR, clock=lambda: clock[0]
        )
        limiter.try_acquire()
        monkeypatch.setattr(limiter, "_redis", fresh)
        monkeypatch.setattr(limiter, "_script", fresh.register_script(module.SCRIPT))
        clock[0] += 1.0
        assert take(limiter, 4) == [True, True, True, False]


class TestBudgets:
    def test_a_portal_starts_with_90_calls_and_4_searches(self, fresh: Redis) -> None:
        budget = hubspot_budget(fresh, "4711", "bulk", max_wait=0.0)
        granted = [budget.try_acquire("main") == 0.0 for _ in range(95)]
        assert granted.count(True) == 90
        budget.acquire("search")

    def test_a_zoom_account_starts_with_half_of_the_pro_plan(self, fresh: Redis) -> None:
        budget = zoom_budget(fresh, "acc", "bulk", max_wait=0.0)
        before = fresh.time()
        granted = [budget.try_acquire("heavy") == 0.0 for _ in range(8)]
        after = fresh.time()
        elapsed = (after[0] - before[0]) + (after[1] - before[1]) / 1e6
        assert granted[:5] == [True] * 5
        assert granted.count(True) == 5 or elapsed >= 1.0

    def test_a_zoom_account_uses_half_of_what_its_plan_turns_out_to_allow(
        self, fresh: Redis
    ) -> None:
        budget = zoom_budget(fresh, "acc", "bulk")
        budget.learn("heavy", 40, 1.0)
        assert fresh.get("rollcall:limiter:{zoom:acc}:heavy:limit") == b"20"

    def test_a_pause_of_one_bucket_leaves_the_others(self, fresh: Redis) -> None:
        budget = zoom_budget(fresh, "acc", "bulk", max_wait=0.0)
        budget.pause("heavy", 60)
        budget.acquire("light")
        with pytest.raises(BudgetExhausted):
            budget.acquire("heavy")
