"""HubSpot's client for dated paths works on the simulator; its models check every answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import hubspot_sdk
import pytest

from simulator.app import RunningSimulator

JOINED, LEFT = "2026-11-20T10:00:00Z", "2026-11-20T10:45:00Z"
NAMES = {"firstname": "Ada", "lastname": "Byron"}
OCCURRED = 1_795_000_000_000


class FormTransport(httpx.HTTPTransport):
    """Sends JSON bodies as forms: this pre-release posts JSON where HubSpot documents a form."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        form = httpx.Request("POST", request.url, data=json.loads(request.read()))
        return super().handle_request(form)


@pytest.fixture
def anonymous(simulator: RunningSimulator) -> Iterator[hubspot_sdk.HubSpot]:
    """The client without a token, for OAuth."""
    root = f"{simulator.base_url}/hubspot"
    with hubspot_sdk.HubSpot(
        access_token="none",
        base_url=root,
        max_retries=0,
        http_client=httpx.Client(transport=FormTransport()),
        _strict_response_validation=True,
    ) as client:
        yield client


class TestOAuth:
    def test_exchanges_refreshes_introspects_and_revokes(
        self, anonymous: hubspot_sdk.HubSpot, approve: Callable[..., str]
    ) -> None:
        code = approve("oauth crm.objects.contacts.read")
        client = {"client_id": "sim-hubspot-app", "client_secret": "sim-hubspot-secret"}
        oauth = anonymous.auth.oauth
        first: Any = oauth.create_token(
            grant_type="authorization_code",
            code=code,
            redirect_uri="http://localhost:8000/oauth/hubspot/callback",
            **client,
        )
        second: Any = oauth.create_token(
            grant_type="refresh_token", refresh_token=first.refresh_token, **client
        )
        described: Any = oauth.introspect_token(
            token=second.access_token, token_type_hint="access_token", **client
        )
        assert (first.expires_in, first.scopes) == (1800, ["oauth", "crm.objects.contacts.read"])
        assert second.access_token != first.access_token
        assert (described.active, described.hub_id) == (True, first.hub_id)
        grant: Any = oauth.introspect_token(
            token=first.refresh_token, token_type_hint="refresh_token", **client
        )
        assert grant.token_use == "refresh_token"
        oauth.revoke_token(token=first.refresh_token, token_type_hint="refresh_token", **client)
        with pytest.raises(hubspot_sdk.BadRequestError) as refused:
            oauth.create_token(
                grant_type="refresh_token", refresh_token=first.refresh_token, **client
            )
        assert refused.value.body["error"] == "invalid_grant"  # type: ignore[index]

    def test_account_details_and_uninstall(self, sdk: hubspot_sdk.HubSpot, api: Any) -> None:
        assert sdk.account.get().portal_id == api.portal_id
        sdk.crm.app_uninstalls.uninstall()
        with pytest.raises(hubspot_sdk.AuthenticationError):
            sdk.account.get()


class TestContacts:
    def test_batches(self, sdk: hubspot_sdk.HubSpot) -> None:
        batch = sdk.crm.objects.contacts.batch
        created = batch.create(
            inputs=[
                {
                    "properties": {
                        "email": f"p{number}@example.com",
                        "firstname": "P",
                        "lastname": "L",
                    },
                    "associations": [],
                    "object_write_trace_id": str(number),
                }
                for number in range(3)
            ]
        )
        ids = [result.id for result in created.results]
        read = batch.get(
            inputs=[{"id": "p1@example.com"}, {"id": "nobody@example.com"}],
            id_property="email",
            properties=["email", "firstname", "lastname"],
            properties_with_history=[],
        )
        assert [result.id for result in read.results] == [ids[1]]
        assert read.to_dict()["errors"][0]["context"]["ids"] == ["nobody@example.com"]
        updated = batch.update(inputs=[{"id": ids[0], "properties": {"lastname": "One"}}])
        assert updated.results[0].properties["lastname"] == "One"
        upserted = batch.upsert(
            inputs=[
                {"id": "p0@example.com", "id_property": "email", "properties": {"city": "Bonn"}},
                {"id": "new@example.com", "id_property": "email", "properties": {}},
            ]
        )
        assert {result.id == ids[0]: result.new for result in upserted.results} == {
            True: False,
            False: True,
        }
        batch.delete(inputs=[{"id": ids[2]}])
        gone = batch.get(inputs=[{"id": ids[2]}], properties=[], properties_with_history=[])
        kept = batch.get(
            inputs=[{"id": ids[2]}], properties=[], properties_with_history=[], archived=True
        )
        assert gone.results == []
        assert kept.results[0].archived

    def test_the_bin_is_read_page_by_page(self, sdk: hubspot_sdk.HubSpot, api: Any) -> None:
        people = [
            {"email": f"p{number}@x.de", "hs_additional_emails": f"q{number}@x.de", **NAMES}
            for number in range(5)
        ]
        for contact_id in api.add_contacts(*people):
            sdk.crm.objects.contacts.delete(contact_id)
        wanted = ["email", "hs_additional_emails"]
        pages = sdk.crm.objects.contacts.list(archived=True, limit=2, properties=wanted)
        found = [contact.properties["hs_additional_emails"] for contact in pages]
        assert found == [f"q{number}@x.de" for number in range(5)]

    def test_single_calls_search_and_merge(self, sdk: hubspot_sdk.HubSpot) -> None:
        contacts = sdk.crm.objects.contacts
        one = contacts.create(properties={"email": "one@example.com", **NAMES}, associations=[])
        two = contacts.create(properties={"email": "two@example.com", **NAMES}, associations=[])
        contacts.update(one.id, properties={"company": "Acme"})
        assert contacts.get("one@example.com", id_property="email", properties=["company"]).id
        found = contacts.search(
            after="",
            filter_groups=[
                {"filters": [{"property_name": "company", "operator": "EQ", "value": "acme"}]}
            ],
            limit=10,
            properties=["email"],
            sorts=["email"],
        )
        assert (found.total, found.results[0].id) == (1, one.id)
        survivor = contacts.merge(primary_object_id=one.id, object_id_to_merge=two.id)
        assert contacts.get("two@example.com", id_property="email").id == survivor.id
        contacts.gdpr_delete(object_id=survivor.id)
        contacts.delete(two.id)
        assert [contact.id for contact in contacts.list()] == []


