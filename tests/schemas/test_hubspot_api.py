"""HubSpot's REST bodies become values, and our values the bodies HubSpot documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas import hubspot_api, hubspot_contacts, hubspot_marketing
from schemas.hubspot_api import AppEvent, CallbackCompletion
from schemas.hubspot_contacts import ContactUpdate
from schemas.hubspot_marketing import AttendanceInput, MarketingEventBody
from tests.samples import sample

NOON = datetime(2026, 12, 23, 12, tzinfo=UTC)


class TestErrors:
    @pytest.mark.parametrize(
        ("name", "category", "existing_id"),
        [
            ("contacts/conflict_409", "CONFLICT", "909"),
            ("marketing/unique_conflict_400", "UNIQUE_VALUE_CONFLICT", "555"),
        ],
    )
    def test_both_shapes_name_the_record_that_is_in_the_way(
        self, name: str, category: str, existing_id: str
    ) -> None:
        error = hubspot_api.read_error(sample(f"hubspot/{name}"))
        assert (error.category, error.existing_id) == (category, existing_id)

    @pytest.mark.parametrize("body", [None, [], "<html>", {"errors": "odd"}, {"errors": [None]}])
    def test_any_other_shape_is_an_empty_error(self, body: object) -> None:
        error = hubspot_api.read_error(body)
        assert (error.message, error.category, error.existing_id) == ("", "", None)

    def test_details_are_used_where_the_body_says_nothing(self) -> None:
        detail = {"message": "too long: ann@thyme.example", "code": "TOO_LONG", "in": "name"}
        error = hubspot_api.read_error({"errors": [detail]})
        assert error.message == "too long: (address)"
        assert (error.sub_category, error.fields) == ("TOO_LONG", ("name",))


class TestContacts:
    def test_a_contact_is_known_by_all_its_addresses(self) -> None:
        batch = hubspot_contacts.read_contacts(sample("hubspot/contacts/read_207"))
        ann, bea = batch.rows
        assert ann.emails == ("ann@thyme.example", "ann.old@thyme.example", "a@thyme.example")
        assert bea.emails == ("bea@thyme.example",)

    def test_null_properties_are_left_out(self) -> None:
        ann = hubspot_contacts.read_contacts(sample("hubspot/contacts/read_207")).rows[0]
        assert ann.properties["rollcall_registration_count"] == "3"
        assert "firstname" not in ann.properties

    def test_one_error_entry_may_name_many_inputs(self) -> None:
        (fault,) = hubspot_contacts.read_contacts(sample("hubspot/contacts/read_207")).faults
        assert fault.named == ("cid@thyme.example", "dot@thyme.example")

    def test_a_read_always_asks_for_the_addresses_once(self) -> None:
        body = hubspot_contacts.contacts_by_email_body(["a@b.example"], ["email", "firstname"])
        assert body["properties"] == ["email", "hs_additional_emails", "firstname"]
        assert body["idProperty"] == "email"

    @pytest.mark.parametrize(
        ("name", "sets"),
        [("email", True), ("hs_additional_emails", True), ("rollcall_attendance_count", False)],
    )
    def test_an_update_knows_whether_it_would_set_an_address(self, name: str, sets: bool) -> None:
        assert ContactUpdate("t", "1", {name: "x"}).sets_address is sets


class TestMarketingEvents:
    def test_what_is_empty_is_left_out_and_false_is_read_from_null(self) -> None:
        body = hubspot_marketing.marketing_event_body(
            "81234567890-0", MarketingEventBody("acc", "Herbs", "Sage", starts_at=NOON)
        )
        assert body["startDateTime"] == "2026-12-23T12:00:00.000Z"
        assert "endDateTime" not in body and "eventUrl" not in body
        row = hubspot_marketing.read_marketing_event(sample("hubspot/marketing/event"))
        assert (row.object_id, row.completed) == ("555", False)

    def test_moments_travel_as_utc_milliseconds(self) -> None:
        vienna = timezone(timedelta(hours=1))
        one = AttendanceInput("101", datetime(2026, 12, 23, 13, tzinfo=vienna))
        (sent,) = hubspot_marketing.attendance_body([one])["inputs"]
        assert sent == {"vid": 101, "interactionDateTime": 1_798_027_200_000, "properties": {}}

    def test_a_moment_without_zone_is_refused(self) -> None:
        naive = datetime(2026, 12, 23)  # noqa: DTZ001
        with pytest.raises(ValueError, match="time zone"):
            hubspot_marketing.attendance_body([AttendanceInput("101", naive)])

    def test_a_participation_names_contact_event_and_state(self) -> None:
        page = hubspot_marketing.read_participations(sample("hubspot/marketing/breakdown1"))
        (row,) = page.rows
        assert (row.contact_id, row.external_event_id) == ("101", "81234567890-0")
        assert (row.state, row.seconds, page.total_records) == ("ATTENDED", 1799, 3)

    def test_a_participation_without_contact_is_counted_as_unreadable(self) -> None:
        page = hubspot_marketing.read_participations(sample("hubspot/marketing/breakdown2"))
        assert (len(page.rows), page.unreadable) == (1, 1)


def test_an_app_event_carries_text_only() -> None:
    event = AppEvent("ae_registered", "reg:1", "101", NOON, {"duration_seconds": "60"})
    (sent,) = hubspot_api.app_events_body([event])["inputs"]
    assert sent["timestamp"] == "2026-12-23T12:00:00.000Z"
    assert (sent["objectId"], sent["properties"]) == ("101", {"duration_seconds": "60"})


def test_a_completed_callback_carries_its_state_among_the_outputs() -> None:
    completion = CallbackCompletion("cb", "SUCCESS", {"outcome": "registered"})
    (sent,) = hubspot_api.callbacks_body([completion])["inputs"]
    assert sent["outputFields"] == {"outcome": "registered", "hs_execution_state": "SUCCESS"}
    assert sent["typedOutputs"] == {}
