"""Tests by the numbers they carry, for the tables of rules and of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def group_by_number(
    test_ids: Iterable[str], numbers: Iterable[str], numbers_of: Callable[[str], list[str]]
) -> dict[str, list[str]]:
    """Every number with the tests that carry it, one entry a function."""
    found: dict[str, list[str]] = {number: [] for number in numbers}
    for test_id in test_ids:
        for number in numbers_of(test_id):
            function = test_id.partition("[")[0]
            if function not in found[number]:
                found[number].append(function)
    return found
