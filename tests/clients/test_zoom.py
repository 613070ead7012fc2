"""Zoom's endpoints: paths, pages, and what becomes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
import responses
from responses import matchers

from clients import errors
from clients.transport import Transport
from clients.zoom import Zoom, encode_uuid
from schemas.zoom_api import RegistrantInput
from tests.clients.conftest import ZOOM, CountedPermits
from tests.samples import sample

WEBINAR = "81234567890"
UUID, SLASHED = "q3Vh/8Lk+Zr0TnWmXy==", "/xPq//7Zk1bTn0WmA9=="
ENCODED, TWICE = "q3Vh%2F8Lk%2BZr0TnWmXy%3D%3D", "%252FxPq%252F%252F7Zk1bTn0WmA9%253D%253D"


@pytest.fixture
def zoom(make_transport: Callable[..., Transport]) -> Zoom:
    return Zoom(make_transport("zoom"))


@pytest.mark.parametrize(
    ("uuid", "encoded"),
    [
        (UUID, ENCODED),
        (SLASHED, TWICE),
        ("/abc==", "%252Fabc%253D%253D"),
        ("a//b", "a%252F%252Fb"),
        ("plain", "plain"),
    ],
)
def test_a_uuid_is_encoded_twice_where_zoom_wants_it(uuid: str, encoded: str) -> None:
    assert encode_uuid(uuid) == encoded


class TestUsers:
    def test_oneself_names_the_account(self, http: responses.RequestsMock, zoom: Zoom) -> None:
        http.get(f"{ZOOM}/users/me", json=sample("zoom/users/me"))
        me = zoom.me()
        assert (me.account_id, me.email) == ("acc-Meadow_01", "admin@meadow.example")

    def test_users_with_little_to_say_are_still_users(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        http.get(f"{ZOOM}/users", json=sample("zoom/users/page"))
        (page,) = zoom.users()
        assert [(row.user_id, row.email) for row in page.rows] == [
            ("usr-host", "sage@meadow.example"),
            ("usr-bare", ""),
        ]

    @pytest.mark.parametrize(
        ("body", "has_webinar", "capacity"),
        [(sample("zoom/users/settings"), True, 500), ({}, False, 0), ({"feature": None}, False, 0)],
        ids=["licensed", "empty", "null"],
    )
    def test_a_licence_is_read(
        self,
        http: responses.RequestsMock,
        zoom: Zoom,
        body: dict[str, object],
        has_webinar: bool,
        capacity: int,
    ) -> None:
        http.get(f"{ZOOM}/users/usr-host/settings", json=body)
        settings = zoom.user_settings("usr-host")
        assert (settings.has_webinar, settings.webinar_capacity) == (has_webinar, capacity)


class TestWebinars:
    def test_a_users_webinars_are_listed(self, http: responses.RequestsMock, zoom: Zoom) -> None:
        asked = [matchers.query_param_matcher({"type": "upcoming", "page_size": "300"})]
        url = f"{ZOOM}/users/usr-host/webinars"
        http.get(url, json=sample("zoom/webinars/list"), match=asked)
        (page,) = zoom.user_webinars("usr-host", "upcoming")
        assert [row.webinar_id for row in page.rows] == [WEBINAR, "82222222222"]

    @pytest.mark.parametrize(("previous", "query"), [(False, {}), (True, None)])
    def test_past_occurrences_are_asked_for_on_demand(
        self,
        http: responses.RequestsMock,
        zoom: Zoom,
        previous: bool,
        query: dict[str, str] | None,
    ) -> None:
        wanted = {"show_previous_occurrences": "true"} if query is None else query
        asked = [matchers.query_param_matcher(wanted)]
        http.get(f"{ZOOM}/webinars/1", json=sample("zoom/webinars/series"), match=asked)
        assert len(zoom.webinar("1", show_previous_occurrences=previous).occurrences) == 2

    def test_panelists_are_listed(self, http: responses.RequestsMock, zoom: Zoom) -> None:
        http.get(f"{ZOOM}/webinars/1/panelists", json=sample("zoom/panelists/all"))
        assert zoom.panelists("1").rows[0].email == "speaker@rosemary.example"


class TestRegistrants:
    URL = f"{ZOOM}/webinars/{WEBINAR}/registrants"

    def test_all_pages_add_up_to_zooms_own_count(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        first = {"status": "pending", "occurrence_id": "17", "page_size": "300"}
        second = {**first, "next_page_token": "token-2"}
        for query, name in ((first, "page1"), (second, "page2")):
            asked = [matchers.query_param_matcher(query)]
            http.get(self.URL, json=sample(f"zoom/registrants/{name}"), match=asked)
        pages = list(zoom.registrants(WEBINAR, "pending", "17"))
        read = sum(len(page.rows) + page.unreadable for page in pages)
        assert read == pages[0].total_records == 4

    def test_an_expired_token_ends_the_generator_and_a_new_one_starts_over(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        expired = {"code": 300, "message": "The next page token is invalid or expired."}
        http.get(self.URL, json=sample("zoom/registrants/page1"))
        http.get(self.URL, status=400, json=expired)
        http.get(self.URL, json=sample("zoom/registrants/page2"))
        pages = zoom.registrants(WEBINAR)
        assert len(next(pages).rows) == 2
        with pytest.raises(errors.PageTokenExpired):
            next(pages)
        assert len(next(zoom.registrants(WEBINAR)).rows) == 1
        assert "next_page_token" not in http.calls[2].request.url

    def test_a_token_that_repeats_ends_the_list(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        http.get(self.URL, json=sample("zoom/registrants/page1"))
        http.get(self.URL, json=sample("zoom/registrants/page1"))
        assert len(list(zoom.registrants(WEBINAR))) == 2

    def test_questions_are_read(self, http: responses.RequestsMock, zoom: Zoom) -> None:
        http.get(f"{self.URL}/questions", json=sample("zoom/registrants/questions"))
        assert len(zoom.registration_questions(WEBINAR)) == 4

    def test_a_registrant_is_added_to_chosen_occurrences(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        asked = [matchers.query_param_matcher({"occurrence_ids": "1,2"})]
        http.post(self.URL, status=201, json=sample("zoom/registrants/added"), match=asked)
        registration = zoom.add_registrant(
            WEBINAR, RegistrantInput("dot@thyme.example", "Dot"), ["1", "2"]
        )
        assert (registration.registrant_id, registration.status) == ("reg-dot", "approved")
        assert json.loads(http.calls[0].request.body) == {
            "email": "dot@thyme.example",
            "first_name": "Dot",
        }

    @pytest.mark.parametrize("status", [504, 502])
    def test_an_addition_without_answer_is_never_repeated(
        self, http: responses.RequestsMock, zoom: Zoom, status: int
    ) -> None:
        http.post(self.URL, status=status)
        with pytest.raises(errors.Unconfirmed):
            zoom.add_registrant(WEBINAR, RegistrantInput("dot@thyme.example", "Dot"))
        assert len(http.calls) == 1


class TestAddingMany:
    URL = f"{ZOOM}/webinars/{WEBINAR}/batch_registrants"
    PEOPLE = (RegistrantInput("dot@thyme.example", "Dot"), RegistrantInput("io@thyme.example", "I"))

    def test_whoever_zoom_leaves_out_is_missing_in_the_answer(
        self, http: responses.RequestsMock, zoom: Zoom, permits: CountedPermits
    ) -> None:
        link = f"https://zoom.us/w/{WEBINAR}?tk=x"
        row = {"email": "Dot@thyme.example", "join_url": link, "registrant_id": "reg-dot"}
        http.post(self.URL, json={"registrants": [row, {"email": "no-id@thyme.example"}]})
        (added,) = zoom.add_registrants(WEBINAR, self.PEOPLE)
        assert (added.registrant_id, added.email) == ("reg-dot", "dot@thyme.example")
        assert "tk=" not in repr(added)
        assert permits.taken == ["heavy"]
        assert json.loads(http.calls[0].request.body) == {
            "auto_approve": False,
            "registrants": [
                {"email": "dot@thyme.example", "first_name": "Dot"},
                {"email": "io@thyme.example", "first_name": "I"},
            ],
        }

    def test_a_lost_answer_is_never_repeated(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        http.post(self.URL, status=504)
        with pytest.raises(errors.Unconfirmed):
            zoom.add_registrants(WEBINAR, self.PEOPLE)
        assert len(http.calls) == 1

    @pytest.mark.parametrize("count", [0, 31])
    def test_a_batch_holds_one_to_thirty(self, zoom: Zoom, count: int) -> None:
        with pytest.raises(ValueError, match="1 to 30"):
            zoom.add_registrants(WEBINAR, self.PEOPLE[:1] * count)


class TestWhatHappened:
    @pytest.mark.parametrize(("uuid", "encoded"), [(UUID, ENCODED), (SLASHED, TWICE)])
    def test_a_report_is_read_by_uuid_with_registrant_ids(
        self,
        http: responses.RequestsMock,
        zoom: Zoom,
        permits: CountedPermits,
        uuid: str,
        encoded: str,
    ) -> None:
        query = {"include_fields": "registrant_id", "page_size": "300"}
        http.get(
            f"{ZOOM}/report/webinars/{encoded}/participants",
            json=sample("zoom/report/participants"),
            match=[matchers.query_param_matcher(query)],
        )
        (page,) = zoom.report_participants(uuid)
        assert (len(page.rows), page.unreadable) == (3, 1)
        assert permits.taken == ["heavy"]
        assert f"/{encoded}/" in http.calls[0].request.url

    def test_a_session_and_its_siblings_are_read(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        http.get(f"{ZOOM}/report/webinars/{ENCODED}", json=sample("zoom/report/detail"))
        http.get(f"{ZOOM}/past_webinars/{WEBINAR}/instances", json=sample("zoom/report/instances"))
        assert zoom.report_detail(UUID).participants_count == 3
        assert [row.uuid for row in zoom.past_instances(WEBINAR).rows] == [UUID, SLASHED]

    def test_the_plain_list_of_participants_is_read_without_the_right_to_reports(
        self, http: responses.RequestsMock, zoom: Zoom, permits: CountedPermits
    ) -> None:
        rows = [
            {"id": "zoom-user", "user_email": "Ada@X.no", "join_time": "2026-03-10T12:00:00Z"},
            {"id": "", "name": "Phone", "join_time": "2026-03-10T12:05:00Z", "duration": 60},
        ]
        body = {"total_records": 2, "participants": rows}
        http.get(f"{ZOOM}/past_webinars/{ENCODED}/participants", json=body)
        (page,) = zoom.past_participants(UUID)
        assert permits.taken == ["medium"]
        assert [(one.user_email, one.participant_user_id) for one in page.rows] == [
            ("ada@x.no", "zoom-user"),
            ("", ""),
        ]
        assert {one.registrant_id for one in page.rows} == {""}

    def test_a_report_that_is_not_ready_is_not_found(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        message = {"code": 3001, "message": "Webinar does not exist."}
        http.get(f"{ZOOM}/report/webinars/{ENCODED}", status=404, json=message)
        with pytest.raises(errors.NotFound) as absent:
            zoom.report_detail(UUID)
        assert absent.value.code == "3001"

    def test_history_asks_for_webinars_by_their_end(
        self, http: responses.RequestsMock, zoom: Zoom
    ) -> None:
        query = {
            "from": "2026-12-21",
            "to": "2026-12-24",
            "date_type": "end_time",
            "meeting_type": "webinar",
            "page_size": "300",
        }
        asked = [matchers.query_param_matcher(query)]
        url = f"{ZOOM}/report/history_meetings"
        http.get(url, json=sample("zoom/report/history"), match=asked)
        (page,) = zoom.history_meetings(date(2026, 12, 21), date(2026, 12, 24))
        assert (page.rows[0].uuid, page.rows[0].webinar_id) == (UUID, WEBINAR)

    def test_a_recording_is_read_by_uuid(self, http: responses.RequestsMock, zoom: Zoom) -> None:
        http.get(f"{ZOOM}/meetings/{TWICE}/recordings", json=sample("zoom/recordings/all"))
        assert len(zoom.recordings(SLASHED).files) == 2
