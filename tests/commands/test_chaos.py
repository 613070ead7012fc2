"""The fault campaign's choices and words; the campaign itself is `./run chaos`."""

from __future__ import annotations

import pytest

from commands.chaos import Outcome, lines_of
from commands.chaos_faults import Kill, Misbehaviour, plan_campaign
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
