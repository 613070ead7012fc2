"""Zoom's reports: late, shrinking, cut short, restarted; nobody is taken for absent too soon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.door import open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOST, HOUR, Webinar, connect, plan_webinar

ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"
STILL_REGISTERED = {ADA: "REGISTERED", REX: "REGISTERED", NORA: "REGISTERED"}


def begin(stage: Stage, **wanted: Any) -> Webinar:
    """A webinar three people registered for, of a customer just connected."""
    webinar = plan_webinar(stage, **wanted)
    webinar.register(ADA, REX, NORA)
    connect(stage)
    return webinar


def assert_balanced(webinar: Webinar) -> None:
    assert webinar.place["zoom_people"] == webinar.counted()


@pytest.mark.parametrize("state", ["not_ready", "zero_durations"])
def test_a_report_that_is_not_ready_means_wait_and_never_that_nobody_came_B06_F34(
    lone_stage: Stage, state: str
) -> None:
    webinar = begin(lone_stage)
    webinar.play({ADA: [[0, HOUR]]}, report=state)
    lone_stage.pass_time(timedelta(minutes=10) if state == "zero_durations" else timedelta(days=3))
    assert webinar.states() == STILL_REGISTERED
    assert webinar.place["settled_at"] is None

    webinar.report(state="full")
    lone_stage.pass_time(timedelta(days=2))
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW", NORA: "NO_SHOW"}
    assert webinar.place["settled_at"] is not None
    assert webinar.figures(ADA)["average_attendance_percent"] == "100"
    assert_balanced(webinar)


def test_somebody_of_a_webinar_still_on_is_no_absentee_B06(lone_stage: Stage) -> None:
    webinar = begin(lone_stage, start_time=-600)
    webinar.play({ADA: [[0, 300]]}, start_time=-600, live=True)
    lone_stage.pass_time(timedelta(minutes=1))
    assert webinar.states() == STILL_REGISTERED
    webinar.zoom("POST", "/instances/1/end", {"end_time": 0})
    lone_stage.pass_time(timedelta(hours=2))
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW", NORA: "NO_SHOW"}


def test_a_report_that_shrinks_once_takes_nothing_back_B20_F34(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, 1800]]})
    lone_stage.pass_time()
    assert webinar.figures(REX)["attendance_count"] == "1"
    webinar.report(drop_rows=1)
    lone_stage.sync_now()
    lone_stage.work()
    assert webinar.figures(REX)["attendance_count"] == "1"
    assert webinar.people()[REX]["attended_seconds"] == 1800
    webinar.report(drop_rows=0)
    lone_stage.sync_now()
    lone_stage.work()
    assert webinar.outcomes() == {ADA: "in_sync", REX: "in_sync", NORA: "in_sync"}
    assert_balanced(webinar)


def test_a_correction_confirmed_by_a_second_read_recounts_B06(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, 1800]]})
    lone_stage.pass_time()
    rows = webinar.truth()["instances"][0]["rows"]
    (of_rex,) = [n for n, row in enumerate(rows) if row["user_email"] == REX]
    webinar.report(edit=[{"row": of_rex, "remove": True}])
    for _ in range(2):
        lone_stage.sync_now()
        lone_stage.work()
    assert webinar.people()[REX]["attended_seconds"] == 0
    assert webinar.figures(REX).get("attendance_count", "0") == "0"
    # What stands on the event cannot be taken back, and is not sent again.
    assert webinar.states()[REX] == "ATTENDED"
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0
    assert_balanced(webinar)


def test_a_page_token_that_expires_loses_no_page_B20_F34(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage)
    many = [f"guest{number}@northquay.example" for number in range(305)]
    webinar.register(*many)
    webinar.play({email: [[0, HOUR]] for email in many})
    connect(lone_stage)
    expired = {"code": 300, "message": "The next page token is invalid or expired."}
    rule = {"platform": "zoom", "kind": "status", "status": 400, "body": expired, "times": 1}
    struck = []
    for route in ("/registrants", "/participants"):
        # The first call asks for the first page: what would fail there is the rule's second.
        struck.append({**rule, "route_contains": route})
    lone_stage.simulator.call("POST", "/faults", struck)
    lone_stage.pass_time(timedelta(days=1))
    assert set(webinar.outcomes().values()) == {"in_sync"}
    assert len(webinar.outcomes()) == len(many)
    assert set(webinar.states().values()) == {"ATTENDED"}
    assert_balanced(webinar)


def test_a_host_who_drops_out_and_restarts_makes_one_attendance_B05(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    webinar.play({ADA: [[0, 1500]], REX: [[0, 1500]]}, end_time=-2100)
    webinar.play({ADA: [[0, 1620]], NORA: [[0, 1620]]}, start_time=-1620, end_time=0)
    lone_stage.pass_time()
    seconds = {email: row["attended_seconds"] for email, row in webinar.people().items()}
    assert seconds == {ADA: 3120, REX: 1500, NORA: 1620}
    percents = {email: webinar.figures(email)["average_attendance_percent"] for email in seconds}
    assert percents == {ADA: "100", REX: "48.1", NORA: "51.9"}
    assert len(webinar.events()) == 1
    assert webinar.states() == {ADA: "ATTENDED", REX: "ATTENDED", NORA: "ATTENDED"}
    summary = lone_stage.simulator.summary()
    assert (summary["writes"]["attended"], summary["duplicate_effects"]) == (3, 0)


def test_time_in_the_room_counts_once_and_not_beyond_the_end_B05(lone_stage: Stage) -> None:
    cases = {
        "rejoins@northquay.example": ([[0, 900], [1800, HOUR]], 2700),
        "two.devices@northquay.example": ([[0, 1800], [600, 2400]], 2400),
        "one.inside@northquay.example": ([[0, HOUR], [60, 120]], HOUR),
        "stays.on@northquay.example": ([[3000, HOUR + 900]], 600),
    }
    webinar = plan_webinar(lone_stage)
    webinar.register(*cases)
    connect(lone_stage)
    webinar.play({email: stays for email, (stays, _) in cases.items()})
    lone_stage.pass_time()
    people = webinar.people()
    for email, (_, seconds) in cases.items():
        assert people[email]["attended_seconds"] == seconds
        shown = float(webinar.figures(email)["average_attendance_percent"])
        assert shown == pytest.approx(100 * seconds / HOUR, abs=0.05)


def test_a_rehearsal_counts_for_nobody_B05(lone_stage: Stage) -> None:
    webinar = begin(lone_stage, start_time=-HOUR)
    webinar.play({REX: [[0, 600]]}, start_time=-4 * HOUR, end_time=-3.5 * HOUR)
    webinar.play({ADA: [[0, HOUR]]})
    lone_stage.pass_time()
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW", NORA: "NO_SHOW"}
    assert webinar.figures(ADA)["average_attendance_percent"] == "100"


def test_people_who_never_registered_are_synced_by_their_address_B19(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    walk_in, guest = "wally@fjordline.example", {"name": "iPhone", "sessions": [[0, 300]]}
    came = {"email": walk_in, "email_visible": True, "sessions": [[0, 1800]]}
    webinar.play({ADA: [[0, HOUR]]}, participants=[came, guest, dict(guest)])
    lone_stage.pass_time()
    outcomes = webinar.outcomes()
    nameless = {outcomes.pop(key) for key in list(outcomes) if "@" not in key}
    assert nameless == {"excluded: no_email"}
    assert outcomes == {ADA: "in_sync", REX: "in_sync", NORA: "in_sync", walk_in: "in_sync"}
    # Nobody knows whether two guests of one name are one: they are counted, never merged.
    assert webinar.place["zoom_people"] == 6
    assert_balanced(webinar)
    assert webinar.figures(walk_in) == {
        "attendance_count": "1",
        "average_attendance_percent": "50",
    }
    assert webinar.states()[walk_in] == "ATTENDED"


@pytest.mark.parametrize(
    ("role_report", "has_ids"), [("no_permission", True), ("scope_left_out", False)]
)
def test_S02_without_the_right_to_read_reports_attendance_is_reduced_and_the_remedy_is_said(
    lone_stage: Stage, role_report: str, has_ids: bool
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    call = lone_stage.simulator.call
    switches = {
        "zoom_missing_report_role": role_report,
        "zoom_past_participants_registrant_id": has_ids,
    }
    call("PATCH", "/switches", switches)
    (host,) = call("GET", "/zoom/accounts/acme-zoom")["users"]
    call("PATCH", f"/zoom/accounts/acme-zoom/users/{host['id']}", {"role_report": False})
    connect(lone_stage)
    # Nobody tells when it ended: the host is the last to leave.
    stays = {"participants": [{"email": HOST, "role": "host"}, {"name": "iPhone"}]}
    webinar.play({ADA: [[0, 900], [1800, 2700]]}, report=["not_ready", "full"], **stays)
    lone_stage.pass_time(timedelta(hours=2))
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert webinar.people()[ADA]["attended_seconds"] == 1800
    assert webinar.figures(ADA)["average_attendance_percent"] == "50"
    assert webinar.place["is_reduced"]
    assert webinar.place["settled_at"] is not None
    assert_balanced(webinar)
    with open_doors(lone_stage) as doors:
        (shown,) = doors.api("GET", f"/webinars/{webinar.webinar_id}")["occurrences"]
        assert (shown["reduced"], shown["read_problem"]) == (True, "")
        warnings = doors.all(f"/webinars/{webinar.webinar_id}/audit")
        (reduced,) = [one for one in warnings if one["code"] == "attendance_reduced"]
        assert "Usage Reports" in reduced["remedy"]

    call("PATCH", f"/zoom/accounts/acme-zoom/users/{host['id']}", {"role_report": True})
    lone_stage.connect_zoom("acme-zoom")
    lone_stage.sync_now()
    lone_stage.pass_time()
    assert not webinar.place["is_reduced"]
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert_balanced(webinar)
