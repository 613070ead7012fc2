"""B7: the questions of a registration form, answered from a contact's properties."""

from __future__ import annotations

from typing import Any

import pytest

from engine.questions import Filled, Question, fill, properties_to_read

ROLE = Question("Your role?", True, True, "single_radio", ("Baker", "Pastry Chef"))
DIET = Question("Diet", True, True, "multiple", ("Vegan", "Fish", "Salt; pepper"))
GOAL = Question("What do you hope to learn?", True, True, "short")
SIZE = Question("no_of_employees", is_required=True)


def answered(
    question: Question, value: str | None, answers: dict[str, str] | None = None
) -> Filled:
    """What one value of the property `source` makes of one question."""
    values = {} if value is None else {"source": value}
    return fill(
        [question], {question.name: "source"}, values, {question.name: answers} if answers else {}
    )


@pytest.mark.parametrize(
    ("question", "value", "answer"),
    [
        pytest.param(Question("org"), " Acme ", "Acme", id="text is trimmed"),
        pytest.param(Question("phone"), "+49 30 1", "+49 30 1", id="a standard field"),
        pytest.param(GOAL, "a;b", "a;b", id="a text may hold a semicolon"),
        pytest.param(ROLE, "Baker", "Baker", id="a choice"),
        pytest.param(ROLE, " pastry CHEF ", "Pastry Chef", id="a choice whatever its case"),
        pytest.param(ROLE, "chef;baker", "Baker", id="the one of several values that is a choice"),
        pytest.param(DIET, "fish;Vegan", "Fish;Vegan", id="several answers"),
        pytest.param(DIET, "Fish;Fish; ", "Fish", id="no answer twice"),
        pytest.param(DIET, "salt; pepper", "Salt; pepper", id="an answer with a semicolon"),
        pytest.param(SIZE, "21-50", "21-50", id="one of Zoom's ranges"),
        pytest.param(SIZE, "more THAN 10,000", "More than 10,000", id="a range in words"),
        pytest.param(SIZE, "37", "21-50", id="a number of employees"),
        pytest.param(SIZE, "500", "101-500", id="the first of two ranges it is in"),
        pytest.param(SIZE, "12,500", "More than 10,000", id="a number with its thousands apart"),
        pytest.param(SIZE, "50-100", "51-100", id="HubSpot's range within one of Zoom's"),
        pytest.param(
            Question("purchasing_time_frame"), "no timeframe", "No timeframe", id="a time frame"
        ),
        pytest.param(
            Question("role_in_purchase_process"), "influencer", "Influencer", id="a part in buying"
        ),
        pytest.param(Question("country"), "de", "DE", id="a country by its code"),
        pytest.param(Question("country"), "The Netherlands", "NL", id="a country by its name"),
        pytest.param(Question("country"), "U.S.", "US", id="a country in short"),
        pytest.param(Question("country"), "cote d’ivoire", "CI", id="a country without accents"),
        pytest.param(Question("country"), "Bosnia & Herzegovina", "BA", id="a country with a sign"),
    ],
)
def test_B7_a_value_becomes_the_answer_zoom_accepts(
    question: Question, value: str, answer: str
) -> None:
    filled = answered(question, value)
    given = {**filled.fields, **dict(filled.custom)}
    assert given == {question.name: answer}
    assert not filled.missing


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param(ROLE, "Waiter", id="not one of the choices"),
        pytest.param(DIET, "Meat;Eggs", id="none of several"),
        pytest.param(SIZE, "5-25", id="a range across two of Zoom's"),
        pytest.param(SIZE, "many", id="no number at all"),
        pytest.param(Question("country", is_required=True), "Atlantis", id="no country"),
    ],
)
def test_B7_a_value_outside_the_options_is_told_and_the_question_is_missing(
    question: Question, value: str
) -> None:
    filled = answered(question, value)
    assert (dict(filled.fields), filled.custom) == ({}, ())
    assert filled.missing == (question.name,)
    for part in value.split(";"):
        assert [note for note in filled.notes if part in note and question.name in note]


def test_B7_answers_that_fit_are_given_beside_the_one_that_does_not() -> None:
    filled = answered(DIET, "Vegan;Meat")
    assert filled.custom == (("Diet", "Vegan"),)
    assert filled.missing == ()
    assert [note for note in filled.notes if "Meat" in note]


def test_B7_of_two_answers_to_a_single_choice_the_second_is_told() -> None:
    filled = answered(ROLE, "Baker;Pastry Chef")
    assert filled.custom == (("Your role?", "Baker"),)
    assert [note for note in filled.notes if "Pastry Chef" in note and "one answer" in note]


