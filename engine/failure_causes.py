"""Why people fail, by cause: messages that differ only in whom they name have the same one."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

SAMPLES = 3

_PERSONAL = re.compile(r"[^\s@\"'<>,;:()\[\]]+@[^\s@\"'<>,;:()\[\]]+|\d[\d.,:-]*")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing person of an occurrence: the stable reason and the message for people."""

    pk: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class FailureCause:
    """Failing people with the same cause, in the order they were given.

    ``key`` stands for the cause wherever it turns up again; ``message`` is the first person's.
    """

    key: str
    reason: str
    message: str
    pks: tuple[int, ...]


def group_failures(failures: Iterable[Failure]) -> list[FailureCause]:
    """The causes, that of most people first."""
    groups: dict[str, list[Failure]] = defaultdict(list)
    known: dict[tuple[str, str], str] = {}  # most people fail as many others do
    for one in failures:
        told = one.reason, one.detail
        if told not in known:
            known[told] = cause_key(*told)
        groups[known[told]].append(one)
    causes = [
        FailureCause(key, mine[0].reason, mine[0].detail, tuple(one.pk for one in mine))
        for key, mine in groups.items()
    ]
    return sorted(causes, key=lambda cause: (-len(cause.pks), cause.key))


def cause_key(reason: str, detail: str) -> str:
    """What stands for the cause: addresses and numbers in the message make no difference."""
    pattern = _BLANKS.sub(" ", _PERSONAL.sub("*", detail)).strip().lower()
    return hashlib.sha256(f"{reason}\0{pattern}".encode()).hexdigest()[:16]
