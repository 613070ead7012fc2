"""What a contact's recorded interactions with a marketing event amount to.

The behaviour here was measured by others on live accounts and differs from the guide:
https://developers.hubspot.com/docs/api-reference/latest/marketing/marketing-events/guide
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from simulator.hubspot.errors import refuse_older
from simulator.hubspot.models import Interaction, MarketingEvent, Participation
from simulator.hubspot.wire import from_milliseconds, parse_moment

VERBS = ("register", "attend", "cancel")
STATES = {"register": "REGISTERED", "attend": "ATTENDED", "cancel": "CANCELLED"}
LATER = "AttendanceValidationError.JOINED_AT_IS_LATER_THAN_LEFT_AT_FOR_EMAIL"

# A moment in seconds instead of milliseconds lies before this one, in early 1973.
EARLIEST_MILLISECONDS = 100_000_000_000


class NotStored(Exception):
    """An interaction HubSpot drops; `error` is its entry in the answer, if it has one.

    `is_echoed` tells whether the answer lists the input among the results all the same.
    """

    def __init__(self, error: dict[str, Any] | None = None, *, is_echoed: bool = False) -> None:
        super().__init__("not stored")
        self.error = error
        self.is_echoed = is_echoed


def check_verb(verb: str) -> None:
    """Raise 400 unless the verb is one of the three, in lower case."""
    if verb not in VERBS:
        message = f"Unknown state for '{verb}'. Correct are 'register', 'attend' or 'cancel'."
        raise refuse_older(400, "VALIDATION_ERROR", message)


def check_interaction_time(item: dict[str, Any]) -> None:
    """Raise 400 when an input has no interaction time."""
    value = item.get("interactionDateTime")
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse_older(400, "VALIDATION_ERROR", "interactionDateTime is required")


def read_interaction(verb: str, item: dict[str, Any], now: datetime) -> Interaction:
    """The interaction an input describes; raises NotStored for those HubSpot drops."""
    occurred = item["interactionDateTime"]
    if occurred < EARLIEST_MILLISECONDS:
        raise NotStored
    try:
        occurred_at = from_milliseconds(occurred)
    except ValueError:
        raise NotStored from None
    if verb != "attend":
        return Interaction(verb, occurred_at, now)
    properties = item.get("properties") or {}
    try:
        joined = parse_moment(properties["joinedAt"])
        left = parse_moment(properties["leftAt"])
    except (KeyError, ValueError):
        raise NotStored from None
    if joined >= left:
        key = str(item.get("email") or item.get("vid"))
        raise NotStored(
            {
                "status": "error",
                "category": "VALIDATION_ERROR",
                "subCategory": LATER,
                "message": f"joinedAt is later than leftAt for {key}",
                "context": {"ids": [key]},
                "errors": [],
                "links": {},
            }
        )
    if left - joined < timedelta(seconds=1):
        raise NotStored(is_echoed=True)
    return Interaction(verb, occurred_at, now, joined, left)


def is_repetition(participation: Participation, interaction: Interaction) -> bool:
    """Whether recording it would change nothing."""
    if interaction.verb == "attend":
        return any(item.verb == "attend" for item in participation.interactions)
    recorded = {(item.verb, item.occurred_at) for item in participation.interactions}
    if (interaction.verb, interaction.occurred_at) in recorded:
        return True
    standing = _standing(participation.interactions)
    return standing is not None and standing.verb == interaction.verb


def _standing(interactions: Sequence[Interaction]) -> Interaction | None:
    """The registration or cancellation that holds: the latest to occur."""
    considered = [item for item in interactions if item.verb != "attend"]
    return max(considered, key=lambda item: item.occurred_at, default=None)


def seen(participation: Participation, until: datetime) -> list[Interaction]:
    """The interactions recorded up to a moment."""
    return [item for item in participation.interactions if item.recorded_at <= until]


def attendance_of(interactions: Sequence[Interaction]) -> Interaction | None:
    """The attendance among the interactions."""
    return next((item for item in interactions if item.verb == "attend"), None)


def state_of(event: MarketingEvent, interactions: Sequence[Interaction]) -> str:
    """ATTENDED, CANCELLED, REGISTERED, NO_SHOW (registered for an event now over) or EMPTY."""
    if attendance_of(interactions) is not None:
        return "ATTENDED"
    standing = _standing(interactions)
    if standing is None:
        return "EMPTY"
    if standing.verb == "register" and event.fields.get("eventCompleted"):
        return "NO_SHOW"
    return STATES[standing.verb]


def occurred_at(interactions: Sequence[Interaction]) -> datetime | None:
    """When the state came about."""
    chosen = attendance_of(interactions) or _standing(interactions)
    return chosen.occurred_at if chosen else None


def count_states(event: MarketingEvent, until: datetime) -> dict[str, int]:
    """`{registered, attended, cancelled, noShows}` as the roll-up knows them at a moment."""
    counts = {"registered": 0, "attended": 0, "cancelled": 0, "noShows": 0}
    for participation in event.participations.values():
        interactions = seen(participation, until)
        standing = _standing(interactions)
        state = state_of(event, interactions)
        counts["registered"] += standing is not None and standing.verb == "register"
        counts["attended"] += state == "ATTENDED"
        counts["cancelled"] += state == "CANCELLED"
        counts["noShows"] += state == "NO_SHOW"
    return counts
