"""Who was in the room over time, and how many of those registered came and stayed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STAYED_PERCENT = 75
"""Who was there for so much of the webinar's length counts as having stayed."""


Stay = tuple[str, float, float]
"""Whose, and from when to when they were in a session, in seconds since 1970."""


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
    joined, left = _unite(stays, start, end)

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


def _unite(stays: Iterable[Stay], start: float, end: float) -> tuple[list[float], list[float]]:
    """When each person's stays begin, and when they end, both in order.

    Most come once, so that once is kept as two numbers: an object for each of thousands of stays
    makes the garbage collector look through the whole process.
    """
    joined: dict[str, float] = {}
    left: dict[str, float] = {}
    again: dict[str, list[tuple[float, float]]] = {}
    for identity, joined_at, left_at in stays:
        begin, finish = max(joined_at, start), min(left_at, end)
        if begin >= finish:
            continue
        if identity in joined:
            again.setdefault(identity, []).append((begin, finish))
        else:
            joined[identity], left[identity] = begin, finish
    united = [
        span
        for identity, spans in again.items()
        for span in _merge([(joined.pop(identity), left.pop(identity)), *spans])
    ]
    return (
        sorted([*joined.values(), *(span[0] for span in united)]),
        sorted([*left.values(), *(span[1] for span in united)]),
    )


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
