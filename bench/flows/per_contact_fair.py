"""The same calls made as well as they can be: eight at once, under HubSpot's limit.

Nobody ships this. It is the best that writing one contact at a time can do.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.flows import per_contact
from bench.flows.platforms import Platforms
from bench.size import WINDOW_CALLS, WINDOW_SECONDS

AT_ONCE = 8
MARGIN_SECONDS = 0.5
"""The window is counted where calls arrive, and they are on their way for unequal times."""


def run(
    platforms: Platforms,
    registrants: Iterable[Mapping[str, Any]],
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Write every registrant, then every row of the report. Raises `TrialFailed`."""
    platforms.pace = Window(WINDOW_CALLS, WINDOW_SECONDS).take
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: per_contact.write_registrant(platforms, one), registrants))
        list(pool.map(lambda one: per_contact.write_row(platforms, one), rows))


class Window:
    """So many calls in any so many seconds, for several threads."""

    def __init__(
        self,
        calls: int,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds, self._monotonic, self._sleep = seconds, monotonic, sleep
        self._taken: deque[float] = deque(maxlen=calls)
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait until a call may go; others wait behind."""
        with self._lock:
            if len(self._taken) == self._taken.maxlen:
                wait = self._taken[0] + self._seconds + MARGIN_SECONDS - self._monotonic()
                if wait > 0:
                    self._sleep(wait)
            self._taken.append(self._monotonic())
