"""P3, P10: a worker is killed, as by kill -9, at each kind of write; everything is there once.

It dies right before the call leaves, so that HubSpot never hears of it, and once more right after
HubSpot has done what it was asked, so that nobody here knows.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from clients.policy import Call
from clients.transport import Transport
from jobs.guard import Guard
from store.database import writing
from store.tables import effect, lease
from tests.scenarios.recorded import TRANSCRIPT, calls, change
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

WRITES = {
    "contact created": "/contacts/batch/create",
    "contact updated": "/contacts/batch/update",
    "marketing event": "/marketing-events/{v}/events/{event}",
    "registered": "/attendance/{event}/{verb}/create",
    "cancelled": "/attendance/{event}/{verb}/create",
    "attended": "/attendance/{event}/{verb}/create",
    "marketing event completed": "/complete",
    "app events": "/timeline/{v}/events/batch",
    "call record": "/objects/{v}/calls",
    "its people": "/calls/contacts/batch/create",
    "its transcript": "/transcripts",
    "taken off the call record": "/calls/contacts/batch/archive",
    "call record archived": "/objects/{v}/calls/{call}",
    "transcript deleted": "/transcripts/{transcript}",
    "marketing event cancelled": "/events/{event}/cancel",
}
BEFORE, AFTER = "before it leaves", "after HubSpot has it"
ADA, REX, CARL = "ada@northquay.example", "rex@northquay.example", "carl@fjordline.example"
NORA = "nora@lowmoor.example"


def names(webinar: Webinar, email: str) -> list[str]:
    """What the app put on somebody's timeline."""
    return sorted(event["name"] for event in webinar.app_events(email))


def work_until_killed(stage: Stage, write: str, moment: str) -> None:
    """Let time pass in a process of its own, which is killed at its first write of the kind.

    Its leases are over by the time the next one comes, and the clock goes on from there.
    """
    fork = multiprocessing.get_context("fork")
    late_by = fork.Value("d", 0.0)
    worker = fork.Process(target=_work, args=(stage, WRITES[write], moment, late_by))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL, f"no {write}: {worker.exitcode}"
    stage.late_by = timedelta(seconds=late_by.value)
    with writing(stage.database) as connection:
        connection.execute(update(lease).values(until_ms=0))


def _work(stage: Stage, route: str, moment: str, late_by: Any) -> None:
    """What the process does; connections of the one it was forked from are not its own."""
    stage.database.dispose(close=False)
    send = Transport._send

    def die() -> None:
        late_by.value = stage.late_by.total_seconds()
        os.kill(os.getpid(), signal.SIGKILL)

    def send_or_die(self: Transport, call: Call, *arguments: Any) -> Any:
        is_it = call.method != "GET" and call.route.endswith(route)
        if is_it and moment == BEFORE:
            die()
        answer = send(self, call, *arguments)
        if is_it:
            die()
        return answer

    Transport._send = send_or_die  # type: ignore[method-assign]
    with Guard.start(stage.registry) as guard:
        stage.guard = guard
        stage.pass_time(timedelta(hours=3))


def test_P3_P10_F07_F08_F09_every_kind_of_write_survives_the_death_of_its_process_and_is_there_once(
    approved_stage: Stage,
) -> None:
    stage = approved_stage
    webinar = plan_webinar(stage)
    webinar.register(ADA, REX, CARL)
    connect(stage, recording_sync="all")

    def die_at(*writes: str) -> None:
        for write in writes:
            for moment in (BEFORE, AFTER):
                work_until_killed(stage, write, moment)
        stage.pass_time()

    die_at("contact created", "marketing event", "registered")
    webinar.register(NORA)
    stage.sync_now()
    die_at("app events")
    webinar.change(CARL, "cancel")
    stage.sync_now()
    die_at("cancelled")
    webinar.play({ADA: [[0, HOUR]], REX: [[0, 1800]]})
    stage.sync_now()
    die_at("contact updated", "attended", "marketing event completed")
    scene = {"webinar_id": webinar.webinar_id}
    change(stage, scene, "", complete=True)
    stage.sync_now()
    die_at("call record", "its people")
    change(stage, scene, "transcript", text=TRANSCRIPT)
    stage.sync_now()
    die_at("its transcript")

    assert set(webinar.outcomes().values()) == {"in_sync"}
    came = {ADA: "ATTENDED", REX: "ATTENDED"}
    assert webinar.states() == came | {CARL: "CANCELLED", NORA: "NO_SHOW"}
    summary = stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (4, 0)
    told = {email: names(webinar, email) for email in (ADA, CARL, NORA)}
    assert told == {
        ADA: ["attended", "recording", "registered"],
        CARL: ["registered"],
        NORA: ["registered"],
    }
    (call,) = calls(stage)
    assert len(call["contacts"]) == len(came)
    assert call["transcript"]
    rows = stage.query(select(effect.c.state))
    assert {row["state"] for row in rows} == {"applied"}