@pytest.mark.parametrize(
    ("question", "answers", "value", "answer"),
    [
        pytest.param(ROLE, {"bk_1": "baker"}, "BK_1", "Baker", id="an internal value"),
        pytest.param(ROLE, {"Baker": "Pastry Chef"}, "Baker", "Pastry Chef", id="an answer too"),
        pytest.param(SIZE, {"1000+": "1,001-5,000"}, "1000+", "1,001-5,000", id="a range"),
        pytest.param(DIET, {"v": "Vegan", "f": "Fish"}, "v;f", "Vegan;Fish", id="each of several"),
        pytest.param(GOAL, {"b": "To bake"}, "b", "To bake", id="a text"),
    ],
)
def test_B7_an_option_map_says_zooms_answer(
    question: Question, answers: dict[str, str], value: str, answer: str
) -> None:
    filled = answered(question, value, answers)
    assert {**filled.fields, **dict(filled.custom)} == {question.name: answer}


@pytest.mark.parametrize("value", [None, "", "  "], ids=["unknown", "empty", "blank"])
def test_B7_only_required_questions_are_missing(value: str | None) -> None:
    assert answered(GOAL, value).missing == (GOAL.name,)
    assert answered(Question("org"), value) == Filled()


def test_B7_a_question_without_a_source_is_missing() -> None:
    assert fill([ROLE, Question("org")], {}, {"company": "Acme"}).missing == (ROLE.name,)


@pytest.mark.parametrize(
    "questions",
    [
        pytest.param((), id="not asked for"),
        pytest.param((Question("last_name", is_required=True),), id="required"),
    ],
)
def test_S47_the_last_name_is_always_filled_from_the_contacts_own(
    questions: tuple[Question, ...],
) -> None:
    filled = fill(questions, {"last_name": "company"}, {"lastname": "Lane", "company": "Acme"})
    assert dict(filled.fields) == {"last_name": "Lane"}
    assert properties_to_read(questions, {}) == ("lastname",)


def test_S47_a_required_last_name_may_be_missing() -> None:
    assert fill([Question("last_name", is_required=True)], {}, {}).missing == ("last_name",)


@pytest.mark.parametrize(
    ("question", "length", "most"),
    [
        pytest.param(GOAL, 200, 128, id="an answer"),
        pytest.param(Question("last_name"), 100, 64, id="a last name"),
    ],
)
def test_B7_what_is_too_long_for_zoom_is_cut_and_told(
    question: Question, length: int, most: int
) -> None:
    filled = fill([question], {GOAL.name: "x"}, {"x": "a" * length, "lastname": "a" * length})
    given: dict[str, Any] = {**filled.fields, **dict(filled.custom)}
    assert len(given[question.name]) == most
    assert [note for note in filled.notes if question.name in note and str(most) in note]


def test_B7_answers_that_are_too_long_together_are_left_out_whole() -> None:
    long = Question("Topics", True, True, "multiple", ("a" * 60, "b" * 60, "c" * 60))
    filled = answered(long, ";".join(long.answers))
    assert filled.custom == (("Topics", f"{'a' * 60};{'b' * 60}"),)
    assert [note for note in filled.notes if "ccc" in note]


def test_B7_a_form_is_filled_question_by_question() -> None:
    filled = fill(
        [Question("org", is_required=True), ROLE, DIET, Question("Nickname", True, False, "short")],
        {"org": "company", ROLE.name: "jobtitle", "Nickname": "nick"},
        {"company": "Acme", "jobtitle": "baker", "lastname": "Lane", "nick": ""},
    )
    assert dict(filled.fields) == {"org": "Acme", "last_name": "Lane"}
    assert filled.custom == ((ROLE.name, "Baker"),)
    assert filled.missing == ("Diet",)
    assert filled.notes == ()


class TestFixedAnswers:
    """B7: what is answered for contacts that have no value."""

    def test_a_contacts_own_value_comes_first(self) -> None:
        org, fixed = Question("org", is_required=True), {"org": "A guest"}
        mapping = {"org": "company"}
        assert fill([org], mapping, {"company": "Acme"}, {}, fixed).fields["org"] == "Acme"
        filled = fill([org], mapping, {"company": " "}, {}, fixed)
        assert (filled.fields["org"], filled.missing) == ("A guest", ())
        assert fill([org], {}, {}, {}, fixed).fields["org"] == "A guest"

    def test_one_that_zoom_does_not_accept_is_none(self) -> None:
        diet = Question("Diet", True, True, "single_dropdown", ("Vegan", "Fish"))
        assert fill([diet], {}, {}, {}, {"Diet": "Meat"}).missing == ("Diet",)
        assert fill([diet], {}, {}, {}, {"Diet": "fish"}).custom == (("Diet", "Fish"),)
        value_left_out = fill([diet], {"Diet": "diet"}, {"diet": "Meat"}, {}, {"Diet": "Fish"})
        assert value_left_out.custom == (("Diet", "Fish"),)
        assert "Meat" in value_left_out.notes[0]
