"""B14: past webinars are found and brought in; Zoom keeps more of the one, less of the other."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from clients.policy import Call
from clients.transport import Transport
from engine.backfill import HISTORICAL
from jobs.contact_writes import ContactWriter
from jobs.guard import Guard
from jobs.slices import Slice
from jobs.zoom_reads import read_zoom
from oauth.discovery import PROPERTIES
from store.database import writing
from store.tables import lease, occurrence, run
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import ACCOUNT, HOUR, Webinar, add_webinar, connect, plan_webinar

DAY = 24 * HOUR
ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"


@pytest.fixture
def doors(lone_stage: Stage) -> Iterator[Doors]:
    """A customer with one webinar that has just ended; nothing is connected yet."""
    webinar = plan_webinar(lone_stage, topic="Yesterday's news")
    webinar.register(NORA)
    webinar.play({NORA: [[0, HOUR]]})
    with open_doors(lone_stage) as doors:
        yield doors


def past_webinar(stage: Stage, days: int, topic: str, *emails: str, **wanted: Any) -> Webinar:
    """A webinar so many days ago: signed up for the day before, and only the first one came."""
    people = emails or (ADA, REX)
    webinar = add_webinar(stage, topic=topic, start_time=-days * DAY, silent=True, **wanted)
    webinar.register(*people, create_time=-(days + 1) * DAY)
    times = {"start_time": -days * DAY, "end_time": -days * DAY + HOUR}
    webinar.play({people[0]: [[0, HOUR]]}, **times)
    return webinar


def switch(stage: Stage, **switches: Any) -> None:
    """Have the simulated Zoom behave like this."""
    stage.simulator.call("PATCH", "/switches", switches)


def backfill(doors: Doors, *, days: int, **body: Any) -> dict[str, Any]:
    """Ask for a backfill, have everything done, and show what it came to."""
    since = (doors.stage.now() - timedelta(days=days)).date().isoformat()
    started = doors.api("POST", "/backfills", {"since": since, **body})
    doors.stage.pass_time(timedelta(minutes=10))
    shown: dict[str, Any] = doors.api("GET", f"/backfills/{started['backfill_id']}")
    assert shown["message"] == ""
    return shown


def webinars(doors: Doors, shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The backfill's webinars by topic."""
    found = doors.all(f"/backfills/{shown['id']}/webinars")
    assert len(found) == shown["counts"]["found"]
    return {one["topic"]: one for one in found}


