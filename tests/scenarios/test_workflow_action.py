"""The workflow action "Add contact to Zoom webinar", from HubSpot's workflow to Zoom and back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar
from tests.scenarios.workflow import Workflow, open_workflow

ADA = "ada@northquay.example"


def test_a_contact_is_registered_and_the_workflow_hears_of_it_S03_S33_S41(
    lone_stage: Stage,
) -> None:
    webinar = plan_webinar(lone_stage, start_time=5 * HOUR)
    connect(lone_stage)
    lone_stage.work()
    with open_workflow(lone_stage, patience=20.0, is_manned=True) as workflow:
        (ada,) = workflow.contacts(ADA)
        answer = workflow.run(ada, webinar.webinar_id)
        outputs = answer["body"]["outputFields"]
        assert (outputs["hs_execution_state"], outputs["outcome"]) == ("SUCCESS", "registered")
        assert outputs["registrantId"] == webinar.registrant_ids()[ADA]
        assert "/webinar/register/" in outputs["joinUrl"]
        assert "tk=" not in outputs["joinUrl"]
        lone_stage.pass_time(timedelta(minutes=1))
        # The same contact again: known, and Zoom is not asked.
        again = workflow.run(ada, webinar.webinar_id)["body"]["outputFields"]
        assert again["outcome"] == "already_registered"
        assert again["registrantId"] == outputs["registrantId"]
        assert workflow.additions() == 1
    assert webinar.figures(ADA)["last_registered_webinar"] == outputs["joinUrl"]
    assert webinar.states() == {ADA: "REGISTERED"}


def assert_each_heard_once(workflow: Workflow) -> None:
    """Every execution ended with exactly one outcome, taken the first time it was told."""
    callbacks = workflow.callbacks()
    assert {one["state"] for one in callbacks["executions"]} == {"done"}
    assert callbacks["refused"] == []
    told = Counter(one["callbackId"] for one in callbacks["completed"])
    blocked = {one["callback_id"] for one in callbacks["executions"] if one["was_blocked"]}
    assert set(told) == blocked
    assert set(told.values()) <= {1}


def test_two_thousand_contacts_at_once_take_eighty_calls_B13(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage, start_time=5 * HOUR)
    connect(lone_stage)
    lone_stage.work()
    people = [f"guest{number}@northquay.example" for number in range(2000)]
    with open_workflow(lone_stage) as workflow:
        ids = workflow.contacts(*people)
        workflow.enroll(ids, webinar.webinar_id)
        lone_stage.pass_time(timedelta(minutes=1))
        assert Counter(workflow.outcomes().values()) == {"registered": 2000}
        assert_each_heard_once(workflow)
        assert workflow.additions() <= 80
    registrants = Counter(one["email"] for one in webinar.truth()["registrants"])
    assert registrants == dict.fromkeys(people, 1)
    assert max(row["sendings"] for row in workflow.rows()) == 1
