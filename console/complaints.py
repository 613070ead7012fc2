"""What the API has against what was entered, sorted to the fields it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException

from store.settings import ChangedMeanwhile


@dataclass(frozen=True, slots=True)
class Complaints:
    """A refusal: its sentence, and its lines `path: text`; empty when nothing was refused.

    A path may hold anything, colons and dots too: lines are asked for by the paths of fields.
    """

    message: str = ""
    lines: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.message)

    def at(self, path: str) -> list[str]:
        """What is said of the value at this path as a whole."""
        starts = (f"{path}: ", f"{path}._schema: ")
        return [
            line.removeprefix(start)
            for line in self.lines
            for start in starts
            if line.startswith(start)
        ]

    def within(self, path: str) -> list[tuple[str, str]]:
        """What is said of values within the value at this path, with the path from there."""
        found = [
            line.removeprefix(f"{path}.") for line in self.lines if line.startswith(f"{path}.")
        ]
        parts = [line.partition(": ") for line in found]
        return [(below, text) for below, _, text in parts if below != "_schema"]

    def about(self, path: str) -> list[str]:
        """What is said of the value at this path, or within it."""
        return self.at(path) + [text for _, text in self.within(path)]

    def by_line(self, path: str) -> list[str]:
        """What is said of a list that is entered one value a line."""
        return self.at(path) + [
            f"Line {int(below) + 1}: {text}" if below.isdigit() else text
            for below, text in self.within(path)
        ]

    def apart_from(self, within: Iterable[str], exactly: Iterable[str] = ()) -> list[str]:
        """What is said of anything else than values within, or exactly at, these paths."""
        starts = [start for path in within for start in (f"{path}: ", f"{path}.")]
        starts += [start for path in exactly for start in (f"{path}: ", f"{path}._schema: ")]
        others = [line for line in self.lines if not line.startswith(tuple(starts))]
        return [line.removeprefix("_schema: ") for line in others]


NONE = Complaints()


def attempt(change: Callable[[], object], under: str = "") -> Complaints:
    """Make the change; what the API has against it, paths counted from ``under``.

    Refusals that are about no form (no right to it, nothing there) are raised as they are.
    """
    try:
        change()
    except HTTPException as error:
        if error.code not in (400, 409):
            raise
        said: Mapping[str, object] = getattr(error, "data", None) or {}
        errors = said.get("errors")
        lines = errors if isinstance(errors, Sequence) else []
        return Complaints(
            str(said.get("message", error.description)),
            tuple(_from(str(line), under) for line in lines),
        )
    except ChangedMeanwhile as error:
        return Complaints(str(error))
    return NONE


def _from(line: str, under: str) -> str:
    return line.removeprefix(f"{under}.") if under else line
