"""Sessions and reports: rows, readiness, UUIDs that must be encoded twice."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.simulator.zoom.support import MovableClock, Zoom, twice


def rows(zoom: Zoom, uuid: str, **query: Any) -> list[dict[str, Any]]:
    wanted = {"include_fields": "registrant_id"} | query
    return zoom.pages(f"/report/webinars/{twice(uuid)}/participants", "participants", **wanted)


class TestRows:
    def test_one_row_per_join_and_a_new_user_id_for_a_rejoin(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        person = zoom.register(webinar, "a@x.example")[0]
        sessions = [[10, 100], [200, 300]]
        people = [{"registrant_id": person["id"], "sessions": sessions}]
        shown = rows(zoom, zoom.play(webinar, participants=people)["uuid"])
        assert [(row["duration"], row["registrant_id"]) for row in shown] == [
            (90, person["id"]),
            (100, person["id"]),
        ]
        assert shown[0]["user_id"] != shown[1]["user_id"]
        assert shown[0]["join_time"] == "2026-11-18T15:00:10Z"
        assert {row["user_email"] for row in shown} == {"a@x.example"}

    def test_registrant_ids_are_given_on_demand_only(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        zoom.register(webinar, "a@x.example")
        uuid = zoom.play(webinar, participants=[{"email": "a@x.example"}])["uuid"]
        assert "registrant_id" in rows(zoom, uuid)[0]
        assert "registrant_id" not in rows(zoom, uuid, include_fields="")[0]

    @pytest.mark.parametrize(
        ("person", "email", "signed_in"),
        [
            pytest.param({"name": "Guest"}, "", False, id="guest"),
            pytest.param({"email": "out@side.example", "name": "O"}, "", False, id="outsider"),
            pytest.param(
                {"email": "out@side.example", "email_visible": True},
                "out@side.example",
                False,
                id="outsider whose address shows",
            ),
            pytest.param({"email": "helper@acme.example"}, "helper@acme.example", True, id="staff"),
            pytest.param(
                {"email": "p@x.example", "role": "panelist"}, "p@x.example", False, id="panelist"
            ),
        ],
    )
    def test_whose_address_a_row_shows(
        self, zoom: Zoom, person: dict[str, Any], email: str, signed_in: bool
    ) -> None:
        uuid = zoom.play(zoom.webinar(start_time=-3600), participants=[person])["uuid"]
        row = rows(zoom, uuid)[0]
        assert (row["user_email"], row["registrant_id"]) == (email, "")
        assert ("participant_user_id" in row) is signed_in

    def test_the_detail_counts_people_not_rows(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        zoom.register(webinar, "a@x.example")
        people = [{"email": "a@x.example", "sessions": [[0, 60], [120, 180]]}, {"name": "Guest"}]
        uuid = zoom.play(webinar, participants=people)["uuid"]
        detail = zoom.get(f"/report/webinars/{twice(uuid)}")
        assert (detail["participants_count"], detail["duration"]) == (2, 60)
        assert detail["end_time"] == "2026-11-18T16:00:00Z"

    def test_past_participants_and_absentees(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        zoom.register(webinar, "a@x.example", "b@x.example")
        uuid = zoom.play(webinar, participants=[{"email": "a@x.example"}])["uuid"]
        past = zoom.pages(f"/past_webinars/{twice(uuid)}/participants", "participants")
        assert [row["user_email"] for row in past] == ["a@x.example"]
        absent = zoom.pages(f"/past_webinars/{twice(uuid)}/absentees", "registrants")
        assert [person["email"] for person in absent] == ["b@x.example"]

    @pytest.mark.parametrize("given", [True, False])
    def test_past_participants_may_lack_registrant_ids(self, zoom: Zoom, given: bool) -> None:
        zoom.control("PATCH", "/switches", {"zoom_past_participants_registrant_id": given})
        webinar = zoom.webinar(start_time=-3600)
        zoom.play(webinar, participants=[{"name": "Guest"}])
        row = zoom.get(f"/past_webinars/{webinar}/participants")["participants"][0]
        assert ("registrant_id" in row) is given

    def test_polls_questions_and_survey(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        uuid = zoom.play(webinar)["uuid"]
        answers = [{"email": "a@x.example", "name": "A", "question_details": []}]
        body = {"polls": answers, "qa": answers, "survey": answers}
        zoom.control("POST", f"/zoom/webinars/{webinar}/instances/1/report", body)
        for path, key in (
            ("polls", "questions"),
            ("qa", "questions"),
            ("survey", "survey_answers"),
        ):
            assert zoom.get(f"/report/webinars/{twice(uuid)}/{path}")[key] == answers


class TestReadiness:
    def test_not_ready_then_no_durations_then_full(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        script = ["not_ready", "zero_durations", "full"]
        uuid = zoom.play(webinar, participants=[{"name": "G"}], report=script)["uuid"]
        path = f"/report/webinars/{twice(uuid)}/participants"
        assert zoom.refused("GET", path) == (404, 3001)
        assert [(r["duration"], r["leave_time"]) for r in rows(zoom, uuid)] == [(0, "")]
        assert [r["duration"] for r in rows(zoom, uuid)] == [3600]
        assert [r["duration"] for r in rows(zoom, uuid)] == [3600]

    def test_whoever_asks_for_the_summary_too_early_finds_the_report_later(
        self, zoom: Zoom
    ) -> None:
        webinar = zoom.webinar(start_time=-3600)
        script = ["not_ready", "full"]
        uuid = zoom.play(webinar, participants=[{"name": "G"}], report=script)["uuid"]
        assert zoom.refused("GET", f"/report/webinars/{twice(uuid)}") == (404, 3001)
        assert zoom.get(f"/report/webinars/{twice(uuid)}")["participants_count"] == 1
        assert [r["duration"] for r in rows(zoom, uuid)] == [3600]

    def test_rows_can_be_missing_and_be_corrected(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        people = [{"name": f"Guest {n}"} for n in range(3)]
        uuid = zoom.play(webinar, participants=people)["uuid"]
        control = f"/zoom/webinars/{webinar}/instances/1/report"
        zoom.control("POST", control, {"drop_rows": 2})
        assert len(rows(zoom, uuid)) == 1
        edit = [{"row": 0, "leave_time": "2026-11-18T15:10:00Z"}, {"row": 1, "remove": True}]
        zoom.control("POST", control, {"drop_rows": 0, "edit": edit})
        assert [row["duration"] for row in rows(zoom, uuid)] == [600, 3600]

    def test_a_live_session_has_no_report_yet(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-600)
        uuid = zoom.play(webinar, start_time=-600, live=True)["uuid"]
        path = f"/report/webinars/{twice(uuid)}/participants"
        assert zoom.refused("GET", path) == (404, 3001)
        people = {"participants": [{"name": "Late", "sessions": [[60, 600]]}]}
        zoom.control("POST", f"/zoom/webinars/{webinar}/instances/1/participants", people)
        zoom.control("POST", f"/zoom/webinars/{webinar}/instances/1/end")
        assert [row["name"] for row in rows(zoom, uuid)] == ["Late"]

    @pytest.mark.parametrize(("listed", "count"), [(False, 0), (True, 1)])
    def test_a_rehearsal_has_no_report(self, zoom: Zoom, listed: bool, count: int) -> None:
        zoom.control("PATCH", "/switches", {"zoom_practice_in_instances": listed})
        webinar = zoom.webinar(start_time=-3600)
        zoom.play(webinar, practice_session=True)
        assert len(zoom.get(f"/past_webinars/{webinar}/instances")["webinars"]) == count
        assert zoom.refused("GET", f"/report/webinars/{webinar}/participants") == (404, 3001)

    def test_a_year_ago_is_12702(self, zoom: Zoom, clock: MovableClock) -> None:
        uuid = zoom.play(zoom.webinar(start_time=-3600))["uuid"]
        clock.advance(days=366)
        zoom.sign_in()
        assert zoom.refused("GET", f"/report/webinars/{twice(uuid)}") == (400, 12702)

    def test_how_far_back_reports_reach_and_how_long_a_webinar_is_known_can_be_switched(
        self, zoom: Zoom, clock: MovableClock
    ) -> None:
        webinar = zoom.webinar(start_time=-3600)
        uuid = zoom.play(webinar)["uuid"]
        clock.advance(days=200)
        zoom.sign_in()
        report = f"/report/webinars/{twice(uuid)}"
        assert zoom.get(report)["uuid"] == uuid
        assert zoom.get(f"/webinars/{webinar}")["id"] == webinar
        zoom.control("PATCH", "/switches", {"zoom_ended_webinar_known_days": 100})
        assert zoom.refused("GET", f"/webinars/{webinar}") == (404, 3001)
        assert zoom.get(report)["uuid"] == uuid
        zoom.control("PATCH", "/switches", {"zoom_report_days": 183})
        assert zoom.refused("GET", report) == (400, 12702)


class TestIdentity:
    def test_a_number_means_the_latest_session_and_moves_on(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(type=6, start_time=None)
        times = {"start_time": -9000, "end_time": -8000}
        first = zoom.play(webinar, participants=[{"name": "First"}], **times)
        number = f"/report/webinars/{webinar}/participants"
        assert [row["name"] for row in zoom.get(number)["participants"]] == ["First"]
        second = zoom.play(webinar, participants=[{"name": "Second"}])
        assert [row["name"] for row in zoom.get(number)["participants"]] == ["Second"]
        assert [row["name"] for row in rows(zoom, first["uuid"])] == ["First"]
        instances = zoom.get(f"/past_webinars/{webinar}/instances")["webinars"]
        assert [entry["uuid"] for entry in instances] == [first["uuid"], second["uuid"]]

    @pytest.mark.parametrize(
        ("style", "once", "encoded_twice"),
        [
            pytest.param("plain", 200, 200, id="no slash"),
            pytest.param("inner_slash", 200, 200, id="a slash inside"),
            pytest.param("slash", (404, 2300), 200, id="begins with a slash"),
            pytest.param("double_slash", (404, 3001), 200, id="two slashes"),
        ],
    )
    def test_some_uuids_must_be_encoded_twice(
        self, zoom: Zoom, style: str, once: Any, encoded_twice: int
    ) -> None:
        uuid = zoom.play(zoom.webinar(start_time=-3600), uuid_style=style)["uuid"]
        answer = zoom.call("GET", f"/report/webinars/{quote(uuid, safe='')}/participants")
        code = answer.json().get("code")
        assert once == (answer.status_code if code is None else (answer.status_code, code))
        answer = zoom.call("GET", f"/report/webinars/{twice(uuid)}/participants")
        assert answer.status_code == encoded_twice

    def test_a_uuid_with_a_bare_slash_is_no_known_path(self, zoom: Zoom) -> None:
        uuid = zoom.play(zoom.webinar(start_time=-3600), uuid_style="slash")["uuid"]
        assert zoom.refused("GET", f"/report/webinars/{uuid}/participants") == (404, 2300)

    def test_sessions_of_a_series_belong_to_the_nearest_date(self, zoom: Zoom) -> None:
        planned = [
            {"occurrence_id": name, "start_time": start}
            for name, start in (("a", -90_000), ("b", -3_600))
        ]
        webinar = zoom.webinar(type=9, occurrences=planned)
        assert zoom.play(webinar)["occurrence_id"] == "b"
        times = {"start_time": -89_900, "end_time": -86_000}
        assert zoom.play(webinar, **times)["occurrence_id"] == "a"


class TestHistory:
    def test_every_ended_session_of_the_account(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(start_time=-3600)
        uuid = zoom.play(webinar, participants=[{"name": "G"}])["uuid"]
        query = {"from": "2026-11-17", "to": "2026-11-18", "date_type": "end_time"}
        found = zoom.pages("/report/history_meetings", "history_meetings", **query)
        assert [(entry["meeting_uuid"], entry["participants"]) for entry in found] == [(uuid, 1)]
        assert (found[0]["meeting_id"], found[0]["type"]) == (webinar, "Webinar")
        empty = {"from": "2026-11-01", "to": "2026-11-10"}
        assert zoom.pages("/report/history_meetings", "history_meetings", **empty) == []

    def test_what_is_planned_with_ids_as_strings(self, zoom: Zoom) -> None:
        single = zoom.webinar()
        series = zoom.webinar(type=9, occurrences=[-90_000, 90_000])
        query = {"from": "2026-11-18", "to": "2026-12-01", "type": "webinar"}
        found = zoom.get("/report/upcoming_events", **query)["upcoming_events"]
        assert [entry["id"] for entry in found] == [str(single), str(series)]

    @pytest.mark.parametrize(
        "query",
        [
            pytest.param({"from": "2026-09-01", "to": "2026-11-18"}, id="more than a month"),
            pytest.param({"from": "2026-11-18"}, id="no end"),
            pytest.param({"from": "yesterday", "to": "2026-11-18"}, id="no date"),
        ],
    )
    def test_a_range_is_a_month_at_most(self, zoom: Zoom, query: dict[str, str]) -> None:
        assert zoom.refused("GET", "/report/history_meetings", **query) == (400, 300)

    def test_it_reaches_six_months_back(self, zoom: Zoom) -> None:
        path = "/report/history_meetings"
        reached = {"from": "2026-05-19", "to": "2026-06-18"}
        assert zoom.pages(path, "history_meetings", **reached) == []
        query = {"from": "2026-05-01", "to": "2026-05-31"}
        assert zoom.refused("GET", path, **query) == (400, 300)


def test_ten_thousand_people_are_made_and_read_completely(zoom: Zoom) -> None:
    webinar = zoom.webinar(start_time=-3600)
    people = [{"email": f"p{n}@x.example", "first_name": "P"} for n in range(10_000)]
    made = zoom.control(
        "POST", f"/zoom/webinars/{webinar}/registrants", {"registrants": people, "silent": True}
    )
    sessions = [[[0, 900], [1000, 3600]] if n < 1_800 else [[0, 3600]] for n in range(6_000)]
    joined = [
        {"registrant_id": person["id"], "sessions": times}
        for person, times in zip(made["registrants"], sessions, strict=False)
    ]
    uuid = zoom.play(webinar, participants=joined)["uuid"]
    registrants = zoom.pages(f"/webinars/{webinar}/registrants", "registrants", page_size=300)
    assert len({person["id"] for person in registrants}) == 10_000
    assert len(rows(zoom, uuid, page_size=300)) == 7_800
