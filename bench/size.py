"""How large a webinar is measured, and the fewest calls it can be synced with."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

BATCH = 100
"""Contacts or participations a call to HubSpot carries at most."""

EVENT_BATCH = 500
"""App events a call to HubSpot carries at most."""

PAGE = 300
"""Rows of a page of Zoom's at most."""

WINDOW_CALLS, WINDOW_SECONDS = 110, 10.0
"""HubSpot's limit for a customer: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines"""

ATTENDING, REJOINING = 0.6, 0.3
"""Of the registrants; of the attendees, who leave once and come back."""

JUDGED_FROM = 10_000
"""Registrants from which the limits of the platforms decide, not the few calls of any sync."""


@dataclass(frozen=True, slots=True)
class Size:
    """A webinar by its registrants; the reference has 10,000."""

    registrants: int

    @property
    def attendees(self) -> int:
        """Those who come."""
        return round(self.registrants * ATTENDING)

    @property
    def rejoining(self) -> int:
        """Attendees with two rows in Zoom's report."""
        return round(self.attendees * REJOINING)

    @property
    def rows(self) -> int:
        """Rows of Zoom's report."""
        return self.attendees + self.rejoining

    @property
    def fewest_calls(self) -> int:
        """Read, write and register everybody in hundreds, attend in hundreds, put and complete."""
        return 3 * ceil(self.registrants / BATCH) + ceil(self.attendees / BATCH) + 2

    @property
    def fewest_calls_with_events(self) -> int:
        """As above, and an app event for each registration and each attendance."""
        registered, attended = (
            ceil(people / EVENT_BATCH) for people in (self.registrants, self.attendees)
        )
        return self.fewest_calls + registered + attended

    @property
    def fewest_calls_afterwards(self) -> int:
        """As above for a webinar whose registrations came live: write and attend who came."""
        return 2 * ceil(self.attendees / BATCH) + 2

    @property
    def fewest_pages(self) -> int:
        """Pages of the approved registrants and of the participants."""
        return ceil(self.registrants / PAGE) + ceil(self.rows / PAGE)

    @property
    def most_read_backs(self) -> int:
        """Pages of everybody registered and everybody there, and twenty single ones."""
        return ceil(self.registrants / BATCH) + ceil(self.attendees / BATCH) + 20

    @property
    def is_judged_by_seconds(self) -> bool:
        """Whether the webinar is large enough for its seconds to mean something."""
        return self.registrants >= JUDGED_FROM

    def limit_seconds(self, call_seconds: float) -> float:
        """How long HubSpot's limit alone makes the fewest calls last, until the last is through."""
        return (ceil(self.fewest_calls / WINDOW_CALLS) - 1) * WINDOW_SECONDS + call_seconds
