"""Permits for outgoing calls, shared by all processes through Redis.

A rolling log per account and bucket, by Redis's own clock: at no moment do more calls than the
limit lie within one window. Callers with priority ``live`` go before ``bulk`` ones.
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import structlog
from redis import Redis
from redis import exceptions as redis_errors

from clients.breaker import LOOK_AGAIN_SECONDS, PROBE_SECONDS, Breaker
from clients.errors import BudgetExhausted, NotAnswering
from clients.limiter_script import SCRIPT

Bucket = Literal["main", "search", "light", "medium", "heavy"]
Priority = Literal["live", "bulk"]

GENERATION_KEY = "rollcall:limiter:generation"
"""Since when (epoch microseconds) this Redis has known of calls; gone when its memory is lost."""

_ALONE_INTERVAL = 1.0
_REMEMBERED = 30 * 24 * 3600

log = structlog.get_logger(__name__)


def declare_fresh(redis: Redis) -> None:
    """Say that no calls were made before, so that the first of them need not wait a full window.

    For a new installation and for tests; never for a Redis that replaces a lost one.
    """
    redis.set(GENERATION_KEY, 0, nx=True)


def _prefix(platform: str, account: str, bucket: str) -> str:
    return f"rollcall:limiter:{{{platform}:{account}}}:{bucket}:"


def read_pause(redis: Redis, platform: str, account: str) -> float:
    """For how many seconds more an account wants to be left alone; 0.0 when nobody can tell."""
    keys = [f"{_prefix(platform, account, bucket)}blocked" for bucket in get_args(Bucket)]
    try:
        return max(0, *(int(redis.pttl(key)) for key in keys)) / 1000
    except redis_errors.RedisError:
        return 0.0


class _Alone:
    """The pace of a process whose Redis cannot count: one call a second, whatever it is for.

    It may be away, full or read-only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next_at = 0.0

    def try_acquire(self, now: float) -> float:
        with self._lock:
            wait = self._next_at - now
            if wait > 0:
                return min(wait, _ALONE_INTERVAL)
            self._next_at = now + _ALONE_INTERVAL
            return 0.0


_ALONE = _Alone()


