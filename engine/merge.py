"""One value per contact property, whoever asked for what: several plugins, several occurrences.

Overwrite mode decides first (``always`` before ``never_lower`` before ``if_empty``), then the
declared order of plugins, then the occurrence: what is true now comes from the newest one, what is
only filled in (``if_empty``) from the oldest. Of several ``never_lower`` the highest wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Literal

from engine.dispatch import StampedEffect
from rollcall import PropertyUpdate

Because = Literal["other_writer", "not_empty", "would_lower"]


@dataclass(frozen=True, slots=True)
class Loser:
    """An update that is not carried out: another writer won, or the contact's own value stays.

    ``winner`` is the plugin whose value is written instead, None when the contact keeps its own.
    """

    plugin: str
    version: str
    name: str
    value: str
    because: Because
    winner: str | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """The values the contact should hold, by property, and the updates that lost."""

    values: Mapping[str, str]
    losers: tuple[Loser, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    plugin: str
    version: str
    update: PropertyUpdate
    rank: int
    place: int


def merge_properties(
    effects: Iterable[StampedEffect], order: Sequence[str], current: Mapping[str, str | None]
) -> Merged:
    """Merge the property updates among ``effects``, given oldest occurrence first.

    ``order`` is the declared order of plugins; ``current`` holds the contact's values as HubSpot
    last showed them (missing, None and "" are all empty). Other effects are passed over.
    """
    ranks = {name: rank for rank, name in enumerate(order)}
    wanted: dict[str, list[_Candidate]] = {}
    for place, stamped in enumerate(effects):
        update = stamped.effect
        if isinstance(update, PropertyUpdate):
            rank = ranks.get(stamped.plugin, len(ranks))
            wanted.setdefault(update.name, []).append(
                _Candidate(stamped.plugin, stamped.version, update, rank, place)
            )
    values: dict[str, str] = {}
    losers: list[Loser] = []
    for name in sorted(wanted):
        held = current.get(name) or ""
        candidates = wanted[name]
        winner = candidates[0] if len(candidates) == 1 else _choose(candidates)
        kept = _reason_to_keep(winner.update, held)
        if kept is None:
            values[name] = winner.update.value
            if len(candidates) == 1:
                continue
        for candidate in candidates:
            loser = _loser(candidate, winner, kept, held)
            if loser is not None:
                losers.append(loser)
    return Merged(MappingProxyType(values), tuple(losers))


def _choose(candidates: Sequence[_Candidate]) -> _Candidate:
    """The candidate that wins among those of the strongest mode present."""
    mode = min((candidate.update.overwrite for candidate in candidates), key=_MODES.index)
    peers = [candidate for candidate in candidates if candidate.update.overwrite == mode]
    if mode == "if_empty":
        return min(peers, key=lambda candidate: (candidate.rank, candidate.place))
    newest_first = sorted(peers, key=lambda candidate: (candidate.rank, -candidate.place))
    return newest_first[0] if mode == "always" else _choose_highest(newest_first)


def _reason_to_keep(update: PropertyUpdate, held: str) -> Because | None:
    """Why the contact's own value stays, or None when the update may be written."""
    if not held or held == update.value or update.overwrite == "always":
        return None
    if update.overwrite == "if_empty":
        return "not_empty"
    return "would_lower" if _is_lower(update.value, held) else None


def _loser(
    candidate: _Candidate, winner: _Candidate, kept: Because | None, held: str
) -> Loser | None:
    """The candidate as a loser, or None when what it wants is what the contact will hold."""
    value = candidate.update.value
    because: Because
    if kept is not None:
        if value == held:
            return None
        because = _reason_to_keep(candidate.update, held) or kept
        return Loser(candidate.plugin, candidate.version, candidate.update.name, value, because)
    # An older value of the same plugin is history, not a conflict.
    if candidate.plugin == winner.plugin or value == winner.update.value:
        return None
    name = candidate.update.name
    return Loser(
        candidate.plugin, candidate.version, name, value, "other_writer", winner=winner.plugin
    )


def _is_lower(value: str, held: str) -> bool:
    """Numbers by size, other texts by alphabet (ISO dates by time); unlike ones count as lower."""
    new, old = _number(value), _number(held)
    if new is not None and old is not None:
        return new < old
    return value < held if new is None and old is None else True


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _choose_highest(candidates: Sequence[_Candidate]) -> _Candidate:
    highest = candidates[0]
    for candidate in candidates[1:]:
        one, other = highest.update.value, candidate.update.value
        if _is_lower(one, other) and not _is_lower(other, one):
            highest = candidate
    return highest


_MODES = ("always", "never_lower", "if_empty")
