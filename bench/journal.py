"""What the simulator's journal says was called, by platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LISTS = ("/registrants", "/participants")
"""Zoom's lists of people, which come in pages."""

BREAKDOWNS = "/breakdown"
"""HubSpot's lists of who registered and attended: read to find out what was not confirmed."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by (method, route, status), and how many of those accepted may have changed something.

    A route is as the simulator declares it, with names in the place of ids.
    """

    counts: Mapping[tuple[str, str, int], int]
    writes: int

    @property
    def total(self) -> int:
        """All calls, refused ones too."""
        return sum(self.counts.values())

    @property
    def rate_limited(self) -> int:
        """Calls answered 429."""
        return sum(count for (_, _, status), count in self.counts.items() if status == 429)

    @property
    def read_backs(self) -> int:
        """Calls that asked HubSpot who takes part."""
        return self._on(lambda route: route.endswith(BREAKDOWNS))

    @property
    def pages(self) -> int:
        """Calls that read a page of one of Zoom's lists of people."""
        return self._on(lambda route: route.endswith(LISTS))

    def _on(self, is_meant: Any) -> int:
        return sum(count for (_, route, _), count in self.counts.items() if is_meant(route))


def calls_of(journal: Mapping[str, Any]) -> Calls:
    """The calls of a journal's summary, as the simulator's control answers it."""
    counts = {
        (entry["method"], entry["route"], entry["status"]): entry["count"]
        for entry in journal["calls"]
    }
    return Calls(counts, journal["writes"])
