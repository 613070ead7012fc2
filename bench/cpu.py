"""How much processor time processes used, and how much everybody else did meanwhile.

Linux only: elsewhere nothing can be told, and everything is 0.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from commands.processes import PROC, descendants

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
OWN_AND_REAPED = slice(11, 15)
"""utime, stime and those of dead children, counted from the state: proc_pid_stat(5)."""

SET_CHILD_SUBREAPER = 36

BUSY = (1, 2, 3, 8)
"""user, nice, system and stolen by other machines, of the first line of /proc/stat: proc_stat(5).

Interrupts are left out, because nobody can tell whose they are.
"""


def seconds_of(pid: int) -> float:
    """Processor seconds of a process, the children it has outlived included; 0 when it is gone."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0.0
    return read_process_seconds(stat)


def seconds_of_trees(*pids: int) -> float:
    """Those of these processes and of everything below them, which must not hold each other."""
    return sum(seconds_of(pid) + seconds_below(pid) for pid in pids)


def parent_of(pid: int) -> int:
    """The process that started this one; 0 when it is gone."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def seconds_below(pid: int, named: str = "") -> float:
    """Those of the processes below one, of those whose command line holds ``named``."""
    return sum(seconds_of(running.pid) for running in descendants(pid) if named in running.command)


def read_process_seconds(stat: str) -> float:
    """The seconds in a process's ``stat``; its name stands in brackets and may hold anything."""
    fields = stat.rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[OWN_AND_REAPED]) / TICKS_A_SECOND


def read_machine_seconds(stat: str) -> float:
    """The seconds all cores together were busy since the start, in the machine's ``stat``."""
    fields = stat.partition("\n")[0].split()
    return sum(int(fields[number]) for number in BUSY) / TICKS_A_SECOND


def adopt_orphans() -> None:
    """Become the parent of what the processes below leave behind, as a database server does.

    What has no parent of ours any more would count as somebody else's: prctl(2).
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@dataclass(slots=True)
class Foreign:
    """How many cores others used on average while something was measured."""

    cores: float = 0.0


@contextmanager
def watching_others() -> Iterator[Foreign]:
    """Tell, after the block, what processes used that are not this one or below it."""
    foreign = Foreign()
    adopt_orphans()
    began, busy, ours = time.monotonic(), _busy_seconds(), _our_seconds()
    try:
        yield foreign
    finally:
        others = (_busy_seconds() - busy) - (_our_seconds() - ours)
        foreign.cores = max(0.0, others / max(time.monotonic() - began, 0.001))


def _our_seconds() -> float:
    return seconds_of(os.getpid()) + seconds_below(os.getpid())


def _busy_seconds() -> float:
    try:
        return read_machine_seconds((PROC / "stat").read_text())
    except OSError:
        return 0.0
