"""Processor time by process, and what others used meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench import cpu
from commands.trial import HOME

PROCESS = "7 (odd) name) x) S 1 7 7 0 -1 4194560 1 2 3 4 {} {} {} {} 20 0 1 0 100 1 1"
MACHINE = "cpu  {} {} {} 9999 500 40 50 {} 0 0\ncpu0 1 2 3 4\n"


def ticks(*seconds: float) -> list[int]:
    return [round(one * cpu.TICKS_A_SECOND) for one in seconds]


def test_a_process_answers_for_its_dead_children_whatever_its_name() -> None:
    assert cpu.read_process_seconds(PROCESS.format(*ticks(1, 2, 3, 4))) == 10.0


def test_what_another_machine_stole_was_used_by_others() -> None:
    assert cpu.read_machine_seconds(MACHINE.format(*ticks(1, 2, 3, 4))) == 10.0


def test_a_process_that_is_gone_uses_nothing() -> None:
    assert cpu.seconds_of(2**22 + 1) == 0.0


# In a process of its own, because who adopts orphans once does so for good.
ADOPTING = """
import os, subprocess
from bench.cpu import adopt_orphans
from commands.processes import descendants
adopt_orphans()
orphan = subprocess.run(["sh", "-c", "sleep 0 & echo $!"], capture_output=True, check=True).stdout
print(int(orphan) in {running.pid for running in descendants(os.getpid())})
"""


@pytest.mark.skipif(not cpu.PROC.is_dir(), reason="there is no /proc")
def test_what_a_child_left_behind_is_still_ours() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ADOPTING], cwd=HOME, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"


@pytest.mark.skipif(not cpu.PROC.is_dir(), reason="there is no /proc")
def test_what_this_process_does_is_not_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = iter([100.0, 103.0])
    ours = iter([50.0, 53.0])
    monkeypatch.setattr(cpu, "_busy_seconds", lambda: next(busy))
    monkeypatch.setattr(cpu, "_our_seconds", lambda: next(ours))
    with cpu.watching_others() as foreign:
        pass
    assert foreign.cores == 0.0
    assert cpu.seconds_of(os.getpid()) > 0.0