class TestMarketingEvents:
    def test_upsert_attendance_participation_and_completion(
        self, sdk: hubspot_sdk.HubSpot, api: Any
    ) -> None:
        ids = [int(i) for i in api.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})]
        events = sdk.marketing.marketing_events
        event = events.upsert_by_external_event_id(
            "77-0",
            body_external_event_id="77-0",
            external_account_id="acc",
            event_name="Launch",
            event_organizer="Acme",
            custom_properties=[],
            start_date_time="2026-11-20T10:00:00Z",
        )
        registered = events.attendance.create_by_external_event_id_and_contact_id(
            "register",
            external_event_id="77-0",
            external_account_id="acc",
            inputs=[
                {"vid": vid, "interaction_date_time": OCCURRED, "properties": {}} for vid in ids
            ],
        )
        attended = events.attendance.create_by_external_event_id_and_contact_id(
            "attend",
            external_event_id="77-0",
            external_account_id="acc",
            inputs=[
                {
                    "vid": ids[0],
                    "interaction_date_time": OCCURRED,
                    "properties": {"joinedAt": JOINED, "leftAt": LEFT},
                }
            ],
        )
        events.events.complete_by_external_event_id(
            "77-0", external_account_id="acc", start_date_time=JOINED, end_date_time=LEFT
        )
        counts = events.participations.get_by_external_account_and_event_id(
            "77-0", external_account_id="acc"
        )
        rows = events.participations.list_breakdown_by_external_account_and_event_id(
            "77-0", external_account_id="acc"
        )
        own = events.participations.list_breakdown_by_contact("a@x.de")
        assert [result.vid for result in registered.results] == ids
        assert [result.vid for result in attended.results] == ids[:1]
        assert (counts.registered, counts.attended, counts.no_shows) == (2, 1, 1)
        states = {row.associations.contact.email: row.properties for row in rows.results}
        assert states["a@x.de"].attendance_duration_seconds == 2700
        assert states["b@x.de"].attendance_state == "NO_SHOW"
        assert own.results[0].associations.marketing_event.external_event_id == "77-0"
        by_id = events.get(str(event.object_id))
        assert by_id.external_event_id == "77-0"

    def test_create_change_find_and_delete(self, sdk: hubspot_sdk.HubSpot) -> None:
        events = sdk.marketing.marketing_events
        created = events.create(
            external_account_id="acc",
            external_event_id="e1",
            event_name="First",
            event_organizer="Acme",
            custom_properties=[],
        )
        events.update_by_external_event_id(
            "e1", external_account_id="acc", event_name="Second", custom_properties=[]
        )
        cancelled = events.events.cancel_by_external_event_id("e1", external_account_id="acc")
        read = events.get_by_external_event_id("e1", external_account_id="acc")
        assert (cancelled.event_cancelled, read.event_name) == (True, "Second")
        assert events.search_by_external_event_id(q="e1").results[0].object_id == created.id
        assert events.search_identifiers_by_external_event_id("e1").total == 1
        assert [event.object_id for event in events.list()] == [created.id]
        events.delete_by_external_event_id("e1", external_account_id="acc")
        with pytest.raises(hubspot_sdk.NotFoundError):
            events.get_by_external_event_id("e1", external_account_id="acc")


