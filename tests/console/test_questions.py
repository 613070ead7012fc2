"""B7: registration questions as pages: warned of before the webinar, answered once for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from engine.question_sources import ContactProperty
from engine.questions import Question
from store.contact_properties import replace_contact_properties
from store.database import writing
from store.questions import save_questions
from store.tables import webinar
from store.webinar_facts import change_occurrence, ensure_occurrence, ensure_webinar
from tests.console.settings_support import Admin, Page, admin, as_member
from tests.console.test_pages import NASTY, assert_inert
from tests.oauth.support import ACCOUNT, OTHER_PORTAL, PORTAL

__all__ = ["admin"]

PATH = "/console/settings/questions"
ODD = "Diet: what. do you eat?"
ASKED = (
    Question("org", is_required=True),
    Question(ODD, True, True, "single_dropdown", ("Vegan", "Fish")),
    Question("Nickname", True, False, "short"),
)
EMPTY = {"question_mapping": {}, "question_values": {}, "question_answers": {}}


def add_form(
    admin: Admin, webinar_id: str, topic: str, questions: Any = ASKED, days: int = 1
) -> str:
    """A webinar to come that asks these questions; None: nobody read them."""
    now = datetime.now(UTC)
    with writing(admin.site.engine) as connection:
        values = {"topic": topic, "status": "scheduled"}
        row = ensure_webinar(connection, str(PORTAL), ACCOUNT, webinar_id, values)
        pk, place = row["id"], ensure_occurrence(connection, row, "")["id"]
        change_occurrence(connection, place, start_at=now + timedelta(days=days))
        connection.execute(update(webinar).where(webinar.c.id == pk).values(approval_type=0))
        if questions is not None:
            save_questions(connection, pk, questions, now)
    return webinar_id


@pytest.fixture(scope="module")
def upcoming(admin: Admin) -> str:
    """A webinar that requires two answers."""
    with writing(admin.site.engine) as connection:
        diet = ContactProperty("diet", "Diet", "enumeration", (("v", "Vegan"), ("x", "Other")))
        known = [ContactProperty("company", "Company"), diet]
        replace_contact_properties(connection, str(PORTAL), known, datetime.now(UTC))
    return add_form(admin, "95000000009", "Spring launch")


@pytest.fixture(autouse=True)
def nothing_chosen(admin: Admin, upcoming: str) -> None:
    """Each test begins with no question answered."""
    token = {"X-CSRF-Token": admin.token, "Origin": "http://localhost:8000"}
    answer = admin.browser.client.patch(
        "/api/settings", json=EMPTY, headers=token, base_url="http://localhost:8000"
    )
    assert answer.status_code == 200, answer.text


def entered(**changes: str) -> dict[str, str]:
    """What the browser sends of the webinar's page."""
    form = {"do": "save"}
    for place, question in enumerate(ASKED):
        form |= {f"q.{place}": question.name}
        form |= {f"q.{place}.{part}": "" for part in ("property", "fixed", "answers")}
    return form | {name.replace("_", ".", 2): value for name, value in changes.items()}


def test_B7_a_webinar_to_come_is_warned_of_until_every_required_question_has_an_answer(
    admin: Admin, upcoming: str
) -> None:
    words = admin.page(PATH).words
    assert "“Spring launch” cannot take contacts from workflows" in words
    assert f"“org” (No contact property is chosen for it); “{ODD}”" in words
    assert "2 without an answer" in words
    page = admin.done(f"{PATH}/{upcoming}", **entered(q_0_property="company", q_1_fixed="Fish"))
    assert "Saved." in page.words
    assert page.value("q.0.property") == "company"
    settings = admin.settings()
    assert settings["question_mapping"] == {"org": "company"}
    assert settings["question_values"] == {ODD: "Fish"}
    words = admin.page(PATH).words
    assert "“Spring launch” cannot take contacts" not in words
    assert "Every required one has an answer" in words
    page = admin.done(f"{PATH}/forget", question=ODD)
    assert admin.settings()["question_values"] == {}
    assert f"an answer nobody can give: “{ODD}” (" in page.words


def test_B7_what_is_likely_is_filled_in_and_shown_before_it_is_saved(
    admin: Admin, upcoming: str
) -> None:
    answer = admin.send(f"{PATH}/{upcoming}", **entered(q_2_fixed="Ace") | {"do": "propose"})
    page = Page(answer.text)
    assert page.value("q.0.property") == "company"
    assert page.value("q.2.fixed") == "Ace"
    assert admin.settings()["question_mapping"] == {}


