"""B7: a webinar's registration questions with their sources, through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from engine.question_sources import ContactProperty
from engine.questions import Question
from store.contact_properties import replace_contact_properties
from store.questions import note_unreadable, save_questions
from store.tables import occurrence, webinar
from tests.api.conftest import NOW, PORTAL, HubSpotCaller, add_webinar

UPCOMING = "95000000009"
PATH = f"/api/webinars/{UPCOMING}/questions"
QUESTIONS = (
    Question("org", is_required=True),
    Question("Diet", True, True, "single_dropdown", ("Vegan", "Fish")),
    Question("Nickname", True, False, "short"),
)


@pytest.fixture
def upcoming(engine: Engine) -> int:
    """A webinar for tomorrow with registration; its key."""
    start = NOW + timedelta(days=1)
    unread = {"ended_at": None, "settled_at": None, "read_at": None, "report_rows": None}
    add_webinar(engine, UPCOMING, **{**unread, "start_at": start})
    with engine.begin() as to:
        here = webinar.c.webinar_id == UPCOMING
        values = {"approval_type": 0, "detail_read_at": NOW, "topic": "Spring launch"}
        to.execute(webinar.update().where(here).values(**values))
        return int(to.execute(select(webinar.c.id).where(here)).scalar_one())


@pytest.fixture
def asked(engine: Engine, upcoming: int) -> int:
    """The same, with its questions and the portal's properties read."""
    with engine.begin() as to:
        save_questions(to, upcoming, QUESTIONS, NOW)
        diet = ContactProperty("diet", "Diet", "enumeration", (("v", "Vegan"), ("x", "Other")))
        replace_contact_properties(to, PORTAL, [ContactProperty("company", "Company"), diet], NOW)
    return upcoming


def audit(caller: HubSpotCaller) -> list[dict[str, Any]]:
    rows = caller.all(f"/api/webinars/{UPCOMING}/audit")
    return [row for row in rows if row["code"] in ("question_unmapped", "questions_unread")]


def test_B7_each_question_is_shown_with_its_source_or_a_proposal(
    member: HubSpotCaller, admin: HubSpotCaller, asked: int
) -> None:
    admin.call("PATCH", "/api/settings", {"question_mapping": {"Nickname": "gone", "org": "diet"}})
    shown = member.get(PATH)
    assert (shown["message"], shown["read_at"][:10]) == ("", "2026-03-10")
    assert shown["results"] == [
        {
            "question": "org",
            "required": True,
            "kind": "standard",
            "answers": [],
            "property": "diet",
            "property_answers": {"v": "Vegan", "x": "Other"},
            "proposed_property": "company",
            "fixed_value": None,
            "is_source_missing": False,
            "message": "",
        },
        {
            "question": "Diet",
            "required": True,
            "kind": "single_dropdown",
            "answers": ["Vegan", "Fish"],
            "property": None,
            "property_answers": {},
            "proposed_property": "diet",
            "fixed_value": None,
            "is_source_missing": True,
            "message": "No contact property is chosen for it.",
        },
        {
            "question": "Nickname",
            "required": False,
            "kind": "short",
            "answers": [],
            "property": "gone",
            "property_answers": {},
            "proposed_property": None,
            "fixed_value": None,
            "is_source_missing": False,
            "message": "HubSpot has no such contact property any more.",
        },
    ]


def test_B7_option_maps_of_the_settings_are_shown_over_those_of_the_labels(
    member: HubSpotCaller, admin: HubSpotCaller, asked: int
) -> None:
    patch = {"question_mapping": {"Diet": "diet"}, "question_answers": {"Diet": {"x": "Fish"}}}
    assert admin.call("PATCH", "/api/settings", patch).status_code == 200
    assert admin.get("/api/settings")["question_answers"] == patch["question_answers"]
    assert member.get(PATH)["results"][1]["property_answers"] == {"v": "Vegan", "x": "Fish"}


