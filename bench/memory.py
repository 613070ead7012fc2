"""How much memory the workers take at most while something goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from commands.processes import descendants

LOOK_SECONDS = 0.1
MIB = 2**20


@dataclass(slots=True)
class Peak:
    """Resident MiB of the largest worker process: before, and at most since."""

    before: float = 0.0
    highest: float = 0.0


@contextmanager
def watching_workers(serve_pid: int) -> Iterator[Peak]:
    """Look at the worker processes below `serve` until the block ends."""
    peak = Peak()
    peak.before = peak.highest = _largest(serve_pid)
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            peak.highest = max(peak.highest, _largest(serve_pid))

    watcher = threading.Thread(target=look, name="memory")
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _largest(serve_pid: int) -> float:
    # A work-horse and its guard keep the command line of the worker they were forked from.
    sizes = [
        running.memory
        for running in descendants(serve_pid)
        if "commands.workers" in running.command
    ]
    return max(sizes, default=0) / MIB
