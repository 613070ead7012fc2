"""Registrations that change their mind, or whose webinar does."""

from __future__ import annotations

from datetime import timedelta

from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, REX, NORA, DAN = (
    "ada@northquay.example",
    "rex@northquay.example",
    "nora@lowmoor.example",
    "dan@fjordline.example",
)


def test_denied_is_excluded_pending_waits_and_approved_arrives(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage, start_time=HOUR, approval_type=1)
    webinar.register(ADA, REX, DAN)
    webinar.change(ADA, "approve")
    webinar.change(DAN, "deny")
    connect(lone_stage)
    lone_stage.work()
    assert webinar.outcomes() == {
        ADA: "in_sync",
        REX: "waiting: pending_approval",
        DAN: "excluded: denied",
    }
    assert set(lone_stage.simulator.contacts()) == {ADA}
    assert webinar.place["zoom_people"] == 3

    webinar.change(REX, "approve")
    lone_stage.pass_time(timedelta(hours=1))
    assert webinar.outcomes()[REX] == "in_sync"
    assert webinar.states() == {ADA: "REGISTERED", REX: "REGISTERED"}


def test_whoever_cancels_is_cancelled_and_recounted_and_may_come_back_B06(
    lone_stage: Stage,
) -> None:
    webinar = plan_webinar(lone_stage, start_time=5 * HOUR)
    webinar.register(ADA, REX)
    connect(lone_stage)
    lone_stage.work()
    webinar.change(ADA, "cancel")
    # Nobody lists who cancelled: it takes two reads that miss the person.
    lone_stage.pass_time(timedelta(hours=2))
    assert webinar.states() == {ADA: "CANCELLED", REX: "REGISTERED"}
    assert webinar.figures(ADA)["registration_count"] == "0"
    assert webinar.outcomes() == {ADA: "in_sync", REX: "in_sync"}
    assert webinar.place["zoom_people"] == 2

    webinar.register(ADA)
    lone_stage.pass_time(timedelta(hours=1))
    assert webinar.states() == {ADA: "REGISTERED", REX: "REGISTERED"}
    assert webinar.figures(ADA)["registration_count"] == "1"
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0


def test_an_upcoming_webinar_that_is_deleted_is_called_off_in_hubspot(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage, start_time=5 * HOUR)
    webinar.register(ADA)
    connect(lone_stage)
    lone_stage.work()
    webinar.zoom("DELETE", "")
    lone_stage.sync_now()
    lone_stage.work()
    assert not webinar.events()["0"].get("eventCancelled")
    # One answer of that kind may be a hiccup; the second one counts.
    lone_stage.pass_time()
    assert webinar.events()["0"]["eventCancelled"]
    assert webinar.place["status"] == "cancelled"
    assert webinar.outcomes() == {ADA: "in_sync"}


def test_a_webinar_zoom_forgets_after_its_end_keeps_everybody(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    connect(lone_stage)
    webinar.play({ADA: [[0, HOUR]]})
    lone_stage.pass_time()
    settled, writes = webinar.states(), lone_stage.simulator.writes()
    webinar.zoom("DELETE", "")
    for _ in range(3):
        lone_stage.sync_now()
        lone_stage.pass_time()
    assert webinar.states() == settled == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert webinar.outcomes() == {ADA: "in_sync", REX: "in_sync"}
    assert lone_stage.simulator.writes() == writes
    assert webinar.place["zoom_people"] == 2
    assert "no longer" in webinar.place["read_problem"]


def test_a_list_zoom_refuses_again_and_again_is_no_empty_list(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage, start_time=5 * HOUR)
    webinar.register(ADA, REX)
    connect(lone_stage)
    lone_stage.work()
    refused = {"code": 3000, "message": "Registration has not been enabled for this webinar."}
    lone_stage.simulator.call(
        "POST",
        "/faults",
        {
            "platform": "zoom",
            "kind": "status",
            "status": 400,
            "body": refused,
            "route_contains": "/registrants",
        },
    )
    for _ in range(2):
        lone_stage.sync_now()
        lone_stage.pass_time()
    assert webinar.states() == {ADA: "REGISTERED", REX: "REGISTERED"}
    assert webinar.outcomes() == {ADA: "in_sync", REX: "in_sync"}
    assert webinar.place["zoom_people"] == 2
