"""Several writers of one property: who wins, and who is told that they lost."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine.dispatch import StampedEffect
from engine.merge import Loser, merge_properties
from rollcall import AuditEntry, PropertyUpdate

ORDER = ["first", "second", "third"]


def wants(plugin: str, value: str, mode: Any = "always", name: str = "score") -> StampedEffect:
    return StampedEffect(plugin, "1", PropertyUpdate(name, value, mode))


def lost(plugin: str, value: str, because: Any, winner: str | None = None) -> Loser:
    return Loser(plugin, "1", "score", value, because, winner)


@pytest.mark.parametrize(
    ("updates", "held", "value", "losers"),
    [
        pytest.param([wants("first", "5")], "9", "5", [], id="always overwrites"),
        pytest.param([wants("first", "")], "9", "", [], id="always may clear"),
        pytest.param(
            [wants("first", "5", "if_empty")], None, "5", [], id="if_empty fills an empty one"
        ),
        pytest.param(
            [wants("first", "5", "if_empty")], "", "5", [], id="if_empty: an empty text is empty"
        ),
        pytest.param(
            [wants("first", "5", "if_empty")],
            "9",
            None,
            [lost("first", "5", "not_empty")],
            id="if_empty leaves what a person wrote",
        ),
        pytest.param(
            [wants("first", "5", "if_empty")], "5", "5", [], id="if_empty is content with its own"
        ),
        pytest.param([wants("first", "10", "never_lower")], "9", "10", [], id="never_lower raises"),
        pytest.param(
            [wants("first", "5", "never_lower")],
            "10",
            None,
            [lost("first", "5", "would_lower")],
            id="never_lower does not lower",
        ),
        pytest.param(
            [wants("first", "2026-03-01", "never_lower")],
            "2026-02-28",
            "2026-03-01",
            [],
            id="never_lower: dates by time",
        ),
        pytest.param(
            [wants("first", "5", "never_lower")],
            "gold",
            None,
            [lost("first", "5", "would_lower")],
            id="never_lower does not replace what it cannot compare",
        ),
        pytest.param(
            [wants("first", "1", "if_empty"), wants("second", "2")],
            None,
            "2",
            [lost("first", "1", "other_writer", "second")],
            id="mode comes before order",
        ),
        pytest.param(
            [wants("second", "2"), wants("first", "1")],
            None,
            "1",
            [lost("second", "2", "other_writer", "first")],
            id="declared order decides within a mode",
        ),
        pytest.param(
            [wants("first", "1", "if_empty"), wants("second", "2", "never_lower")],
            None,
            "2",
            [lost("first", "1", "other_writer", "second")],
            id="never_lower comes before if_empty",
        ),
        pytest.param(
            [wants("first", "3", "never_lower"), wants("second", "12", "never_lower")],
            "4",
            "12",
            [lost("first", "3", "other_writer", "second")],
            id="the highest of several",
        ),
        pytest.param(
            [wants("first", "1"), wants("second", "1")],
            None,
            "1",
            [],
            id="agreement is no conflict",
        ),
        pytest.param(
            [wants("first", "week 1"), wants("first", "week 2")],
            None,
            "week 2",
            [],
            id="of one plugin the newest occurrence",
        ),
        pytest.param(
            [wants("first", "week 1", "if_empty"), wants("first", "week 2", "if_empty")],
            None,
            "week 1",
            [],
            id="what is only filled in comes from the oldest",
        ),
        pytest.param(
            [wants("stranger", "0"), wants("third", "3")],
            None,
            "3",
            [lost("stranger", "0", "other_writer", "third")],
            id="a plugin outside the order comes last",
        ),
    ],
)
def test_one_value_wins_and_the_losers_are_named(
    updates: list[StampedEffect], held: str | None, value: str | None, losers: list[Loser]
) -> None:
    merged = merge_properties(updates, ORDER, {"score": held})
    assert dict(merged.values) == ({} if value is None else {"score": value})
    assert list(merged.losers) == losers


def test_properties_do_not_meddle_with_each_other_and_other_effects_are_passed_over() -> None:
    updates = [
        wants("first", "1", name="a"),
        StampedEffect("first", "1", AuditEntry("hello")),
        wants("second", "2", name="b"),
    ]
    assert dict(merge_properties(updates, ORDER, {}).values) == {"a": "1", "b": "2"}


def test_the_order_in_which_plugins_answered_does_not_matter() -> None:
    updates = [
        wants(plugin, f"{plugin} {mode}", mode, name=name)
        for plugin in ORDER
        for mode in ("always", "if_empty", "never_lower")
        for name in ("a", "b")
    ]
    results = set()
    for seed in range(20):
        random.Random(seed).shuffle(updates)
        results.add(tuple(sorted(merge_properties(updates, ORDER, {"b": "x"}).values.items())))
    assert results == {(("a", "first always"), ("b", "first always"))}
