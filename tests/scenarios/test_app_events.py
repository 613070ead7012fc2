"""The app's own events on timelines: once each, whatever becomes of an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.tables import effect
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import Webinar, connect, plan_webinar

ADA, REX = "ada@northquay.example", "rex@northquay.example"


def begin(stage: Stage, **portal: Any) -> Webinar:
    webinar = plan_webinar(stage)
    if portal:
        stage.simulator.call("PATCH", f"/hubspot/portals/{PORTAL}", portal)
    webinar.register(ADA, REX)
    webinar.play({ADA: [[0, 1800], [2400, 3000]]})
    connect(stage)
    return webinar


def names(webinar: Webinar, email: str) -> list[str]:
    """What the app put on somebody's timeline."""
    return sorted(event["name"] for event in webinar.app_events(email))


def test_S37_S38_S39_the_timeline_tells_registration_and_attendance_once(
    approved_stage: Stage,
) -> None:
    webinar = begin(approved_stage)
    approved_stage.pass_time()
    told = {event["name"]: event["properties"] for event in webinar.app_events(ADA)}
    truth = webinar.truth()
    joined = truth["instances"][0]["rows"][0]["join_time"]
    left = truth["instances"][0]["rows"][-1]["leave_time"]
    assert set(told) == {"registered", "attended"}
    assert told["registered"]["webinar_name"] == "Spring launch"
    assert told["attended"] == told["registered"] | {
        "joined_at": joined,
        "left_at": left,
        "duration_seconds": "2400",
        "duration_percent": "66.7",
    }
    assert names(webinar, REX) == ["registered"]
    assert set(webinar.outcomes().values()) == {"in_sync"}

    writes = approved_stage.simulator.writes()
    approved_stage.sync_now()
    approved_stage.pass_time()
    assert approved_stage.simulator.writes() == writes


@pytest.mark.parametrize("kind", ["lost_answer", "refuse_before", "status"])
def test_B04_a_batch_in_doubt_is_sent_again_unchanged_and_stands_once(
    approved_stage: Stage, kind: str
) -> None:
    webinar = begin(approved_stage)
    rule = {"platform": "hubspot", "kind": kind, "route_contains": "/events/batch", "times": 2}
    if kind == "status":
        rule["status"] = 504
    approved_stage.simulator.call("POST", "/faults", rule)
    approved_stage.pass_time(timedelta(hours=2))
    assert names(webinar, ADA) == ["attended", "registered"]
    assert names(webinar, REX) == ["registered"]
    assert set(webinar.outcomes().values()) == {"in_sync"}
    assert approved_stage.simulator.summary()["duplicate_effects"] == 0


def test_one_event_hubspot_had_already_does_not_keep_the_others_out_B04(
    approved_stage: Stage,
) -> None:
    """Somebody restored an old database: ids HubSpot knows are sent again, and answered 409."""
    webinar = begin(approved_stage)
    approved_stage.pass_time()
    before = approved_stage.simulator.summary()["writes"]["app_events"]
    with approved_stage.database.begin() as connection:
        connection.execute(
            effect.update()
            .where(effect.c.kind == "app_registered")
            .values(state="planned", applied_hash="", applied=None, applied_at=None)
        )
    nora = "nora@lowmoor.example"
    webinar.register(nora)
    approved_stage.sync_now()
    approved_stage.pass_time()
    assert names(webinar, nora) == ["registered"]
    assert names(webinar, REX) == ["registered"]
    assert approved_stage.simulator.summary()["writes"]["app_events"] == before + 1
    assert set(webinar.outcomes().values()) == {"in_sync"}


def test_a_correction_changes_properties_and_says_of_the_event_that_it_cannot(
    approved_stage: Stage,
) -> None:
    webinar = begin(approved_stage)
    approved_stage.pass_time()
    rows = webinar.truth()["instances"][0]["rows"]
    webinar.report(edit=[{"row": len(rows) - 1, "remove": True}])
    for _ in range(2):
        approved_stage.sync_now()
        approved_stage.pass_time()
    assert webinar.figures(ADA)["average_attendance_percent"] == "50"
    told = {event["name"]: event["properties"] for event in webinar.app_events(ADA)}
    assert told["attended"]["duration_seconds"] == "2400"
    states = approved_stage.query(select(effect.c.state).where(effect.c.kind == "app_attended"))
    assert [row["state"] for row in states] == ["cannot_change"]
    assert webinar.outcomes()[ADA] == "in_sync"


def test_a_portal_without_the_scope_has_no_app_events_and_that_is_no_failure(
    approved_stage: Stage,
) -> None:
    webinar = begin(approved_stage, dropped_scopes=["timeline", "timeline.write"])
    approved_stage.pass_time()
    assert webinar.app_events(ADA) == []
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert set(webinar.outcomes().values()) == {"in_sync"}


def test_S01_a_portal_without_marketing_events_has_contacts_and_app_events(
    approved_stage: Stage,
) -> None:
    scopes = [f"crm.objects.marketing_events.{right}" for right in ("read", "write")]
    webinar = begin(approved_stage, dropped_scopes=scopes)
    approved_stage.pass_time()
    assert webinar.events() == {}
    assert names(webinar, ADA) == ["attended", "registered"]
    assert webinar.figures(ADA)["attendance_count"] == "1"
    assert set(webinar.outcomes().values()) == {"in_sync"}
