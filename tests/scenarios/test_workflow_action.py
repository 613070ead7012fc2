"""The workflow action "Add contact to Zoom webinar", from HubSpot's workflow to Zoom and back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from jobs.erased import erase_contacts
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar
from tests.scenarios.workflow import Workflow, open_workflow

ADA, REX = "ada@northquay.example", "rex@northquay.example"
MINUTE = timedelta(minutes=1)


def begin(stage: Stage, **wanted: object) -> Webinar:
    """A webinar in five hours that Rollcall knows of."""
    webinar = plan_webinar(stage, start_time=5 * HOUR, **wanted)
    connect(stage)
    stage.work()
    return webinar


def assert_each_heard_once(workflow: Workflow) -> None:
    """Every execution ended with exactly one outcome, taken the first time it was told."""
    callbacks = workflow.callbacks()
    assert {one["state"] for one in callbacks["executions"]} == {"done"}
    assert callbacks["refused"] == []
    told = Counter(one["callbackId"] for one in callbacks["completed"])
    blocked = {one["callback_id"] for one in callbacks["executions"] if one["was_blocked"]}
    assert set(told) == blocked
    assert set(told.values()) <= {1}


@pytest.mark.parametrize("has_v3", [True, False], ids=["version 3", "version 2 alone"])
def test_a_contact_is_registered_and_the_workflow_hears_of_it_S03_S33_S41(
    lone_stage: Stage, has_v3: bool
) -> None:
    lone_stage.simulator.call("PATCH", "/switches", {"workflow_v3_signature": has_v3})
    webinar = begin(lone_stage)
    with open_workflow(lone_stage, patience=20.0, is_manned=True) as workflow:
        (ada,) = workflow.contacts(ADA)
        answer = workflow.run(ada, webinar.webinar_id)
        outputs = answer["body"]["outputFields"]
        assert (outputs["hs_execution_state"], outputs["outcome"]) == ("SUCCESS", "registered")
        assert outputs["registrantId"] == webinar.registrant_ids()[ADA]
        assert "/webinar/register/" in outputs["joinUrl"]
        assert "tk=" not in outputs["joinUrl"]
        # No webhook told of it: what Zoom answered is a fact like any other.
        lone_stage.pass_time(MINUTE)
        assert webinar.figures(ADA)["last_registered_webinar"] == outputs["joinUrl"]
        assert webinar.states() == {ADA: "REGISTERED"}
        # The same contact again: known, and Zoom is not asked.
        again = workflow.run(ada, webinar.webinar_id)["body"]["outputFields"]
        assert again["outcome"] == "already_registered"
        assert again["registrantId"] == outputs["registrantId"]
        # And HubSpot's repetition of the first call gets the first answer.
        repeated = workflow.run(ada, webinar.webinar_id, callback_id=answer["callback_id"])
        assert repeated["body"] == answer["body"]
        assert workflow.additions() == 1
        assert_each_heard_once(workflow)


def test_whoever_has_to_wait_is_completed_later_and_registered_once_B13(
    lone_stage: Stage,
) -> None:
    lone_stage.simulator.call("PATCH", "/switches", {"late_callback_spoils_batch": True})
    webinar = begin(lone_stage)
    with open_workflow(lone_stage) as workflow:
        ada, rex, zoe = workflow.contacts(ADA, REX, "zoe@northquay.example")
        answers = [workflow.run(one, webinar.webinar_id, callback_id=one) for one in (ada, rex)]
        assert {one["body"]["outputFields"]["hs_execution_state"] for one in answers} == {"BLOCK"}
        # HubSpot asks again for one of them, and the same person comes in another workflow.
        workflow.run(ada, webinar.webinar_id, callback_id=ada)
        workflow.run(ada, f"{webinar.webinar_id[:3]} {webinar.webinar_id[3:]}")
        # A callback the customer ended in HubSpot spoils the call for all that go with it.
        workflow.run(zoe, webinar.webinar_id, callback_id=zoe)
        outputs = {"hs_execution_state": "SUCCESS"}
        lone_stage.simulator.call("POST", "/hubspot/callbacks", {"id": zoe, "outputs": outputs})
        lone_stage.pass_time(MINUTE)
        assert workflow.outcomes()[rex] == "registered"
        told = Counter(one["callbackId"] for one in workflow.callbacks()["completed"])
        assert set(told.values()) == {1}
        assert {one["callbackId"] for one in workflow.callbacks()["refused"]} == {zoe}
        by_contact = Counter(row["contact_id"] for row in workflow.rows())
        assert by_contact == {ada: 2, rex: 1, zoe: 1}
        outcomes = {(row["contact_id"], row["outcome"]) for row in workflow.rows()}
        assert (ada, "already_registered") in outcomes
    sendings = Counter(one["email"] for one in webinar.truth()["registrants"])
    assert sendings == dict.fromkeys((ADA, REX, "zoe@northquay.example"), 1)


def test_a_thousand_contacts_at_once_take_forty_calls_B13(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    people = [f"guest{number}@northquay.example" for number in range(1000)]
    with open_workflow(lone_stage) as workflow:
        ids = workflow.contacts(*people)
        workflow.enroll(ids, webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        assert Counter(workflow.outcomes().values()) == {"registered": 1000}
        assert_each_heard_once(workflow)
        assert workflow.additions() <= 40
        assert max(row["sendings"] for row in workflow.rows()) == 1
    registrants = Counter(one["email"] for one in webinar.truth()["registrants"])
    assert registrants == dict.fromkeys(people, 1)


def test_a_form_that_requires_more_is_answered_person_by_person_B7_S17(lone_stage: Stage) -> None:
    lone_stage.simulator.call("PATCH", "/switches", {"zoom_required_answers_enforced": True})
    diet = {"title": "Diet", "type": "single_radio", "required": True, "answers": ["Vegan", "Fish"]}
    snack = {"title": "Snack", "type": "single_radio", "required": False, "answers": ["Nuts"]}
    webinar = begin(
        lone_stage,
        questions=[
            {"field_name": "last_name", "required": True},
            {"field_name": "org", "required": True},
        ],
        custom_questions=[diet, snack],
    )
    people = [f"guest{number}@northquay.example" for number in range(200)]
    with open_workflow(lone_stage) as workflow:
        ids = workflow.contacts(*people, company="Acme", jobtitle="vegan")
        # Before anything is mapped nobody is sent to Zoom, and everybody hears what is missing.
        workflow.run(ids[0], webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        first = workflow.outputs()[ids[0]]
        assert (first["outcome"], first["hs_execution_state"]) == ("needs_field", "FAIL_CONTINUE")
        assert "org, Diet" in first["message"]
        assert workflow.additions() == 0

        lone_stage.set(question_mapping={"org": "company", "Diet": "jobtitle", "Snack": "jobtitle"})
        (odd,) = workflow.contacts("odd@northquay.example", company="Acme", jobtitle="meat")
        lone_stage.simulator.call("DELETE", "/journal")
        workflow.enroll([*ids[1:], odd], webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        outcomes = workflow.outcomes()
        assert outcomes.pop(odd) == "needs_field"
        assert Counter(outcomes.values()) == {"registered": 199, "needs_field": 1}
        # A value that is none of the answers holds nobody up, and is not dropped without a word.
        heard = workflow.outputs()[ids[1]]["message"]
        assert "Snack: “vegan” is not one of the answers Zoom accepts" in heard
        assert_each_heard_once(workflow)
        assert (workflow.additions("/registrants"), workflow.additions()) == (199, 199)
        reads = lone_stage.simulator.call("GET", "/journal", platform="hubspot")["calls"]
        assert sum(one["count"] for one in reads if one["route"].endswith("batch/read")) <= 12
    answered = webinar.truth()["registrants"]
    assert {one["answers"]["org"] for one in answered} == {"Acme"}
    asked = [{"title": "Diet", "value": "Vegan"}]
    assert [one["answers"]["custom_questions"] for one in answered] == [asked] * 199


def test_a_contact_without_a_name_is_registered_and_gets_none_from_us(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    lone_stage.set(join_link="personal")
    with open_workflow(lone_stage) as workflow:
        (ada,) = workflow.contacts(ADA, firstname="", lastname="")
        workflow.run(ada, webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        outputs = workflow.outputs()[ada]
        assert outputs["outcome"] == "registered"
        # B12: the registrant's own link only where the portal asked for it.
        assert outputs["joinUrl"].endswith(f"tk={outputs['registrantId']}.DQ")
        (person,) = webinar.truth()["registrants"]
        assert person["first_name"] == "ada"
        # Zoom's list brings the name back; it stays out of the contact.
        lone_stage.sync_now()
        lone_stage.pass_time(MINUTE)
    contact = webinar.contact(ADA)["properties"]
    assert not contact.get("firstname")
    assert webinar.outcomes() == {ADA: "in_sync"}


def test_whoever_was_erased_is_neither_registered_nor_kept(lone_stage: Stage) -> None:
    webinar = begin(lone_stage)
    with open_workflow(lone_stage) as workflow:
        ada, rex = workflow.contacts(ADA, REX)
        workflow.run(ada, webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        assert workflow.outcomes()[ada] == "registered"
        workflow.run(rex, webinar.webinar_id)
        erase_contacts(lone_stage.runtime, PORTAL, [ada, rex], lone_stage.now())
        # HubSpot lets the API create the person again; the workflow enrolls them once more.
        lone_stage.simulator.call("POST", f"/hubspot/portals/{PORTAL}/contacts/{ada}/gdpr-delete")
        (again,) = workflow.contacts(ADA)
        workflow.run(again, webinar.webinar_id)
        lone_stage.pass_time(MINUTE)
        outcomes = workflow.outcomes()
        assert (outcomes[rex], outcomes[again]) == ("privacy_deleted", "privacy_deleted")
        assert workflow.additions() == 1
        kept = [dict(row) for row in workflow.rows()]
    assert len(kept) == 3
    assert "northquay" not in repr(kept)
    assert "Rex" not in repr(kept)
