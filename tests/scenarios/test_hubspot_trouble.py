"""HubSpot's difficult answers: limits, faults, lost answers, refusals, contacts that move."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from clients.hubspot import HubSpot
from clients.transport import Transport
from jobs import confirmations
from store.tables import effect
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"
EVERYBODY = (ADA, REX, NORA)
DONE = {ADA: "ATTENDED", REX: "NO_SHOW", NORA: "NO_SHOW"}


def begin(stage: Stage, *people: str) -> Webinar:
    """A webinar of the hour that ends now; Ada came."""
    webinar = plan_webinar(stage)
    webinar.register(*(people or EVERYBODY))
    webinar.play({ADA: [[0, HOUR]]})
    connect(stage)
    return webinar


def strike(stage: Stage, kind: str, route: str, **more: Any) -> None:
    """Have calls whose path contains ``route`` fail."""
    rule = {"platform": "hubspot", "kind": kind, "route_contains": route, "method": "POST", **more}
    stage.simulator.call("POST", "/faults", rule)


def assert_everything_arrived_once(webinar: Webinar) -> None:
    assert webinar.outcomes() == dict.fromkeys(EVERYBODY, "in_sync")
    assert webinar.states() == DONE
    assert webinar.figures(ADA)["attendance_count"] == "1"
    summary = webinar.stage.simulator.summary()
    assert (summary["contacts"], summary["duplicate_effects"]) == (3, 0)
    assert webinar.place["zoom_people"] == 3


WRITES = {
    "create": "/contacts/batch/create",
    "update": "/contacts/batch/update",
    "event": "/events/",
    "register": "/register/create",
    "attend": "/attend/create",
    "complete": "/complete",
}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429, "retry_after": "1"},
        {"kind": "status", "status": 503},
        {"kind": "refuse_before"},
        {"kind": "lost_answer"},
        {"kind": "html", "status": 502},
        {"kind": "empty_success"},
    ],
    ids=["429", "503", "no-connection", "timeout-after-the-write", "gateway", "empty-200"],
)
def test_B04_whatever_one_call_of_each_kind_answers_everything_arrives_once_F21_F23(
    lone_stage: Stage, fault: dict[str, Any]
) -> None:
    webinar = begin(lone_stage)
    routes = list(WRITES.values())
    if fault.get("status") == 429:
        routes = [WRITES["create"], WRITES["attend"]]  # each is waited for in earnest
    if fault["kind"] == "empty_success":
        # Calls whose answer says nothing of single inputs have no such case.
        routes = [route for route in routes if route.endswith("/create")]
    for route in routes:
        method = "" if route == WRITES["event"] else "POST"
        strike(lone_stage, fault["kind"], route, method=method, times=1, **fault_details(fault))
    lone_stage.pass_time(timedelta(hours=3))
    assert_everything_arrived_once(webinar)


def test_errors_of_hubspots_own_in_a_row_make_nobody_fail_F20_F23(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    for route in (WRITES["create"], WRITES["register"], WRITES["attend"]):
        strike(lone_stage, "html", route, status=502, times=4)
    lone_stage.pass_time(timedelta(hours=6))
    assert_everything_arrived_once(webinar)


def fault_details(fault: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fault.items() if name != "kind"}


@pytest.mark.parametrize("kind", ["create", "update", "register"])
def test_an_answer_of_rows_missing_doubled_and_out_of_order_is_taken_row_by_row_F22(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "update":
        portal = f"/hubspot/portals/{PORTAL}"
        lone_stage.simulator.call("POST", "/hubspot/portals", {"id": int(PORTAL)})
        known = {"contacts": [{"email": email} for email in EVERYBODY]}
        lone_stage.simulator.call("POST", f"{portal}/contacts", known)
    webinar = begin(lone_stage)
    call, spoilt = Transport.call, []

    def spoil(self: Transport, method: str, route: str, **more: Any) -> Any:
        answer = call(self, method, route, **more)
        path = more.get("path") or route
        if WRITES[kind] in path and not spoilt:
            spoilt.append(path)
            first, second, *_ = answer["results"]
            for row in (first, second):  # as if both were the answer to one input
                row["objectWriteTraceId"] = str(first.get("objectWriteTraceId"))
            answer["results"] = [second, first, second]
        return answer

    monkeypatch.setattr(Transport, "call", spoil)
    lone_stage.pass_time(timedelta(hours=3))
    assert spoilt
    assert_everything_arrived_once(webinar)


@pytest.mark.parametrize(
    ("lag", "few"),
    [
        pytest.param(0.0, 20, id="at once"),
        pytest.param(3600.0, 20, id="an hour late"),
        pytest.param(0.0, 0, id="out of the event's own list"),
    ],
)
def test_a_lost_answer_is_read_back_before_anything_is_sent_again_F21(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch, lag: float, few: int
) -> None:
    monkeypatch.setattr(confirmations, "FEW", few)
    lone_stage.simulator.call("PATCH", "/switches", {"participation_lag_seconds": lag})
    webinar = begin(lone_stage)
    strike(lone_stage, "lost_answer", WRITES["attend"], times=1)
    lone_stage.pass_time(timedelta(minutes=6))
    assert webinar.outcomes()[ADA] == "waiting: unconfirmed"
    sent = calls(lone_stage, "/attendance/")
    lone_stage.pass_time(timedelta(minutes=15))
    assert_everything_arrived_once(webinar)
    assert calls(lone_stage, "/attendance/") == sent


def calls(stage: Stage, route: str) -> int:
    """How often HubSpot was called on such a route."""
    found = stage.simulator.call("GET", "/journal", platform="hubspot", tenant=PORTAL)["calls"]
    return sum(call["count"] for call in found if route in call["route"])


def test_nothing_is_sent_for_ever_to_somebody_hubspot_never_confirms(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    strike(lone_stage, "empty_success", WRITES["register"])
    lone_stage.pass_time(timedelta(hours=2))
    # That Ada came says that she had registered.
    assert webinar.outcomes() == {
        ADA: "in_sync",
        REX: "failing: not_confirmed",
        NORA: "failing: not_confirmed",
    }
    assert calls(lone_stage, "/attendance/<event_id>/<verb>/create") < 10


def test_one_persons_refusal_stops_nobody_else_and_is_shown_in_hubspots_words_F24(
    lone_stage: Stage,
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, NORA)
    webinar.register(REX, first_name="Forbidden")
    webinar.play({ADA: [[0, HOUR]], REX: [[0, HOUR]]})
    rules = {"rejections": {"firstname": "^Forbidden$"}}
    lone_stage.simulator.call("PATCH", f"/hubspot/portals/{PORTAL}", rules)
    connect(lone_stage)
    lone_stage.pass_time(timedelta(hours=1))
    assert webinar.outcomes() == {
        ADA: "in_sync",
        NORA: "in_sync",
        REX: "failing: rejected",
    }
    detail = webinar.people()[REX]["detail"]
    assert "firstname" in detail
    assert set(lone_stage.simulator.contacts()) == {ADA, NORA}

    lone_stage.simulator.call("PATCH", f"/hubspot/portals/{PORTAL}", {"rejections": {}})
    lone_stage.set(secondary_email="resolve")
    lone_stage.pass_time()
    assert webinar.outcomes()[REX] == "in_sync"
    assert webinar.states()[REX] == "ATTENDED"


def test_a_property_somebody_deleted_fails_those_people_only_until_it_is_back(
    lone_stage: Stage,
) -> None:
    webinar = begin(lone_stage)
    name = "rollcall_attendance_count"
    lone_stage.work()
    lone_stage.simulator.call("DELETE", f"/hubspot/portals/{PORTAL}/properties/{name}")
    lone_stage.pass_time(timedelta(hours=1))
    outcomes = webinar.outcomes()
    assert outcomes.pop(ADA) == "failing: rejected"
    assert set(outcomes.values()) == {"in_sync"}
    assert name in webinar.people()[ADA]["detail"]


def test_a_contact_somebody_else_makes_in_between_is_adopted_and_not_doubled_B04(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    webinar = begin(lone_stage)
    create = HubSpot.create_contacts
    raced: list[str] = []

    def race(self: HubSpot, contacts: Any, **more: Any) -> Any:
        if not raced:
            raced.append(ADA)
            other = {"contacts": [{"email": ADA, "firstname": "Augusta"}]}
            lone_stage.simulator.call("POST", f"/hubspot/portals/{PORTAL}/contacts", other)
        return create(self, contacts, **more)

    monkeypatch.setattr(HubSpot, "create_contacts", race)
    lone_stage.pass_time()
    assert_everything_arrived_once(webinar)
    assert webinar.contact(ADA)["properties"]["firstname"] == "Augusta"


@pytest.mark.parametrize("way", ["deleted", "erased", "merged"])
def test_a_contact_that_goes_between_its_reading_and_its_attendance_S21(
    lone_stage: Stage, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    webinar = begin(lone_stage)
    record = HubSpot.record_attendance
    gone: list[str] = []

    def go(self: HubSpot, external_id: str, account: str, verb: Any, inputs: Any, **m: Any) -> Any:
        if verb == "attend" and not gone:
            gone.append(webinar.contact(ADA)["id"])
            remove(lone_stage, "absorbs" if way == "merged" else way, gone[0])
        return record(self, external_id, account, verb, inputs, **m)

    monkeypatch.setattr(HubSpot, "record_attendance", go)
    lone_stage.pass_time(timedelta(hours=1))
    assert gone
    outcomes = webinar.outcomes()
    if way == "merged":
        assert outcomes[ADA] == "in_sync"
        assert webinar.events()["0"]["counts"]["attended"] == 1
    else:
        assert outcomes[ADA] == "excluded: deleted_contact"
        assert ADA not in lone_stage.simulator.contacts()
    assert {outcomes[REX], outcomes[NORA]} == {"in_sync"}
    left = lone_stage.query(select(effect.c.state).where(effect.c.kind == "attend"))
    assert {row["state"] for row in left} <= {"applied", "withdrawn"}
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0


def remove(stage: Stage, way: str, contact_id: str) -> None:
    """The customer deletes or erases a contact, merges it into another, or another into it."""
    path = f"/hubspot/portals/{PORTAL}"
    if way == "deleted":
        stage.simulator.call("DELETE", f"{path}/contacts/{contact_id}")
    elif way == "erased":
        stage.simulator.call("POST", f"{path}/contacts/{contact_id}/gdpr-delete")
    else:
        made = stage.simulator.call(
            "POST", f"{path}/contacts", {"contacts": [{"email": "augusta@northquay.example"}]}
        )
        both: dict[str, str] = {"primary": made["ids"][0], "other": contact_id}
        if way == "absorbs":
            both = {"primary": contact_id, "other": made["ids"][0]}
        stage.simulator.call("POST", f"{path}/merge", both)


SWITCHES = {
    "archived_read_resolves_email": (True, False),
    "archived_read_resolves_secondary": (True, False),
    "attendance_batch_limit": (100, 0),
    "batch_upsert_stores_marketing_events": (True, False),
    "participation_lag_seconds": (0.0, 600.0),
    "rotate_refresh_tokens": (True, False),
    "single_get_follows_merge": (True, False),
    "merge_makes_new_id": (True, False),
}


@pytest.mark.parametrize("way", [0, 1], ids=["one way", "the other way"])
def test_unproven_behaviour_of_hubspot_may_be_either(lone_stage: Stage, way: int) -> None:
    """Lost answers, a deleted, a merged and a second address: the end is the same."""
    switches = {name: values[way] for name, values in SWITCHES.items()}
    lone_stage.simulator.call("PATCH", "/switches", switches)
    webinar = begin(lone_stage)
    path = f"/hubspot/portals/{PORTAL}"
    second = "nora.second@lowmoor.example"
    webinar.register(second, "dora@lowmoor.example")
    owner = {"email": "nora.first@lowmoor.example", "hs_additional_emails": second}
    lone_stage.simulator.call("POST", f"{path}/contacts", {"contacts": [owner]})
    strike(lone_stage, "lost_answer", WRITES["attend"], times=1)
    strike(lone_stage, "lost_answer", WRITES["create"], times=1)
    lone_stage.pass_time(timedelta(minutes=1))
    remove(lone_stage, "deleted", webinar.contact("dora@lowmoor.example")["id"])
    remove(lone_stage, "merged", webinar.contact(REX)["id"])
    lone_stage.pass_time(timedelta(hours=1))
    lone_stage.sync_now()
    lone_stage.pass_time(timedelta(minutes=10))
    assert webinar.outcomes() == {
        ADA: "in_sync",
        REX: "excluded: secondary_email",
        NORA: "in_sync",
        second: "excluded: secondary_email",
        "dora@lowmoor.example": "excluded: deleted_contact",
    }
    assert webinar.states()[ADA] == "ATTENDED"
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0


def test_an_event_somebody_deleted_in_hubspot_is_made_again(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    lone_stage.work()
    object_id = webinar.events()["0"]["object_id"]
    lone_stage.runtime.platforms.hubspot(PORTAL, "bulk")._call(
        "DELETE", "/marketing/marketing-events/{v}/{object}", {"object": object_id}
    )
    assert webinar.events() == {}
    lone_stage.pass_time(timedelta(hours=1))
    assert webinar.states() == DONE
    assert_everything_arrived_once(webinar)
