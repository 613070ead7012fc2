"""The contract holds what it says: frozen values, documented hooks, errors by remedy."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

import rollcall
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
