"""Call records: found before they are made, joined to contacts, emptied when a recording goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from clients.hubspot import HubSpot
from clients.hubspot_calls import CALL_ASSOCIATION_BATCH
from clients.transport import Transport
from schemas.hubspot_calls import CallBody, Utterance
from tests.clients.conftest import HUBSPOT, CountedPermits

CALLS = f"{HUBSPOT}/crm/objects/2026-03/calls"
CALLING = f"{HUBSPOT}/crm/extensions/calling/2026-03"
ASSOCIATIONS = f"{HUBSPOT}/crm/associations/2026-03/calls/contacts/batch/create"
NOON = datetime(2026, 12, 23, 12, tzinfo=UTC)
CALL = CallBody("8-0-1798027200", "acc", "Herbs", "<p>Herbs</p>", NOON, 60)


@pytest.fixture
def hubspot(make_transport: Callable[..., Transport]) -> HubSpot:
    return HubSpot(make_transport("hubspot"))


def sent(http: responses.RequestsMock) -> Any:
    return json.loads(http.calls[0].request.body)


def test_a_search_takes_a_permit_of_the_search(
    http: responses.RequestsMock, hubspot: HubSpot, permits: CountedPermits
) -> None:
    http.post(f"{CALLS}/search", json={"total": 1, "results": [{"id": "77"}]})
    assert hubspot.find_calls("8-0-1798027200") == ("77",)
    assert permits.taken == ["search"]


def test_a_call_is_created_joined_to_contacts_and_without_empty_properties(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    http.post(CALLS, status=201, json={"id": 77})
    assert hubspot.create_call(CALL, ["101"]) == "77"
    properties = sent(http)["properties"]
    assert properties["hs_call_duration"] == "60000"
    assert properties["hs_timestamp"] == "1798027200000"
    assert properties["hs_call_external_id"] == "8-0-1798027200"
    assert "" not in properties.values()
    assert sent(http)["associations"][0]["to"] == {"id": "101"}


def test_a_removed_recording_leaves_neither_link_nor_text(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    http.patch(f"{CALLS}/77", json={"id": "77"})
    hubspot.remove_recording("77")
    assert sent(http) == {"properties": {"hs_call_recording_url": "", "hs_call_body": ""}}


def test_a_change_takes_the_link_away_that_is_wanted_no_more(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    http.patch(f"{CALLS}/77", json={"id": "77"})
    hubspot.update_call("77", CALL)
    assert sent(http)["properties"]["hs_call_recording_url"] == ""
    assert sent(http)["properties"]["hs_call_body"] == "<p>Herbs</p>"


@pytest.mark.parametrize(
    ("properties", "transcript_id"),
    [
        ({"hs_call_has_transcript": "true", "hs_call_transcription_id": "9"}, "9"),
        ({"hs_call_has_transcript": "true", "hs_call_transcription_id": None}, ""),
        ({"hs_call_has_transcript": "false", "hs_call_transcription_id": None}, None),
        ({}, None),
    ],
    ids=["named", "told of", "none", "not told"],
)
def test_a_call_record_tells_of_its_transcript(
    http: responses.RequestsMock,
    hubspot: HubSpot,
    properties: dict[str, Any],
    transcript_id: str | None,
) -> None:
    http.get(f"{CALLS}/77", json={"id": "77", "properties": properties})
    assert hubspot.find_transcript("77") == transcript_id


def test_a_call_is_changed_and_archived(http: responses.RequestsMock, hubspot: HubSpot) -> None:
    http.patch(f"{CALLS}/77", json={"id": "77"})
    http.delete(f"{CALLS}/77", status=204)
    hubspot.update_call("77", CALL)
    hubspot.archive_call("77")
    assert "associations" not in sent(http)


def test_contacts_that_could_not_be_joined_are_missing(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    gone = {"category": "OBJECT_NOT_FOUND", "context": {"toObjectId": ["102"]}}
    refused = {"category": "VALIDATION_ERROR", "message": "m", "context": {"toObjectId": ["103"]}}
    body = {"results": [{"fromObjectId": "77", "toObjectId": 101}], "errors": [gone, refused]}
    http.post(ASSOCIATIONS, status=207, json=body)
    outcome = hubspot.associate_call("77", ["101", "102", "103"])
    assert outcome.done == {"101": "101"}
    assert outcome.missing == ("102",)
    assert set(outcome.rejected) == {"103"}


@pytest.mark.parametrize(
    "contacts",
    [[], ["1", "1"], [str(one) for one in range(CALL_ASSOCIATION_BATCH + 1)]],
    ids=["empty", "twice", "too long"],
)
def test_a_join_that_cannot_pass_is_not_sent(hubspot: HubSpot, contacts: list[str]) -> None:
    with pytest.raises(ValueError, match="batch"):
        hubspot.associate_call("77", contacts)


def test_B09_contacts_are_taken_off_a_call_a_hundred_to_an_input(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    http.post(ASSOCIATIONS.replace("/create", "/archive"), status=204)
    contacts = [str(one) for one in range(250)]
    assert list(hubspot.dissociate_call("77", contacts).done) == contacts
    inputs = sent(http)["inputs"]
    assert [(one["from"]["id"], len(one["to"])) for one in inputs] == [
        ("77", 100),
        ("77", 100),
        ("77", 50),
    ]
    assert inputs[2]["to"][-1] == {"id": "249"}


def test_a_recording_is_announced(http: responses.RequestsMock, hubspot: HubSpot) -> None:
    http.post(f"{CALLING}/recordings/ready", status=204)
    hubspot.announce_recording("77")
    assert sent(http) == {"engagementId": "77"}


def test_a_transcript_is_uploaded_and_taken_away(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    http.post(f"{CALLING}/transcripts", json={"id": "t-1"})
    http.delete(f"{CALLING}/transcripts/t-1", status=204)
    transcript_id = hubspot.upload_transcript("77", [Utterance("1", "Sage", "Hello", 0, 900)])
    hubspot.delete_transcript(transcript_id)
    assert sent(http)["transcriptCreateUtterances"] == [
        {
            "speaker": {"id": "1", "name": "Sage"},
            "text": "Hello",
            "startTimeMillis": 0,
            "endTimeMillis": 900,
        }
    ]
