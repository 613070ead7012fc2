"""The benchmark's lines; the measurements are made by `./run bench`."""

from __future__ import annotations

import pytest

from bench.ratio import Ratio, amount


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
