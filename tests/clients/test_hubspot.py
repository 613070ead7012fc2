"""HubSpot's endpoints: what is sent, and what becomes of the answers it is known to give."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hubspot_sdk
import pytest
import responses
from responses import matchers

from clients import errors
from clients.hubspot import APP_EVENT_BATCH, CONTACT_BATCH, HubSpot
from clients.outcomes import Rejection
from clients.transport import Transport
from schemas.hubspot_api import (
    AppEvent,
    CallbackCompletion,
    PropertyConflict,
    PropertyDefinition,
    PropertyGroup,
    PropertyRow,
)
from schemas.hubspot_calls import CallBody
from schemas.hubspot_contacts import ContactCreate, ContactUpdate
from schemas.hubspot_marketing import AttendanceInput, MarketingEventBody
from tests.clients.conftest import HUBSPOT, CountedPermits
from tests.samples import sample

CONTACTS = f"{HUBSPOT}/crm/objects/2026-03/contacts/batch"
PROPERTIES = f"{HUBSPOT}/crm/properties/2026-03/contacts"
EVENTS = f"{HUBSPOT}/integrators/timeline/2026-03/events/batch"
NOON = datetime(2026, 12, 23, 12, tzinfo=UTC)


@pytest.fixture
def hubspot(make_transport: Callable[..., Transport]) -> HubSpot:
    return HubSpot(make_transport("hubspot"))


def sent(http: responses.RequestsMock, number: int = 0) -> Any:
    return json.loads(http.calls[number].request.body or b"null")


def answer(name: str) -> Any:
    return sample(f"hubspot/{name}")


class TestPortal:
    def test_account_details_name_the_portal(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.get(f"{HUBSPOT}/account-info/2026-03/details", json=answer("account/details"))
        details = hubspot.account_details()
        assert (details.portal_id, details.ui_domain) == ("4711", "app-eu1.hubspot.com")

    def test_users_come_page_by_page(self, http: responses.RequestsMock, hubspot: HubSpot) -> None:
        url = f"{HUBSPOT}/settings/users/2026-03"
        first, second = {"limit": "100"}, {"limit": "100", "after": "NTI1"}
        http.get(url, json=answer("users/page1"), match=[matchers.query_param_matcher(first)])
        http.get(url, json=answer("users/page2"), match=[matchers.query_param_matcher(second)])
        one, two = hubspot.users()
        assert [(row.email, row.super_admin) for row in one.rows] == [("boss@meadow.example", True)]
        assert [row.user_id for row in two.rows] == ["12"]
        assert two.unreadable == 1

    def test_users_go_on_from_a_token(self, http: responses.RequestsMock, hubspot: HubSpot) -> None:
        asked = [matchers.query_param_matcher({"limit": "100", "after": "NTI1"})]
        http.get(f"{HUBSPOT}/settings/users/2026-03", json=answer("users/page2"), match=asked)
        assert len(list(hubspot.users(after="NTI1"))) == 1

    def test_an_archived_owner_has_no_user(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.get(f"{HUBSPOT}/crm/owners/2026-03", json=answer("owners/page"))
        (page,) = hubspot.owners()
        assert [(row.user_id, row.archived) for row in page.rows] == [("11", False), ("", True)]

    def test_uninstalling_answers_nothing(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.delete(f"{HUBSPOT}/appinstalls/2026-03/external-install", status=204)
        hubspot.uninstall()


class TestReadContacts:
    def test_secondary_addresses_resolve_and_unknown_ones_are_absent(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{CONTACTS}/read", status=207, json=answer("contacts/read_207"))
        asked = ["Ann.Old@thyme.example", "bea@thyme.example", "cid@thyme.example"]
        rows = hubspot.read_contacts_by_email(asked, ["firstname"])
        assert [row.contact_id for row in rows] == ["101", "102"]
        assert sent(http)["inputs"][0] == {"id": "ann.old@thyme.example"}

    def test_two_addresses_of_one_contact_give_one_row(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        result = answer("contacts/read_207")["results"][0]
        http.post(f"{CONTACTS}/read", json={"results": [result, result]})
        assert len(hubspot.read_contacts_by_email(["a@thyme.example", "ann@thyme.example"])) == 1

    def test_a_long_list_is_read_in_batches_each_with_its_permit(
        self, http: responses.RequestsMock, hubspot: HubSpot, permits: CountedPermits
    ) -> None:
        http.post(f"{CONTACTS}/read", json={"results": []})
        http.post(f"{CONTACTS}/read", json={"results": []})
        emails = [f"p{number}@thyme.example" for number in range(CONTACT_BATCH + 1)]
        assert hubspot.read_contacts_by_email([*emails, *emails], permit=False) == []
        assert [len(sent(http, number)["inputs"]) for number in (0, 1)] == [CONTACT_BATCH, 1]
        assert permits.taken == ["main"]

    def test_nothing_to_read_asks_nothing(self, hubspot: HubSpot) -> None:
        assert hubspot.read_contacts_by_email(["", " "]) == []

    def test_another_error_than_not_found_is_never_taken_for_absence(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        broken = {"category": "INTERNAL_ERROR", "message": "shard", "context": {"ids": ["a@b.c"]}}
        http.post(f"{CONTACTS}/read", status=207, json={"results": [], "errors": [broken]})
        with pytest.raises(errors.Unavailable):
            hubspot.read_contacts_by_email(["a@b.example"])

    def test_deleted_contacts_are_found_by_id(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        asked = [matchers.query_param_matcher({"archived": "true"})]
        http.post(f"{CONTACTS}/read", json=answer("contacts/archived"), match=asked)
        (row,) = hubspot.read_contacts_by_id(["103"], archived=True)
        assert (row.contact_id, row.archived) == ("103", True)
        assert "idProperty" not in sent(http)


def creation(name: str) -> ContactCreate:
    return ContactCreate(f"t-{name}", {"email": f"{name.title()}@thyme.example"})


class TestCreateContacts:
    def test_results_are_mapped_back_by_address_never_by_position_F22(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{CONTACTS}/create", status=201, json=answer("contacts/created_201"))
        outcome = hubspot.create_contacts([creation("ann"), creation("bea")])
        assert outcome.done == {"t-ann": "201", "t-bea": "202"}
        assert [one["objectWriteTraceId"] for one in sent(http)["inputs"]] == ["t-ann", "t-bea"]

    def test_a_conflict_of_one_names_the_contact_in_the_way(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{CONTACTS}/create", status=207, json=answer("contacts/created_207"))
        outcome = hubspot.create_contacts([creation("ann"), creation("bea"), creation("cid")])
        assert outcome.done == {"t-ann": "201"}
        assert outcome.rejected["t-bea"].existing_id == "909"
        assert outcome.missing == ("t-cid",)

    def test_an_empty_success_means_everybody_is_missing(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{CONTACTS}/create", status=201, json={"status": "COMPLETE", "results": []})
        assert hubspot.create_contacts([creation("ann")]).missing == ("t-ann",)

    def test_a_refused_batch_is_the_callers_to_halve(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{CONTACTS}/create", status=409, json=answer("contacts/conflict_409"))
        with pytest.raises(errors.Rejected) as refused:
            hubspot.create_contacts([creation("ann")])
        assert (refused.value.status, refused.value.existing_id) == (409, "909")

    @pytest.mark.parametrize(
        "batch",
        [
            [],
            [creation("ann"), creation("ann")],
            [creation("ann"), ContactCreate("t-2", {"email": "ANN@thyme.example "})],
            [creation(f"p{number}") for number in range(CONTACT_BATCH + 1)],
        ],
        ids=["empty", "a trace id twice", "an address twice", "too long"],
    )
    def test_a_batch_hubspot_would_garble_is_not_sent(
        self, hubspot: HubSpot, batch: list[ContactCreate]
    ) -> None:
        with pytest.raises(ValueError, match="batch"):
            hubspot.create_contacts(batch)


class TestUpdateContacts:
    def test_deleted_merged_and_refused_contacts_are_told_apart(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{CONTACTS}/update", status=207, json=answer("contacts/updated_207"))
        outcome = hubspot.update_contacts(
            [ContactUpdate(f"t-{one}", str(one), {"a": "1"}) for one in (301, 302, 303, 304)]
        )
        assert outcome.done == {"t-301": "301"}
        assert outcome.rejected == {
            "t-302": Rejection(
                "Property values were not valid: (address) is no number", "VALIDATION_ERROR"
            )
        }
        assert outcome.missing == ("t-303", "t-304")

    @pytest.mark.parametrize("name", ["email", "hs_additional_emails"])
    def test_an_address_is_never_sent(self, hubspot: HubSpot, name: str) -> None:
        with pytest.raises(ValueError, match="address"):
            hubspot.update_contacts([ContactUpdate("t", "1", {name: "x@y.example"})])

    def test_a_contact_comes_once(self, hubspot: HubSpot) -> None:
        twice = [ContactUpdate("t-1", "1", {"a": "1"}), ContactUpdate("t-2", "1", {"a": "2"})]
        with pytest.raises(ValueError, match="contact once"):
            hubspot.update_contacts(twice)


GROUP = PropertyGroup("rollcall", "Rollcall")
DEFINITIONS = [
    PropertyDefinition("rollcall_registration_count", "Registrations", "number", "number"),
    PropertyDefinition("rollcall_attendance_count", "Attendances", "number", "number"),
    PropertyDefinition("rollcall_last_registered_webinar", "Last webinar", "string", "text"),
]


class TestProperties:
    def test_only_what_is_missing_is_created_and_a_wrong_type_is_reported(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{PROPERTIES}/batch/read", status=207, json=answer("properties/read_207"))
        http.post(f"{PROPERTIES}/groups", status=409, json={"category": "OBJECT_ALREADY_EXISTS"})
        http.post(f"{PROPERTIES}/batch/create", status=201, json={"results": []})
        http.post(f"{PROPERTIES}/batch/read", json=answer("properties/read_created"))
        outcome = hubspot.ensure_properties(GROUP, DEFINITIONS)
        assert outcome.created == ("rollcall_last_registered_webinar",)
        assert outcome.existing == ("rollcall_registration_count", "rollcall_attendance_count")
        assert outcome.conflicts == (
            PropertyConflict("rollcall_attendance_count", "number", "string"),
        )
        created = sent(http, 2)["inputs"]
        assert [one["name"] for one in created] == ["rollcall_last_registered_webinar"]
        assert created[0]["groupName"] == "rollcall"

    def test_a_second_time_nothing_is_written(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{PROPERTIES}/batch/read", json=answer("properties/read_created"))
        assert hubspot.ensure_properties(GROUP, DEFINITIONS[2:]).created == ()

    def test_somebody_elses_creation_in_between_is_fine(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{PROPERTIES}/batch/read", json={"results": []})
        http.post(f"{PROPERTIES}/groups", status=201, json={})
        http.post(f"{PROPERTIES}/batch/create", status=409, json={"message": "exists"})
        http.post(f"{PROPERTIES}/batch/read", json=answer("properties/read_created"))
        assert hubspot.ensure_properties(GROUP, DEFINITIONS[2:]).conflicts == ()

    def test_B7_the_portals_properties_come_with_their_options(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        diet = {"label": "Vegan", "value": "v", "displayOrder": 0, "hidden": False}
        rows = [
            {"name": "diet", "label": "Diet", "type": "enumeration", "options": [diet, {}]},
            {"name": "city", "label": "", "type": "string", "options": []},
            {"label": "nameless"},
        ]
        http.get(PROPERTIES, json={"results": rows})
        page = hubspot.contact_properties()
        assert page.rows == (
            PropertyRow("diet", "Diet", "enumeration", (("v", "Vegan"),)),
            PropertyRow("city", "city", "string", ()),
        )
        assert page.unreadable == 1

    def test_a_portal_at_its_limit_says_so(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{PROPERTIES}/batch/read", json={"results": []})
        http.post(f"{PROPERTIES}/groups", status=201, json={})
        message = {"message": "maximum number of properties reached"}
        http.post(f"{PROPERTIES}/batch/create", status=400, json=message)
        http.post(f"{PROPERTIES}/batch/read", json={"results": []})
        with pytest.raises(errors.Rejected, match="maximum number"):
            hubspot.ensure_properties(GROUP, DEFINITIONS[2:])


def app_event(number: int) -> AppEvent:
    return AppEvent("ae_registered", f"reg:{number}", "101", NOON, {"webinar_id": "1"})


class TestAppEvents:
    def test_a_batch_is_stored_as_a_whole(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(EVENTS, json={"status": "COMPLETE", "results": [{}, {}]})
        assert hubspot.send_app_events([app_event(1), app_event(2)]) == "stored"

    def test_an_id_stored_before_is_a_duplicate(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(EVENTS, status=409, json={"category": "CONFLICT"})
        assert hubspot.send_app_events([app_event(1)]) == "duplicate"

    def test_an_invalid_batch_is_refused(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(EVENTS, status=400, json={"message": "unknown property"})
        with pytest.raises(errors.Rejected):
            hubspot.send_app_events([app_event(1)])

    @pytest.mark.parametrize("body", [{"results": [{}], "id": "7"}, {"results": []}, {}])
    def test_a_success_that_confirms_too_few_is_unconfirmed(
        self, http: responses.RequestsMock, hubspot: HubSpot, body: dict[str, Any]
    ) -> None:
        http.post(EVENTS, json=body)
        with pytest.raises(errors.Unconfirmed):
            hubspot.send_app_events([app_event(1), app_event(2)])

    @pytest.mark.parametrize(
        "events",
        [[app_event(1), app_event(1)], [app_event(one) for one in range(APP_EVENT_BATCH + 1)]],
        ids=["an id twice", "too long"],
    )
    def test_a_batch_that_cannot_pass_is_not_sent(
        self, hubspot: HubSpot, events: list[AppEvent]
    ) -> None:
        with pytest.raises(ValueError, match="batch"):
            hubspot.send_app_events(events)


def test_callbacks_are_completed_in_one_call(
    http: responses.RequestsMock, hubspot: HubSpot
) -> None:
    http.post(f"{HUBSPOT}/automation/actions/callbacks/2026-03/complete", status=204)
    hubspot.complete_callbacks([CallbackCompletion("cb-1", "FAIL_CONTINUE")])
    assert sent(http)["inputs"] == [
        {
            "callbackId": "cb-1",
            "outputFields": {"hs_execution_state": "FAIL_CONTINUE"},
            "typedOutputs": {},
        }
    ]


@pytest.mark.parametrize(
    "names", [[], ["cb"] * 2, [f"cb-{number}" for number in range(101)]], ids=["no", "same", "many"]
)
def test_callbacks_that_make_no_batch_are_never_sent(hubspot: HubSpot, names: list[str]) -> None:
    with pytest.raises(ValueError, match="a batch holds"):
        hubspot.complete_callbacks([CallbackCompletion(name, "SUCCESS") for name in names])


def test_another_version_changes_every_path(
    http: responses.RequestsMock, make_transport: Callable[..., Transport]
) -> None:
    http.get(f"{HUBSPOT}/account-info/2026-09/details", json=answer("account/details"))
    assert HubSpot(make_transport("hubspot"), "2026-09").account_details().portal_id == "4711"


class Listener:
    """In place of a transport: remembers what is called and answers next to nothing."""

    def __init__(self) -> None:
        self.calls: set[tuple[str, str]] = set()

    def call(self, method: str, route: str, **_: Any) -> dict[str, Any]:
        self.calls.add((method, route))
        return {"portalId": 1, "results": [{}], "id": "7"}


def test_every_call_is_known_to_hubspots_own_client() -> None:
    """The vendor's generated client is an oracle of methods and dated paths."""
    listener = Listener()
    hubspot = HubSpot(listener)  # type: ignore[arg-type]
    hubspot.account_details()
    list(hubspot.users()), list(hubspot.owners())
    hubspot.uninstall()
    with contextlib.suppress(errors.Rejected):
        hubspot.ensure_properties(GROUP, DEFINITIONS)
    hubspot.read_contacts_by_id(["1"])
    hubspot.create_contacts([creation("ann")])
    hubspot.update_contacts([ContactUpdate("t", "1", {"a": "1"})])
    hubspot.send_app_events([app_event(1)])
    hubspot.complete_callbacks([CallbackCompletion("cb", "SUCCESS")])
    hubspot.put_marketing_event("1-0", MarketingEventBody("acc", "Herbs", "Sage"))
    hubspot.get_marketing_event("1-0", "acc")
    hubspot.cancel_marketing_event("1-0", "acc")
    hubspot.complete_marketing_event("1-0", "acc", NOON, NOON)
    hubspot.record_attendance("1-0", "acc", "register", [AttendanceInput("1", NOON)])
    list(hubspot.participations("acc", "1-0")), list(hubspot.contact_participations("1"))
    hubspot.participation_counts("acc", "1-0")
    hubspot.find_calls("x")
    hubspot.create_call(CallBody("x", "acc", "Herbs", "", NOON, 60))
    hubspot.remove_recording("7")
    hubspot.archive_call("7")
    hubspot.associate_call("7", ["1"])
    hubspot.announce_recording("7")
    hubspot.upload_transcript("7", [])
    hubspot.delete_transcript("8")
    assert len(listener.calls) == 28
    known = calls_of_the_vendors_client()
    for method, route in sorted(listener.calls):
        path = route.replace("{v}", "2026-03")
        assert any(verb == method and shape.fullmatch(path) for verb, shape in known), path


def calls_of_the_vendors_client() -> list[tuple[str, re.Pattern[str]]]:
    """Each method with the shape of its paths, in which a name stands for any one part."""
    package = Path(hubspot_sdk.__file__).parent / "resources"
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    call = r'self\._(get|post|put|patch|delete)(?:_api_list)?\(\s*(?:path_template\(\s*)?"([^"]+)"'
    return [
        (method.upper(), re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)))
        for method, path in set(re.findall(call, source))
    ]
