"""The habits of HubSpot's contact calls that a client must live with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BATCH = "/crm/objects/2026-03/contacts/batch"


def read_by_email(api: Any, *addresses: str, archived: str = "false") -> Any:
    return api.call(
        "POST",
        f"{BATCH}/read?archived={archived}",
        {
            "idProperty": "email",
            "inputs": [{"id": address} for address in addresses],
            "properties": ["email", "hs_additional_emails", "lastname"],
        },
    )


class TestReading:
    def test_a_secondary_address_finds_its_contact_without_saying_which_input_did(
        self, api: Any
    ) -> None:
        (contact_id,) = api.add_contacts(
            {"email": "first@x.de", "hs_additional_emails": "second@x.de;third@x.de"}
        )
        answer = read_by_email(api, "SECOND@x.de", "third@x.de")
        assert answer.status_code == 200
        (result,) = answer.json()["results"]
        assert result["id"] == contact_id
        assert result["properties"]["email"] == "first@x.de"
        assert result["properties"]["lastname"] is None

    def test_all_missing_inputs_share_one_error_entry(self, api: Any) -> None:
        api.add_contacts({"email": "here@x.de"})
        answer = read_by_email(api, "here@x.de", "one@x.de", "two@x.de")
        assert answer.status_code == 207
        body = answer.json()
        assert len(body["results"]) == 1
        assert body["numErrors"] == 1
        assert body["errors"][0]["category"] == "OBJECT_NOT_FOUND"
        assert body["errors"][0]["context"]["ids"] == ["one@x.de", "two@x.de"]

    @pytest.mark.parametrize(
        ("switches", "address", "is_found"),
        [
            pytest.param({}, "first@x.de", True, id="by primary address"),
            pytest.param({}, "second@x.de", False, id="not by secondary address"),
            pytest.param(
                {"archived_read_resolves_secondary": True}, "second@x.de", True, id="switched on"
            ),
            pytest.param(
                {"archived_read_resolves_email": False}, "first@x.de", False, id="switched off"
            ),
        ],
    )
    def test_an_archived_contact_is_read_by_address(
        self, api: Any, switches: dict[str, bool], address: str, is_found: bool
    ) -> None:
        (contact_id,) = api.add_contacts(
            {"email": "first@x.de", "hs_additional_emails": "second@x.de"}
        )
        api.control("DELETE", f"/hubspot/portals/{api.portal_id}/contacts/{contact_id}")
        api.control("PATCH", "/switches", switches)
        assert read_by_email(api, address).json()["results"] == []
        results = read_by_email(api, address, archived="true").json()["results"]
        assert [result["archived"] for result in results] == ([True] if is_found else [])

    def test_search_lags_behind_and_never_shows_archived_contacts(self, api: Any) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de", "hs_additional_emails": "b@x.de"})
        filters = [{"propertyName": "email", "operator": "EQ", "value": "b@x.de"}]
        body = {"filterGroups": [{"filters": filters}]}
        path = "/crm/objects/2026-03/contacts/search"
        api.control("PATCH", "/switches", {"search_lag_seconds": 3600})
        assert api.call("POST", path, body).json()["total"] == 0
        api.control("PATCH", "/switches", {"search_lag_seconds": 0})
        answer = api.call("POST", path, body)
        assert answer.json()["results"][0]["id"] == contact_id
        assert "X-HubSpot-RateLimit-Max" not in answer.headers
        api.call("DELETE", f"/crm/objects/2026-03/contacts/{contact_id}")
        assert api.call("POST", path, body).json()["total"] == 0


class TestWriting:
    @pytest.mark.parametrize(
        ("properties", "status", "code"),
        [
            pytest.param({"nonesuch": "1"}, 400, "PROPERTY_DOESNT_EXIST", id="unknown property"),
            pytest.param({"email": "no address"}, 400, "INVALID_EMAIL", id="bad address"),
            pytest.param({"hs_object_id": "x"}, 400, "INVALID_DOUBLE", id="not a number"),
            pytest.param({"email": "taken@x.de"}, 409, "CONFLICT", id="primary address taken"),
            pytest.param({"email": "also@x.de"}, 409, "CONFLICT", id="secondary address taken"),
        ],
    )
    def test_a_bad_record_fails_alone_with_trace_ids_and_everything_without(
        self, api: Any, properties: dict[str, str], status: int, code: str
    ) -> None:
        (taken,) = api.add_contacts({"email": "taken@x.de", "hs_additional_emails": "also@x.de"})
        inputs = [{"properties": {"email": "good@x.de"}}, {"properties": properties}]
        whole = api.call("POST", f"{BATCH}/create", {"inputs": inputs})
        assert whole.status_code == status
        assert code in whole.text
        assert api.summary()["contacts"] == 1
        traced = [{**item, "objectWriteTraceId": f"t{n}"} for n, item in enumerate(inputs)]
        partial = api.call("POST", f"{BATCH}/create", {"inputs": traced})
        body = partial.json()
        assert partial.status_code == 207
        assert [result["properties"]["email"] for result in body["results"]] == ["good@x.de"]
        assert body["errors"][0]["context"]["objectWriteTraceId"] == ["t1"]
        if status == 409:
            assert body["errors"][0]["message"] == f"Contact already exists. Existing ID: {taken}"

    def test_equal_trace_ids_do_not_count_as_distinct(self, api: Any) -> None:
        inputs = [
            {"properties": {"email": "a@x.de"}, "objectWriteTraceId": "t"},
            {"properties": {"nonesuch": "1"}, "objectWriteTraceId": "t"},
        ]
        assert api.call("POST", f"{BATCH}/create", {"inputs": inputs}).status_code == 400

    @pytest.mark.parametrize("verb", ["read", "update", "upsert"])
    def test_an_id_twice_in_a_batch_is_refused(self, api: Any, verb: str) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        item = {"id": contact_id, "properties": {"city": "Bonn"}}
        answer = api.call("POST", f"{BATCH}/{verb}", {"inputs": [item, item]})
        assert answer.status_code == 400
        assert "Duplicate IDs" in answer.json()["message"]

    def test_over_100_inputs_are_refused(self, api: Any) -> None:
        inputs = [{"properties": {"email": f"p{n}@x.de"}} for n in range(101)]
        assert api.call("POST", f"{BATCH}/create", {"inputs": inputs}).status_code == 400
        assert api.summary()["contacts"] == 0

    def test_update_names_missing_ids_once_and_leaves_merged_ones_out(self, api: Any) -> None:
        one, two, three = api.add_contacts(
            {"email": "a@x.de"}, {"email": "b@x.de"}, {"email": "c@x.de"}
        )
        path = f"/hubspot/portals/{api.portal_id}/merge"
        api.control("POST", path, {"primary": one, "other": two})
        inputs = [{"id": i, "properties": {"city": "Bonn"}} for i in (one, two, three, "9", "8")]
        body = api.call("POST", f"{BATCH}/update", {"inputs": inputs}).json()
        assert [result["id"] for result in body["results"]] == [three]
        assert [error["context"]["ids"] for error in body["errors"]] == [["9", "8"]]

    @pytest.mark.parametrize("verb", ["update", "upsert"])
    def test_a_key_that_is_not_unique_is_refused(self, api: Any, verb: str) -> None:
        item = {"id": "Bonn", "idProperty": "city", "properties": {"city": "Bonn"}}
        answer = api.call("POST", f"{BATCH}/{verb}", {"inputs": [item]})
        assert answer.status_code == 400
        assert "non-unique 0-1 property" in answer.json()["message"]

    def test_upsert_by_secondary_address_updates_its_owner(self, api: Any) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de", "hs_additional_emails": "b@x.de"})
        item = {"id": "b@x.de", "idProperty": "email", "properties": {"city": "Bonn"}}
        (result,) = api.call("POST", f"{BATCH}/upsert", {"inputs": [item]}).json()["results"]
        assert (result["id"], result["new"]) == (contact_id, False)
        assert api.see(contact_id)["properties"]["email"] == "a@x.de"

    def test_an_identical_write_is_counted_and_leaves_no_trace(self, api: Any) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        item = {"id": contact_id, "properties": {"city": "Bonn"}}
        for _ in range(2):
            api.call("POST", f"{BATCH}/update", {"inputs": [item]})
        history = [e for e in api.see(contact_id)["history"] if e["name"] == "city"]
        assert [entry["value"] for entry in history] == ["Bonn"]
        writes = api.summary()["writes"]
        assert (writes["contacts_updated"], writes["contacts_unchanged"]) == (1, 1)

    def test_lifecycle_stage_never_goes_back(self, api: Any) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de", "lifecyclestage": "customer"})
        path = f"/crm/objects/2026-03/contacts/{contact_id}"
        api.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
        assert api.see(contact_id)["properties"]["lifecyclestage"] == "customer"

    @pytest.mark.parametrize(
        ("version", "status"), [("2026-03", 201), ("2026-09", 400)], ids=["before", "enforced"]
    )
    def test_required_properties_are_enforced_from_2026_09_on(
        self, api: Any, version: str, status: int
    ) -> None:
        path = f"/hubspot/portals/{api.portal_id}"
        api.control("PATCH", path, {"required_properties": ["company"]})
        body = {"properties": {"email": "a@x.de"}}
        answer = api.call("POST", f"/crm/objects/{version}/contacts", body)
        assert answer.status_code == status
        assert ("MISSING_REQUIRED_PROPERTY" in answer.text) == (status == 400)

    def test_a_validation_rule_of_the_portal_refuses_one_value(self, api: Any) -> None:
        path = f"/hubspot/portals/{api.portal_id}"
        api.control("PATCH", path, {"rejections": {"lastname": "^.$"}})
        inputs = [
            {"properties": {"email": f"{name}@x.de", "lastname": name}, "objectWriteTraceId": name}
            for name in ("X", "Xu")
        ]
        body = api.call("POST", f"{BATCH}/create", {"inputs": inputs}).json()
        assert [result["properties"]["lastname"] for result in body["results"]] == ["Xu"]
        assert "does not satisfy the validation rule" in body["errors"][0]["message"]


class TestRemoving:
    def test_a_deleted_contact_leaves_its_address_free(self, api: Any) -> None:
        (contact_id,) = api.add_contacts({"email": "a@x.de"})
        api.call("POST", f"{BATCH}/archive", {"inputs": [{"id": contact_id}]})
        again = api.call(
            "POST", "/crm/objects/2026-03/contacts", {"properties": {"email": "a@x.de"}}
        )
        assert again.status_code == 201
        assert api.summary() | {"writes": {}} == {
            "contacts": 1,
            "archived": 1,
            "erased": 0,
            "writes": {},
            "duplicate_effects": 0,
        }

    def test_the_bin_holds_what_was_deleted_and_can_be_restored(self, api: Any) -> None:
        ids = api.add_contacts(*({"email": f"p{number}@x.de"} for number in range(5)))
        kept, restored, erased, merged, survivor = ids
        contacts = f"/hubspot/portals/{api.portal_id}/contacts"
        for contact_id in (kept, restored):
            api.control("DELETE", f"{contacts}/{contact_id}")
        api.control("POST", f"{contacts}/{restored}/restore")
        api.control("POST", f"{contacts}/{erased}/gdpr-delete")
        merge = {"primary": survivor, "other": merged}
        api.control("POST", f"/hubspot/portals/{api.portal_id}/merge", merge)
        listed = api.call("GET", "/crm/objects/2026-03/contacts?archived=true").json()
        assert [result["id"] for result in listed["results"]] == [kept]
        assert listed["results"][0]["archivedAt"]

    @pytest.mark.parametrize("follows", [True, False])
    def test_an_id_merged_away_may_or_may_not_resolve(self, api: Any, follows: bool) -> None:
        one, two = api.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})
        api.control("PATCH", "/switches", {"single_get_follows_merge": follows})
        body = {"primaryObjectId": one, "objectIdToMerge": two}
        survivor = api.call("POST", "/crm/objects/2026-03/contacts/merge", body).json()["id"]
        assert survivor not in (one, two)
        answer = api.call("GET", f"/crm/objects/2026-03/contacts/{two}")
        assert answer.status_code == (200 if follows else 404)
        both = read_by_email(api, "a@x.de", "b@x.de").json()["results"]
        assert [result["id"] for result in both] == [survivor]


class TestAccess:
    def test_a_call_needs_one_of_its_scopes(self, make_api: Callable[..., Any]) -> None:
        api = make_api(scopes=("oauth",))
        answer = read_by_email(api, "a@x.de")
        assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")

    def test_portals_do_not_see_each_other(self, make_api: Callable[..., Any]) -> None:
        mine, other = make_api(), make_api()
        (contact_id,) = other.add_contacts({"email": "a@x.de"})
        assert mine.call("GET", f"/crm/objects/2026-03/contacts/{contact_id}").status_code == 404

    def test_an_unknown_route_says_that_it_is_not_simulated(self, api: Any) -> None:
        answer = api.call("GET", "/crm/objects/2026-03/deals")
        assert answer.status_code == 501
        assert "does not implement GET /hubspot/crm/objects/2026-03/deals" in answer.text
