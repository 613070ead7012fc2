"""The benchmark's lines; the measurements are made by `./run bench`."""

from __future__ import annotations

import pytest
from rich.console import Console

from bench.ratio import Ratio, amount
from bench.sync import Measured, Sync
from commands.bench import WIDTH, ratios_of, table_of


def test_a_line_names_both_sides_and_which_way_is_better() -> None:
    line = Ratio("HubSpot calls", 39, "fewest possible", 38, "calls")
    assert line.cells() == (
        "HubSpot calls",
        "39 calls",
        "fewest possible: 38 calls",
        "1.03 (lower is better)",
    )


def test_nothing_to_divide_by_is_no_ratio() -> None:
    assert Ratio("memory", 3, "of fewer", 0, "MiB").cells()[3] == "– (lower is better)"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1234.4, "1,234 s"), (12.34, "12.3 s"), (7.0, "7 s")],
    ids=["whole from 100 on", "a digit below", "a count"],
)
def test_numbers_are_as_exact_as_they_deserve(number: float, shown: str) -> None:
    assert amount(number, "s") == shown


def measured(registrants: int, calls: int) -> Measured:
    return Measured(
        registrants=registrants,
        attendees=registrants * 6 // 10,
        first=Sync(calls, 20.0),
        second=Sync(51, 5.0),
        memory_before=60.0,
        memory=75.0,
        call_seconds=0.2,
    )


def test_a_sync_is_held_against_the_limit_and_against_calls_in_turn() -> None:
    sync = measured(5_000, 225)
    assert sync.fewest_calls == 182
    # 110 calls at once, 110 more after ten seconds, the rest after twenty.
    assert sync.limit_seconds == 20.0
    assert sync.serial_seconds == pytest.approx(45.0)


def test_the_table_has_a_line_for_every_ratio() -> None:
    ratios = ratios_of(measured(1_000, 38), measured(5_000, 182))
    screen = Console(width=WIDTH)
    with screen.capture() as capture:
        screen.print(table_of(ratios))
    lines = capture.get().splitlines()
    assert len(lines) == 1 + len(ratios)
    assert "fewest possible: 182 calls" in lines[2]
