"""Whether this process was told to stop: work goes on to the next safe place, and no further."""

from __future__ import annotations

import signal
import threading

SIGNAL = signal.SIGUSR1
"""A worker passes its own SIGTERM on to its job like this: SIGTERM itself would end the job."""

_told = threading.Event()


def listen() -> None:
    """Heed the signal from now on, in this process and its forks."""
    signal.signal(SIGNAL, lambda *_: _told.set())


def is_told_to_stop() -> bool:
    """Whether the signal has come."""
    return _told.is_set()
