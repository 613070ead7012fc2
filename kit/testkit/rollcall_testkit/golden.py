"""The shape of golden webinars: what Zoom saw, and what the contract makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from rollcall import Attendance, ContactSnapshot, Occurrence, Person, Recording, Registrant, Totals


@dataclass(frozen=True, slots=True)
class GoldenSession:
    """One join of one device, as a row of Zoom's report: which instance, from when to when."""

    instance: int
    joined_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class GoldenPerson:
    """Somebody in a golden webinar.

    ``kind`` says what is special about them and is unique within the webinar. ``sessions`` are the
    rows Zoom reports; ``attendance`` (None: was never there while it ran) holds the seconds and
    percent that come of them, worked out by hand. ``excluded`` is the reason Rollcall's own rules
    leave the person out, so that no ``on_*`` hook is asked; "" for everybody else.
    """

    kind: str
    person: Person
    registrant: Registrant | None
    attendance: Attendance | None
    sessions: tuple[GoldenSession, ...] = ()
    contact: ContactSnapshot = field(default_factory=ContactSnapshot)
    totals: Totals = field(default_factory=Totals)
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class GoldenWebinar:
    """A settled occurrence with its people and recordings; ``instances`` are (start, end)."""

    name: str
    story: str
    occurrence: Occurrence
    instances: tuple[tuple[datetime, datetime], ...]
    people: tuple[GoldenPerson, ...]
    recordings: tuple[Recording, ...] = ()

    def find(self, kind: str) -> GoldenPerson:
        """The person of this kind; raises `KeyError` where the webinar has none."""
        for one in self.people:
            if one.kind == kind:
                return one
        raise KeyError(f"{self.name} has nobody who {kind}; it has {self.kinds}")

    @property
    def kinds(self) -> str:
        """The kinds of people in it, in words."""
        return ", ".join(one.kind for one in self.people)