class TestEverythingElse:
    def test_app_events(self, sdk: hubspot_sdk.HubSpot, api: Any) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        name = sdk.crm.timeline.create_project_type(
            developer_symbol="registered", project_name="rollcall"
        ).fully_qualified_name
        event: Any = {
            "id": "reg:1",
            "event_type_name": name,
            "object_id": contact_id,
            "properties": {"webinar_id": "77"},
        }
        stored = sdk.crm.timeline.batch.create(inputs=[event])
        assert stored.results[0].id == "reg:1"
        with pytest.raises(hubspot_sdk.ConflictError):
            sdk.crm.timeline.create_event(**event)
        assert api.see(contact_id)["timeline"][0]["id"] == "reg:1"

    def test_properties_and_groups(self, sdk: hubspot_sdk.HubSpot) -> None:
        properties = sdk.crm.properties
        properties.groups.create("contacts", name="rollcall", label="Rollcall")
        wanted: Any = {
            "name": "rollcall_registration_count",
            "label": "Registrations",
            "group_name": "rollcall",
            "type": "number",
            "field_type": "number",
        }
        made = properties.batch.create("contacts", inputs=[wanted])
        assert made.results[0].name == "rollcall_registration_count"
        read = properties.batch.get(
            "contacts",
            archived=False,
            data_sensitivity="non_sensitive",
            inputs=[{"name": "rollcall_registration_count"}],
        )
        assert read.results[0].type == "number"
        one = properties.get("rollcall_registration_count", object_type="contacts")
        assert one.group_name == "rollcall"
        assert "rollcall" in [g.name for g in properties.groups.list("contacts").results]
        properties.update("rollcall_registration_count", object_type="contacts", label="Regs")
        properties.delete("rollcall_registration_count", object_type="contacts")
        with pytest.raises(hubspot_sdk.NotFoundError):
            properties.get("rollcall_registration_count", object_type="contacts")
        assert sdk.crm.limits.get_custom_property_limits().by_object_type

    def test_owners_users_and_business_units(self, sdk: hubspot_sdk.HubSpot, api: Any) -> None:
        api.control(
            "PATCH",
            f"/hubspot/portals/{api.portal_id}",
            {"business_units": [{"id": "1", "name": "North"}]},
        )
        owner = next(iter(sdk.crm.owners.list()))
        assert sdk.crm.owners.get(int(owner.id)).email == owner.email
        user = next(iter(sdk.settings.users.list()))
        assert user.super_admin
        units = sdk.business_units.business_unit_entries.get_by_user_id(user.id)
        assert units.results[0].name == "North"

    def test_calls_transcripts_and_callbacks(self, sdk: hubspot_sdk.HubSpot, api: Any) -> None:
        contact_ids = api.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})
        call = sdk.crm.objects.calls.create(
            properties={"hs_timestamp": str(OCCURRED), "hs_call_title": "Recording"},
            associations=[
                {
                    "to": {"id": contact_ids[0]},
                    "types": [
                        {"association_category": "HUBSPOT_DEFINED", "association_type_id": 194}
                    ],
                }
            ],
        )
        sdk.crm.associations.batch.create(
            "contacts",
            from_object_type="calls",
            inputs=[
                {
                    "from": {"id": call.id},
                    "to": {"id": contact_ids[1]},
                    "types": [
                        {"association_category": "HUBSPOT_DEFINED", "association_type_id": 194}
                    ],
                }
            ],
        )
        transcript = sdk.crm.extensions.calling.transcripts.create(
            engagement_id=int(call.id),
            transcript_create_utterances=[
                {
                    "speaker": {"id": "1", "name": "Ada"},
                    "text": "Hello",
                    "start_time_millis": 0,
                    "end_time_millis": 900,
                }
            ],
        )
        assert transcript
        for contact_id in contact_ids:
            assert api.see(contact_id)["timeline"][0]["name"] == "Recording"
        sdk.automation.actions.callbacks.complete(
            "cb-1", output_fields={"hs_execution_state": "SUCCESS"}, typed_outputs={}
        )
        completed = api.control("GET", "/hubspot/callbacks")["completed"]
        assert [item["callbackId"] for item in completed] == ["cb-1"]

    @pytest.mark.parametrize("spoils", [False, True], ids=["passed over", "spoils the batch"])
    def test_a_callback_is_completed_once(
        self, sdk: hubspot_sdk.HubSpot, api: Any, spoils: bool
    ) -> None:
        api.control("PATCH", "/switches", {"late_callback_spoils_batch": spoils})
        outputs = {"hs_execution_state": "SUCCESS", "outcome": "registered"}
        once = [
            {"callback_id": f"cb-{number}", "output_fields": outputs, "typed_outputs": {}}
            for number in (1, 2)
        ]
        callbacks = sdk.automation.actions.callbacks
        callbacks.complete_batch(inputs=once)
        another = {"callback_id": "cb-3", "output_fields": outputs, "typed_outputs": {}}
        if spoils:
            with pytest.raises(hubspot_sdk.BadRequestError):
                callbacks.complete_batch(inputs=[once[0], another])
        else:
            callbacks.complete_batch(inputs=[once[0], another])
        with pytest.raises(hubspot_sdk.NotFoundError):
            callbacks.complete("cb-2", output_fields=outputs, typed_outputs={})
        seen = api.control("GET", "/hubspot/callbacks")
        completed = ["cb-1", "cb-2"] + ([] if spoils else ["cb-3"])
        assert [one["callbackId"] for one in seen["completed"]] == completed
        assert [one["callbackId"] for one in seen["refused"]] == ["cb-1", "cb-2"]
