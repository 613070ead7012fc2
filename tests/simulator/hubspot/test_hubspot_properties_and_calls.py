"""Property definitions, account limits, call records and their associations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PROPERTIES = "/crm/properties/2026-03/contacts"
CALLS = "/crm/objects/2026-03/calls"
COUNT = {
    "name": "rollcall_registration_count",
    "label": "Registrations",
    "groupName": "contactinformation",
    "type": "number",
    "fieldType": "number",
}
TO_CONTACT = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}


class TestProperties:
    def test_a_name_that_exists_is_409_with_its_sub_category(self, api: Any) -> None:
        assert api.call("POST", PROPERTIES, COUNT).status_code == 201
        answer = api.call("POST", PROPERTIES, COUNT)
        assert answer.status_code == 409
        assert answer.json()["category"] == "OBJECT_ALREADY_EXISTS"
        assert answer.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"

    def test_in_a_batch_one_that_exists_does_not_stop_the_others(self, api: Any) -> None:
        api.call("POST", PROPERTIES, COUNT)
        other = {**COUNT, "name": "rollcall_attendance_count"}
        answer = api.call("POST", f"{PROPERTIES}/batch/create", {"inputs": [COUNT, other]})
        assert answer.status_code == 207
        assert [item["name"] for item in answer.json()["results"]] == [other["name"]]

    def test_a_property_the_customer_removed_fails_writes_until_made_again(self, api: Any) -> None:
        api.call("POST", PROPERTIES, COUNT)
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        path = f"/crm/objects/2026-03/contacts/{contact_id}"
        body = {"properties": {COUNT["name"]: "3"}}
        assert api.call("PATCH", path, body).status_code == 200
        api.control("DELETE", f"/hubspot/portals/{api.portal_id}/properties/{COUNT['name']}")
        assert "PROPERTY_DOESNT_EXIST" in api.call("PATCH", path, body).text
        assert api.call("POST", PROPERTIES, COUNT).status_code == 201
        assert api.call("PATCH", path, body).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"name": "Rollcall_X"}, id="upper case"),
            pytest.param({"name": "1rollcall"}, id="starts with a digit"),
            pytest.param({"type": "integer"}, id="unknown type"),
            pytest.param({"fieldType": "slider"}, id="unknown field type"),
            pytest.param({"groupName": "rollcall"}, id="group not there"),
            pytest.param({"label": ""}, id="no label"),
            pytest.param(
                {"options": [{"label": "A", "value": "a"}]}, id="option without displayOrder"
            ),
        ],
    )
    def test_a_bad_definition_is_refused(self, api: Any, change: dict[str, Any]) -> None:
        assert api.call("POST", PROPERTIES, {**COUNT, **change}).status_code == 400

    def test_a_free_account_runs_out_of_properties(self, make_api: Callable[..., Any]) -> None:
        api = make_api(custom_property_limit=1)
        api.call("POST", PROPERTIES, COUNT)
        answer = api.call("POST", PROPERTIES, {**COUNT, "name": "rollcall_other"})
        limits = api.call("GET", "/crm/limits/2026-03/custom-properties").json()
        assert answer.status_code == 400
        assert (limits["byObjectType"][0]["limit"], limits["byObjectType"][0]["usage"]) == (1, 1)

    @pytest.mark.parametrize(
        ("kind", "value", "status"),
        [
            ("number", "12.5", 200),
            ("number", "twelve", 400),
            ("bool", "true", 200),
            ("bool", "yes", 400),
            ("datetime", "2026-11-20T10:00:00Z", 200),
            ("datetime", "1795000000000", 200),
            ("datetime", "soon", 400),
        ],
    )
    def test_values_must_suit_their_type(
        self, api: Any, kind: str, value: str, status: int
    ) -> None:
        api.call("POST", PROPERTIES, {**COUNT, "name": "rollcall_x", "type": kind})
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        body = {"properties": {"rollcall_x": value}}
        answer = api.call("PATCH", f"/crm/objects/2026-03/contacts/{contact_id}", body)
        assert answer.status_code == status

    def test_a_condition_of_the_customer_holds_from_2026_09_on(self, api: Any) -> None:
        rule = {"property": "lifecyclestage", "value": "customer", "require": ["company"]}
        api.control("PATCH", f"/hubspot/portals/{api.portal_id}", {"conditions": [rule]})
        (contact_id,) = api.add_contacts({"email": "a@x.de", "lifecyclestage": "customer"})
        body = {"properties": {"city": "Bonn"}}
        new = api.call("PATCH", f"/crm/objects/2026-09/contacts/{contact_id}", body)
        old = api.call("PATCH", f"/crm/objects/2026-03/contacts/{contact_id}", body)
        assert (new.status_code, old.status_code) == (400, 200)
        assert "MISSING_CONDITIONAL_REQUIRED_PROPERTY" in new.text


class TestPeople:
    def test_owner_id_is_not_user_id_and_archived_owners_have_no_user(self, api: Any) -> None:
        gone = {"owners": [{"email": "gone@x.de", "archived": True}]}
        api.control("PATCH", f"/hubspot/portals/{api.portal_id}", gone)
        (owner,) = api.call("GET", "/crm/owners/2026-03").json()["results"]
        (archived,) = api.call("GET", "/crm/owners/2026-03?archived=true").json()["results"]
        assert owner["id"] != str(owner["userId"])
        assert "userId" not in archived
        path = f"/crm/owners/2026-03/{owner['userId']}?idProperty=userId"
        assert api.call("GET", path).json()["id"] == owner["id"]
        found = api.call("GET", "/crm/owners/2026-03?email=nobody@x.de").json()["results"]
        assert found == []

    def test_users_and_account_details(self, make_api: Callable[..., Any]) -> None:
        api = make_api(timeZone="America/New_York", uiDomain="app-eu1.hubspot.com")
        details = api.call("GET", "/account-info/2026-03/details").json()
        assert details["timeZone"] == "America/New_York"
        assert details["uiDomain"] == "app-eu1.hubspot.com"
        assert details["utcOffset"].startswith("-0")
        (user,) = api.call("GET", "/settings/users/2026-03").json()["results"]
        by_email = f"/settings/users/2026-03/{user['email']}?idProperty=EMAIL"
        assert api.call("GET", by_email).json()["superAdmin"]


class TestCalls:
    @pytest.mark.parametrize(
        "properties",
        [
            pytest.param({"hs_call_title": "x"}, id="no timestamp"),
            pytest.param({"hs_timestamp": "1", "hs_call_status": "DONE"}, id="unknown status"),
        ],
    )
    def test_a_bad_call_is_refused(self, api: Any, properties: dict[str, str]) -> None:
        assert api.call("POST", CALLS, {"properties": properties}).status_code == 400

    @pytest.mark.parametrize("tells", [True, False], ids=["told", "not told"])
    def test_a_call_tells_of_its_transcript_as_long_as_it_has_one(
        self, api: Any, tells: bool
    ) -> None:
        api.control("PATCH", "/switches", {"calls_tell_of_transcripts": tells})
        call_id = api.call("POST", CALLS, {"properties": {"hs_timestamp": "1"}}).json()["id"]

        def told() -> tuple[str | None, str | None]:
            names = "hs_call_has_transcript,hs_call_transcription_id"
            shown = api.call("GET", f"{CALLS}/{call_id}?properties={names}").json()["properties"]
            return shown["hs_call_has_transcript"], shown["hs_call_transcription_id"]

        said = {
            "speaker": {"id": "1", "name": "Ann"},
            "text": "Hello",
            "startTimeMillis": 0,
            "endTimeMillis": 1,
        }
        path = "/crm/extensions/calling/2026-03/transcripts"
        body = {"engagementId": call_id, "transcriptCreateUtterances": [said]}
        transcript_id = api.call("POST", path, body).json()["id"]
        assert told() == (("true", transcript_id) if tells else (None, None))
        api.call("DELETE", f"{path}/{transcript_id}")
        assert told()[1] is None

    def test_a_second_call_for_one_recording_is_a_duplicate_effect(self, api: Any) -> None:
        body = {"properties": {"hs_timestamp": "1", "hs_call_external_id": "77-0-1"}}
        ids = [api.call("POST", CALLS, body).json()["id"] for _ in range(2)]
        assert api.summary()["duplicate_effects"] == 1
        api.call("DELETE", f"{CALLS}/{ids[1]}")
        assert api.summary()["duplicate_effects"] == 0

    def test_associations_put_the_call_on_timelines_and_bad_pairs_are_entries(
        self, api: Any
    ) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        body = {"properties": {"hs_timestamp": "1", "hs_call_title": "Recording"}}
        call_id = api.call("POST", CALLS, body).json()["id"]
        inputs = [
            {"from": {"id": call_id}, "to": {"id": to}, "types": [{**TO_CONTACT}]}
            for to in (contact_id, "424242")
        ]
        path = "/crm/associations/2026-03/calls/contacts/batch"
        answer = api.call("POST", f"{path}/create", {"inputs": inputs})
        assert answer.status_code == 207
        assert answer.json()["errors"][0]["context"]["toObjectId"] == ["424242"]
        assert api.see(contact_id)["timeline"][0]["name"] == "Recording"
        wrong = {**inputs[0], "types": [{**TO_CONTACT, "associationTypeId": 200}]}
        refused = api.call("POST", f"{path}/create", {"inputs": [wrong]}).json()
        assert refused["results"] == []

    def test_a_transcript_belongs_to_a_call(self, api: Any) -> None:
        utterance = {
            "speaker": {"id": "1", "name": "Ada"},
            "text": "Hello",
            "startTimeMillis": 0,
            "endTimeMillis": 900,
        }
        path = "/crm/extensions/calling/2026-03/transcripts"
        body = {"engagementId": 1, "transcriptCreateUtterances": [utterance]}
        assert api.call("POST", path, body).status_code == 404
        call_id = api.call("POST", CALLS, {"properties": {"hs_timestamp": "1"}}).json()["id"]
        body["engagementId"] = int(call_id)
        transcript_id = api.call("POST", path, body).json()["id"]
        read = api.call("GET", f"{path}/{transcript_id}").json()
        assert read["transcriptSource"] == "INTEGRATOR_GENERATED"
        assert api.call("DELETE", f"{path}/{transcript_id}").status_code == 204
        assert api.call("GET", f"{path}/{transcript_id}").status_code == 404


class TestCallbacks:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"outputFields": {"hs_execution_state": "SUCCESS"}, "typedOutputs": {}}, 204),
            ({"outputFields": {"hs_execution_state": "FAIL_CONTINUE"}, "typedOutputs": {}}, 204),
            ({"outputFields": {"hs_execution_state": "BLOCK"}, "typedOutputs": {}}, 400),
            ({"outputFields": {"hs_execution_state": "SUCCESS"}}, 400),
            ({"typedOutputs": {}}, 400),
        ],
        ids=["success", "fail", "not final", "no typedOutputs", "no outputFields"],
    )
    def test_completing_a_workflow_action(
        self, api: Any, body: dict[str, Any], status: int
    ) -> None:
        path = "/automation/actions/callbacks/2026-03/cb-1/complete"
        assert api.call("POST", path, body).status_code == status
        completed = api.control("GET", "/hubspot/callbacks")["completed"]
        assert len(completed) == (1 if status == 204 else 0)
