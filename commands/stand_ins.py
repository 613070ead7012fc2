"""Processes that work in the workers' place while Redis, which would wake those, takes no rings.

The database says what is ready. Leases see to it that nobody does what a worker is still doing, and
without Redis each process makes one call a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable

import structlog

from commands.supervise import die_with_parent
from commands.workers import Pool

STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class StandIns:
    """At most one process a pool; each ends by itself when nothing is ready any more."""

    def __init__(self) -> None:
        self._running: dict[Pool, subprocess.Popen[bytes]] = {}

    def start(self, pools: Iterable[Pool]) -> None:
        """See that one works for each of these pools."""
        for pool in pools:
            running = self._running.get(pool)
            if running is not None and running.poll() is None:
                continue
            self._running[pool] = subprocess.Popen(
                [sys.executable, "-m", "commands.workers", pool, "once"],
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent(os.getpid()),
            )
            log.warning("stand_in_started", pool=pool)

    def stop(self) -> None:
        """End them; what they were at goes on from what was committed."""
        for running in self._running.values():
            running.terminate()
        for running in self._running.values():
            try:
                running.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
