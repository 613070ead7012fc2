"""Random webinars, random luck with webhooks: HubSpot ends where an independent model says.

The model knows the rules and Zoom's truth; it shares no code with the application.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from jobs.guard import Guard
from plugins.registry import Registry
from store.database import writing
from store.tables import occurrence, occurrence_person, webinar
from tests.scenarios.stage import PORTAL, Stage, set_stage
from tests.store.deliveries import record_delivery

LENGTH = 3600
EXCLUDED_DOMAIN = "competitor.example"
ADDRESSES = {
    "ordinary": "p{n}@northquay.example",
    "known": "k{n}@lowmoor.example",
    "excluded_domain": "x{n}@" + EXCLUDED_DOMAIN,
}
Intervals = list[tuple[int, int]]


@dataclass(frozen=True)
class Member:
    """Somebody of a random webinar: what they are, what they do, when they are in the room."""

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    stays: tuple[tuple[int, int], ...]
    corrected: bool

    @property
    def acts(self) -> tuple[str, ...]:
        return self.before + self.after


@dataclass(frozen=True)
class Luck:
    """What befalls the webhooks: which are lost, which come twice, and in which order."""

    seed: int
    lost: float
    doubled: float


@dataclass
class Script:
    """A webinar: its people, its sessions in seconds after the start, and its luck."""

    members: list[Member]
    sessions: list[tuple[int, int]]
    luck: Luck
    addresses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.addresses = [
            ADDRESSES[member.kind].format(n=number) for number, member in enumerate(self.members)
        ]


# --- random scripts ----------------------------------------------------------------------------


def acts(first: bool) -> st.SearchStrategy[tuple[str, ...]]:
    """Registering, and then changing one's mind; or only changing it."""
    changes = st.lists(st.sampled_from(["cancel", "register"]), max_size=2)
    return changes.map(lambda more: (("register",) if first else ()) + tuple(more))


stays = st.lists(
    st.tuples(st.integers(0, LENGTH - 2), st.integers(1, LENGTH)).map(
        lambda pair: (pair[0], min(LENGTH, pair[0] + pair[1]))
    ),
    max_size=3,
).map(tuple)

members = st.builds(
    Member,
    kind=st.sampled_from(list(ADDRESSES)),
    before=acts(first=True),
    after=acts(first=False),
    stays=stays,
    corrected=st.booleans(),
)
scripts = st.builds(
    Script,
    members=st.lists(members, min_size=1, max_size=5),
    sessions=st.sampled_from([[(0, LENGTH)], [(0, 1500), (1980, LENGTH)]]),
    luck=st.builds(
        Luck,
        seed=st.integers(0, 2**16),
        lost=st.sampled_from([0.0, 0.5, 1.0]),
        doubled=st.sampled_from([0.0, 0.5]),
    ),
)


# --- the model ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """What the rules make of one person."""

    outcome: str
    reason: str
    registrations: int
    seconds: int
    percent: float


def united(intervals: Intervals) -> int:
    """Seconds covered by at least one of the intervals."""
    covered, reached = 0, 0
    for start, end in sorted(intervals):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def joins_in(member: Member, session: tuple[int, int]) -> Intervals:
    """When somebody was in the room while a session was on, in seconds after the start."""
    begin, finish = session
    clipped = sorted((max(start, begin), min(end, finish)) for start, end in member.stays)
    return [(start, end) for start, end in clipped if start < end]


