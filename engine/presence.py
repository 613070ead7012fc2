"""Who was in the room over time, and how many of those registered came and stayed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STAYED_PERCENT = 75
"""Who was there for so much of the webinar's length counts as having stayed."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody in a session from when to when, in seconds since 1970."""

    identity: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Presence:
    """People in a session at evenly spaced moments, and how many there were at most."""

    moments: tuple[float, ...]
    people: tuple[int, ...]
    peak: int


def count_present(stays: Iterable[Stay], start: float, end: float, samples: int) -> Presence:
    """How many different people were in a session that ran from ``start`` to ``end``.

    Somebody with two devices is one person. Stays count for as far as they lie in the session. The
    moments are the middles of ``samples`` equal parts of it.
    """
    united = _unite(stays, start, end)
    joined = sorted(span[0] for span in united)
    left = sorted(span[1] for span in united)

    def present(at: float) -> int:
        return bisect_right(joined, at) - bisect_right(left, at)

    step = (end - start) / samples
    moments = tuple(start + (number + 0.5) * step for number in range(samples))
    return Presence(
        moments,
        tuple(map(present, moments)),
        # Only where somebody joins can there be more than ever before.
        max(map(present, joined), default=0),
    )


def _unite(stays: Iterable[Stay], start: float, end: float) -> list[tuple[float, float]]:
    by_identity: dict[str, list[tuple[float, float]]] = {}
    for stay in stays:
        span = (max(stay.start, start), min(stay.end, end))
        if span[0] < span[1]:
            by_identity.setdefault(stay.identity, []).append(span)
    united: list[tuple[float, float]] = []
    for spans in by_identity.values():
        united += spans if len(spans) == 1 else _merge(spans)
    return united


def _merge(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def share_in_percent(part: int, whole: int) -> float | None:
    """So many percent of the whole; None of nothing."""
    return None if whole <= 0 else 100.0 * part / whole
