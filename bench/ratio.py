"""One line of the benchmark: a measurement and what it is measured against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """``measured`` over ``against``, both in ``unit`` and from the same run.

    ``what`` and ``basis`` name the two; ``is_better_low`` says which way is better.
    """

    what: str
    measured: float
    basis: str
    against: float
    unit: str
    is_better_low: bool = True

    @property
    def value(self) -> float | None:
        """The ratio; None where there is nothing to divide by."""
        return self.measured / self.against if self.against else None

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