def halved(interval: tuple[int, int]) -> tuple[int, int]:
    """What a correction makes of a stay: its first half, a second at least."""
    start, end = interval
    return start, start + max(1, (end - start) // 2)


def seconds_in(script: Script, member: Member) -> int:
    """Seconds in the room while a session was on, the last stay as corrected."""
    joins = [join for session in script.sessions for join in joins_in(member, session)]
    if member.corrected and joins:
        joins[-1] = halved(joins[-1])
    return united(joins)


def is_registered(member: Member) -> bool:
    return member.acts[-1] == "register"


def expect(script: Script, member: Member) -> Expected:
    """The end state of one person whom Rollcall can know of."""
    seconds = seconds_in(script, member)
    total = sum(finish - begin for begin, finish in script.sessions)
    excluded = member.kind == "excluded_domain"
    return Expected(
        outcome="excluded" if excluded else "in_sync",
        reason="excluded_domain" if excluded else "",
        registrations=0 if excluded else int(is_registered(member)),
        seconds=0 if excluded else seconds,
        percent=100 * seconds / total,
    )


# --- playing it --------------------------------------------------------------------------------


class Play:
    """One script on a stage."""

    def __init__(self, stage: Stage, script: Script) -> None:
        self.stage, self.script = stage, script
        self.random = random.Random(script.luck.seed)
        self.call = stage.simulator.call
        self.delivered = 0
        self.webinar_id = ""
        self.told: set[str] = set()

    def begin(self) -> None:
        """A customer with a webinar that has not begun; webhooks come through our hands."""
        self.call("PATCH", "/zoom/webhooks", {"url": "http://localhost:9/", "drop_rate": 1.0})
        self.call("POST", "/hubspot/portals", {"id": int(PORTAL)})
        people = [{"email": "hanna.host@acme.example", "webinar_capacity": 500}]
        account = "model-account"
        made = self.call("POST", "/zoom/accounts", {"account_id": account, "users": people})
        host = made["users"][0]["id"]
        for address in (a for a in self.script.addresses if a.startswith("k")):
            contact = {"contacts": [{"email": address}]}
            self.call("POST", f"/hubspot/portals/{PORTAL}/contacts", contact)
        wanted = {
            "topic": "Model",
            "host_id": host,
            "start_time": 120 - LENGTH,
            "duration": LENGTH // 60,
        }
        made = self.call("POST", f"/zoom/accounts/{account}/webinars", wanted)
        self.webinar_id = str(made["webinar_id"])
        self.stage.install(account)
        self.stage.set(webinar_sync="all", excluded_contact_domains=[EXCLUDED_DOMAIN])

    def act(self, which: str) -> None:
        """Everybody's acts of one part, one person after the other."""
        for address, member in zip(self.script.addresses, self.script.members, strict=True):
            for act in getattr(member, which):
                self._act(address, act)

    def _act(self, address: str, act: str) -> None:
        path = f"/zoom/webinars/{self.webinar_id}/registrants"
        if act == "register":
            person = {"email": address, "first_name": "P", "last_name": address[:2]}
            self.call("POST", path, {"registrants": [person]})
        else:
            (found,) = [p for p in self.registrants() if p["email"] == address]
            self.call("POST", f"{path}/{found['id']}/cancel", {})

    def registrants(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/zoom/webinars/{self.webinar_id}")[
            "registrants"
        ]
        return found

    def deliver(self) -> None:
        """Zoom's notices since the last time, as luck has it."""
        log = self.call("GET", "/zoom/webhooks", entries=1000)["deliveries"]
        fresh = [entry["body"] for entry in log][::-1][self.delivered :]
        self.delivered += len(fresh)
        luck = self.script.luck
        bodies = [body for body in fresh if self.random.random() >= luck.lost]
        bodies += [body for body in bodies if self.random.random() < luck.doubled]
        self.random.shuffle(bodies)
        for body in bodies:
            self._store(body)

    def _store(self, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        registrant = body["payload"]["object"].get("registrant") or {}
        self.told.add(registrant.get("email", ""))
        with writing(self.stage.database) as connection:
            record_delivery(
                connection,
                self.stage.sealer,
                "zoom",
                hashlib.sha256(raw).hexdigest(),
                raw,
                event_name=body["event"],
                account_id=body["payload"]["account_id"],
                now=self.stage.now(),
            )

    def hold(self) -> None:
        """The sessions, with everybody who is in the room while one is on."""
        ids = {person["email"]: person["id"] for person in self.registrants()}
        for begin, finish in self.script.sessions:
            people = [
                {
                    "registrant_id": ids[address],
                    "sessions": [[start - begin, end - begin] for start, end in joins],
                }
                for address, member in self.everybody()
                if (joins := joins_in(member, (begin, finish)))
            ]
            times = {"start_time": begin - LENGTH, "end_time": finish - LENGTH}
            self._zoom("POST", "/play", {**times, "participants": people})

    def correct(self) -> None:
        """Zoom changes its mind about when the last stay of some people ended."""
        for address, member in self.everybody():
            sessions = [
                (number, joins_in(member, session))
                for number, session in enumerate(self.script.sessions, 1)
                if joins_in(member, session)
            ]
            if member.corrected and sessions:
                number, joins = sessions[-1]
                self._shorten(number, address, halved(joins[-1]))

    def _shorten(self, number: int, address: str, stay: tuple[int, int]) -> None:
        instance = self._zoom("GET", "")["instances"][number - 1]
        ids = {person["email"]: person["id"] for person in self.registrants()}
        rows = [
            position
            for position, row in enumerate(instance["rows"])
            if row["registrant_id"] == ids[address]
        ]
        joined = datetime.fromisoformat(instance["rows"][rows[-1]]["join_time"])
        left = joined + timedelta(seconds=stay[1] - stay[0])
        edit = {"row": rows[-1], "leave_time": left.isoformat()}
        self._zoom("POST", f"/instances/{number}/report", {"edit": [edit]})

    def everybody(self) -> Iterator[tuple[str, Member]]:
        """Addresses and what the script says of them."""
        return zip(self.script.addresses, self.script.members, strict=True)

    def _zoom(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, f"/zoom/webinars/{self.webinar_id}{path}", body)

    # --- what Rollcall says -------------------------------------------------------------------

    def work(self) -> None:
        """Let the jobs run; the balance holds whenever they rest."""
        self.stage.work()
        assert self._place()["zoom_people"] in (None, len(self.people()))

    def people(self) -> dict[str, Any]:
        """The decision log by address."""
        rows = self.stage.query(
            select(occurrence_person).where(
                occurrence_person.c.occurrence_pk == self._place()["id"]
            )
        )
        return {row["email"]: row for row in rows}

    def _place(self) -> Any:
        (place,) = self.stage.query(
            select(occurrence)
            .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
            .where(webinar.c.webinar_id == self.webinar_id)
        )
        return place


def is_known(play: Play, address: str, member: Member) -> bool:
    """Whether Rollcall must have heard of the person."""
    came = any(joins_in(member, session) for session in play.script.sessions)
    return came or is_registered(member) or address in play.told


def participations(play: Play) -> dict[str, str]:
    """What the webinar's marketing event says of each contact."""
    events = play.call("GET", f"/hubspot/portals/{PORTAL}/marketing-events")["results"]
    return {
        person["contact_id"]: person["state"]
        for event in events
        if event["external_event_id"] == f"{play.webinar_id}-0"
        for person in event["participations"]
    }


def check(play: Play) -> None:
    """Everybody is where the model says, in the decision log and in HubSpot."""
    people, contacts, states = play.people(), play.stage.simulator.contacts(), participations(play)
    for address, member in play.everybody():
        expected = expect(play.script, member)
        row = people.get(address)
        if row is None:
            assert not is_known(play, address, member)
            continue
        assert (row["outcome"], row["reason"]) == (expected.outcome, expected.reason)
        contact = contacts.get(address)
        if expected.outcome == "excluded":
            assert contact is None
        else:
            state = states.get(contact["id"], "EMPTY") if contact else "EMPTY"
            check_contact(expected, contact["properties"] if contact else {}, state)


def check_contact(expected: Expected, properties: dict[str, Any], state: str) -> None:
    """A contact's properties and its state in the marketing event."""
    attended = int(properties.get("rollcall_attendance_count") or 0)
    assert int(properties.get("rollcall_registration_count") or 0) == expected.registrations
    assert attended == int(expected.seconds > 0)
    if attended:
        told = float(properties["rollcall_average_attendance_percent"])
        assert abs(told - expected.percent) <= 0.5
        assert state == "ATTENDED"
    elif expected.registrations:
        assert state == "NO_SHOW"
    else:
        assert state in ("CANCELLED", "EMPTY")


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=7, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts)
def test_hubspot_ends_where_the_model_says_whatever_befalls_the_webhooks_B2_B4_B6_F29(
    script: Script,
    migrated_sqlite: Path,
    tmp_path: Path,
    simulator_base: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> None:
    for old in tmp_path.glob("model.db*"):
        old.unlink()
    shutil.copy(migrated_sqlite, tmp_path / "model.db")
    url = f"sqlite:///{tmp_path / 'model.db'}"
    with set_stage(simulator_base, url, redis_url, guard, registry) as stage:
        play = Play(stage, script)
        play.begin()
        play.work()
        for part in ("before", "after"):
            play.act(part)
            play.deliver()
            play.work()
        play.hold()
        play.deliver()
        corrects_early = script.luck.seed % 2 == 0
        for seconds in (2, 10, 200, 210):
            stage.late_by = timedelta(seconds=seconds)
            play.work()
            if seconds == 2 and corrects_early:
                play.correct()
        if not corrects_early:
            play.correct()
        for _ in range(2):
            stage.sync_now()
            play.work()
        check(play)
        writes = stage.simulator.writes()
        stage.sync_now()
        play.work()
        assert stage.simulator.writes() == writes
        assert stage.simulator.summary(PORTAL)["duplicate_effects"] == 0