def test_B7_the_audit_warns_until_every_required_question_has_a_source(
    member: HubSpotCaller, admin: HubSpotCaller, asked: int
) -> None:
    assert audit(member) == [], "a webinar that is not synced"
    admin.call("PATCH", "/api/settings", {"webinar_sync": "all"})
    (warning,) = audit(member)
    assert (warning["code"], warning["count"]) == ("question_unmapped", 2)
    assert all(word in warning["meaning"] for word in ("Spring launch", "“org”", "“Diet”"))
    assert warning["action"]["name"] == "open_settings"
    mapping = {"question_mapping": {"Diet": "diet", "org": "company"}}
    admin.call("PATCH", "/api/settings", mapping)
    assert audit(member) == []


def test_B7_a_refusal_of_zooms_is_told_and_not_failed(
    member: HubSpotCaller, admin: HubSpotCaller, engine: Engine, upcoming: int
) -> None:
    assert "Not read yet" in member.get(PATH)["message"]
    with engine.begin() as to:
        note_unreadable(to, upcoming, "scope missing", NOW)
    admin.call("PATCH", "/api/settings", {"webinar_sync": "all"})
    assert "scope missing" in member.get(PATH)["message"]
    assert [row["code"] for row in audit(member)] == ["questions_unread"]


def test_B7_a_webinar_without_registration_says_so(
    member: HubSpotCaller, engine: Engine, upcoming: int
) -> None:
    with engine.begin() as to:
        to.execute(webinar.update().values(approval_type=2))
    assert "no registration" in member.get(PATH)["message"]


def test_B7_another_portals_webinar_is_not_there(stranger: HubSpotCaller, asked: int) -> None:
    assert stranger.call("GET", PATH).status_code == 404


def test_B7_a_fixed_answer_is_a_source_where_zoom_accepts_it(
    member: HubSpotCaller, admin: HubSpotCaller, asked: int
) -> None:
    patch = {"question_values": {"Diet": "Meat", "org": "A guest"}}
    assert admin.call("PATCH", "/api/settings", patch).status_code == 200
    org, diet, _ = member.get(PATH)["results"]
    assert (org["fixed_value"], org["is_source_missing"]) == ("A guest", False)
    assert (diet["fixed_value"], diet["is_source_missing"]) == ("Meat", True)
    admin.call("PATCH", "/api/settings", {"question_values": {"Diet": "fish"}})
    org, diet, _ = member.get(PATH)["results"]
    assert (org["is_source_missing"], diet["is_source_missing"]) == (True, False)


def test_B7_forms_of_webinars_to_come_say_what_they_lack(
    member: HubSpotCaller, stranger: HubSpotCaller, asked: int, engine: Engine
) -> None:
    (form,) = member.get("/api/questions")["results"]
    assert form == {
        "webinar_id": UPCOMING,
        "topic": "Spring launch",
        "start_time": (NOW + timedelta(days=1)).isoformat(),
        "questions": 3,
        "required": 2,
        "lacking": [
            {"question": "org", "message": "No contact property is chosen for it."},
            {"question": "Diet", "message": "No contact property is chosen for it."},
        ],
        "message": "",
    }
    assert stranger.get("/api/questions")["results"] == []
    with engine.begin() as to:
        to.execute(occurrence.update().values(start_at=NOW - timedelta(days=2)))
    assert member.get("/api/questions")["results"] == [], "it is over"


def test_B7_forms_are_paged_by_the_next_start(member: HubSpotCaller, engine: Engine) -> None:
    unread = {"ended_at": None, "settled_at": None, "read_at": None, "report_rows": None}
    for days in (3, 1, 2):
        start = NOW + timedelta(days=days)
        add_webinar(engine, f"9500000001{days}", **{**unread, "start_at": start})
    with engine.begin() as to:
        to.execute(webinar.update().values(approval_type=0))
    forms = member.all("/api/questions", limit=1)
    assert [one["webinar_id"][-1] for one in forms] == ["1", "2", "3"]
    assert forms[0]["questions"] is None, "not read yet"


def test_B7_contact_properties_are_offered_by_name(member: HubSpotCaller, asked: int) -> None:
    assert member.get("/api/contact-properties")["results"] == [
        {"name": "company", "label": "Company", "type": "string"},
        {"name": "diet", "label": "Diet", "type": "enumeration"},
    ]
