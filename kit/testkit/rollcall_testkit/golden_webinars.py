"""The golden webinars: an ordinary one, one the host had to restart, one date of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall import (
    Attendance,
    ContactSnapshot,
    Occurrence,
    Person,
    Recording,
    Registrant,
    Totals,
    Webinar,
)
from rollcall_testkit.golden import GoldenPerson, GoldenSession, GoldenWebinar

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)
"""The moment every golden question is asked at."""

Sessions = Sequence[tuple[int, int]]
"""Joins and leaves, in minutes after the planned start."""

Figures = tuple[int, float, int, int]
"""What has to come of them: seconds, percent, and the minutes of first join and last leave."""


class _Stage:
    """Makes the people of one webinar; minutes count from its planned start."""

    def __init__(self, webinar_id: str, topic: str, occurrence_id: str, *spans: tuple[int, int]):
        self.instances = tuple((_at(begin), _at(end)) for begin, end in spans)
        webinar = Webinar(
            webinar_id=webinar_id,
            account_id="golden-zoom-account",
            topic=topic,
            host_id="golden-host",
            host_email="hanna.host@acme.example",
            public_url=f"https://zoom.us/webinar/register/WN_{webinar_id}",
        )
        length = sum((end - begin for begin, end in self.instances), timedelta())
        self.occurrence = Occurrence(
            occurrence_id,
            webinar,
            scheduled_at=START,
            started_at=self.instances[0][0],
            ended_at=self.instances[-1][1],
            length_seconds=int(length.total_seconds()),
            is_settled=True,
        )

    def person(
        self,
        kind: str,
        email: str,
        name: str,
        sessions: Sessions = (),
        figures: Figures | None = None,
        *,
        status: Any = "approved",
        excluded: str = "",
        contact: ContactSnapshot | None = None,
        **about: Any,
    ) -> GoldenPerson:
        """Somebody and what they did; ``about`` are further fields of `rollcall.Person`."""
        first, _, last = name.partition(" ")
        known: dict[str, Any] = {"role": "attendee", "identity": "registration", **about}
        reference = f"{self.occurrence.webinar.webinar_id}-{kind}"
        who = Person(reference, email, first, last, status=status, **known)
        attendance = None if figures is None else self._attendance(who, *figures)
        return GoldenPerson(
            kind,
            who,
            self._registrant(who, status),
            attendance,
            tuple(self._session(begin, end) for begin, end in sessions),
            contact or ContactSnapshot(),
            _totals(who, attendance, self.occurrence.webinar.public_url),
            excluded,
        )

    def _attendance(
        self, who: Person, seconds: int, percent: float, first: int, last: int
    ) -> Attendance:
        return Attendance(who, self.occurrence, _at(first), _at(last), seconds, percent)

    def _session(self, begin: int, end: int) -> GoldenSession:
        return GoldenSession(self._instance(begin), _at(begin), _at(end))

    def _registrant(self, who: Person, status: Any) -> Registrant | None:
        if status is None:
            return None
        cancelled_at = START - timedelta(days=1) if status == "cancelled" else None
        made_at = START - timedelta(days=7)
        return Registrant(who, self.occurrence, status, made_at, cancelled_at)

    def _instance(self, minute: int) -> int:
        """The instance that was running, or about to, when somebody joined."""
        running = [n for n, (_, end) in enumerate(self.instances) if _at(minute) < end]
        return running[0] if running else len(self.instances) - 1


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def _totals(who: Person, attendance: Attendance | None, url: str) -> Totals:
    return Totals(
        registrations=int(who.status == "approved"),
        attendances=int(attendance is not None),
        average_percent=attendance.percent if attendance else None,
        last_registered_url=url if who.status == "approved" else "",
    )


def _everyday() -> GoldenWebinar:
    stage = _Stage("81111111111", "Spring launch", "", (0, 60))
    customer = ContactSnapshot("501", "primary", properties={"lifecyclestage": "customer"})
    other = ContactSnapshot("502", "secondary")
    gone = ContactSnapshot("503", "none", is_deleted=True)
    make = stage.person
    walk_in: dict[str, Any] = {"status": None, "identity": "report"}
    people = (
        make(
            *("attends", "ada@northquay.example", "Ada Attends", [(0, 45)]),
            (2700, 75.0, 0, 45),
            contact=customer,
        ),
        make("stays", "zoe@atelier-sud.example", "Zoë Stays", [(0, 60)], (3600, 100.0, 0, 60)),
        make(
            *("rejoins", "rex@northquay.example", "Rex Rejoins", [(0, 15), (30, 60)]),
            (2700, 75.0, 0, 60),
        ),
        make(
            *("two_devices", "tom@fjordline.example", "Tom Two", [(10, 40), (20, 50)]),
            (2400, 66.66666666666667, 10, 50),
        ),
        make("early_and_late", "lea@lowmoor.example", "Léa Ly", [(-9, 75)], (3600, 100.0, 0, 60)),
        make("looks_in", "li@lowmoor.example", "李 小龍", [(57, 60)], (180, 5.0, 57, 60)),
        make("no_show", "nora@lowmoor.example", "Nora Noshow"),
        make("cancels", "carl@fjordline.example", "Carl Cancels", status="cancelled"),
        make(
            *("walks_in", "wim@atelier-sud.example", "Wim Walkin", [(30, 60)]),
            (1800, 50.0, 30, 60),
            **walk_in,
        ),
        make(
            *("second_address", "sue.private@lowmoor.example", "Sue Second", [(0, 30)]),
            (1800, 50.0, 0, 30),
            contact=other,
            excluded="secondary_email",
        ),
        make(
            *("deleted_contact", "dora@fjordline.example", "Dora Deleted", [(0, 30)]),
            (1800, 50.0, 0, 30),
            contact=gone,
            excluded="deleted_contact",
        ),
        make(
            *("colleague", "sam.sales@acme.example", "Sam Sales", [(0, 60)]),
            (3600, 100.0, 0, 60),
            is_hubspot_user=True,
            excluded="hubspot_user",
        ),
        make(
            *("speaks", "paul.panel@acme.example", "Paul Panel", [(-10, 60)]),
            (3600, 100.0, 0, 60),
            **walk_in,
            role="panelist",
            excluded="role",
        ),
        make(
            *("telephones", "", "Telephone ", [(5, 35)]),
            (1800, 50.0, 5, 35),
            status=None,
            identity="none",
            excluded="no_email",
        ),
    )
    recording = Recording(
        stage.occurrence,
        "golden-uuid==",
        START,
        duration_seconds=3540,
        share_url="https://zoom.us/rec/share/golden",
        has_transcript=True,
    )
    story = "One hour on one day: everybody a webinar can have."
    return GoldenWebinar("everyday", story, stage.occurrence, stage.instances, people, (recording,))


def _restarted() -> GoldenWebinar:
    stage = _Stage("82222222222", "The connection broke", "", (0, 20), (30, 60))
    make = stage.person
    people = (
        make(
            *("came_back", "ben@northquay.example", "Ben Back", [(0, 20), (30, 60)]),
            (3000, 100.0, 0, 60),
        ),
        make("gave_up", "gus@lowmoor.example", "Gus Gone", [(0, 20)], (1200, 40.0, 0, 20)),
        make("came_late", "ida@fjordline.example", "Ida Late", [(25, 45)], (900, 30.0, 30, 45)),
    )
    story = "The host had to start again after twenty minutes: two instances, fifty minutes in all."
    return GoldenWebinar("restarted", story, stage.occurrence, stage.instances, people)


def _series() -> GoldenWebinar:
    stage = _Stage("83333333333", "Office hours", "1772532000000", (0, 30))
    make = stage.person
    regular = make(
        *("comes_often", "olga@northquay.example", "Olga Often", [(0, 30)]), (1800, 100.0, 0, 30)
    )
    often = Totals(registrations=6, attendances=5, average_percent=82.5)
    people = (
        replace(regular, totals=often),
        make("no_show", "nick@lowmoor.example", "Nick Never"),
        make("awaits_approval", "pia@fjordline.example", "Pia Pending", status="pending"),
        make(
            *("denied", "dan@fjordline.example", "Dan Denied"), status="denied", excluded="denied"
        ),
    )
    story = "One date of a series, with an occurrence id and people who came before."
    return GoldenWebinar("series", story, stage.occurrence, stage.instances, people)


GOLDEN_WEBINARS: tuple[GoldenWebinar, ...] = (_everyday(), _restarted(), _series())
"""Every golden webinar; `golden_webinar` finds one by name."""


def golden_webinar(name: str) -> GoldenWebinar:
    """The golden webinar of this name; raises `KeyError` that names the others."""
    for webinar in GOLDEN_WEBINARS:
        if webinar.name == name:
            return webinar
    names = ", ".join(webinar.name for webinar in GOLDEN_WEBINARS)
    raise KeyError(f"there is no golden webinar {name!r}; there are {names}")
