"""B7: the contact property to propose for a question, and what is wrong with the one chosen."""

from __future__ import annotations

import pytest

from engine.question_sources import (
    ContactProperty,
    Proposal,
    answer_maps,
    find_problem,
    propose,
)
from engine.questions import Question, fill

SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
PORTAL = (
    ContactProperty("phone", "Phone Number"),
    ContactProperty("mobilephone", "Mobile Phone Number"),
    ContactProperty("company", "Company Name"),
    ContactProperty("jobtitle", "Job Title"),
    ContactProperty("city", "City"),
    ContactProperty("state", "State/Region"),
    ContactProperty("zip", "Postal Code"),
    ContactProperty("country", "Country/Region"),
    ContactProperty("address", "Street Address"),
    ContactProperty("industry", "Industry"),
    ContactProperty(
        "numemployees", "Number of Employees", "enumeration", tuple((size, size) for size in SIZES)
    ),
    ContactProperty(
        "hs_buying_role",
        "Buying Role",
        "enumeration",
        (("DECISION_MAKER", "Decision Maker"), ("BLOCKER", "Blocker")),
    ),
    ContactProperty("diet", "Dietary needs", "enumeration", (("v", "Vegan"), ("m", "Meat"))),
    ContactProperty("vip_2024", "VIP", "bool", (("true", "Yes"), ("false", "No"))),
    ContactProperty("shoe", "Shoe size", "enumeration", (("40", "Forty"),)),
)
BY_NAME = {one.name: one for one in PORTAL}


def custom(title: str, *answers: str) -> Question:
    return Question(title, True, True, "single_dropdown" if answers else "short", answers)


@pytest.mark.parametrize(
    ("question", "name", "answers"),
    [
        (Question("phone"), "phone", {}),
        (Question("org"), "company", {}),
        (Question("job_title"), "jobtitle", {}),
        (Question("city"), "city", {}),
        (Question("state"), "state", {}),
        (Question("zip"), "zip", {}),
        (Question("country"), "country", {}),
        (Question("address"), "address", {}),
        (Question("industry"), "industry", {}),
        (Question("no_of_employees"), "numemployees", {}),
        (
            Question("role_in_purchase_process"),
            "hs_buying_role",
            {"DECISION_MAKER": "Decision Maker"},
        ),
        (custom("Dietary  NEEDS?", "Vegan", "Vegetarian"), "diet", {"v": "Vegan"}),
        (custom("VIP", "yes", "no"), "vip_2024", {"true": "yes", "false": "no"}),
        (custom("vip 2024"), "vip_2024", {"true": "Yes", "false": "No"}),
        (custom("Job title:"), "jobtitle", {}),
    ],
    ids=lambda value: value.name if isinstance(value, Question) else None,
)
def test_B7_a_property_is_proposed_by_its_name_or_label(
    question: Question, name: str, answers: dict[str, str]
) -> None:
    assert propose(question, PORTAL) == Proposal(name, answers)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(custom("Favourite colour"), id="a title like no property"),
        pytest.param(custom("Shoe size", "S", "M"), id="a property without any of the answers"),
        pytest.param(Question("comments"), id="a standard question without a counterpart"),
    ],
)
def test_B7_nothing_is_proposed_that_does_not_fit(question: Question) -> None:
    assert propose(question, PORTAL) is None


def test_B7_a_portal_without_the_property_is_proposed_the_next_or_none() -> None:
    assert propose(Question("phone"), PORTAL[1:]) == Proposal("mobilephone", {})
    assert propose(Question("org"), PORTAL[:1]) is None


def test_B7_labels_translate_by_themselves_and_the_portals_own_map_overrules_them() -> None:
    question, mapping = custom("Dietary needs", "Vegan", "All"), {"Dietary needs": "diet"}
    by_label = answer_maps([question], mapping, {}, BY_NAME)
    own = answer_maps([question], mapping, {"Dietary needs": {"m": "All"}}, BY_NAME)
    overruled = answer_maps([question], mapping, {"Dietary needs": {"V": "All"}}, BY_NAME)
    assert [
        fill([question], mapping, {"diet": value}, maps).custom
        for value, maps in (("v", by_label), ("m", by_label), ("m", own), ("v", overruled))
    ] == [
        (("Dietary needs", "Vegan"),),
        (),
        (("Dietary needs", "All"),),
        (("Dietary needs", "All"),),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [("v", "Vegan"), ("v;m", "Vegan; Meat"), ("v;x", "Vegan; x"), ("x;y", "x;y")],
)
def test_B7_a_text_is_given_what_people_read_in_hubspot(value: str, text: str) -> None:
    question, mapping = custom("Dietary needs"), {"Dietary needs": "diet"}
    maps = answer_maps([question], mapping, {}, BY_NAME)
    assert fill([question], mapping, {"diet": value}, maps).custom == (("Dietary needs", text),)


@pytest.mark.parametrize(
    ("question", "mapping", "own", "problem"),
    [
        (custom("Diet"), {}, {}, "unmapped"),
        (custom("Diet"), {"Diet": "diet"}, {}, None),
        (custom("Diet"), {"Diet": "archived"}, {}, "gone"),
        (custom("Diet", "Vegan"), {"Diet": "diet"}, {}, None),
        (custom("Diet", "Fish"), {"Diet": "diet"}, {}, "no_answer"),
        (custom("Diet", "Fish"), {"Diet": "diet"}, {"Diet": {"m": "Fish"}}, None),
        (custom("Diet", "Fish"), {"Diet": "company"}, {}, None),
        (Question("last_name", is_required=True), {}, {}, None),
        (Question("org", is_required=True), {}, {}, "unmapped"),
    ],
    ids=[
        "no property",
        "a text of any property",
        "a property that is gone",
        "a choice by its label",
        "a choice none of whose options fits",
        "a choice with an option map",
        "a choice from a text, which may fit",
        "the last name",
        "a standard question",
    ],
)
def test_B7_a_source_that_cannot_answer_is_found_out(
    question: Question,
    mapping: dict[str, str],
    own: dict[str, dict[str, str]],
    problem: str | None,
) -> None:
    maps = answer_maps([question], mapping, own, BY_NAME)
    assert find_problem(question, mapping, maps, BY_NAME) == problem


def test_B7_properties_nobody_has_read_prove_nothing() -> None:
    assert find_problem(custom("Diet"), {"Diet": "diet"}, {}, {}) is None