def test_B7_values_that_are_no_answers_are_translated(admin: Admin, upcoming: str) -> None:
    form = entered(q_1_property="diet", q_1_answers="x = Fish\n y=Vegan ")
    page = admin.done(f"{PATH}/{upcoming}", **form)
    assert admin.settings()["question_answers"] == {ODD: {"x": "Fish", "y": "Vegan"}}
    assert "x is “Fish”" in page.words
    assert "x = Fish" in page.words


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"q_0_property": "Not A Name"}, "q0-property", "Not the internal name of a property."),
        ({"q_1_property": "Not A Name"}, "q1-property", "Not the internal name of a property."),
        ({"q_2_fixed": "x" * 256}, "q2-fixed", "Length must be between 1 and 255."),
        ({"q_1_answers": "x ="}, "q1-answers", "Length must be between 1 and 255."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    admin: Admin, upcoming: str, changes: dict[str, str], field: str, words: str
) -> None:
    form = entered(q_2_property="nick") | entered(**changes) | {"q.2.property": "nick"}
    answer = admin.send(f"{PATH}/{upcoming}", **form)
    page = Page(answer.text)
    assert answer.status_code == 400
    assert words in page.words
    assert page.by_id(field)["aria-invalid"] == "true"
    assert page.by_id(f"{field}-complaint")
    assert page.value("q.2.property") == "nick"
    assert admin.settings()["question_mapping"] == {}


def test_other_webinars_questions_stay_as_they_are(admin: Admin, upcoming: str) -> None:
    other = add_form(admin, "95000000010", "Other", (Question("Shoe size", True, True, "short"),))
    admin.done(f"{PATH}/{other}", **{"q.0": "Shoe size", "q.0.property": "shoe", "q.1": "org"})
    admin.done(f"{PATH}/{upcoming}", **entered(q_0_property="company"))
    assert admin.settings()["question_mapping"] == {"Shoe size": "shoe", "org": "company"}
    words = admin.page(f"{PATH}/{other}").words
    assert "HubSpot has no such contact property any more." in words


def test_the_next_webinar_comes_first_and_pages_go_on(admin: Admin, upcoming: str) -> None:
    for place in range(21):
        add_form(admin, f"9600000{place:04}", f"Later {place}", None, days=10 + place)
    page = admin.page(PATH)
    assert page.words.index("Spring launch", 400) < page.words.index("Later 0")
    assert "Not read yet" in page.words
    assert "Later 20" not in page.words
    (more,) = [href for href in page.links() if "after=" in href]
    assert "Later 20" in admin.page(more).words


def test_what_is_over_or_asks_nobody_is_not_listed(admin: Admin) -> None:
    add_form(admin, "95000000011", "Long over", days=-3)
    silent = add_form(admin, "95000000012", "Nobody registers")
    with writing(admin.site.engine) as connection:
        here = webinar.c.webinar_id == silent
        connection.execute(update(webinar).where(here).values(approval_type=2))
    words = admin.page(PATH).words
    assert "Long over" not in words
    assert "Nobody registers" not in words


def test_only_who_may_changes_it(admin: Admin, upcoming: str) -> None:
    with as_member(admin.site):
        assert "takes a super admin" in admin.page(f"{PATH}/{upcoming}").words
        answer = admin.send(f"{PATH}/{upcoming}", **entered(q_0_property="company"))
        assert answer.status_code == 403
        assert admin.send(f"{PATH}/forget", question="org").status_code == 403
    assert admin.browser.get(f"{PATH}/1").status_code == 404


def test_X1_another_portals_questions_are_neither_shown_nor_changed(
    admin: Admin, upcoming: str
) -> None:
    other = Admin(admin.site, OTHER_PORTAL)
    assert "Spring launch" not in other.page(PATH).words
    assert other.browser.get(f"{PATH}/{upcoming}").status_code == 404
    assert other.send(f"{PATH}/{upcoming}", **entered(q_0_property="company")).status_code == 404
    assert other.settings()["question_mapping"] == {}


def test_X11_questions_of_strangers_stay_text(admin: Admin) -> None:
    asked = (Question(NASTY, True, True, "single_dropdown", (NASTY, "b")),)
    nasty = add_form(admin, "95000000013", NASTY, asked)
    form = {"q.0": NASTY, "q.0.fixed": NASTY, "q.0.property": NASTY, "do": "propose"}
    for text in (
        admin.browser.get(PATH).text,
        admin.browser.get(f"{PATH}/{nasty}").text,
        admin.send(f"{PATH}/{nasty}", **form).text,
    ):
        assert_inert(text)
        assert "<script>alert" in Page(text).text
