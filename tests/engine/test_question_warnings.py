"""B7: the pre-flight says before the webinar which required question no contact can answer."""

from __future__ import annotations

from typing import Any

import pytest

from engine.effective import WhyNot
from engine.question_sources import ContactProperty
from engine.question_warnings import FormFacts
from engine.questions import Question
from engine.warnings import SyncWarning, WebinarFacts, find_warnings

ROLE = Question("Your role?", True, True, "short")
DIET = Question("Diet", True, True, "single_radio", ("Vegan", "Fish"))
OPTIONAL = Question("Nickname", True, False, "short")
BOTH = {"Your role?": "jobtitle", "Diet": "diet"}
PROPERTIES = {
    one.name: one
    for one in (
        ContactProperty("jobtitle", "Job Title"),
        ContactProperty("role", "Your role"),
        ContactProperty("diet", "What they eat", "enumeration", (("v", "Vegan"),)),
        ContactProperty("shoe", "Shoe size", "enumeration", (("40", "40"),)),
    )
}


def warnings(why_not: WhyNot | None = None, **values: Any) -> list[SyncWarning]:
    form = FormFacts(
        **{
            "topic": "Spring launch",
            "is_awaited": True,
            "questions": (ROLE, DIET, OPTIONAL),
            "properties": PROPERTIES,
            **values,
        }
    )
    found = find_warnings(WebinarFacts(why_not, None, (), form))
    return [one for one in found if one.code != "sync_disabled"]


@pytest.mark.parametrize(
    ("mapping", "named", "unnamed"),
    [
        pytest.param({}, ["Your role?", "Diet"], ["Nickname"], id="none is mapped"),
        pytest.param({"Diet": "diet"}, ["Your role?"], ["Diet"], id="one is not"),
        pytest.param(
            {**BOTH, "Diet": "archived"}, ["Diet", "no such contact property"], [], id="gone"
        ),
        pytest.param({**BOTH, "Diet": "shoe"}, ["Diet", "options"], [], id="no option fits"),
    ],
)
def test_B7_a_required_question_without_a_source_is_named_with_its_webinar(
    mapping: dict[str, str], named: list[str], unnamed: list[str]
) -> None:
    (warning,) = warnings(mapping=mapping)
    assert warning.code == "question_unmapped"
    assert warning.count == sum(word in ("Your role?", "Diet") for word in named)
    assert all(word in warning.meaning for word in ("Spring launch", *named))
    assert not any(word in warning.meaning for word in unnamed)
    assert "workflow action cannot register" in warning.meaning
    assert "Zoom's own registration form are not affected" in warning.meaning
    assert "Choose a contact property" in warning.remedy
    assert (warning.action.name, warning.occurrence_id) == ("open_settings", None)


def test_B7_the_remedy_names_a_property_that_suggests_itself() -> None:
    (warning,) = warnings()
    assert "“Your role” for “Your role?”" in warning.remedy


@pytest.mark.parametrize(
    ("why_not", "facts"),
    [
        pytest.param(None, {"mapping": BOTH}, id="all mapped"),
        pytest.param(None, {"questions": (OPTIONAL,)}, id="only optional questions"),
        pytest.param(None, {"is_awaited": False}, id="a webinar that is over"),
        pytest.param(None, {"questions": None}, id="questions nobody has read yet"),
        pytest.param("webinar_off", {}, id="a webinar that is not synced"),
        pytest.param(
            None, {"questions": (Question("last_name", is_required=True),)}, id="S17 the last name"
        ),
    ],
)
def test_B7_S17_nothing_is_said_where_nothing_stands_in_the_way(
    why_not: WhyNot | None, facts: dict[str, Any]
) -> None:
    assert warnings(why_not, **facts) == []


def test_B7_questions_zoom_does_not_show_are_told_in_its_words() -> None:
    (warning,) = warnings(questions=None, problem="the grant lacks a scope.")
    assert (warning.code, warning.action.name) == ("questions_unread", "reconnect")
    assert "Spring launch" in warning.meaning
    assert "the grant lacks a scope" in warning.meaning
