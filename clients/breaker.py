"""A breaker for each account: who does not answer is left alone for a while, by all processes.

It opens when five calls in a row, or ten of the last twenty, met no answer or a server's error.
Then nothing is sent but one call after each pause, until one of those is answered. The limiter asks
about it in the step that gives permits; only failures, and answers after them, are reported.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from redis import Redis
from redis.exceptions import RedisError

from clients.breaker_script import REPORT_SCRIPT
from clients.errors import NotAnswering

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 900.0
PROBE_SECONDS = 90.0
"""Longer than any call lasts: a process that was killed while it tried is not waited for."""
LOOK_AGAIN_SECONDS = 10.0
"""So soon others look again while somebody tries: the answer is mostly there by then."""

WATCHED: Final = 1
"""What a permit says besides: some of the last calls failed, so answers are reported as well."""
OPEN: Final = 2

_PREFIX = "rollcall:breaker:"
_NAMES = {"hubspot": "HubSpot", "zoom": "Zoom"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outage:
    """An account that does not answer: since when, and when it is tried again."""

    since: datetime
    next_try_at: datetime


def breaker_key(platform: str, account: str) -> str:
    """The key of an account's breaker, in the same slot of a cluster as its limiters' keys."""
    return f"{_PREFIX}{{{platform}:{account}}}"


class Breaker:
    """The breaker of one account at one platform, as one process sees it. Thread-safe.

    Without Redis it is closed.
    """

    def __init__(self, redis: Redis, platform: str, account: str) -> None:
        self._script = redis.register_script(REPORT_SCRIPT)
        self._platform, self._account = platform, account
        self.key = breaker_key(platform, account)
        self._is_watched = False

    def heed(self, state: int, wait: float) -> None:
        """Take note of what was said beside a permit. Raises NotAnswering when it is open."""
        if state == OPEN:
            raise self._outage(wait)
        self._is_watched = state == WATCHED

    def note_answer(self) -> None:
        """A call was answered, with whatever; told to the others if calls failed before."""
        if self._is_watched:
            self._report(has_answered=True)

    def note_failure(self) -> NotAnswering | None:
        """A call met no answer or a server's error; the outage, if nobody is to call now."""
        self._is_watched = True
        return self._report(has_answered=False)

    def _report(self, *, has_answered: bool) -> NotAnswering | None:
        # Not all accounts of a platform that was away are to be tried at one moment.
        factor = random.uniform(0.9, 1.1)  # nosec B311
        pauses = (round(FIRST_PAUSE * 1_000_000), round(LONGEST_PAUSE * 1_000_000))
        try:
            answer: Any = self._script(keys=[self.key], args=[int(has_answered), *pauses, factor])
        except RedisError as error:
            # What the call itself came to matters more than this.
            log.warning("breaker_unreachable", error=type(error).__name__)
            return None
        state, wait, has_turned = int(answer[0]), int(answer[1]) / 1_000_000, bool(answer[2])
        if has_turned:
            what = "breaker_opened" if state == OPEN else "breaker_closed"
            log.warning(what, platform=self._platform, tenant=self._account, seconds=round(wait, 1))
        return self._outage(wait) if state == OPEN else None

    def _outage(self, wait: float) -> NotAnswering:
        name = _NAMES.get(self._platform, self._platform)
        return NotAnswering(
            f"{name} is not answering for {self._account}; it is tried again by itself",
            retry_after=wait,
        )


def read_outage(redis: Redis, platform: str, account: str) -> Outage | None:
    """The account's outage; None when it answers, or when nobody can tell."""
    try:
        found: Any = redis.hmget(breaker_key(platform, account), "since", "next")
    except RedisError:
        return None
    since, next_try = found
    if since is None or next_try is None:
        return None
    return Outage(_moment(since), _moment(next_try))


def count_outages(redis: Redis) -> dict[str, int]:
    """How many accounts of each platform do not answer. Raises RedisError.

    Only accounts in trouble have a key at all.
    """
    found = Counter(dict.fromkeys(_NAMES, 0))
    for key in redis.scan_iter(match=f"{_PREFIX}*", count=1000):
        text = key.decode() if isinstance(key, bytes) else str(key)
        if redis.hexists(text, "next"):
            found[text.removeprefix(_PREFIX + "{").partition(":")[0]] += 1
    return dict(found)


def _moment(microseconds: bytes | str) -> datetime:
    return datetime.fromtimestamp(int(microseconds) / 1_000_000, UTC)