class Limiter:
    """The permits of one bucket of one account at one platform.

    ``limit`` permits in ``window`` seconds until :meth:`learn` hears the vendor's own limit, of
    which ``share`` is used. After Redis lost its memory a full window is assumed to have been used.
    Thread-safe. Takes a client of its own or a shared one, with or without ``decode_responses``.
    """

    def __init__(
        self,
        redis: Redis,
        platform: str,
        account: str,
        bucket: Bucket,
        *,
        limit: int,
        window: float,
        share: float = 0.95,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._script = redis.register_script(SCRIPT)
        self._limit, self._window, self._share = limit, window, share
        self._in_force = limit
        self._sleep, self._clock = sleep, clock
        self._breaker = breaker or Breaker(redis, platform, account)
        self._name = f"{platform} {account} {bucket}"
        # The braces keep all keys of an account in one slot of a Redis cluster.
        prefix = _prefix(platform, account, bucket)
        names = ("log", "full_until", "blocked", "live", "limit")
        self._keys = {name: prefix + name for name in names} | {"breaker": self._breaker.key}
        self._down_until = 0.0

    def try_acquire(self, priority: Priority = "bulk") -> float:
        """Take a permit and return 0.0, or return the seconds after which to try again.

        A live caller that has to wait leaves a mark that makes bulk callers wait longer. Raises
        NotAnswering while the account's breaker is open.
        """
        now = self._clock()
        if now < self._down_until:
            return _ALONE.try_acquire(now)
        try:
            return self._ask(priority)
        except redis_errors.RedisError as error:
            log.warning("limiter_alone", bucket=self._name, error=type(error).__name__)
            self._down_until = self._clock() + _ALONE_INTERVAL
            return _ALONE.try_acquire(self._clock())

    def acquire(self, priority: Priority = "bulk", max_wait: float = 5.0) -> None:
        """Take a permit, waiting at most ``max_wait`` seconds.

        Raises BudgetExhausted, without waiting any longer, once the wait would exceed it, and
        NotAnswering at once while the account's breaker is open.
        """
        started = self._clock()
        while (wait := self.try_acquire(priority)) > 0:
            if self._clock() - started + wait > max_wait:
                raise BudgetExhausted(
                    f"no permit for {self._name} within {max_wait:g} s; tried again later",
                    retry_after=wait,
                )
            self._sleep(wait + random.uniform(0, 0.02))

    def pause(self, seconds: float) -> None:
        """Give no permits for so many seconds, in any process; a longer pause stands."""
        milliseconds = max(1, round(seconds * 1000))
        try:
            if self._redis.pttl(self._keys["blocked"]) < milliseconds:
                self._redis.set(self._keys["blocked"], 1, px=milliseconds)
        except redis_errors.RedisError:
            self._down_until = self._clock() + _ALONE_INTERVAL

    def learn(self, limit: int, window: float) -> None:
        """Take over the limit the vendor states, if it is about this bucket's window."""
        allowed = max(1, int(limit * self._share))
        if window != self._window or allowed == self._in_force:
            return
        try:
            self._redis.set(self._keys["limit"], allowed, ex=_REMEMBERED)
            self._in_force = allowed
        except redis_errors.RedisError:
            self._down_until = self._clock() + _ALONE_INTERVAL

    def _ask(self, priority: Priority) -> float:
        wait, limit, breaker = self._run(priority, "")
        if wait < 0:
            wait, limit, breaker = self._run(priority, self._generation())
        self._in_force = limit
        self._breaker.heed(breaker, wait / 1_000_000)
        return wait / 1_000_000

    def _run(self, priority: Priority, generation: str) -> tuple[int, int, int]:
        answer: Any = self._script(
            keys=list(self._keys.values()),
            args=[
                self._limit,
                round(self._window * 1_000_000),
                int(priority == "live"),
                generation,
                round(PROBE_SECONDS * 1_000_000),
                round(LOOK_AGAIN_SECONDS * 1_000_000),
            ],
        )
        return int(answer[0]), int(answer[1]), int(answer[2])

    def _generation(self) -> str:
        """Return since when Redis has known of calls, starting to count now if it does not."""
        seconds, microseconds = self._redis.time()
        self._redis.set(GENERATION_KEY, seconds * 1_000_000 + microseconds, nx=True)
        stored: Any = self._redis.get(GENERATION_KEY)
        return str(int(stored))


class Budget:
    """The permits of one caller: an account's limiters by bucket, at one priority, and its breaker.

    ``max_wait`` is the number of seconds a single permit may be waited for.
    """

    def __init__(
        self,
        limiters: Mapping[Bucket, Limiter],
        breaker: Breaker,
        priority: Priority,
        max_wait: float,
    ) -> None:
        self._limiters, self._breaker = limiters, breaker
        self._priority: Priority = priority
        self._max_wait = max_wait

    def try_acquire(self, bucket: Bucket) -> float:
        """Take a permit and return 0.0, or return the seconds after which to try again."""
        return self._limiters[bucket].try_acquire(self._priority)

    def acquire(self, bucket: Bucket) -> None:
        """Take a permit. Raises BudgetExhausted when that lasts too long, NotAnswering."""
        self._limiters[bucket].acquire(self._priority, self._max_wait)

    def pause(self, bucket: Bucket, seconds: float) -> None:
        """Give nobody permits of this bucket for so many seconds."""
        self._limiters[bucket].pause(seconds)

    def learn(self, bucket: Bucket, limit: int, window: float) -> None:
        """Take over the limit the vendor states for this bucket."""
        self._limiters[bucket].learn(limit, window)

    def note_answer(self) -> None:
        """The account answered a call."""
        self._breaker.note_answer()

    def note_failure(self) -> NotAnswering | None:
        """The account failed to answer; the outage, if nobody is to call it now."""
        return self._breaker.note_failure()


def hubspot_budget(
    redis: Redis, portal_id: str, priority: Priority, max_wait: float = 5.0
) -> Budget:
    """Return a portal's budget: 90 calls in 10 s until its limit is known, search 4 a second."""
    limits: Mapping[Bucket, tuple[int, float]] = {"main": (90, 10.0), "search": (4, 1.0)}
    return _open_budget(redis, "hubspot", portal_id, limits, 0.95, priority, max_wait)


def zoom_budget(redis: Redis, account_id: str, priority: Priority, max_wait: float = 5.0) -> Budget:
    """Return a Zoom account's budget: half of what its plan allows, Pro until that is known."""
    limits: Mapping[Bucket, tuple[int, float]] = {
        "light": (15, 1.0),
        "medium": (10, 1.0),
        "heavy": (5, 1.0),
    }
    return _open_budget(redis, "zoom", account_id, limits, 0.5, priority, max_wait)


def _open_budget(
    redis: Redis,
    platform: str,
    account: str,
    limits: Mapping[Bucket, tuple[int, float]],
    share: float,
    priority: Priority,
    max_wait: float,
) -> Budget:
    breaker = Breaker(redis, platform, account)
    limiters = {
        bucket: Limiter(
            redis,
            platform,
            account,
            bucket,
            limit=limit,
            window=window,
            share=share,
            breaker=breaker,
        )
        for bucket, (limit, window) in limits.items()
    }
    return Budget(limiters, breaker, priority, max_wait)
