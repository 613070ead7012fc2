"""Work that is cut short at any step, by time, by another process or by a setting, goes on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from jobs import contacts
from jobs.contact_writes import ContactWriter
from jobs.slices import Slice, SliceOver
from store.database import writing
from store.leases import LeaseLost
from store.tables import effect, lease, run
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

PEOPLE = [f"guest{number}@northquay.example" for number in range(7)]
CAME, AWAY = PEOPLE[:3], PEOPLE[3:]


def begin(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Webinar:
    """A webinar that is over; people are written two at a time."""
    monkeypatch.setattr(contacts, "STRETCH", 2)
    webinar = plan_webinar(stage)
    webinar.register(*PEOPLE)
    webinar.play({email: [[0, HOUR]] for email in CAME})
    connect(stage)
    return webinar


def assert_everything_arrived_once(webinar: Webinar) -> None:
    assert webinar.outcomes() == dict.fromkeys(PEOPLE, "in_sync")
    states = webinar.states()
    assert states == dict.fromkeys(CAME, "ATTENDED") | dict.fromkeys(AWAY, "NO_SHOW")
    summary = webinar.stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (len(PEOPLE), 0)
    assert summary["writes"]["contacts_created"] == len(PEOPLE)
    assert webinar.place["zoom_people"] == len(PEOPLE)


@pytest.mark.parametrize(
    "stop",
    [lambda: SliceOver("over", retry_after=0.0), lambda: LeaseLost("taken over")],
    ids=["slice over", "lease lost"],
)
def test_a_slice_that_ends_anywhere_goes_on_in_the_next_B04_F05_to_F11(
    lone_stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    stop: Callable[[], Exception],
) -> None:
    webinar = begin(lone_stage, monkeypatch)
    keep, step, stops = Slice.keep, count(1), count(1)

    def keep_or_stop(self: Slice) -> None:
        if next(step) % 3 == 0 and next(stops) < 12:
            raise stop()
        keep(self)

    monkeypatch.setattr(Slice, "keep", keep_or_stop)
    lone_stage.pass_time()
    assert_everything_arrived_once(webinar)
    assert next(stops) > 5, "hardly anything was cut short"


def test_whoever_lost_the_lease_writes_nothing_more_to_hubspot_F11b(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    webinar = begin(lone_stage, monkeypatch)
    depart = ContactWriter._depart
    writes_when_lost: list[int] = []

    def taken_over(self: ContactWriter, batch: Any) -> None:
        if not writes_when_lost:
            writes_when_lost.append(lone_stage.simulator.writes())
            with writing(lone_stage.database) as connection:
                name = self.slice_.lease.name
                connection.execute(
                    lease.update()
                    .where(lease.c.name == name)
                    .values(fence=lease.c.fence + 1, owner="another", until_ms=0)
                )
        depart(self, batch)

    monkeypatch.setattr(ContactWriter, "_depart", taken_over)
    sent: list[Any] = []
    send = ContactWriter._send
    monkeypatch.setattr(
        ContactWriter, "_send", lambda self, batch: (sent.append(batch), send(self, batch))[1]
    )
    lone_stage.work()
    assert sent == []
    assert lone_stage.simulator.writes() == writes_when_lost[0]
    states = lone_stage.query(select(effect.c.state).where(effect.c.kind == "contact"))
    assert {row["state"] for row in states} == {"planned"}

    lone_stage.pass_time()
    assert_everything_arrived_once(webinar)


def test_a_setting_saved_in_the_middle_supersedes_the_run_and_holds_from_then_on(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    webinar = begin(lone_stage, monkeypatch)
    decide, rounds = contacts.decide_people, count(1)

    def save_in_between(*arguments: Any) -> Any:
        decided = decide(*arguments)
        if next(rounds) == 1:
            lone_stage.set(excluded_contact_domains=["northquay.example"])
        return decided

    monkeypatch.setattr(contacts, "decide_people", save_in_between)
    lone_stage.pass_time()
    runs = lone_stage.query(select(run).order_by(run.c.created_at))
    assert "superseded" in {row["state"] for row in runs}
    assert runs[-1]["state"] == "done"
    # The stretch that was under way is the only one that was written.
    assert len(lone_stage.simulator.contacts()) == 2
    assert set(webinar.outcomes().values()) == {"excluded: excluded_domain"}
    versions = {row["settings_version"] for row in webinar.people().values()}
    assert versions == {runs[-1]["settings_version"]}
