"""One line of the benchmark: a measurement, what it is measured against, and the target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """``measured`` over ``against``, both in ``unit`` and from the same run.

    ``what`` and ``basis`` name the two; ``is_better_low`` says which way is better. ``target`` is
    the bound of the ratio, None where nothing is promised. ``is_count`` marks what does not depend
    on the machine's speed.
    """

    what: str
    measured: float
    basis: str
    against: float
    unit: str
    is_better_low: bool = True
    target: float | None = None
    is_count: bool = False

    @property
    def value(self) -> float | None:
        """The ratio; None where there is nothing to divide by."""
        return self.measured / self.against if self.against else None

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None without a target or without a ratio."""
        if self.value is None or self.target is None:
            return None
        return self.value <= self.target if self.is_better_low else self.value >= self.target

    def cells(self) -> tuple[str, str, str, str]:
        """The line as text: what, measured, against what, ratio."""
        better = "lower" if self.is_better_low else "higher"
        value = "–" if self.value is None else f"{self.value:.2f}"
        return (
            self.what,
            amount(self.measured, self.unit),
            f"{self.basis}: {amount(self.against, self.unit)}",
            f"{value} ({better} is better)",
        )


def amount(number: float, unit: str) -> str:
    """A number with its unit: whole from 100 on, and where it is a count."""
    digits = 0 if number >= 100 or number == int(number) else 1
    return f"{number:,.{digits}f} {unit}"
