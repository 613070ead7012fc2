"""The contract's public surface, a line for each promise, and how it changed."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from typing import Any, Literal, get_args

import rollcall
from rollcall import hookspecs

Change = Literal["none", "minor", "major"]


def surface() -> list[str]:
    """Names, signatures, fields and values that a plugin may rely on, sorted."""
    lines = [line for name in rollcall.__all__ for line in _lines_of(name, getattr(rollcall, name))]
    lines += [f"hook {name}{signature_of(hook)}" for name, hook in hooks().items()]
    return sorted(lines)


def hooks() -> dict[str, Any]:
    """The hooks by name, in the order they are specified."""
    return {
        name: function
        for name, function in vars(hookspecs).items()
        if inspect.isfunction(function) and hasattr(function, "rollcall_spec")
    }


def signature_of(function: Any) -> str:
    """Arguments and result, with types as they are written."""
    return str(inspect.signature(function)).replace("'", "")


def change_between(before: Sequence[str], after: Sequence[str]) -> Change:
    """What a change asks of the version: nothing, its second number, or its first.

    A field without a default breaks whoever makes the value, so it is no mere addition.
    """
    if list(before) == list(after):
        return "none"
    added = set(after) - set(before)
    known = {line.partition(".")[0] for line in before if "." in line.partition(" ")[0]}
    breaking = [line for line in added if _is_bare_field(line) and line.partition(".")[0] in known]
    return "major" if set(before) - set(after) or breaking else "minor"


def is_raised_enough(before: str, after: str, change: Change) -> bool:
    """Whether the version rose as far as the change asks."""
    old, new = _numbers(before), _numbers(after)
    if change == "major":
        return new[0] > old[0]
    return new[:2] > old[:2] if change == "minor" else new >= old


def find_changelog_line(changelog: str, version: str) -> str | None:
    """The changelog's line about this version of the contract, or None."""
    mark = f"Contract {version}:"
    return next((line for line in changelog.splitlines() if mark in line), None)


def _lines_of(name: str, value: Any) -> list[str]:
    if isinstance(value, type) and dataclasses.is_dataclass(value):
        return [f"class {name}", *(_field_line(name, field) for field in dataclasses.fields(value))]
    if isinstance(value, type):
        bases = ", ".join(base.__name__ for base in value.__bases__)
        return [f"error {name}({bases}){_signature(value)}"]
    if isinstance(value, frozenset):
        return [f"constant {name} has {member}" for member in value]
    if choices := get_args(value):
        return [f"type {name} has {getattr(choice, '__name__', choice)}" for choice in choices]
    return [f"name {name}"]


def _field_line(name: str, field: dataclasses.Field[Any]) -> str:
    default = ""
    if field.default is not dataclasses.MISSING:
        default = f" = {field.default!r}"
    elif field.default_factory is not dataclasses.MISSING:
        default = f" = {field.default_factory()!r}"
    return f"{name}.{field.name}: {field.type}{default}"


def _signature(error: type) -> str:
    own = vars(error).get("__init__")
    return f" {signature_of(own)}" if own else ""


def _is_bare_field(line: str) -> bool:
    name, _, rest = line.partition(": ")
    return "." in name and " " not in name and " = " not in rest


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
