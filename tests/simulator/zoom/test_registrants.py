"""Registrants: lists, adds and their refusals, states, limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.zoom.support import MovableClock, Zoom

ADA = {"email": "ada@x.example", "first_name": "Ada", "last_name": "Lovelace"}


def add(zoom: Zoom, webinar: int, fields: dict[str, Any] | None = None, **query: str) -> Any:
    return zoom.call("POST", f"/webinars/{webinar}/registrants", json=fields or ADA, **query)


def emails(zoom: Zoom, webinar: int, **query: str) -> list[str]:
    found = zoom.pages(f"/webinars/{webinar}/registrants", "registrants", **query)
    return [person["email"] for person in found]


class TestList:
    def test_it_holds_approved_people_unless_told_otherwise(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        for status in ("approved", "pending", "denied", "cancelled"):
            zoom.register(webinar, f"{status}@x.example", status=status)
        path = f"/webinars/{webinar}/registrants"
        assert emails(zoom, webinar) == ["approved@x.example"]
        assert emails(zoom, webinar, status="pending") == ["pending@x.example"]
        assert emails(zoom, webinar, status="denied") == ["denied@x.example"]
        assert zoom.refused("GET", path, status="cancelled") == (400, 300)

    def test_pages_follow_each_other_and_the_last_token_is_empty(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        people = [f"p{n}@x.example" for n in range(7)]
        zoom.register(webinar, *people)
        first = zoom.get(f"/webinars/{webinar}/registrants", page_size=3)
        assert (first["total_records"], first["page_count"], first["page_size"]) == (7, 3, 3)
        assert first["next_page_token"]
        assert emails(zoom, webinar, page_size="3") == people

    @pytest.mark.parametrize("size", ["0", "301", "many"])
    def test_a_page_has_one_to_300_people(self, zoom: Zoom, size: str) -> None:
        path = f"/webinars/{zoom.webinar()}/registrants"
        assert zoom.refused("GET", path, page_size=size) == (400, 300)

    def test_a_page_token_lives_fifteen_minutes(self, zoom: Zoom, clock: MovableClock) -> None:
        webinar = zoom.webinar()
        zoom.register(webinar, "a@x.example", "b@x.example")
        path = f"/webinars/{webinar}/registrants"
        token = zoom.get(path, page_size=1)["next_page_token"]
        clock.advance(seconds=899)
        assert zoom.get(path, page_size=1, next_page_token=token)["registrants"]
        clock.advance(seconds=2)
        answer = zoom.call("GET", path, page_size=1, next_page_token=token)
        assert answer.json() == {
            "code": 300,
            "message": "The next page token is invalid or expired.",
        }

    def test_a_page_token_fits_its_own_query_only(self, zoom: Zoom) -> None:
        webinar, other = zoom.webinar(), zoom.webinar()
        zoom.register(webinar, "a@x.example", "b@x.example")
        path = f"/webinars/{webinar}/registrants"
        token = zoom.get(path, page_size=1)["next_page_token"]
        wrong = [
            (path, {"status": "pending"}),
            (f"/webinars/{other}/registrants", {}),
        ]
        for its_path, query in wrong:
            assert zoom.refused("GET", its_path, next_page_token=token, **query) == (400, 300)

    def test_one_registrant(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        person = zoom.register(webinar, "a@x.example", org="Acme")[0]
        shown = zoom.get(f"/webinars/{webinar}/registrants/{person['id']}")
        assert (shown["email"], shown["org"], shown["status"]) == (
            "a@x.example",
            "Acme",
            "approved",
        )
        assert zoom.refused("GET", f"/webinars/{webinar}/registrants/none") == (400, 3079)

    def test_only_numbers_name_a_webinar_here(self, zoom: Zoom) -> None:
        assert zoom.refused("GET", "/webinars/abc/registrants") == (400, 300)


class TestAdd:
    def test_gives_a_personal_link_and_the_state(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        answer = add(zoom, webinar)
        assert answer.status_code == 201
        made = answer.json()
        assert (made["id"], made["topic"], made["status"]) == (webinar, "Product news", "approved")
        assert made["registrant_id"] in made["join_url"]
        assert emails(zoom, webinar) == ["ada@x.example"]

    def test_waits_for_approval_where_that_is_manual(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(approval_type=1)
        assert add(zoom, webinar).json()["status"] == "pending"
        assert emails(zoom, webinar, status="pending") == ["ada@x.example"]

    def test_twice_gives_the_same_registrant(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        once, twice = (add(zoom, webinar).json()["registrant_id"] for _ in range(2))
        assert once == twice
        assert emails(zoom, webinar) == ["ada@x.example"]

    def test_a_cancelled_person_comes_back(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        person = add(zoom, webinar).json()["registrant_id"]
        zoom.control("POST", f"/zoom/webinars/{webinar}/registrants/{person}/cancel")
        assert emails(zoom, webinar) == []
        assert add(zoom, webinar).json()["registrant_id"] == person
        assert emails(zoom, webinar) == ["ada@x.example"]

    @pytest.mark.parametrize(
        ("webinar", "fields", "answer"),
        [
            pytest.param({}, {"email": "host@acme.example"}, (400, 3027), id="host"),
            pytest.param(
                {"alternative_hosts": ["ada@x.example"]}, {}, (400, 3027), id="alternative host"
            ),
            pytest.param(
                {"panelists": [{"email": "ADA@x.example", "name": "A"}]},
                {},
                (400, 3000),
                id="panelist",
            ),
            pytest.param({"approval_type": 2}, {}, (400, 3000), id="registration off"),
            pytest.param({"is_paid": True}, {}, (400, 3000), id="paid"),
            pytest.param({"work_domains": ["acme.example"]}, {}, (400, 3034), id="work e-mail"),
            pytest.param({"start_time": -7200}, {}, (400, 3038), id="over"),
            pytest.param({}, {"email": "no-address"}, (400, 300), id="bad e-mail"),
            pytest.param({}, {"email": None}, (400, 300), id="no e-mail"),
            pytest.param({}, {"first_name": ""}, (400, 300), id="no first name"),
            pytest.param({}, {"first_name": "x" * 65}, (400, 300), id="long first name"),
            pytest.param({}, {"last_name": "x" * 65}, (400, 300), id="long last name"),
            pytest.param(
                {},
                {"custom_questions": [{"title": "Q", "value": "x" * 129}]},
                (400, 300),
                id="long answer",
            ),
        ],
    )
    def test_refusals(
        self, zoom: Zoom, webinar: dict[str, Any], fields: dict[str, Any], answer: tuple[int, int]
    ) -> None:
        made = add(zoom, zoom.webinar(**webinar), ADA | fields)
        assert (made.status_code, made.json()["code"]) == answer

    def test_a_full_webinar_refuses_newcomers_only(self, zoom: Zoom) -> None:
        webinar = zoom.webinar(registrants_restrict_number=1)
        assert add(zoom, webinar).status_code == 201
        newcomer = add(zoom, webinar, ADA | {"email": "b@x.example"})
        assert (newcomer.status_code, newcomer.json()["code"]) == (400, 3000)
        assert "reached the limit" in newcomer.json()["message"]
        assert add(zoom, webinar).status_code == 201

    def test_validation_names_the_fields(self, zoom: Zoom) -> None:
        answer = add(zoom, zoom.webinar(), {"email": "bad"}).json()
        assert answer["message"] == "Validation Failed."
        assert {error["field"] for error in answer["errors"]} == {"email", "first_name"}

    @pytest.mark.parametrize(("enforced", "status"), [(False, 201), (True, 400)])
    def test_required_answers(self, zoom: Zoom, enforced: bool, status: int) -> None:
        zoom.control("PATCH", "/switches", {"zoom_required_answers_enforced": enforced})
        webinar = zoom.webinar(questions=[{"field_name": "org", "required": True}])
        shown = zoom.get(f"/webinars/{webinar}/registrants/questions")
        assert shown["questions"] == [{"field_name": "org", "required": True}]
        assert add(zoom, webinar).status_code == status
        assert add(zoom, webinar, ADA | {"org": "Acme"}).status_code == 201

    @pytest.mark.parametrize(("enforced", "status"), [(False, 201), (True, 400)])
    @pytest.mark.parametrize("value", ["Meat", "Vegan;Meat"])
    def test_answers_outside_the_choices(
        self, zoom: Zoom, enforced: bool, status: int, value: str
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_choices_enforced": enforced})
        diet = {"title": "Diet", "type": "multiple", "required": True, "answers": ["Vegan", "Fish"]}
        webinar = zoom.webinar(custom_questions=[diet])
        answer = {"title": "Diet", "value": value}
        assert add(zoom, webinar, ADA | {"custom_questions": [answer]}).status_code == status
        answer["value"] = "Vegan;Fish"
        assert add(zoom, webinar, ADA | {"custom_questions": [answer]}).status_code == 201
        (person,) = zoom.control("GET", f"/zoom/webinars/{webinar}")["registrants"]
        assert person["answers"]["custom_questions"][0]["title"] == "Diet"

    def test_a_standard_choice_takes_listed_answers_only(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        assert add(zoom, webinar, ADA | {"no_of_employees": "7"}).status_code == 400
        assert add(zoom, webinar, ADA | {"no_of_employees": "1-20"}).status_code == 201

    def test_an_unknown_webinar(self, zoom: Zoom) -> None:
        answer = add(zoom, 81234567890)
        assert (answer.status_code, answer.json()["code"]) == (404, 3001)


class TestThreeADay:
    @pytest.mark.parametrize("headers", [True, False], ids=["with headers", "without"])
    def test_the_fourth_add_is_refused_until_midnight_utc(
        self, zoom: Zoom, clock: MovableClock, headers: bool
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_add_limit_headers": headers})
        webinar = zoom.webinar(start_time=200_000)
        assert [add(zoom, webinar).status_code for _ in range(3)] == [201, 201, 201]
        fourth = add(zoom, webinar)
        assert fourth.status_code == 429
        assert "daily rate limit of (3)" in fourth.json()["message"]
        assert "(ada@x.example)" in fourth.json()["message"]
        assert fourth.headers.get("X-RateLimit-Type", "") == ("Daily-limit" if headers else "")
        assert fourth.headers.get("Retry-After", "") == ("2026-11-19T00:00:00Z" if headers else "")
        assert add(zoom, webinar, ADA | {"email": "b@x.example"}).status_code == 201
        clock.advance(hours=8)
        zoom.sign_in()
        assert add(zoom, webinar).status_code == 201

    @pytest.mark.parametrize(("across", "status"), [(False, 201), (True, 429)])
    def test_it_counts_per_webinar_or_across(self, zoom: Zoom, across: bool, status: int) -> None:
        zoom.control("PATCH", "/switches", {"zoom_add_limit_across_webinars": across})
        first, second = zoom.webinar(), zoom.webinar()
        for _ in range(3):
            add(zoom, first)
        assert add(zoom, second).status_code == status


class TestBatch:
    def batch(self, zoom: Zoom, webinar: int, *people: dict[str, str]) -> Any:
        body = {"auto_approve": True, "registrants": list(people)}
        return zoom.call("POST", f"/webinars/{webinar}/batch_registrants", json=body)

    def test_who_failed_is_only_missing_from_the_answer(self, zoom: Zoom) -> None:
        people = [ADA, ADA | {"email": "broken"}, ADA | {"email": "host@acme.example"}]
        answer = self.batch(zoom, zoom.webinar(), *people)
        assert answer.status_code == 201
        assert [p["email"] for p in answer.json()["registrants"]] == ["ada@x.example"]

    @pytest.mark.parametrize(
        ("webinar", "count", "code"),
        [
            pytest.param({"type": 9, "occurrences": [3600]}, 1, 300, id="a series"),
            pytest.param({}, 31, 300, id="31 people"),
            pytest.param({"approval_type": 2}, 1, 3000, id="registration off"),
            pytest.param({"start_time": -7200}, 1, 3038, id="over"),
            pytest.param({"registrants_restrict_number": 1}, 2, 3043, id="full"),
        ],
    )
    def test_refusals(self, zoom: Zoom, webinar: dict[str, Any], count: int, code: int) -> None:
        people = [ADA | {"email": f"p{n}@x.example"} for n in range(count)]
        answer = self.batch(zoom, zoom.webinar(**webinar), *people)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


class TestStatus:
    @pytest.mark.parametrize(
        ("action", "lists"),
        [
            ("approve", ("approved", "")),
            ("deny", ("denied", "")),
            ("cancel", ("", "cancelled")),
        ],
        ids=["approve", "deny", "cancel"],
    )
    def test_moves_people_between_lists(
        self, zoom: Zoom, action: str, lists: tuple[str, str]
    ) -> None:
        webinar = zoom.webinar(approval_type=1)
        person = zoom.register(webinar, "a@x.example")[0]
        body = {"action": action, "registrants": [{"id": person["id"], "email": "a@x.example"}]}
        answer = zoom.call("PUT", f"/webinars/{webinar}/registrants/status", json=body)
        assert (answer.status_code, answer.text) == (204, "")
        holding = [s for s in ("approved", "pending", "denied") if emails(zoom, webinar, status=s)]
        assert holding == ([lists[0]] if lists[0] else [])

    @pytest.mark.parametrize(("readable", "status"), [(True, 200), (False, 400)])
    def test_a_cancelled_registrant_may_be_readable_singly(
        self, zoom: Zoom, readable: bool, status: int
    ) -> None:
        zoom.control("PATCH", "/switches", {"zoom_cancelled_registrant_readable": readable})
        webinar = zoom.webinar()
        person = zoom.register(webinar, "a@x.example", status="cancelled")[0]
        answer = zoom.call("GET", f"/webinars/{webinar}/registrants/{person['id']}")
        assert answer.status_code == status

    def test_ten_changes_a_day_for_one_person(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        person = {"id": zoom.register(webinar, "a@x.example")[0]["id"]}
        path = f"/webinars/{webinar}/registrants/status"
        body = {"registrants": [person]}
        for turn in range(10):
            action = "cancel" if turn % 2 == 0 else "approve"
            assert zoom.call("PUT", path, json=body | {"action": action}).status_code == 204
        assert zoom.call("PUT", path, json=body | {"action": "cancel"}).status_code == 429

    def test_deleting_removes_for_good(self, zoom: Zoom) -> None:
        webinar = zoom.webinar()
        person = zoom.register(webinar, "a@x.example")[0]["id"]
        path = f"/webinars/{webinar}/registrants/{person}"
        assert zoom.call("DELETE", path).status_code == 204
        assert zoom.refused("GET", path) == (400, 3079)


class TestSeries:
    @pytest.fixture
    def dates(self) -> list[str]:
        return ["first", "second", "third"]

    def series(self, zoom: Zoom, dates: list[str], registration_type: int) -> int:
        planned = [
            {"occurrence_id": name, "start_time": 3600 + n * 86_400} for n, name in enumerate(dates)
        ]
        return zoom.webinar(type=9, occurrences=planned, registration_type=registration_type)

    def listed(self, zoom: Zoom, webinar: int, dates: list[str]) -> list[str]:
        return [name for name in dates if emails(zoom, webinar, occurrence_id=name)]

    def test_one_registration_for_all_dates(self, zoom: Zoom, dates: list[str]) -> None:
        webinar = self.series(zoom, dates, 1)
        add(zoom, webinar)
        assert self.listed(zoom, webinar, dates) == dates

    @pytest.mark.parametrize("registration_type", [2, 3])
    def test_chosen_dates_only(self, zoom: Zoom, dates: list[str], registration_type: int) -> None:
        webinar = self.series(zoom, dates, registration_type)
        made = add(zoom, webinar, occurrence_ids="second").json()
        assert [date["occurrence_id"] for date in made["occurrences"]] == ["second"]
        assert self.listed(zoom, webinar, dates) == ["second"]
        add(zoom, webinar, occurrence_ids="third")
        assert self.listed(zoom, webinar, dates) == ["second", "third"]

    def test_cancelling_one_date_keeps_the_others(self, zoom: Zoom, dates: list[str]) -> None:
        webinar = self.series(zoom, dates, 3)
        person = add(zoom, webinar, occurrence_ids="first,second").json()["registrant_id"]
        path = f"/zoom/webinars/{webinar}/registrants/{person}/cancel"
        zoom.control("POST", path, {"occurrence_id": "first"})
        assert self.listed(zoom, webinar, dates) == ["second"]

    def test_an_unknown_date_is_refused(self, zoom: Zoom, dates: list[str]) -> None:
        answer = add(zoom, self.series(zoom, dates, 2), occurrence_ids="never")
        assert (answer.status_code, answer.json()["code"]) == (400, 300)