def kept(doors: Doors, shown: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What Zoom still has of each webinar, and what becomes of it."""
    return {
        topic: (one["kept"], one["left_out"] or one["state"])
        for topic, one in webinars(doors, shown).items()
    }


def test_B14_a_preview_shows_what_zoom_still_has_of_each_webinar_and_writes_nothing(
    doors: Doors,
) -> None:
    stage = doors.stage
    past_webinar(stage, 60, "Spring")
    past_webinar(stage, 150, "Winter")
    old = past_webinar(stage, 7 * 31, "Seven months ago")
    guest = stage.simulator.call(
        "POST", f"/zoom/accounts/{ACCOUNT}/users", {"email": "gus@agency.example"}
    )
    past_webinar(stage, 90, "Of an agency", host_id=guest["id"])
    stage.install(ACCOUNT)
    stage.work()

    # Before anything is switched on.
    shown = backfill(doors, days=200, dry_run=True)
    assert {one["left_out"] for one in webinars(doors, shown).values()} == {"global_off"}
    assert (shown["state"], shown["gaps"] != "") == ("done", True)

    stage.set(webinar_sync="all", excluded_host_domains=["agency.example"])
    stage.pass_time(timedelta(hours=1))
    writes = stage.simulator.writes()
    everything = {
        "Yesterday's news": ("everything", "known"),
        "Spring": ("everything", "waiting"),
        "Of an agency": ("everything", "host_domain_excluded"),
        "Winter": ("everything", "waiting"),
    }
    shown = backfill(doors, days=200, dry_run=True)
    assert kept(doors, shown) == everything
    assert shown["counts"]["kept"]["everything"] == len(everything)
    assert shown["progress"] == {"done": 4, "total": 4}

    # Zoom lists six months: of what is older it has to be told the id.
    named = {"dry_run": True, "webinars": [old.webinar_id, "81234567890"]}
    shown = backfill(doors, days=300, **named)
    assert kept(doors, shown) == {
        "Seven months ago": ("registrants_only", "waiting"),
        "": ("nothing", "nothing"),
    }
    assert "who attended" in webinars(doors, shown)["Seven months ago"]["lost"]

    # Zoom forgets a webinar some time after its end; its report stays.
    switch(stage, zoom_ended_webinar_known_days=100)
    shown = backfill(doors, days=200, dry_run=True)
    assert kept(doors, shown) == everything | {"Winter": ("attendance_only", "waiting")}
    assert backfill(doors, days=300, **named)["counts"]["kept"]["nothing"] == 2
    assert stage.simulator.writes() == writes
    assert [one["dry_run"] for one in doors.all("/backfills")] == [True]


def test_B14_webinars_from_before_come_in_marked_as_historical_and_the_next_one_clears_that(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = doors.stage
    spring = past_webinar(stage, 60, "Spring")
    winter = past_webinar(stage, 150, "Winter")
    old = past_webinar(stage, 7 * 31, "Seven months ago")
    dates = [{"start_time": -days * DAY} for days in (100, 93)]
    series = add_webinar(stage, topic="Weekly", type=9, registration_type=2, occurrences=dates)
    names = [date["occurrence_id"] for date in series.truth()["occurrences"]]
    series.register(REX, occurrence_ids=names, create_time=-101 * DAY)
    series.play({REX: [[0, 1800]]}, start_time=-93 * DAY, end_time=-93 * DAY + HOUR)
    switch(stage, zoom_ended_webinar_known_days=100, zoom_report_days=184)
    # A portal that was connected before there was the property.
    with monkeypatch.context() as patch:
        patch.setattr("oauth.discovery.PROPERTIES", PROPERTIES[:-1])
        connect(stage)
    stage.pass_time(timedelta(hours=1))
    assert list(stage.simulator.contacts()) == [NORA]

    marks = spy_on_marks(monkeypatch)
    shown = backfill(doors, days=200)
    assert (shown["state"], shown["progress"]) == ("done", {"done": 3, "total": 3})
    switch(stage, zoom_ended_webinar_known_days=0)
    shown = backfill(doors, days=300, webinars=[old.webinar_id])
    assert shown["counts"]["states"] | {"done": 1} == shown["counts"]["states"]
    assert shown["writes"]["failed"] == 0

    assert spring.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    # Zoom had forgotten who registered, and then who came.
    assert winter.states() == {ADA: "ATTENDED"}
    assert old.states() == {ADA: "REGISTERED", REX: "REGISTERED"}
    assert {name: series.states(name) for name in names} == {
        names[0]: {REX: "REGISTERED"},
        names[1]: {REX: "ATTENDED"},
    }
    assert set(marks) == {"true"}
    assert spring.figures(ADA) == {
        "attendance_count": "2",
        "average_attendance_percent": "100",
        "historical": "true",
        "last_registered_webinar": spring.figures(ADA)["last_registered_webinar"],
        "registration_count": "2",
    }
    assert spring.figures(NORA).get("historical", "") == ""

    # Once more: nothing is left to do, and nothing is written.
    writes = stage.simulator.writes()
    shown = backfill(doors, days=200)
    assert set(kept(doors, shown).values()) == {("everything", "known")}
    assert stage.simulator.writes() == writes

    marks.clear()
    today = add_webinar(stage, topic="Today")
    today.register(ADA)
    today.play({ADA: [[0, HOUR]]})
    stage.pass_time(timedelta(hours=2))
    assert today.states() == {ADA: "ATTENDED"}
    assert "true" not in marks
    assert spring.figures(ADA).get("historical", "") == ""
    assert spring.figures(REX)["historical"] == "true"


def spy_on_marks(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What each contact write says of being historical, as it leaves."""
    marks: list[str | None] = []
    send = ContactWriter._send

    def spy(self: ContactWriter, batch: Any) -> Any:
        marks.extend(write.changes.get(HISTORICAL) for write in batch)
        return send(self, batch)

    monkeypatch.setattr(ContactWriter, "_send", spy)
    return marks


def test_B14_without_quiet_mode_nothing_is_marked(doors: Doors) -> None:
    spring = past_webinar(doors.stage, 60, "Spring")
    connect(doors.stage)
    shown = backfill(doors, days=90, quiet=False)
    assert (shown["state"], shown["quiet"]) == ("done", False)
    assert "historical" not in spring.figures(ADA)
    assert not any(row["is_historical"] for row in doors.stage.query(select(occurrence)))


@pytest.mark.slow
def test_B14_forty_webinars_come_in_one_after_the_other_though_workers_are_killed_five_times(
    doors: Doors,
) -> None:
    stage = doors.stage
    # Ten of them with people, who share some webinars; of the others there is only a report.
    people = [f"guest{number}@northquay.example" for number in range(6)]
    pairs = [(people[number % 6], people[(number + 1) % 6]) for number in range(10)]
    past = [past_webinar(stage, 40 + 12 * at, f"{at}", *pair) for at, pair in enumerate(pairs)]
    for number in range(30):
        add_webinar(stage, start_time=-(41 + 4 * number) * DAY, silent=True, approval_type=2).play(
            {}, start_time=-(41 + 4 * number) * DAY, end_time=-(41 + 4 * number) * DAY + HOUR
        )
    connect(stage)
    stage.pass_time(timedelta(hours=1))
    since = (stage.now() - timedelta(days=175)).date().isoformat()
    backfill_id = doors.api("POST", "/backfills", {"since": since})["backfill_id"]
    # While the webinars are looked for and asked about, and then while they are written.
    for calls in (3, 20, 60, 80, 80):
        work_until_killed(stage, calls)
    assert doors.api("GET", f"/backfills/{backfill_id}")["state"] == "syncing"
    stage.pass_time(timedelta(minutes=10))

    shown = doors.api("GET", f"/backfills/{backfill_id}")
    assert (shown["state"], shown["progress"]) == ("done", {"done": 40, "total": 40})
    states = shown["counts"]["states"]
    assert {name: count for name, count in states.items() if count} == {"done": 40, "known": 1}
    assert sum(states.values()) == shown["counts"]["found"]
    summary = stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (len(people) + 1, 0)
    for one, (came, missed) in zip(past, pairs, strict=True):
        assert one.states() == {came: "ATTENDED", missed: "NO_SHOW"}
    contacts = stage.simulator.contacts()
    counted = [contacts[email]["properties"] for email in people]
    assert sum(int(one["rollcall_registration_count"]) for one in counted) == 20
    assert sum(int(one["rollcall_attendance_count"]) for one in counted) == 10
    assert {one[HISTORICAL] for one in counted} == {"true"}

    # A run each, behind all live work, and none before the one before it had ended.
    runs = stage.query(
        select(run.c.created_at, run.c.finished_at, run.c.state, run.c.pool)
        .where(run.c.trigger == "backfill")
        .order_by(run.c.created_at)
    )
    assert [(row["state"], row["pool"]) for row in runs] == [("done", "bulk")] * 40
    for earlier, later in itertools.pairwise(runs):
        assert earlier["finished_at"] <= later["created_at"]


def work_until_killed(stage: Stage, calls: int) -> None:
    """Let a process of its own do what is due, which is killed after so many calls."""
    worker = multiprocessing.get_context("fork").Process(target=_work, args=(stage, calls))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    with writing(stage.database) as connection:
        connection.execute(update(lease).values(until_ms=0))


def _work(stage: Stage, calls: int) -> None:
    """What the process does; connections of the one it was forked from are not its own."""
    stage.database.dispose(close=False)
    send, left = Transport._send, [calls]

    def send_or_die(self: Transport, call: Call, *arguments: Any) -> Any:
        answer = send(self, call, *arguments)
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Transport._send = send_or_die  # type: ignore[method-assign]
    with Guard.start(stage.registry) as guard:
        stage.guard = guard
        stage.pass_time()


def test_B14_a_backfill_waits_until_zoom_is_connected_again_and_can_be_stopped(
    doors: Doors,
) -> None:
    stage = doors.stage
    spring, winter = past_webinar(stage, 60, "Spring"), past_webinar(stage, 150, "Winter")
    connect(stage)
    stage.pass_time(timedelta(hours=1))
    since = (stage.now() - timedelta(days=170)).date().isoformat()
    backfill_id = doors.api("POST", "/backfills", {"since": since})["backfill_id"]
    path = f"/backfills/{backfill_id}"

    def end_access(slice_: Slice) -> None:
        account = {"account_id": ACCOUNT, "silent": True}
        stage.simulator.call("POST", "/zoom/deauthorize", account)
        read_zoom(slice_)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobs.work.read_zoom", end_access)
        stage.work()
    shown = doors.api("GET", path)
    assert "connect Zoom again" in shown["message"]
    assert (shown["state"], shown["counts"]["states"]["waiting"]) == ("syncing", 2)

    def stop(slice_: Slice) -> None:
        doors.api("DELETE", path)
        read_zoom(slice_)

    stage.connect_zoom(ACCOUNT)
    stage.late_by += timedelta(minutes=2)
    with pytest.MonkeyPatch.context() as patch:
        # Somebody stops it while the first webinar, the older one, is being read.
        patch.setattr("jobs.work.read_zoom", stop)
        stage.work()
    stage.pass_time()
    shown = doors.api("GET", path)
    assert (shown["state"], shown["message"]) == ("stopped", "")
    assert {topic: one["state"] for topic, one in webinars(doors, shown).items()} == {
        "Yesterday's news": "known",
        "Winter": "done",
        "Spring": "waiting",
    }
    assert winter.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert spring.states() == {}
