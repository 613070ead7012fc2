"""HubSpot's client for the older paths works on the simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hubspot
import pytest
from hubspot.crm.contacts.exceptions import ApiException as ContactsError
from hubspot.oauth.exceptions import ApiException as OAuthError

from simulator.app import RunningSimulator

CALLBACK = "http://localhost:8000/oauth/hubspot/callback"
OCCURRED = 1_795_000_000_000
JOINED, LEFT = "2026-11-20T10:00:00Z", "2026-11-20T10:45:00Z"


def test_oauth_exchange_refresh_look_up_and_revocation(
    simulator: RunningSimulator, approve: Callable[..., str]
) -> None:
    client = hubspot.Client.create(host=f"{simulator.base_url}/hubspot")
    app = {"client_id": "sim-hubspot-app", "client_secret": "sim-hubspot-secret"}
    tokens = client.oauth.tokens_api
    first: Any = tokens.create(
        grant_type="authorization_code", code=approve(), redirect_uri=CALLBACK, **app
    )
    second: Any = tokens.create(
        grant_type="refresh_token", refresh_token=first.refresh_token, **app
    )
    known: Any = client.oauth.access_tokens_api.get(second.access_token)
    grant: Any = client.oauth.refresh_tokens_api.get(first.refresh_token)
    assert known.hub_id == grant.hub_id
    assert known.app_id == 1001
    client.oauth.refresh_tokens_api.archive(first.refresh_token)
    with pytest.raises(OAuthError) as refused:
        tokens.create(grant_type="refresh_token", refresh_token=first.refresh_token, **app)
    assert refused.value.status == 400
    assert "BAD_REFRESH_TOKEN" in refused.value.body


def test_contact_batches(old_sdk: hubspot.Client) -> None:
    batch = old_sdk.crm.contacts.batch_api
    created: Any = batch.create(
        {
            "inputs": [
                {"properties": {"email": f"p{n}@example.com"}, "objectWriteTraceId": str(n)}
                for n in range(3)
            ]
        }
    )
    ids = [result.id for result in created.results]
    read: Any = batch.read(
        {
            "idProperty": "email",
            "inputs": [{"id": "p1@example.com"}, {"id": "nobody@example.com"}],
            "properties": ["email", "lastname"],
        }
    )
    assert [result.id for result in read.results] == [ids[1]]
    assert read.results[0].properties["lastname"] is None
    assert read.errors[0].context["ids"] == ["nobody@example.com"]
    updated: Any = batch.update({"inputs": [{"id": ids[0], "properties": {"city": "Bonn"}}]})
    assert updated.results[0].properties["city"] == "Bonn"
    upserted: Any = batch.upsert(
        {"inputs": [{"id": "q@example.com", "idProperty": "email", "properties": {}}]}
    )
    assert upserted.results[0].new
    batch.archive({"inputs": [{"id": ids[2]}]})
    page: Any = old_sdk.crm.contacts.basic_api.get_page(archived=True)
    assert [contact.id for contact in page.results] == [ids[2]]


def test_single_contacts_search_merge_and_purge(old_sdk: hubspot.Client) -> None:
    basic = old_sdk.crm.contacts.basic_api
    one: Any = basic.create({"properties": {"email": "one@example.com"}})
    two: Any = basic.create({"properties": {"email": "two@example.com"}})
    basic.update(one.id, {"properties": {"company": "Acme"}})
    filters = [{"propertyName": "company", "operator": "EQ", "value": "Acme"}]
    found: Any = old_sdk.crm.contacts.search_api.do_search(
        {"filterGroups": [{"filters": filters}], "limit": 5}
    )
    assert [contact.id for contact in found.results] == [one.id]
    with pytest.raises(ContactsError) as conflict:
        basic.create({"properties": {"email": "one@example.com"}})
    assert f"Existing ID: {one.id}" in conflict.value.body
    survivor: Any = basic.merge({"primaryObjectId": one.id, "objectIdToMerge": two.id})
    by_email: Any = basic.get_by_id("two@example.com", id_property="email")
    assert by_email.id == survivor.id
    basic.purge({"objectId": survivor.id})
    with pytest.raises(ContactsError) as gone:
        basic.get_by_id(survivor.id)
    assert gone.value.status == 404


def test_marketing_events(old_sdk: hubspot.Client, api: Any) -> None:
    ids = [int(i) for i in api.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})]
    events = old_sdk.marketing.events
    body = {
        "eventName": "Launch",
        "eventOrganizer": "Acme",
        "externalAccountId": "acc",
        "externalEventId": "77-0",
        "customProperties": [],
    }
    made: Any = events.basic_api.upsert("77-0", body)
    registered: Any = events.add_event_attendees_api.record_by_contact_ids(
        "77-0",
        "register",
        {"inputs": [{"vid": i, "interactionDateTime": OCCURRED, "properties": {}} for i in ids]},
        external_account_id="acc",
    )
    times = {"joinedAt": JOINED, "leftAt": LEFT}
    attended: Any = events.add_event_attendees_api.record_by_contact_id(
        made.object_id,
        "attend",
        {"inputs": [{"vid": ids[0], "interactionDateTime": OCCURRED, "properties": times}]},
    )
    by_email: Any = events.add_event_attendees_api.record_by_contact_emails(
        "77-0",
        "register",
        {"inputs": [{"email": "new@x.de", "interactionDateTime": OCCURRED}]},
        external_account_id="acc",
    )
    events.change_property_api.complete(
        "77-0", "acc", {"startDateTime": JOINED, "endDateTime": LEFT}
    )
    participants = events.retrieve_participant_state_api
    counts: Any = participants.get_participations_counters_by_event_external_id("acc", "77-0")
    rows: Any = participants.get_participations_breakdown_by_contact_id("a@x.de")
    details: Any = events.basic_api.get_details("77-0", "acc")
    assert [result.vid for result in registered.results] == ids
    assert [result.vid for result in attended.results] == ids[:1]
    assert by_email.results[0].email == "new@x.de"
    assert (counts.registered, counts.attended, counts.no_shows) == (3, 1, 2)
    assert rows.results[0].properties.attendance_state == "ATTENDED"
    assert (details.registrants, details.no_shows) == (3, 2)
    found: Any = events.identifiers_api.do_search("77-0")
    assert found.results[0].external_account_id == "acc"
    events.basic_api.archive("77-0", "acc")
    assert api.portal.marketing_events == {}


def test_properties_owners_users_and_callbacks(old_sdk: hubspot.Client, api: Any) -> None:
    properties = old_sdk.crm.properties
    properties.groups_api.create("contacts", {"name": "rollcall", "label": "Rollcall"})
    made: Any = properties.core_api.create(
        "contacts",
        {
            "name": "rollcall_state",
            "label": "State",
            "groupName": "rollcall",
            "type": "enumeration",
            "fieldType": "select",
            "options": [{"label": "In", "value": "in", "displayOrder": 0, "hidden": False}],
        },
    )
    listed: Any = properties.core_api.get_all("contacts")
    assert made.name in {item.name for item in listed.results}
    owner: Any = old_sdk.crm.owners.owners_api.get_page().results[0]
    assert old_sdk.crm.owners.owners_api.get_by_id(int(owner.id)).email == owner.email
    users: Any = old_sdk.settings.users.users_api.get_page()
    assert users.results[0].super_admin
    old_sdk.automation.actions.callbacks_api.complete(
        "cb-1", {"outputFields": {"hs_execution_state": "SUCCESS"}}
    )
    assert api.control("GET", "/hubspot/callbacks")["completed"][0]["callbackId"] == "cb-1"


def test_calls(old_sdk: hubspot.Client, api: Any) -> None:
    (contact_id,) = api.add_contacts({"email": "a@x.de"})
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}
    made: Any = old_sdk.crm.objects.calls.basic_api.create(
        {
            "properties": {"hs_timestamp": str(OCCURRED), "hs_call_external_id": "77-0-1"},
            "associations": [{"to": {"id": contact_id}, "types": [kind]}],
        }
    )
    filters = [{"propertyName": "hs_call_external_id", "operator": "EQ", "value": "77-0-1"}]
    found: Any = old_sdk.crm.objects.calls.search_api.do_search(
        {"filterGroups": [{"filters": filters}]}
    )
    assert [call.id for call in found.results] == [made.id]
    joined: Any = old_sdk.crm.associations.v4.basic_api.get_page("contacts", contact_id, "calls")
    assert joined.results[0].to_object_id == made.id


def test_callbacks_are_completed_at_the_older_path_too(old_sdk: hubspot.Client, api: Any) -> None:
    inputs = [{"callbackId": "cb-1", "outputFields": {"hs_execution_state": "FAIL_CONTINUE"}}]
    old_sdk.automation.actions.callbacks_api.complete_batch({"inputs": inputs})
    (done,) = api.control("GET", "/hubspot/callbacks")["completed"]
    assert done["outputFields"] == {"hs_execution_state": "FAIL_CONTINUE"}
