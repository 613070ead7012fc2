"""The contract holds what it says: frozen values, documented hooks, errors by remedy."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from itertools import pairwise
from pathlib import Path

import pytest

import rollcall
from commands import contract
from commands.contract_surface import change_between, is_raised_enough, surface
from rollcall import hookspecs

VALUES = [
    kind
    for kind in vars(rollcall).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
]
HOOKS = [
    function
    for function in vars(hookspecs).values()
    if inspect.isfunction(function) and hasattr(function, "rollcall_spec")
]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_value_is_frozen_and_has_no_room_for_more(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_value_is_explained(kind: type) -> None:
    assert kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}(")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_every_hook_has_an_example(hook: object) -> None:
    assert "@hookimpl" in (inspect.getdoc(hook) or "")


def test_the_hooks_are_the_four_and_the_description() -> None:
    assert {hook.__name__ for hook in HOOKS} == {
        "describe_plugin",
        "should_exclude",
        "on_registrant",
        "on_attendance",
        "on_recording",
    }


def test_all_public_names_exist_once() -> None:
    assert len(set(rollcall.__all__)) == len(rollcall.__all__)
    assert all(hasattr(rollcall, name) for name in rollcall.__all__)


@pytest.mark.parametrize(
    "kind", [rollcall.Retryable, rollcall.Permanent, rollcall.NeedsAttention, rollcall.PluginError]
)
def test_every_error_is_caught_by_its_root(kind: type[Exception]) -> None:
    with pytest.raises(rollcall.RollcallError, match="what happened"):
        raise kind("what happened")


def test_a_retryable_error_says_when() -> None:
    assert rollcall.Retryable("busy", retry_after=12.5).retry_after == 12.5
    assert rollcall.Retryable("busy").retry_after is None


def test_a_contact_snapshot_is_a_read_only_copy() -> None:
    held = {"level": "gold"}
    snapshot = rollcall.ContactSnapshot("7", "primary", properties=held)
    held["level"] = "lead"
    assert snapshot.properties == {"level": "gold"}
    with pytest.raises(TypeError):
        snapshot.properties["level"] = "lead"  # type: ignore[index]


def test_defaults_cannot_be_changed_for_everybody() -> None:
    with pytest.raises(TypeError):
        rollcall.TimelineEvent("registered").properties["x"] = "1"  # type: ignore[index]


def test_every_public_name_is_explained_where_it_is_defined() -> None:
    """Types and constants have no docstring of their own; the text below them is one."""
    explained = {
        target.id
        for path in Path(rollcall.__file__).parent.glob("*.py")
        for before, after in pairwise(ast.parse(path.read_text()).body)
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr)
        for target in before.targets
        if isinstance(target, ast.Name)
    }
    explained |= {name for name in rollcall.__all__ if vars(rollcall)[name].__class__ is type}
    assert not set(rollcall.__all__) - explained


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_every_hook_has_types(hook: object) -> None:
    signature = inspect.signature(hook)  # type: ignore[arg-type]
    assert signature.return_annotation is not signature.empty
    assert all(one.annotation is not one.empty for one in signature.parameters.values())


def test_the_contract_changes_only_with_its_version_and_a_line_in_the_changelog() -> None:
    """The stored surface and docs/reference/hooks.md are what the code says."""
    assert contract.find_faults() == []


BEFORE = ["Person.email: str", "class Person", "hook on_attendance(attendance: Attendance)"]


@pytest.mark.parametrize(
    ("after", "change"),
    [
        pytest.param(BEFORE, "none", id="nothing"),
        pytest.param([*BEFORE, "class Poll", "Poll.answer: str"], "minor", id="a new value"),
        pytest.param([*BEFORE, "hook on_poll(poll: Poll)"], "minor", id="a new hook"),
        pytest.param([*BEFORE, "Person.phone: str = ''"], "minor", id="a field with a default"),
        pytest.param([*BEFORE, "Person.phone: str"], "major", id="a field without one"),
        pytest.param(BEFORE[1:], "major", id="a field goes"),
        pytest.param([*BEFORE[:2], "hook on_attendance(who: Person)"], "major", id="another type"),
    ],
)
def test_what_a_change_asks_of_the_version(after: list[str], change: str) -> None:
    assert change_between(BEFORE, after) == change


@pytest.mark.parametrize(
    ("before", "after", "change", "enough"),
    [
        ("1.0.0", "1.0.0", "none", True),
        ("1.0.0", "1.0.1", "minor", False),
        ("1.0.9", "1.1.0", "minor", True),
        ("1.9.0", "1.10.0", "minor", True),
        ("1.9.0", "1.10.0", "major", False),
        ("1.9.0", "2.0.0", "major", True),
        ("1.1.0", "1.0.0", "none", False),
    ],
)
def test_how_far_a_version_has_to_rise(before: str, after: str, change: str, enough: bool) -> None:
    assert is_raised_enough(before, after, change) is enough  # type: ignore[arg-type]


def test_a_change_without_version_and_line_is_told_with_both_remedies() -> None:
    before, after = ("1.0.0", ["class A", "class B"]), ("1.0.0", ["class A", "class C"])
    version, line = contract.judge(before, after, "- Contract 0.9.0: older")
    assert "raise the first number of rollcall.__version__ (1.0.0)" in version
    assert version.splitlines()[1:] == ["- class B", "+ class C"]
    assert line == "CHANGELOG.md has no line `Contract 1.0.0: …` that says what changed"
    assert contract.judge(before, ("2.0.0", ["class A"]), "- Contract 2.0.0: B is gone") == []


def test_a_promise_that_is_taken_back_does_not_go_unnoticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rollcall, "__all__", [n for n in rollcall.__all__ if n != "Totals"])
    assert "class Totals" not in surface()
    (fault,) = contract.find_faults()
    assert "- class Totals" in fault.splitlines()
