"""The running processes below one of ours: which they are and how much memory they hold."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Running:
    """A process. ``depth`` counts from 1 for a child; ``memory`` is resident, in bytes."""

    pid: int
    parent: int
    depth: int
    memory: int
    command: str


def descendants(pid: int) -> list[Running]:
    """The children of a process and theirs, parents before children."""
    by_parent: dict[int, list[tuple[int, int, str]]] = {}
    for child, parent, memory, command in _listed():
        by_parent.setdefault(parent, []).append((child, memory, command))
    found: list[Running] = []
    level = [pid]
    for depth in range(1, len(by_parent) + 1):
        below = [
            Running(child, parent, depth, memory, command)
            for parent in level
            for child, memory, command in by_parent.get(parent, [])
        ]
        found += below
        level = [running.pid for running in below]
    return found


def _listed() -> list[tuple[int, int, int, str]]:
    """Every process as (id, id of its parent, resident bytes, command line)."""
    return _from_proc() if PROC.is_dir() else _from_ps()


def _from_proc() -> list[tuple[int, int, int, str]]:
    page = os.sysconf("SC_PAGE_SIZE")
    listed = []
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            # The name of the program stands in brackets and may hold any character itself.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            memory = int((folder / "statm").read_text().split()[1]) * page
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile, or is somebody else's
        listed.append((int(folder.name), parent, memory, words.decode(errors="replace").strip()))
    return listed


def _from_ps() -> list[tuple[int, int, int, str]]:
    columns = ["ps", "-axo", "pid=,ppid=,rss=,args="]
    listing = subprocess.run(columns, check=True, capture_output=True, text=True).stdout
    rows = (line.split(None, 3) for line in listing.splitlines())
    return [
        (int(row[0]), int(row[1]), int(row[2]) * 1024, row[3] if len(row) > 3 else "")
        for row in rows
    ]
