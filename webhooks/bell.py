"""The bell at the door: tells the workers, without ever making a sender wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import sleep

import structlog

from store.runs import Pool

INTERVAL_SECONDS = 0.25

log = structlog.get_logger(__name__)


class Bell:
    """Rings pools from a thread of its own, each at most once in a quarter of a second.

    The first ring goes at once, and whoever rings in between is heard at the end of the interval,
    so that nothing that was stored waits for the next one. A ring that fails is counted and
    forgotten: the scheduler looks for work by itself every few seconds.
    """

    def __init__(
        self,
        ring: Callable[[Pool], None],
        *,
        on_failure: Callable[[], None] = lambda: None,
        interval: float = INTERVAL_SECONDS,
    ) -> None:
        self._ring, self._on_failure, self._interval = ring, on_failure, interval
        self._lock = threading.Lock()
        self._wanted: set[Pool] = set()
        self._thread: threading.Thread | None = None

    def ring(self, pool: Pool) -> None:
        """Let a pool know soon; returns at once."""
        with self._lock:
            self._wanted.add(pool)
            # A fork leaves the thread behind, so whoever rings first in a process starts one.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._thread = None
                    return
                pools, self._wanted = sorted(self._wanted), set()
            for pool in pools:
                self._try(pool)
            sleep(self._interval)

    def _try(self, pool: Pool) -> None:
        try:
            self._ring(pool)
        except Exception as error:
            self._on_failure()
            log.warning("doorbell_failed", pool=pool, error=type(error).__name__)
