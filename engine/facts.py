"""What several notices about one registration add up to, in whatever order they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rollcall.events import RegistrantStatus

# Of two notices about the same moment the later stage wins.
_STAGE: dict[str, int] = {"pending": 0, "approved": 1, "denied": 2, "cancelled": 3}


@dataclass(frozen=True, slots=True)
class RegistrationFact:
    """Zoom said that the registration had this status from this moment on."""

    status: RegistrantStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """The state the facts add up to.

    ``generation`` counts how often the person came back after a cancellation. ``registered_at`` is
    when the present generation was approved, ``cancelled_at`` when it was taken back.
    """

    status: RegistrantStatus
    generation: int
    registered_at: datetime | None
    cancelled_at: datetime | None


def fold_registration(facts: Iterable[RegistrationFact]) -> Registration | None:
    """The registration the facts add up to, None when there are none.

    The order and repetition of the facts do not matter: their own moments decide.
    """
    status: RegistrantStatus | None = None
    generation = 0
    registered_at: datetime | None = None
    cancelled_at: datetime | None = None
    for fact in sorted(facts, key=lambda fact: (fact.at, _STAGE[fact.status])):
        if fact.status in ("approved", "pending") and cancelled_at is not None:
            generation += 1
            registered_at = cancelled_at = None
        if fact.status == "approved" and registered_at is None:
            registered_at = fact.at
        if fact.status == "cancelled" and cancelled_at is None:
            cancelled_at = fact.at
        status = fact.status
    if status is None:
        return None
    return Registration(status, generation, registered_at, cancelled_at)
