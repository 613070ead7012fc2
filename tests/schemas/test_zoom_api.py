"""Zoom's REST bodies become values; one bad row never costs its page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas import zoom_api, zoom_reports
from schemas.zoom_api import RegistrantInput
from tests.samples import sample


class TestPages:
    def test_a_row_that_cannot_be_read_is_counted_and_costs_nobody_else(self) -> None:
        page = zoom_api.read_registrants(sample("zoom/registrants/page2"))
        assert [row.registrant_id for row in page.rows] == ["reg-cid"]
        assert (page.unreadable, page.total_records) == (1, 4)

    def test_the_reason_names_the_field_and_nobody(self) -> None:
        registrants = zoom_api.read_registrants(sample("zoom/registrants/page2"))
        participants = zoom_reports.read_participants(sample("zoom/report/participants"))
        assert "email" in registrants.reason
        assert "join_time" in participants.reason
        for page in (registrants, participants):
            assert "ecret" not in page.reason

    @pytest.mark.parametrize("body", [None, [], {}, {"registrants": None}, "text"])
    def test_a_body_of_another_shape_is_an_empty_page(self, body: object) -> None:
        page = zoom_api.read_registrants(body)
        assert (page.rows, page.unreadable, page.next_token) == ((), 0, "")

    def test_a_row_that_is_no_object_is_counted(self) -> None:
        page = zoom_api.read_users({"users": [{"id": "u"}, "u", None, 3]})
        assert (len(page.rows), page.unreadable) == (1, 3)


class TestRegistrants:
    def test_addresses_are_lower_cased_and_null_is_empty(self) -> None:
        ann, bea = zoom_api.read_registrants(sample("zoom/registrants/page1")).rows
        assert ann.email == "ann@thyme.example"
        assert ann.created_at == datetime(2026, 12, 1, 10, tzinfo=UTC)
        assert bea.last_name == ""

    def test_a_registrant_to_add_is_cut_to_what_zoom_accepts(self) -> None:
        registrant = RegistrantInput(
            "dot@thyme.example",
            "D" * 70,
            fields={"org": "Dill", "phone": ""},
            answers={"Notes": "n" * 200},
        )
        body = zoom_api.registrant_body(registrant)
        assert body["first_name"] == "D" * 64
        assert body["custom_questions"] == [{"title": "Notes", "value": "n" * 128}]
        assert "phone" not in body and "last_name" not in body

    def test_a_field_of_the_form_cannot_replace_the_address(self) -> None:
        registrant = RegistrantInput("dot@thyme.example", "Dot", fields={"email": "x@y.example"})
        assert zoom_api.registrant_body(registrant)["email"] == "dot@thyme.example"

    def test_questions_are_read_standard_ones_first(self) -> None:
        last_name, org, choice, notes = zoom_api.read_questions(
            sample("zoom/registrants/questions")
        )
        assert (last_name.name, last_name.required, org.required) == ("last_name", True, False)
        assert choice.is_custom and choice.answers == ("Sun", "Shade")
        assert notes.answers == ()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-12-01T10:00:00Z", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01T11:00:00+01:00", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01 10:00:00", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        (1796119200000, datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("1796119200000", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_read_as_utc_in_any_shape(sent: object, read: datetime | None) -> None:
    row = {"id": "r", "email": "ann@thyme.example", "create_time": sent}
    assert zoom_api.read_registrants({"registrants": [row]}).rows[0].created_at == read


@pytest.mark.parametrize("sent", ["tomorrow", [], {}, 10**30, "2026-13-01T00:00:00Z"])
def test_a_moment_that_is_none_makes_the_row_unreadable(sent: object) -> None:
    row = {"id": "r", "email": "ann@thyme.example", "create_time": sent}
    page = zoom_api.read_registrants({"registrants": [row]})
    assert (page.unreadable, page.reason) == (1, "create_time: Not a moment.")


class TestWebinars:
    def test_a_series_has_its_occurrences_and_settings(self) -> None:
        detail = zoom_api.read_webinar(sample("zoom/webinars/series"))
        assert detail.webinar_id == "88877766655"
        assert [one.status for one in detail.occurrences] == ["available", "deleted"]
        assert (detail.approval_type, detail.registration_type) == (0, 2)
        assert detail.registration_url.startswith("https://zoom.example/webinar/register/")
        assert detail.duration_seconds == 2700

    def test_a_bare_webinar_counts_as_without_registration(self) -> None:
        detail = zoom_api.read_webinar(sample("zoom/webinars/bare"))
        assert (detail.approval_type, detail.start_at, detail.occurrences) == (2, None, ())

    def test_a_zoom_events_webinar_is_marked_in_the_list(self) -> None:
        plain, events = zoom_api.read_webinars(sample("zoom/webinars/list")).rows
        assert (plain.is_events_webinar, events.is_events_webinar) == (False, True)


class TestReports:
    def test_each_join_is_a_row(self) -> None:
        ann, guest, waiting = zoom_reports.read_participants(
            sample("zoom/report/participants")
        ).rows
        assert (ann.registrant_id, ann.user_email, ann.seconds) == ("reg-ann", "", 1799)
        assert ann.joined_at == datetime(2026, 12, 23, 13, 1, 0, 660000, tzinfo=UTC)
        assert (guest.user_email, guest.user_id) == ("guest@dill.example", "16778999")
        assert waiting.is_waiting_room and not ann.is_waiting_room
        assert (waiting.left_at, waiting.seconds) == (None, 0)

    def test_a_session_has_its_actual_start_and_end(self) -> None:
        detail = zoom_reports.read_instance_detail(sample("zoom/report/detail"))
        assert (detail.ended_at - detail.started_at).total_seconds() == 3082  # type: ignore[operator]
        assert (detail.webinar_id, detail.participants_count) == ("81234567890", 3)

    def test_a_recordings_type_may_be_text(self) -> None:
        assert zoom_reports.read_recording(sample("zoom/recordings/all")).is_of_webinar


class TestErrors:
    @pytest.mark.parametrize(
        ("body", "code", "fields"),
        [
            ({"code": 300, "message": "m", "errors": [{"field": "email"}]}, 300, ("email",)),
            ({"code": "3001", "message": "m"}, 3001, ()),
            ({"message": "m"}, 0, ()),
            ("<html>", 0, ()),
        ],
        ids=["validation", "code as text", "no code", "no JSON"],
    )
    def test_an_error_body_is_read_in_any_shape(
        self, body: object, code: int, fields: tuple[str, ...]
    ) -> None:
        error = zoom_api.read_error(body)
        assert (error.code, error.fields) == (code, fields)

    def test_addresses_in_a_message_are_blanked(self) -> None:
        error = zoom_api.read_error({"code": 1, "message": "Host <ann@thyme.example> cannot."})
        assert error.message == "Host <(address)> cannot."
