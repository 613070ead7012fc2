"""What a forked process does so that it neither leaks nor outlives anybody, and ends in order."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Be killed when ``parent`` ends (Linux: prctl(2)); elsewhere the end of a pipe has to do.

    Bound to the *thread* that forked: fork from one that lives as long as its process.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(0)


def forget_descriptors(keep: Collection[int]) -> None:
    """Point every inherited descriptor but ``keep`` and stderr at the null device.

    They are replaced and not closed: an inherited object that closes its number later must not
    close a pipe that got the number in between.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"):
        fd = int(name)
        if fd in keep or fd == 2 or fd == null:
            continue
        try:
            os.fstat(fd)
        except OSError:
            continue  # the listing's own
        os.dup2(null, fd, inheritable=fd < 3)


def silence() -> None:
    """Point standard output and error at the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)


def reset_signals() -> None:
    """Undo the parent's handlers; a terminal's Ctrl-C is the parent's to answer."""
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def stopped_in_order() -> Iterator[None]:
    """Within it SIGTERM ends the process through its exits, which give back what it holds.

    Only for work of one thread, for the others are not asked.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals are the main thread's.
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def limit_memory(more: int) -> None:
    """Allow ``more`` bytes of address space beyond today's, and no core file (it holds people).

    Without effect on the address space where the kernel does not say how much is in use.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    statm = Path("/proc/self/statm")
    if statm.exists():
        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = used + more if hard == resource.RLIM_INFINITY else min(used + more, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
