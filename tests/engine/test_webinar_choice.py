"""Which webinar is meant by what somebody typed, picked or stored in a property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.webinar_choice import (
    DateChoice,
    PlannedDate,
    WebinarChoice,
    choose_date,
    option_value,
    read_choice,
)

NUMBER = WebinarChoice("95012345678")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class TestS45S46AnyForm:
    @pytest.mark.parametrize(
        ("text", "choice"),
        [
            pytest.param("95012345678", NUMBER, id="S45 digits"),
            pytest.param("  95012345678\n", NUMBER, id="blanks around"),
            pytest.param("950 1234 5678", NUMBER, id="Q6 spaces, as Zoom prints it"),
            pytest.param("950-1234-5678", NUMBER, id="Q6 hyphens"),
            pytest.param("950\u20111234\u20115678", NUMBER, id="hyphens that do not break"),
            pytest.param("950\u00a01234\u00a05678", NUMBER, id="spaces that do not break"),
            pytest.param("95012345678.0", NUMBER, id="S46 a number property"),
            pytest.param("Webinar ID: 950 1234 5678", NUMBER, id="with its label"),
            pytest.param("ID 950-1234-5678", NUMBER, id="with a short label"),
            pytest.param("123456789", WebinarChoice("123456789"), id="nine digits"),
            pytest.param("https://us02web.zoom.us/w/95012345678?tk=x.y&pwd=z", NUMBER, id="join"),
            pytest.param("https://zoom.us/j/95012345678", NUMBER, id="join link of a meeting"),
            pytest.param("https://acme.zoom.us/webinar/95012345678", NUMBER, id="the host's page"),
            pytest.param("https://app.zoom.us/wc/join/95012345678", NUMBER, id="in the browser"),
            pytest.param("zoom.us/w/95012345678", NUMBER, id="a link without its beginning"),
            pytest.param("https://www.zoomgov.com/w/95012345678", NUMBER, id="for governments"),
            pytest.param(
                "https://us02web.zoom.us/webinar/register/WN_abcDEF123-_456",
                WebinarChoice(register_token="WN_abcDEF123-_456"),
                id="registration page",
            ),
            pytest.param(
                "https://zoom.us/webinar/95012345678?occurrence_id=1790000000000",
                WebinarChoice("95012345678", "1790000000000"),
                id="a link to a date",
            ),
            pytest.param(
                "95012345678/1790000000000",
                WebinarChoice("95012345678", "1790000000000"),
                id="a date of the list",
            ),
            pytest.param("WN_abcDEF123", WebinarChoice(register_token="WN_abcDEF123"), id="token"),
        ],
    )
    def test_it_is_understood(self, text: str, choice: WebinarChoice) -> None:
        assert read_choice(text) == choice

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="nothing"),
            pytest.param("Spring launch", id="a name"),
            pytest.param("12345678", id="too short"),
            pytest.param("1234567890123456", id="too long"),
            pytest.param("950 1234 567x", id="a letter"),
            pytest.param("٩٥٠١٢٣٤٥٦٧٨", id="digits of another script"),
            pytest.param("https://zoom.us.evil.example/w/95012345678", id="another site"),
            pytest.param("https://example.com/w/95012345678", id="a link that is not Zoom's"),
            pytest.param("https://zoom.us/profile", id="a page without a number"),
            pytest.param("https://[zoom.us/w/95012345678", id="a broken link"),
            pytest.param("{{ contact.webinar }}", id="a token nobody replaced"),
            pytest.param("95012345678/../users", id="a path"),
        ],
    )
    def test_nothing_else_is(self, text: str) -> None:
        assert read_choice(text) is None

    @pytest.mark.parametrize("occurrence_id", ["", "1790000000000"])
    def test_a_value_of_the_list_comes_back_as_it_was(self, occurrence_id: str) -> None:
        value = option_value("95012345678", occurrence_id)
        assert read_choice(value) == WebinarChoice("95012345678", occurrence_id)


def date(name: str, starts_in: float) -> PlannedDate:
    starts_at = NOW + timedelta(hours=starts_in)
    return PlannedDate(name, starts_at, starts_at + timedelta(hours=1))


class TestB13DatesOfASeries:
    SERIES = (date("third", 200), date("past", -100), date("running", -0.5), date("next", 100))

    @pytest.mark.parametrize(
        ("wanted", "choice"),
        [
            pytest.param("third", DateChoice("third"), id="the chosen one"),
            pytest.param("running", DateChoice("running"), id="one that has begun"),
            pytest.param("past", DateChoice(outcome="over"), id="one that is over"),
            pytest.param("gone", DateChoice(outcome="not_found"), id="one there is not"),
            pytest.param("", DateChoice("running"), id="none: the first that is not over"),
        ],
    )
    def test_one_date_is_chosen(self, wanted: str, choice: DateChoice) -> None:
        assert choose_date(self.SERIES, wanted, NOW) == choice

    def test_a_series_without_a_date_to_come_is_over(self) -> None:
        assert choose_date([date("past", -100)], "", NOW) == DateChoice(outcome="over")
