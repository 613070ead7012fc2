"""Users, webinar lists and details: https://developers.zoom.us/docs/api/meetings/"""

from __future__ import annotations

import pytest

from tests.simulator.zoom.support import ACCOUNT, HOST, MovableClock, Zoom

SERIES = {"type": 9, "occurrences": [-90_000, 3_600, 90_000]}


class TestUsers:
    def test_the_list_holds_active_people_and_pages(self, zoom: Zoom) -> None:
        people = zoom.pages("/users", "users", page_size=1)
        assert [person["email"] for person in people] == [
            "host@acme.example",
            "helper@acme.example",
        ]

    def test_a_person_is_found_by_id_email_and_me(self, zoom: Zoom) -> None:
        found = {zoom.get(f"/users/{name}")["id"] for name in (HOST, "HOST@acme.example", "me")}
        assert found == {HOST}

    def test_an_unknown_person_is_1001(self, zoom: Zoom) -> None:
        assert zoom.refused("GET", "/users/nobody") == (404, 1001)

    def test_a_person_of_another_account_is_1010(self, zoom: Zoom) -> None:
        others = [{"id": "stranger", "email": "a@b.example"}]
        zoom.control("POST", "/zoom/accounts", {"account_id": "other", "users": others})
        assert zoom.refused("GET", "/users/stranger") == (400, 1010)

    def test_settings_tell_the_webinar_capacity(self, zoom: Zoom) -> None:
        feature = zoom.get(f"/users/{HOST}/settings")["feature"]
        assert (feature["webinar"], feature["webinar_capacity"]) == (True, 500)


class TestWebinarList:
    def test_zoom_events_webinars_are_marked_here_and_can_be_left_out(self, zoom: Zoom) -> None:
        plain = zoom.webinar()
        special = zoom.webinar(is_events_webinar=True)
        listed = zoom.get(f"/users/{HOST}/webinars")["webinars"]
        assert {w["id"]: w["is_events_webinar"] for w in listed} == {plain: False, special: True}
        kept = zoom.get(f"/users/{HOST}/webinars", include_events_webinar="false")["webinars"]
        assert [w["id"] for w in kept] == [plain]
        assert "is_events_webinar" not in zoom.get(f"/webinars/{special}")

    def test_an_ended_webinar_leaves_the_list_after_some_time(
        self, zoom: Zoom, clock: MovableClock
    ) -> None:
        webinar = zoom.webinar()
        clock.advance(hours=3)
        zoom.sign_in()
        assert [w["id"] for w in zoom.get("/users/me/webinars")["webinars"]] == [webinar]
        assert zoom.get("/users/me/webinars", type="upcoming")["webinars"] == []
        clock.advance(days=31)
        zoom.sign_in()
        assert zoom.get("/users/me/webinars")["webinars"] == []
        assert zoom.get(f"/webinars/{webinar}")["id"] == webinar

    @pytest.mark.parametrize(("each", "count"), [(False, 1), (True, 3)], ids=["series", "dates"])
    def test_a_series_is_one_entry_or_one_per_date(
        self, zoom: Zoom, each: bool, count: int
    ) -> None:
        zoom.webinar(**SERIES)
        zoom.control("PATCH", "/switches", {"zoom_list_one_item_per_occurrence": each})
        assert len(zoom.get("/users/me/webinars")["webinars"]) == count


