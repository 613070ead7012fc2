"""What the API has against what was entered, sorted to the fields it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException

from store.settings import ChangedMeanwhile


@dataclass(frozen=True, slots=True)
class Complaints:
    """A refusal: its sentence, and its lines as (path, text); empty when nothing was refused."""

    message: str = ""
    lines: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.message)

    def about(self, path: str) -> list[str]:
        """What is said of the value at this path, or within it."""
        return [text for where, text in self.lines if _is_within(where, path)]

    def at(self, path: str) -> list[str]:
        """What is said of the value at this path as a whole."""
        return [text for where, text in self.lines if where in (path, f"{path}._schema")]

    def by_line(self, path: str) -> list[str]:
        """What is said of a list that is entered one value a line."""
        return [
            f"Line {int(where.removeprefix(f'{path}.')) + 1}: {text}"
            if where.removeprefix(f"{path}.").isdigit()
            else text
            for where, text in self.lines
            if _is_within(where, path)
        ]

    def apart_from(self, within: Iterable[str], exactly: Iterable[str] = ()) -> list[str]:
        """What is said of anything else than values within, or exactly at, these paths."""
        known, whole = list(within), set(exactly)
        return [
            f"{where}: {text}" if where and where != "_schema" else text
            for where, text in self.lines
            if where.removesuffix("._schema") not in whole
            and not any(_is_within(where, path) for path in known)
        ]


NONE = Complaints()


def attempt(change: Callable[[], object], under: str = "") -> Complaints:
    """Make the change; what the API has against it, paths counted from ``under``.

    Refusals that are about no value (no right to it, nothing there) are raised as they are.
    """
    try:
        change()
    except HTTPException as error:
        if error.code != 400:
            raise
        said: Mapping[str, object] = getattr(error, "data", None) or {}
        errors = said.get("errors")
        lines = errors if isinstance(errors, Sequence) else []
        return Complaints(
            str(said.get("message", error.description)),
            tuple(_split(str(line), under) for line in lines),
        )
    except ChangedMeanwhile as error:
        return Complaints(str(error))
    return NONE


def _split(line: str, under: str) -> tuple[str, str]:
    path, colon, text = line.partition(": ")
    below = path.removeprefix(under)
    if not colon:
        return "", line
    return (below.removeprefix(".") if under and below != path else path), text


def _is_within(where: str, path: str) -> bool:
    return where == path or where.startswith(f"{path}.")
