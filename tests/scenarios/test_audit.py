"""The audit log of a webinar: every cause provoked, told apart, and mended by its button."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.door import Doors, open_doors
from tests.scenarios.recorded import begin as begin_recorded
from tests.scenarios.recorded import calls, later
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"
HALF_A_YEAR = timedelta(days=190)


@pytest.fixture
def doors(lone_stage: Stage) -> Iterator[Doors]:
    """The API beside the stage."""
    with open_doors(lone_stage) as doors:
        yield doors


def audit(doors: Doors, webinar_id: Any) -> dict[str, dict[str, Any]]:
    """The webinar's warnings by their reason; each reason comes once."""
    found = doors.all(f"/webinars/{webinar_id}/audit")
    assert len({one["reason"] for one in found}) == len(found)
    for one in found:
        assert one["title"]
        assert one["meaning"]
        assert one["remedy"]
        assert one["action"]["label"]
    return {one["reason"]: one for one in found}


def codes(found: dict[str, dict[str, Any]]) -> dict[str, tuple[str, int]]:
    return {reason: (one["code"], one["count"]) for reason, one in found.items()}


def sync_now(doors: Doors, webinar_id: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Press Sync now on one webinar; the run when it has ended, and what it changed."""
    run_id = doors.api("POST", f"/webinars/{webinar_id}/sync")["run_id"]
    doors.stage.pass_time(timedelta(seconds=10))
    run = doors.api("GET", f"/runs/{run_id}")
    return run, doors.all(f"/runs/{run_id}/changes")


def people_of(doors: Doors, webinar_id: Any, warning: dict[str, Any]) -> list[str]:
    """Who is in the list the warning's button opens."""
    people = doors.all(f"/webinars/{webinar_id}/people", **warning["action"]["filters"])
    return sorted(person["email"] for person in people)


def strike(stage: Stage, platform: str, route: str, status: int, body: Any = None) -> None:
    rule = {"platform": platform, "route_contains": route, "kind": "status", "status": status}
    stage.simulator.call("POST", "/faults", rule | ({"body": body} if body else {}))


# --- W-C -----------------------------------------------------------------------------------------

REPORTS = [
    pytest.param({"stays": {}}, "nobody_joined", id="S26 nobody joined"),
    pytest.param({"stays": None}, "never_started", id="S26 nobody started it"),
    pytest.param({"report": {"state": "not_ready"}}, "report_not_ready", id="S26 late"),
    pytest.param({"report": {"drop_rows": 1}}, "report_incomplete", id="S26 error in the data"),
    pytest.param(
        {"answer": (400, {"code": 200, "message": "No permission."})},
        "report_not_allowed",
        id="S26 not readable: no right",
    ),
    pytest.param(
        {"answer": (400, {"code": 300, "message": "Invalid."})},
        "report_refused",
        id="S26 not readable: refused",
    ),
]


@pytest.mark.parametrize(("given", "reason"), REPORTS)
def test_why_participants_are_missing_is_told_apart(
    lone_stage: Stage, doors: Doors, given: dict[str, Any], reason: str
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    stays = given.get("stays", {ADA: [[0, HOUR]], REX: [[0, HOUR]]})
    if stays is not None:
        webinar.play(stays)
    if "report" in given:
        webinar.report(**given["report"])
    connect(lone_stage)
    if "answer" in given:
        strike(lone_stage, "zoom", "/report/webinars", *given["answer"])
        strike(lone_stage, "zoom", "/participants", *given["answer"])
    lone_stage.pass_time()
    found = codes(audit(doors, webinar.webinar_id))
    assert found == {reason: ("participants_missing", 0)}
    assert set(webinar.states().values()) <= {"REGISTERED", "NO_SHOW"}, "nobody came, if so"
    if reason not in ("nobody_joined", "never_started"):
        lone_stage.simulator.call("DELETE", "/faults")
        webinar.report(state="full", drop_rows=0)
        for _ in range(2):
            sync_now(doors, webinar.webinar_id)
        lone_stage.pass_time(timedelta(days=1))
        assert audit(doors, webinar.webinar_id) == {}
        assert set(webinar.states().values()) == {"ATTENDED"}


def test_S24_S26_Q8_of_a_webinar_older_than_zooms_reports_registrants_are_synced_and_it_says_so(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    webinar.play({ADA: [[0, HOUR]]})
    lone_stage.install("acme-zoom")
    lone_stage.work()
    lone_stage.late_by += HALF_A_YEAR
    too_old = {"code": 12702, "message": "Can not access a webinar this old."}
    strike(lone_stage, "zoom", "/report/webinars", 400, too_old)
    (before,) = audit(doors, webinar.webinar_id).values()
    assert (before["code"], before["reason"]) == ("sync_disabled", "global_off")
    assert "registrants only" in before["remedy"]

    doors.api("PATCH", "/settings", {"webinar_sync": "all"})
    lone_stage.pass_time(timedelta(days=2))
    assert webinar.states() == {ADA: "REGISTERED", REX: "REGISTERED"}
    (after,) = audit(doors, webinar.webinar_id).values()
    assert (after["code"], after["reason"]) == ("participants_missing", "report_expired")
    assert (after["count"], people_of(doors, webinar.webinar_id, after)) == (2, [ADA, REX])
    # What Zoom no longer keeps is not asked for every day.
    assert webinar.place["next_read_at"] is None


# --- W-A, W-D, W-E, W-F --------------------------------------------------------------------------


def test_S24_S22_missing_data_follows_by_itself_once_both_switches_are_on(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA)
    webinar.play({ADA: [[0, HOUR]]})
    lone_stage.install("acme-zoom")
    lone_stage.work()
    path = f"/webinars/{webinar.webinar_id}"
    for change, why, button in (
        (("/settings", {"excluded_host_domains": ["acme.example"]}), "global_off", "open_settings"),
        (("/settings", {"webinar_sync": "all"}), "host_domain_excluded", "open_settings"),
        (("/settings", {"excluded_host_domains": []}), None, ""),
    ):
        if why is None:
            doors.api("PATCH", path, {"sync": "off"})
        doors.api("PATCH", *change)
        lone_stage.work()
        (warning,) = audit(doors, webinar.webinar_id).values()
        assert warning["code"] == "sync_disabled"
        if why is not None and change[1] != {"excluded_host_domains": ["acme.example"]}:
            assert (warning["reason"], warning["action"]["name"]) == (why, button)
    assert (warning["reason"], warning["action"]["name"]) == (
        "webinar_off",
        "open_webinar_settings",
    )
    assert lone_stage.simulator.contacts() == {}
    doors.api("PATCH", path, {"sync": "default"})
    lone_stage.pass_time()
    assert webinar.states() == {ADA: "ATTENDED"}
    assert audit(doors, webinar.webinar_id) == {}


def test_S27_S28_S29_Q7_each_refusal_is_one_fact_and_sync_now_mends_what_can_be(
    lone_stage: Stage, doors: Doors
) -> None:
    """One person for each cause; none is in two warnings."""
    webinar = plan_webinar(lone_stage)
    call, path = lone_stage.simulator.call, f"/hubspot/portals/{PORTAL}"
    webinar.register(ADA, "tim@example.c", "nobody@nowhere", "mia@acme.example", NORA)
    webinar.register(REX, first_name="Forbidden")
    call("PATCH", path, {"users": [{"email": "mia@acme.example"}]})
    # Nora is a contact, whose properties HubSpot will not let us change.
    call("POST", f"{path}/contacts", {"contacts": [{"email": NORA}]})
    rules = {"rejections": {"firstname": "^(Forbidden|Nora)$"}}
    call("PATCH", path, rules)
    guests = [{"name": "iPhone", "sessions": [[0, 60]]}]
    webinar.play({ADA: [[0, HOUR]]}, participants=guests)
    connect(lone_stage)
    lone_stage.pass_time()
    found = audit(doors, webinar.webinar_id)
    assert codes(found) == {
        "no_email": ("data_not_synced", 1),
        "contact_invalid_email": ("data_not_synced", 1),
        "contact_not_created": ("data_not_synced", 1),
        "emails_excluded": ("emails_excluded", 2),
        "contact_not_updated": ("sync_error", 1),
    }
    listed = people_of(doors, webinar.webinar_id, found["emails_excluded"])
    assert listed == ["mia@acme.example", "nobody@nowhere"]
    failing = people_of(doors, webinar.webinar_id, found["contact_not_created"])
    assert failing == sorted([NORA, REX, "tim@example.c"])

    call("PATCH", path, {"rejections": {}})
    sync_now(doors, webinar.webinar_id)
    assert set(audit(doors, webinar.webinar_id)) == {
        "no_email",
        "contact_invalid_email",
        "emails_excluded",
    }
    assert webinar.outcomes()[REX] == webinar.outcomes()[NORA] == "in_sync"


def test_S27_S29_what_concerns_the_webinar_itself_is_tried_again_by_sync_now(
    lone_stage: Stage, doors: Doors
) -> None:
    refusal = {"message": "no such thing", "category": "VALIDATION_ERROR"}
    scene = begin_recorded(
        lone_stage,
        before=lambda stage, _: [
            strike(stage, "hubspot", "/marketing-events/", 400, refusal),
            strike(stage, "hubspot", "/calls", 400, refusal),
        ],
    )
    lone_stage.pass_time()
    found = audit(doors, scene["webinar_id"])
    assert codes(found) == {
        "event_not_created": ("data_not_synced", 1),
        "call_not_created": ("data_not_synced", 1),
        "emails_excluded": ("emails_excluded", 1),
    }
    assert "no such thing" in found["call_not_created"]["meaning"]
    assert found["event_not_created"]["action"]["name"] == "sync_now"
    lone_stage.simulator.call("DELETE", "/faults")
    run, _ = sync_now(doors, scene["webinar_id"])
    assert run["state"] == "done"
    assert set(audit(doors, scene["webinar_id"])) == {"emails_excluded"}
    assert len(calls(lone_stage)) == 1


def test_S29_a_transcript_that_was_not_found_is_told_and_looked_for_by_sync_now(
    lone_stage: Stage, doors: Doors
) -> None:
    missing = {"code": 3301, "message": "This recording does not exist."}
    scene = begin_recorded(
        lone_stage,
        before=lambda stage, _: strike(stage, "zoom", "/rec/download/", 404, missing),
    )
    lone_stage.pass_time()
    found = audit(doors, scene["webinar_id"])
    assert codes(found)["transcript_not_found"] == ("sync_error", 1)
    lone_stage.simulator.call("DELETE", "/faults")
    sync_now(doors, scene["webinar_id"])
    later(lone_stage)
    assert set(audit(doors, scene["webinar_id"])) == {"emails_excluded"}
    assert calls(lone_stage)[0]["transcript"]


def test_S29_a_timeline_event_that_could_not_be_made_is_told_with_its_people(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    webinar.play({ADA: [[0, HOUR]]})
    connect(lone_stage)
    strike(lone_stage, "hubspot", "/attend/create", 400, {"message": "no", "category": "X"})
    lone_stage.pass_time()
    found = audit(doors, webinar.webinar_id)
    assert codes(found) == {"timeline_not_created": ("sync_error", 1)}
    assert people_of(doors, webinar.webinar_id, found["timeline_not_created"]) == [ADA]
    lone_stage.simulator.call("DELETE", "/faults")
    sync_now(doors, webinar.webinar_id)
    assert audit(doors, webinar.webinar_id) == {}
    assert webinar.states()[ADA] == "ATTENDED"


def test_S29_a_webinar_missing_in_the_connected_account_and_a_broken_off_sync_are_told_apart(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA)
    webinar.play({ADA: [[0, HOUR]]})
    connect(lone_stage)
    lone_stage.pass_time()
    scope = {"message": "missing scopes", "category": "MISSING_SCOPES"}
    strike(lone_stage, "hubspot", "/contacts/batch/read", 403, scope)
    sync_now(doors, webinar.webinar_id)
    found = audit(doors, webinar.webinar_id)
    assert codes(found) == {"run_failed": ("sync_error", 0)}
    assert "missing scopes" in found["run_failed"]["meaning"]
    lone_stage.simulator.call("DELETE", "/faults")
    webinar.zoom("DELETE", "", {"silent": True})
    sync_now(doors, webinar.webinar_id)
    assert codes(audit(doors, webinar.webinar_id)) == {"webinar_gone": ("sync_error", 0)}


# --- Sync now ------------------------------------------------------------------------------------


def test_S30_sync_now_repairs_what_was_removed_in_hubspot_by_hand_and_says_what_it_did(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX, NORA)
    webinar.play({ADA: [[0, HOUR]], NORA: [[0, HOUR]]})
    connect(lone_stage)
    lone_stage.pass_time()
    assert audit(doors, webinar.webinar_id) == {}
    # Nora is excluded since: what was written of her stays, and is not written again.
    lone_stage.set(excluded_contact_domains=["lowmoor.example"])
    lone_stage.work()
    path, name = f"/hubspot/portals/{PORTAL}", "rollcall_attendance_count"
    hubspot = lone_stage.runtime.platforms.hubspot(PORTAL, "bulk")
    object_id = webinar.events()["0"]["object_id"]
    hubspot._call("DELETE", "/marketing/marketing-events/{v}/{object}", {"object": object_id})
    lone_stage.simulator.call("DELETE", f"{path}/properties/{name}")
    link = {"rollcall_last_registered_webinar": ""}
    changed = f"{path}/contacts/{webinar.contact(REX)['id']}"
    lone_stage.simulator.call("PATCH", changed, link)

    run, changes = sync_now(doors, webinar.webinar_id)
    assert run["state"] == "done"
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert webinar.figures(ADA)["attendance_count"] == "1"
    assert webinar.figures(REX)["last_registered_webinar"]
    told = {(one["email"], one["effect"], one["property"]) for one in changes}
    assert told >= {
        ("", "marketing_event", f"{webinar.webinar_id}-0"),
        ("", "property", name),
        (ADA, "register", None),
        (ADA, "attend", None),
        (REX, "contact", "rollcall_last_registered_webinar"),
    }
    assert NORA not in {one["email"] for one in changes}
    before = lone_stage.simulator.writes()
    run, changes = sync_now(doors, webinar.webinar_id)
    assert (run["state"], changes) == ("done", [])
    assert lone_stage.simulator.writes() == before


def test_S30_sync_now_on_a_series_brings_back_who_registered_for_all_of_it(
    lone_stage: Stage, doors: Doors
) -> None:
    date = {"start_time": 48 * HOUR, "duration": 60, "occurrence_id": "1700000000001"}
    webinar = plan_webinar(
        lone_stage, type=9, registration_type=1, start_time=48 * HOUR, occurrences=[date]
    )
    webinar.register(ADA, REX)
    connect(lone_stage)
    lone_stage.pass_time()
    (event,) = webinar.events().values()
    hubspot = lone_stage.runtime.platforms.hubspot(PORTAL, "bulk")
    gone = {"object": event["object_id"]}
    hubspot._call("DELETE", "/marketing/marketing-events/{v}/{object}", gone)
    sync_now(doors, webinar.webinar_id)
    lone_stage.pass_time(timedelta(minutes=1))
    (occurrence_id,) = webinar.events()
    assert webinar.states(occurrence_id) == {ADA: "REGISTERED", REX: "REGISTERED"}
