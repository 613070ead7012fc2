"""The lines about syncs, from what was counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import sync, sync_faults, sync_live
from bench.journal import Calls
from bench.ratio import Ratio
from bench.size import Size
from bench.sync import Measured

READ, PAGES = ("POST", "/hubspot/read", 200), ("GET", "/zoom/registrants", 200)
BREAKDOWN = ("GET", "/hubspot/breakdown", 200)
PERFECT = Measured(
    size=Size(10_000),
    first=Calls({READ: 364}, 262),
    second=Calls({READ: 105}, 0),
    zoom=Calls({PAGES: 62, READ: 4}, 0),
    seconds=45.0,
    worker_seconds=2.4,
    call_seconds=0.65,
    doubled=0,
)


def missed(ratios: list[Ratio]) -> list[str]:
    return [ratio.what for ratio in ratios if ratio.holds is False]


def test_a_sync_that_does_what_it_should_misses_nothing() -> None:
    assert missed(sync.ratios_of(PERFECT)) == []


@pytest.mark.parametrize(
    ("worse", "told"),
    [
        pytest.param({"first": Calls({READ: 381}, 262)}, "HubSpot calls", id="calls"),
        pytest.param({"second": Calls({READ: 105}, 1)}, "writes of a second", id="a second write"),
        pytest.param({"doubled": 1}, "effects or contacts twice", id="something twice"),
        pytest.param(
            {"first": Calls({READ: 363, ("POST", "/read", 429): 1}, 262)}, "429", id="one too fast"
        ),
        pytest.param({"zoom": Calls({PAGES: 66}, 0)}, "pages of Zoom's lists", id="pages"),
        pytest.param({"seconds": 50.0}, "seconds of a first sync", id="seconds"),
        pytest.param({"worker_seconds": 3.1}, "processor seconds", id="processor"),
    ],
)
def test_each_target_can_be_missed(worse: dict[str, object], told: str) -> None:
    (line,) = missed(sync.ratios_of(replace(PERFECT, **worse)))  # type: ignore[arg-type]
    assert told in line


def test_a_small_sync_is_judged_by_counts_alone() -> None:
    small = replace(PERFECT, size=Size(1_200), first=Calls({READ: 48}, 34), seconds=60.0)
    judged = [ratio for ratio in sync.ratios_of(small) if ratio.target is not None]
    assert judged
    assert all(ratio.is_count for ratio in judged)


def test_read_backs_are_counted_apart_from_the_other_calls() -> None:
    calls = Calls({READ: 400, BREAKDOWN: 150}, 300)
    first, read_backs, _ = sync_faults.ratios_of(Size(10_000), calls, doubled=0)
    assert (first.measured, first.against) == (400, 362)
    assert (read_backs.measured, read_backs.against) == (150, 180)


def test_after_live_registrations_only_who_came_is_written() -> None:
    (line,) = sync_live.ratios_of(Size(10_000), Calls({READ: 134}, 0))
    assert line.against == 122
    assert line.holds
