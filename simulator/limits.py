"""Rate limits as true rolling windows, and the latency of every call."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` calls in any `seconds` seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a call may pass; `retry_after` is in seconds, 0 when it may."""

    allowed: bool
    limit: Limit
    remaining: int
    retry_after: float


DEFAULT_LIMITS: Mapping[str, Limit] = {
    # https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
    "hubspot.api": Limit(110, 10.0),
    # https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm
    "hubspot.search": Limit(5, 1.0),
    "hubspot.associations": Limit(150, 10.0),
}


class Limits:
    """Every rate limit of both platforms, each a rolling window per key on the server's clock.

    A platform may `define` its own limits; `change` overrides a defined limit and is kept by
    `define`, so that a test can set a limit before the platform names it.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._limits: dict[str, Limit] = dict(DEFAULT_LIMITS)
        self._changed: set[str] = set()
        self._windows: dict[tuple[str, str], deque[float]] = {}
        self.latency_seconds = 0.0
        self.latency_per_item_seconds = 0.0

    def define(self, name: str, calls: int, seconds: float) -> None:
        """State the documented size of a limit."""
        with self._lock:
            if name not in self._changed:
                self._limits[name] = Limit(calls, seconds)

    def change(self, name: str, calls: int, seconds: float) -> None:
        """Use another size from now on; the windows of that limit start empty."""
        with self._lock:
            self._limits[name] = Limit(calls, seconds)
            self._changed.add(name)
            for key in [key for key in self._windows if key[0] == name]:
                del self._windows[key]

    def take(self, name: str, key: str) -> Allowance:
        """Count one call of `key` against the limit `name`; a refused call is not counted."""
        now = self._monotonic()
        with self._lock:
            limit = self._limits[name]
            window = self._windows.setdefault((name, key), deque())
            while window and window[0] <= now - limit.seconds:
                window.popleft()
            if len(window) >= limit.calls:
                wait = window[0] + limit.seconds - now if window else limit.seconds
                return Allowance(False, limit, 0, wait)
            window.append(now)
            return Allowance(True, limit, limit.calls - len(window), 0.0)

    def describe(self) -> dict[str, object]:
        """The sizes in force and the latency, as JSON."""
        with self._lock:
            limits = {
                name: {"calls": limit.calls, "seconds": limit.seconds}
                for name, limit in sorted(self._limits.items())
            }
        return {
            "limits": limits,
            "latency_seconds": self.latency_seconds,
            "latency_per_item_seconds": self.latency_per_item_seconds,
        }
