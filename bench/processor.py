"""Processor time of processes and everything they started, in seconds."""

from __future__ import annotations

import os
from pathlib import Path

from commands.processes import descendants

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(*pids: int) -> float:
    """User and system time of these processes, of their living descendants, and of ended ones.

    A process counts its ended children once it has waited for them. Raises FileNotFoundError
    where the system does not tell (it is read from ``/proc``).
    """
    everybody = set(pids) | {running.pid for pid in pids for running in descendants(pid)}
    return sum(_ticks(pid) for pid in everybody) / TICKS


def parent_of(pid: int) -> int:
    """The process that started this one; 0 when it has ended."""
    fields = _status(pid)
    return int(fields[1]) if fields else 0


def _ticks(pid: int) -> int:
    # utime, stime, cutime, cstime: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    return sum(int(number) for number in _status(pid)[11:15])


def _status(pid: int) -> list[str]:
    """The fields behind the name; none when it has ended, and its parent counts it."""
    if not PROC.is_dir():
        raise FileNotFoundError("processor time is read from /proc, which is not here")
    try:
        # The name of the program stands in brackets and may hold any character itself.
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
