"""One cause of a warning: what it means, what mends it, and how many it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ActionName = Literal[
    "open_settings", "open_webinar_settings", "sync_now", "open_zoom", "show_people", "reconnect"
]


@dataclass(frozen=True, slots=True)
class Cause:
    """One fact. ``reason`` is its stable code: a fact has one, whatever warning it is shown in.

    ``button`` and ``label`` are the action that mends it; ``filters`` those of the list it opens.
    """

    reason: str
    meaning: str
    remedy: str
    count: int
    button: ActionName
    label: str
    filters: Mapping[str, str] = field(default_factory=dict)


def count_people(count: int) -> str:
    """``1 person``, ``2 people``."""
    return "1 person" if count == 1 else f"{count} people"
