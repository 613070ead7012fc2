"""Notices a plugin that writes into frozen values behind Python's back, and undoes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import NamedTuple


class Seal:
    """Remembers the fields of values, of the values in them, and so on.

    Handing each plugin copies of its own would cost ten times as much as looking afterwards.
    """

    def __init__(self, values: Iterable[object]) -> None:
        seen: set[int] = set()
        kinds: dict[Shape, list[object]] = {}
        pending = list(values)
        while pending:
            value = pending.pop()
            shape = find_shape(type(value))
            if shape is None or id(value) in seen:
                continue
            seen.add(id(value))
            kinds.setdefault(shape, []).append(value)
            pending += [part for part in shape.read(value) if _shapes.get(type(part), _UNSEEN)]
        # By kind, so that all values of one are read and compared at C speed.
        self._sealed = [(shape, held, list(map(shape.read, held))) for shape, held in kinds.items()]

    def mend(self) -> bool:
        """Put back whatever was changed; True if anything was."""
        broken = [
            (shape, value, before)
            for shape, values, contents in self._sealed
            if list(map(shape.read, values)) != contents
            for value, before in zip(values, contents, strict=True)
            if shape.read(value) != before
        ]
        for shape, value, before in broken:
            for name, content in zip(shape.names, before, strict=True):
                object.__setattr__(value, name, content)
        return bool(broken)


class Shape(NamedTuple):
    """A dataclass's field names, and a function that reads all of them at C speed."""

    names: tuple[str, ...]
    read: Callable[[object], tuple[object, ...]]


_shapes: dict[type, Shape | None] = {}
_UNSEEN = True


def find_shape(kind: type) -> Shape | None:
    """The shape of a dataclass, or None for any other type."""
    if kind not in _shapes:
        _shapes[kind] = _make_shape(kind) if is_dataclass(kind) else None
    return _shapes[kind]


def _make_shape(kind: type) -> Shape:
    names = tuple(field.name for field in fields(kind))
    if len(names) > 1:
        return Shape(names, attrgetter(*names))
    # attrgetter of one name would give the bare value.
    return Shape(names, lambda value: tuple(getattr(value, name) for name in names))
