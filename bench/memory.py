"""How much memory the workers take at most, for a webinar and one ten times as large."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.ratio import Ratio
from bench.size import Size
from bench.stage import WORKERS, open_stage
from commands.processes import descendants

LOOK_SECONDS = 0.1
MIB = 2**20
TARGET = 1.10
NO_LIMIT = {"calls": 100_000, "seconds": 10}
"""Memory does not depend on the limit, and a hundred thousand people are an hour at it."""


@dataclass(slots=True)
class Peak:
    """Resident MiB of the largest worker process, at most since the watch began."""

    mebibytes: float = 0.0


@contextmanager
def watching_workers(serve_pid: int) -> Iterator[Peak]:
    """Look at the worker processes below `serve` until the block ends."""
    peak = Peak(_largest(serve_pid))
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            peak.mebibytes = max(peak.mebibytes, _largest(serve_pid))

    watcher = threading.Thread(target=look, name="memory")
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def measure_memory(larger: Size, smaller: Size) -> list[Ratio]:
    """Sync both, without latencies or limits, and compare the largest workers.

    Raises `TrialFailed`.
    """
    return [
        Ratio(
            f"memory of the largest worker, {larger.registrants:,} people",
            _peak_of(larger),
            f"{smaller.registrants:,} people",
            _peak_of(smaller),
            "MiB",
            target=TARGET if larger.is_judged_by_seconds else None,
        )
    ]


def _peak_of(size: Size) -> float:
    with open_stage(size, slowness=0.0) as stage:
        limits = dict.fromkeys(("hubspot.api", "zoom.pro.medium", "zoom.pro.heavy"), NO_LIMIT)
        stage.simulated.call("PATCH", "/limits", limits)
        with watching_workers(stage.trial.rollcall.pid) as peak:
            stage.begin()
            stage.wait_settled()
            stage.wait_quiet()
        stage.check()
        return peak.mebibytes


def _largest(serve_pid: int) -> float:
    # A work-horse and its guard keep the command line of the worker they were forked from.
    sizes = [running.memory for running in descendants(serve_pid) if WORKERS in running.command]
    return max(sizes, default=0) / MIB
