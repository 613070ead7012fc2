"""The fault campaign's choices and words; the campaign itself is `./run chaos`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from typing import Any

import pytest

from commands import processes
from commands.chaos.faults import Freeze, Kill, Misbehaviour
from commands.chaos.findings import Figures
from commands.chaos.plan import plan_campaign
from commands.chaos.seeds import Outcome, figures_of, lines_of
from commands.processes import Running


@pytest.mark.parametrize("seed", [0, 1, 77])
def test_a_seed_always_means_the_same_faults(seed: int) -> None:
    assert plan_campaign(seed) == plan_campaign(seed)


def test_seeds_mean_different_faults() -> None:
    told = {
        tuple(planned.fault.name for planned in (*campaign.before, *campaign.after))
        for campaign in map(plan_campaign, range(30))
    }
    assert len(told) > 20


def test_a_kill_reaches_only_the_parts_it_names() -> None:
    processes = [
        Running(pid=10, parent=1, depth=1, command="python -m commands.workers live", memory=0),
        Running(pid=11, parent=10, depth=2, command="python -m commands.workers live", memory=0),
        Running(pid=12, parent=11, depth=3, command="python -m commands.workers live", memory=0),
        Running(pid=20, parent=1, depth=1, command="python -m commands.scheduler", memory=0),
    ]
    assert Kill("live worker", ("work-horse",)).condemned(processes) == [11]
    assert Kill("live worker", ("parent", "guard")).condemned(processes) == [10, 12]


def test_a_worker_at_work_is_frozen_and_not_an_idle_one() -> None:
    processes = [
        Running(pid=10, parent=1, depth=1, command="python -m commands.workers live", memory=0),
        Running(pid=20, parent=1, depth=1, command="python -m commands.workers live", memory=0),
        Running(pid=30, parent=1, depth=1, command="python -m commands.workers bulk", memory=0),
        Running(pid=21, parent=20, depth=2, command="python -m commands.workers live", memory=0),
    ]
    assert Freeze("live worker", 3).frozen(processes) == [20, 21]
    assert Freeze("scheduler", 3).frozen(processes) == []


@pytest.mark.parametrize("listing", [processes._from_proc, processes._from_ps])
def test_processes_below_one_are_found_with_their_memory(
    listing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = shutil.which("ps") if listing is processes._from_ps else processes.PROC.is_dir()
    if not needs:
        pytest.skip("this machine lists its processes another way")
    monkeypatch.setattr(processes, "_listed", listing)
    # The shell stays, since the sleeper is not its last command.
    child = subprocess.Popen(["sh", "-c", "sleep 60; true"], start_new_session=True)
    try:
        deadline = time.monotonic() + 10
        found: list[Running] = []
        while len(found) < 2 and time.monotonic() < deadline:
            found = [one for one in processes.descendants(os.getpid()) if "sleep 60" in one.command]
        shell, sleeper = found
        assert (shell.pid, shell.depth, sleeper.parent, sleeper.depth) == (
            child.pid,
            1,
            child.pid,
            2,
        )
        assert min(shell.memory, sleeper.memory) > 0
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def test_a_fault_says_what_meets_which_calls() -> None:
    fault = Misbehaviour("hubspot", "status", "attendance", 3, status=429)
    assert fault.name == "429 ×3 attendance"


def test_a_broken_seed_says_what_broke_and_how_to_repeat_it() -> None:
    lines = lines_of(Outcome(5, ("FLUSHALL",), 12.4, ("an effect is there twice",)), 120)
    assert lines == [
        "seed 5    broken   12 s   FLUSHALL",
        "  broken: an effect is there twice",
        "  again: ./run chaos --seeds 1 --first-seed 5 --people 120",
    ]


def test_no_campaign_swallows_a_write_twice() -> None:
    for campaign in map(plan_campaign, range(300)):
        swallowing = [fault for fault in campaign.faults if getattr(fault, "swallows", False)]
        assert len(swallowing) <= 1


def test_fifty_seeds_meet_every_kind_of_fault() -> None:
    faults = [fault for seed in range(1, 51) for fault in plan_campaign(seed).faults]
    assert {type(fault).__name__ for fault in faults} == {
        "EmptyRestart",
        "Flush",
        "Freeze",
        "Kill",
        "Lock",
        "Misbehaviour",
        "SlowValkey",
        "StubbornValkey",
        "TokensEnd",
    }
    kinds = {fault.kind for fault in faults if isinstance(fault, Misbehaviour)}
    assert kinds == {
        "cut_answer",
        "empty_success",
        "hang",
        "html",
        "lost_answer",
        "partial",
        "refuse_before",
        "slow",
        "status",
    }
    killed = {
        (fault.child, part) for fault in faults if isinstance(fault, Kill) for part in fault.parts
    }
    assert killed >= {("live worker", "parent"), ("live worker", "work-horse"), ("web", "server")}


def test_the_figures_add_up_over_the_seeds_and_each_has_its_row() -> None:
    outcomes = [
        Outcome(2, ("FLUSHALL",), 61.2, (), Figures(acknowledged=30, effects=200, pause=31.0)),
        Outcome(1, (), 40.0, ("an effect is there twice",), Figures(20, 1, 190, 1, pause=2.0)),
    ]
    totals, _, *rows = figures_of(outcomes).splitlines()
    assert totals == (
        "1 of 2 seeds ok: 50 webhooks acknowledged, 1 lost; 390 effects, 1 twice, 0 missing; "
        "0 writes across customers; sending resumed 31 s after a stop at the latest; "
        "0 left unconfirmed."
    )
    assert rows[2:] == [
        "| 1 | none | 40 | 2 s | an effect is there twice |",
        "| 2 | FLUSHALL | 61 | 31 s | nothing |",
    ]