class TestWebinarDetail:
    def test_a_single_webinar(self, zoom: Zoom) -> None:
        shown = zoom.get(f"/webinars/{zoom.webinar(duration=45)}")
        assert isinstance(shown["id"], int)
        assert shown["id"] > 2**32
        assert (shown["type"], shown["duration"]) == (5, 45)
        assert shown["start_time"] == "2026-11-18T17:00:00Z"
        assert shown["settings"]["approval_type"] == 0
        assert shown["registration_url"].startswith(zoom.base_url)

    def test_no_registration_page_where_registration_is_off(self, zoom: Zoom) -> None:
        assert "registration_url" not in zoom.get(f"/webinars/{zoom.webinar(approval_type=2)}")

    def test_a_series_without_fixed_times_has_no_start(self, zoom: Zoom) -> None:
        assert "start_time" not in zoom.get(f"/webinars/{zoom.webinar(type=6, start_time=None)}")

    def test_past_dates_are_shown_on_demand_only(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(**SERIES)
        coming = zoom.get(f"/webinars/{webinar}")["occurrences"]
        every = zoom.get(f"/webinars/{webinar}", show_previous_occurrences="true")["occurrences"]
        assert (len(coming), len(every)) == (2, 3)
        assert isinstance(coming[0]["occurrence_id"], str)

    def test_a_deleted_date_vanishes(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(**SERIES)
        gone = zoom.get(f"/webinars/{webinar}")["occurrences"][0]["occurrence_id"]
        zoom.control("DELETE", f"/zoom/webinars/{webinar}", {"occurrence_ids": [gone]})
        left = zoom.get(f"/webinars/{webinar}")["occurrences"]
        assert gone not in {date["occurrence_id"] for date in left}

    @pytest.mark.parametrize(
        ("reference", "answer"),
        [("123456789", (404, 3001)), ("no-such-uuid", (404, 3001))],
        ids=["number", "uuid"],
    )
    def test_an_unknown_webinar(self, zoom: Zoom, reference: str, answer: tuple[int, int]) -> None:
        assert zoom.refused("GET", f"/webinars/{reference}") == answer

    def test_another_accounts_webinar_does_not_exist(self, zoom: Zoom) -> None:
        others = [{"email": "a@b.example"}]
        zoom.control("POST", "/zoom/accounts", {"account_id": "other", "users": others})
        made = zoom.control("POST", "/zoom/accounts/other/webinars", {"start_time": 60})
        assert zoom.refused("GET", f"/webinars/{made['webinar_id']}") == (404, 3001)

    def test_the_uuid_changes_with_every_session(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        before = zoom.get(f"/webinars/{webinar}")["uuid"]
        zoom.play(webinar)
        assert zoom.get(f"/webinars/{webinar}")["uuid"] != before


class TestAround:
    def test_an_unknown_path_is_2300(self, zoom: Zoom) -> None:
        assert zoom.refused("GET", "/nonsense") == (404, 2300)

    def test_without_a_token_it_is_124(self, zoom: Zoom) -> None:
        answer = zoom.session.get(f"{zoom.base_url}/zoom/v2/users/me")
        assert (answer.status_code, answer.json()["code"]) == (401, 124)

    def test_panelists_and_tracking_sources(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(
            panelists=[{"email": "p@acme.example", "name": "Pam"}],
            tracking_sources=[{"id": "news", "source_name": "Newsletter"}],
        )
        zoom.register(webinar, "a@x.example", source_id="news")
        panelists = zoom.get(f"/webinars/{webinar}/panelists")
        assert [p["email"] for p in panelists["panelists"]] == ["p@acme.example"]
        source = zoom.get(f"/webinars/{webinar}/tracking_sources")["tracking_sources"][0]
        assert (source["source_name"], source["registration_count"]) == ("Newsletter", 1)
        added = zoom.call("POST", f"/webinars/{webinar}/panelists", json={"panelists": []})
        assert set(added.json()) == {"id", "updated_at"}

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            pytest.param("/webinars/{}/registrants", 200, id="hidden under 200"),
            pytest.param("/report/webinars/{}/participants", 200, id="report hidden under 200"),
            pytest.param("/webinars/{}", 400, id="plain 400"),
        ],
    )
    def test_a_missing_plan_is_code_200_at_times_under_http_200(
        self, zoom: Zoom, path: str, status: int
    ) -> None:
        webinar = zoom.webinar()
        zoom.control("PATCH", f"/zoom/accounts/{ACCOUNT}", {"plan_missing": True})
        answer = zoom.call("GET", path.format(webinar))
        assert (answer.status_code, answer.json()["code"]) == (status, 200)

    def test_the_journal_names_the_route_not_the_path(self, zoom: Zoom) -> None:
        zoom.get(f"/webinars/{zoom.webinar()}")
        routes = {call["route"] for call in zoom.control("GET", "/journal?platform=zoom")["calls"]}
        assert "/zoom/v2/webinars/{webinar_id}" in routes

    def test_a_fault_strikes_by_account_and_route(self, zoom: Zoom) -> None:
        rule = {"platform": "zoom", "kind": "status", "status": 502, "times": 1}
        zoom.control("POST", "/faults", rule | {"tenant": ACCOUNT, "route_contains": "/users/me"})
        assert zoom.call("GET", "/users").status_code == 200
        assert zoom.call("GET", "/users/me").status_code == 502
        assert zoom.call("GET", "/users/me").status_code == 200
