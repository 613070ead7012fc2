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

    def apart_from(self, paths: Iterable[str]) -> list[str]:
        """What is said of anything else."""
        known = list(paths)
        return [
            f"{where}: {text}" if where else text
            for where, text in self.lines
            if not any(_is_within(where, path) for path in known)
        ]


NONE = Complaints()


def attempt(change: Callable[[], object], under: str = "") -> Complaints:
    """Make the change; what the API has against it, paths without the beginning ``under``.

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
    path, colon, text = line.removeprefix(under).partition(": ")
    return (path, text) if colon else ("", line)


def _is_within(where: str, path: str) -> bool:
    return where == path or where.startswith(f"{path}.")
