"""The rows of a run: whether they hold, as a table for people and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from bench.ratio import Ratio

NOISY_CORES = 0.15
"""What others may use of the machine before seconds mean little."""

HEAD = ("", "measured", "against", "ratio", "target", "")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows measured together, and how many cores others used meanwhile.

    ``stopped`` says why there are not more of them; empty when there are all.
    """

    name: str
    ratios: Sequence[Ratio]
    foreign_cores: float
    stopped: str = ""

    @property
    def is_noisy(self) -> bool:
        """Whether others used more than they may."""
        return self.foreign_cores > NOISY_CORES


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio and whether it was measured on a noisy machine. Counts are never noisy."""

    ratio: Ratio
    is_noisy: bool

    @property
    def fails(self) -> bool:
        """Whether the target is missed and the machine is no excuse."""
        return self.ratio.holds is False and not self.is_noisy

    @property
    def verdict(self) -> str:
        """PASS or FAIL; what was measured on a noisy machine says so."""
        words = {True: ["PASS"], False: ["FAIL"], None: []}[self.ratio.holds]
        return ", ".join(words + ["noisy"] * self.is_noisy)

    @property
    def target(self) -> str:
        """The bound of the ratio as text."""
        bound = self.ratio.target
        if bound is None:
            return "–"
        return f"{'≤' if self.ratio.is_better_low else '≥'} {bound:g}"

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEAD`."""
        what, measured, against, _ = self.ratio.cells()
        return what, measured, against, shown(self.ratio.value), self.target, self.verdict


def rows_of(groups: Sequence[Group]) -> Iterator[Row]:
    """The rows of all groups, in their order."""
    for group in groups:
        for ratio in group.ratios:
            yield Row(ratio, group.is_noisy and not ratio.is_count)


def lines_of(groups: Sequence[Group]) -> Iterator[tuple[str, ...]]:
    """Every row as text, in the order of `HEAD`; what could not be measured says why."""
    for group in groups:
        for row in rows_of([group]):
            yield row.cells()
        if group.stopped:
            yield f"{group.name}: could not be measured", "–", group.stopped, "–", "–", "FAIL"


def failed(groups: Sequence[Group]) -> list[str]:
    """What misses its target, and what could not be measured."""
    stopped = [group.name for group in groups if group.stopped]
    return stopped + [row.ratio.what for row in rows_of(groups) if row.fails]


def shown(value: float | None) -> str:
    """A ratio with as many digits as it deserves."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}" if value < 0.1 else f"{value:.2f}"


def as_json(scale: str, groups: Sequence[Group], at: datetime, seconds: float) -> dict[str, Any]:
    """The run for a program: the machine, and every row with its ratio and verdict."""
    return {
        "scale": scale,
        "at": at.isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "groups": [
            {
                "name": group.name,
                "foreign_cores": round(group.foreign_cores, 3),
                "stopped": group.stopped,
                "rows": [
                    asdict(row.ratio) | {"ratio": row.ratio.value, "verdict": row.verdict}
                    for row in rows_of([group])
                ],
            }
            for group in groups
        ],
    }


def from_json(run: Mapping[str, Any]) -> list[Group]:
    """The groups of a run as `as_json` gave them."""
    names = {field.name for field in fields(Ratio)}
    return [
        Group(
            group["name"],
            [Ratio(**{name: row[name] for name in names}) for row in group["rows"]],
            group["foreign_cores"],
            group["stopped"],
        )
        for group in run["groups"]
    ]
