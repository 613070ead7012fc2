"""What workflows hear: every refusal of Zoom's, every business unit, kind of series and doubt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from store.database import writing
from store.registration_places import set_business_unit
from store.tables import registration_request
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import ACCOUNT, HOST, HOUR, Webinar, add_webinar, connect, plan_webinar
from tests.scenarios.workflow import Workflow, open_workflow

ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"
BRAND = "brand-zoom"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def workflow(lone_stage: Stage) -> Iterator[Workflow]:
    """A workflow at a door that lets everybody wait."""
    with open_workflow(lone_stage) as opened:
        yield opened


def outcome_of(workflow: Workflow, contact_id: str, webinar_input: str) -> dict[str, Any]:
    """What comes of one contact, by name and in words."""
    answer = workflow.run(contact_id, webinar_input)
    workflow.stage.pass_time(MINUTE)
    executions = workflow.callbacks()["executions"]
    found = next(one for one in executions if one["callback_id"] == answer["callback_id"])
    outputs: dict[str, Any] = found["outputs"]
    return outputs


def test_every_outcome_zoom_can_give_B13_S48(lone_stage: Stage, workflow: Workflow) -> None:
    helper = "helper@acme.example"
    plain = plan_webinar(lone_stage, start_time=5 * HOUR, alternative_hosts=[helper])
    panel = "petra@lowmoor.example"
    soon = {"start_time": 5 * HOUR}
    hosted = add_webinar(lone_stage, **soon, panelists=[{"email": panel, "name": "Petra"}])
    off = add_webinar(lone_stage, **soon, approval_type=2)
    over = add_webinar(lone_stage, start_time=-5 * HOUR)
    full = add_webinar(lone_stage, **soon, registrants_restrict_number=1)
    paid = add_webinar(lone_stage, **soon, is_paid=True)
    work = add_webinar(lone_stage, **soon, work_domains=["acme.example"])
    by_hand = add_webinar(lone_stage, **soon, approval_type=1)
    event = add_webinar(lone_stage, **soon, is_events_webinar=True)
    full.register(NORA)
    connect(lone_stage)
    lone_stage.work()
    people = [ADA, HOST, helper, panel, "nobody", "", REX]
    ids = dict(zip(people, workflow.contacts(*people), strict=True))
    ids[NORA] = full.contact(NORA)["id"]
    table = [
        (ADA, plain.webinar_id, "SUCCESS", "registered"),
        (HOST, plain.webinar_id, "SUCCESS", "host"),
        (helper, plain.webinar_id, "SUCCESS", "host"),
        (panel, hosted.webinar_id, "SUCCESS", "panelist"),
        (ADA, by_hand.webinar_id, "SUCCESS", "pending_approval"),
        (NORA, full.webinar_id, "SUCCESS", "already_registered"),
        (ADA, full.webinar_id, "FAIL_CONTINUE", "full"),
        (ADA, off.webinar_id, "FAIL_CONTINUE", "registration_off"),
        (ADA, over.webinar_id, "FAIL_CONTINUE", "over"),
        (ADA, paid.webinar_id, "FAIL_CONTINUE", "unsupported"),
        (ADA, event.webinar_id, "FAIL_CONTINUE", "unsupported"),
        (ADA, work.webinar_id, "FAIL_CONTINUE", "email_rejected"),
        (ADA, "91234567890", "FAIL_CONTINUE", "not_found"),
        (ADA, "https://zoom.us/webinar/register/WN_nobodyknows", "FAIL_CONTINUE", "not_found"),
        (ADA, "next week's one", "FAIL_CONTINUE", "invalid_webinar"),
        (ADA, "", "FAIL_CONTINUE", "invalid_webinar"),
        ("nobody", plain.webinar_id, "FAIL_CONTINUE", "invalid_email"),
        ("", plain.webinar_id, "FAIL_CONTINUE", "no_email"),
    ]
    asked = {
        workflow.run(ids[email], webinar_input)["callback_id"]: (state, outcome)
        for email, webinar_input, state, outcome in table
    }
    lone_stage.pass_time(MINUTE)
    ended = {one["callback_id"]: one["outputs"] for one in workflow.callbacks()["executions"]}
    found = {name: (one["hs_execution_state"], one["outcome"]) for name, one in ended.items()}
    assert list(found.values()) == list(asked.values())
    assert all(one["message"].endswith(".") for one in ended.values())
    # One that was made a minute ago, and nobody has listed yet: Zoom is asked about its number.
    young = add_webinar(lone_stage, **soon)
    outputs = outcome_of(workflow, ids[REX], young.webinar_id)
    assert outputs["outcome"] == "registered"
    link = f"https://zoom.us/webinar/register/{outputs['joinUrl'].rpartition('/')[2]}"
    assert outcome_of(workflow, ids[REX], link)["outcome"] == "already_registered"


class TestBusinessUnits:
    @pytest.fixture
    def brand(self, lone_stage: Stage) -> Webinar:
        """A webinar of the Zoom account of another business unit."""
        plan_webinar(lone_stage, start_time=5 * HOUR)
        users = [{"email": "bea@brand.example", "webinar_capacity": 500}]
        account = {"account_id": BRAND, "users": users, "plan": "business"}
        lone_stage.simulator.call("POST", "/zoom/accounts", account)
        body = {"topic": "Brand day", "start_time": 5 * HOUR}
        path = f"/zoom/accounts/{BRAND}/webinars"
        made = lone_stage.simulator.call("POST", path, body)
        connect(lone_stage)
        lone_stage.connect_zoom(BRAND)
        with writing(lone_stage.database) as to:
            set_business_unit(to, PORTAL, BRAND, "Brand")
        return Webinar(lone_stage, str(made["webinar_id"]))

    @pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "never heard of"])
    def test_only_the_primary_unit_registers_S42_S43_until_all_may_B13(
        self, lone_stage: Stage, workflow: Workflow, brand: Webinar, is_listed: bool
    ) -> None:
        if is_listed:
            lone_stage.work()
        (ada,) = workflow.contacts(ADA)
        outputs = outcome_of(workflow, ada, brand.webinar_id)
        assert (outputs["outcome"], outputs["hs_execution_state"]) == (
            "wrong_account",
            "FAIL_CONTINUE",
        )
        assert brand.truth()["registrants"] == []
        assert brand.webinar_id not in {one["value"] for one in workflow.options()["options"]}

        lone_stage.set(registration_accounts="all")
        assert outcome_of(workflow, ada, brand.webinar_id)["outcome"] == "registered"
        assert [one["email"] for one in brand.truth()["registrants"]] == [ADA]
        assert workflow.additions() == 1
        assert brand.webinar_id in {one["value"] for one in workflow.options()["options"]}


class TestSeries:
    DATES = (2 * HOUR, 26 * HOUR, 50 * HOUR)

    def plan(self, stage: Stage, registration_type: int) -> tuple[Webinar, list[str]]:
        """A series, and the ids of its dates."""
        webinar = plan_webinar(
            stage, type=9, occurrences=list(self.DATES), registration_type=registration_type
        )
        connect(stage)
        stage.work()
        return webinar, [one["occurrence_id"] for one in webinar.truth()["occurrences"]]

    @pytest.mark.parametrize("registration_type", [2, 3])
    def test_one_date_is_registered_for_the_chosen_or_the_next(
        self, lone_stage: Stage, workflow: Workflow, registration_type: int
    ) -> None:
        webinar, dates = self.plan(lone_stage, registration_type)
        values = [one["value"] for one in workflow.options()["options"]]
        assert values == [webinar.webinar_id, *(f"{webinar.webinar_id}/{one}" for one in dates)]
        ada, rex = workflow.contacts(ADA, REX)
        assert outcome_of(workflow, ada, values[0])["outcome"] == "registered"
        assert outcome_of(workflow, rex, values[3])["outcome"] == "registered"
        assert outcome_of(workflow, rex, values[3])["outcome"] == "already_registered"
        assert outcome_of(workflow, rex, f"{webinar.webinar_id}/1")["outcome"] == "not_found"
        signed_up = {
            one["email"]: set(one["occurrences"]) for one in webinar.truth()["registrants"]
        }
        assert signed_up == {ADA: {dates[0]}, REX: {dates[2]}}
        assert (webinar.states(dates[0]), webinar.states(dates[2])) == (
            {ADA: "REGISTERED"},
            {REX: "REGISTERED"},
        )

    def test_one_registration_covers_a_series_of_type_1(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar, dates = self.plan(lone_stage, 1)
        values = [one["value"] for one in workflow.options()["options"]]
        assert values == [webinar.webinar_id]
        (ada,) = workflow.contacts(ADA)
        assert outcome_of(workflow, ada, webinar.webinar_id)["outcome"] == "registered"
        later = f"{webinar.webinar_id}/{dates[2]}"
        assert outcome_of(workflow, ada, later)["outcome"] == "already_registered"
        assert workflow.additions() == 1


def strike(stage: Stage, kind: str, route: str, **more: Any) -> None:
    """Let calls to Zoom that change something go wrong."""
    rule = {"platform": "zoom", "kind": kind, "route_contains": route, "method": "POST", **more}
    stage.simulator.call("POST", "/faults", rule)


class TestDoubt:
    def begin(self, stage: Stage) -> Webinar:
        """A webinar Rollcall knows of."""
        webinar = plan_webinar(stage, start_time=5 * HOUR)
        connect(stage)
        stage.work()
        return webinar

    @pytest.mark.parametrize("count", [1, 40], ids=["alone", "together"])
    def test_an_answer_that_was_lost_is_looked_up_and_nobody_is_added_again(
        self, lone_stage: Stage, workflow: Workflow, count: int
    ) -> None:
        webinar = self.begin(lone_stage)
        people = [f"guest{number}@northquay.example" for number in range(count)]
        strike(lone_stage, "lost_answer", "registrants", times=1)
        workflow.enroll(workflow.contacts(*people), webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        assert set(workflow.outcomes().values()) == {"registered"}
        assert len(workflow.outcomes()) == count
        assert max(row["sendings"] for row in workflow.rows()) == 1
        assert sorted(one["email"] for one in webinar.truth()["registrants"]) == sorted(people)
        assert set(webinar.outcomes().values()) == {"in_sync"}

    def test_whoever_a_batch_left_out_is_tried_alone_once(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar = plan_webinar(
            lone_stage, start_time=5 * HOUR, alternative_hosts=["guest3@northquay.example"]
        )
        connect(lone_stage)
        lone_stage.work()
        people = [f"guest{number}@northquay.example" for number in range(8)]
        ids = workflow.contacts(*people)
        workflow.enroll(ids, webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        assert workflow.outcomes()[ids[3]] == "host"
        assert sorted(workflow.outcomes().values()) == ["host", *["registered"] * 7]
        assert (workflow.additions("/batch_registrants"), workflow.additions("/registrants")) == (
            1,
            1,
        )

    def test_a_full_webinar_takes_who_fits_and_asks_no_more(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar = plan_webinar(lone_stage, start_time=5 * HOUR, registrants_restrict_number=10)
        connect(lone_stage)
        lone_stage.work()
        people = [f"guest{number}@northquay.example" for number in range(60)]
        workflow.enroll(workflow.contacts(*people), webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        outcomes = sorted(workflow.outcomes().values())
        assert outcomes == ["full"] * 50 + ["registered"] * 10
        assert workflow.additions() <= 10
        assert len(webinar.truth()["registrants"]) == 10

    def test_a_killed_worker_leaves_a_doubt_that_is_looked_into(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar = self.begin(lone_stage)
        ada, rex = workflow.contacts(ADA, REX)
        workflow.enroll([ada, rex], webinar.webinar_id)
        # As a worker leaves them that dies with its call on the way: one had arrived at Zoom.
        webinar.register(ADA)
        left = {"state": "sending", "sendings": 1, "sent_at": lone_stage.now()}
        with writing(lone_stage.database) as to:
            to.execute(
                update(registration_request).values(
                    **left, webinar_id=webinar.webinar_id, due_at=lone_stage.now() + MINUTE
                )
            )
        lone_stage.work()
        assert workflow.additions() == 0
        lone_stage.pass_time(2 * MINUTE)
        assert workflow.outcomes() == {ada: "registered", rex: "registered"}
        assert workflow.additions() == 1

    def test_nobody_is_added_more_than_three_times_a_day(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar = self.begin(lone_stage)
        (ada,) = workflow.contacts(ADA)
        # Zoom breaks down each time after it counted the call.
        strike(lone_stage, "html", "/registrants", status=502)
        workflow.run(ada, webinar.webinar_id)
        lone_stage.pass_time(timedelta(hours=1))
        assert workflow.outcomes()[ada] == "daily_limit"
        assert workflow.additions() == 3
        lone_stage.simulator.call("DELETE", "/faults")
        assert outcome_of(workflow, ada, webinar.webinar_id)["outcome"] == "daily_limit"
        assert workflow.additions() == 3

    def test_zooms_own_count_of_three_is_believed_unless_the_person_is_there(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar = self.begin(lone_stage)
        ada, rex = workflow.contacts(ADA, REX)
        words = "You have exceeded the daily rate limit of (3) for Add a webinar registrant API"
        body = {"code": 429, "message": f"{words} requests for the registrant (somebody)."}
        strike(lone_stage, "status", "/registrants", status=429, body=body)
        webinar.register(REX)
        workflow.enroll([ada, rex], webinar.webinar_id)
        with writing(lone_stage.database) as to:
            to.execute(update(registration_request).values(must_go_alone=True))
        lone_stage.pass_time(MINUTE)
        assert workflow.outcomes() == {ada: "daily_limit", rex: "registered"}
        assert workflow.additions() == 2

    @pytest.mark.parametrize(
        ("kind", "more"),
        [
            ("refuse_before", {}),
            ("status", {"status": 503}),
            ("status", {"status": 429, "body": {"code": 429, "message": "per-second"}}),
        ],
        ids=["no connection", "unavailable", "busy"],
    )
    def test_zoom_in_trouble_for_a_while_costs_time_and_nothing_else(
        self, lone_stage: Stage, workflow: Workflow, kind: str, more: dict[str, Any]
    ) -> None:
        webinar = self.begin(lone_stage)
        (ada,) = workflow.contacts(ADA)
        strike(lone_stage, kind, "/registrants", times=2, **more)
        workflow.run(ada, webinar.webinar_id)
        lone_stage.pass_time(timedelta(minutes=5))
        assert workflow.outcomes()[ada] == "registered"
        assert len(webinar.truth()["registrants"]) == 1

    def test_a_connection_that_ended_is_told_and_hubspot_hears_when_it_can(
        self, lone_stage: Stage, workflow: Workflow
    ) -> None:
        webinar = self.begin(lone_stage)
        ada, rex = workflow.contacts(ADA, REX)
        lone_stage.simulator.call(
            "POST",
            "/faults",
            {"platform": "hubspot", "kind": "status", "status": 503, "route_contains": "complete"},
        )
        workflow.run(ada, webinar.webinar_id)
        lone_stage.work()
        assert workflow.outcomes()[ada] == ""
        lone_stage.simulator.call("DELETE", "/faults")
        lone_stage.pass_time(MINUTE)
        assert workflow.outcomes()[ada] == "registered"

        # The customer removes the app in Zoom, and no notice of it arrives.
        lone_stage.simulator.call("POST", "/zoom/deauthorize", {"account_id": ACCOUNT})
        assert outcome_of(workflow, rex, webinar.webinar_id)["outcome"] == "not_connected"
