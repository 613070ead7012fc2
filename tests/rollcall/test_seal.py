"""Values handed to plugins are put back as they were, and it is known who changed them."""

from __future__ import annotations

import gc
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import pytest

from engine.dispatch import Question
from rollcall.conformance.seal import Seal
from tests.rollcall.values import attendance, context, person, question


@dataclass(frozen=True)
class Leaf:
    name: str


@dataclass(frozen=True)
class Pair:
    left: Any
    right: Any


@dataclass(frozen=True)
class Empty:
    pass


def overwrite(value: object, name: str, content: object) -> None:
    object.__setattr__(value, name, content)


def test_untouched_values_are_whole() -> None:
    assert Seal([question(), person(), Empty(), "text", None]).mend() is False


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("person", "email"),
        ("registrant", "status"),
        ("registrant.occurrence", "length_seconds"),
        ("registrant.occurrence.webinar", "topic"),
        ("attendance", "percent"),
        ("attendance.person", "role"),
        ("context_base", "now"),
        ("context_base.tenant", "portal_id"),
        ("context_base.contact", "properties"),
        ("context_base.totals", "registrations"),
    ],
)
def test_a_change_at_any_depth_is_noticed_and_undone(path: str, name: str) -> None:
    asked = question()
    value: Any = asked
    for step in path.split("."):
        value = getattr(value, step)
    before = getattr(value, name)
    seal = Seal([asked])
    overwrite(value, name, "forged")
    assert seal.mend() is True
    assert getattr(value, name) == before


def test_a_value_put_in_place_of_another_is_taken_out_again() -> None:
    leaf = Leaf("mine")
    pair = Pair(leaf, None)
    seal = Seal([pair])
    overwrite(pair, "left", Leaf("forged"))
    assert seal.mend() is True
    assert pair.left is leaf


def test_once_mended_it_is_whole_again_and_the_next_change_is_noticed() -> None:
    leaf = Leaf("mine")
    seal = Seal([leaf])
    overwrite(leaf, "name", "forged")
    assert (seal.mend(), seal.mend()) == (True, False)
    overwrite(leaf, "name", "again")
    assert seal.mend() is True
    assert leaf.name == "mine"


def test_all_changes_of_one_go_are_undone() -> None:
    leaves = [Leaf(str(number)) for number in range(20)]
    seal = Seal(leaves)
    for leaf in leaves[::3]:
        overwrite(leaf, "name", "forged")
    assert seal.mend() is True
    assert [leaf.name for leaf in leaves] == [str(number) for number in range(20)]


def test_a_value_shared_by_many_is_looked_at_once() -> None:
    """Every question of a chunk shares webinar and occurrence."""
    shared = Leaf("shared")
    seal = Seal([Pair(shared, number) for number in range(1000)])
    assert sum(value is shared for _, values, _ in seal._sealed for value in values) == 1
    overwrite(shared, "name", "forged")
    assert seal.mend() is True


def test_values_that_hold_each_other_do_not_go_round_for_ever() -> None:
    one, other = Pair(None, None), Pair(None, None)
    overwrite(one, "left", other)
    overwrite(other, "left", one)
    seal = Seal([one])
    overwrite(other, "right", "forged")
    assert seal.mend() is True
    assert other.right is None


def test_a_sealed_value_is_kept_alive_so_that_its_place_is_not_given_to_another() -> None:
    seal = Seal(Pair(Leaf(str(number)), None) for number in range(100))
    gc.collect()
    assert seal.mend() is False


def test_every_field_of_a_question_is_sealed() -> None:
    """A field added to the contract is sealed as well, without anybody remembering to."""
    asked = Question(person(), None, attendance(), context(), privacy_deleted=False)
    for field in fields(asked):
        seal = Seal([asked])
        before = getattr(asked, field.name)
        overwrite(asked, field.name, MappingProxyType({}))
        assert seal.mend() is True, field.name
        assert getattr(asked, field.name) is before
