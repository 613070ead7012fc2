"""Registration forms and contact properties as they are kept, and when a form is awaited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping

from engine.question_sources import ContactProperty
from engine.questions import Question
from store.contact_properties import (
    contact_properties,
    properties_read_at,
    replace_contact_properties,
)
from store.form_facts import is_awaited
from store.questions import form_of, note_unreadable, questions_of, save_questions
from store.webinar_facts import ensure_occurrence, ensure_webinar
from tests.store.support import ACCOUNT, NOW, PORTAL, add_portal, minute

FORM = (
    Question("last_name"),
    Question("Diet", True, True, "multiple", ("Vegan", "Fish")),
)


def a_webinar(connection: Connection, **changes: Any) -> RowMapping:
    add_portal(connection)
    values = {"approval_type": 0, "start_at": NOW, "duration_seconds": 3600, **changes}
    row = ensure_webinar(connection, PORTAL, ACCOUNT, "81", values)
    ensure_occurrence(connection, row, "")
    return row


def test_B7_a_form_is_kept_as_zoom_showed_it_last(connection: Connection) -> None:
    key = a_webinar(connection)["id"]
    assert questions_of(connection, key) is None
    save_questions(connection, key, FORM, NOW)
    save_questions(connection, key, FORM[::-1], minute(1))
    assert questions_of(connection, key) == FORM[::-1]
    assert form_of(connection, key).read_at == minute(1)


def test_B7_a_refusal_leaves_what_is_known_and_the_next_reading_ends_it(
    connection: Connection,
) -> None:
    key = a_webinar(connection)["id"]
    note_unreadable(connection, key, "scope missing", NOW)
    assert (questions_of(connection, key), form_of(connection, key).problem) == (
        None,
        "scope missing",
    )
    save_questions(connection, key, FORM, NOW)
    note_unreadable(connection, key, "scope missing", minute(1))
    assert (questions_of(connection, key), form_of(connection, key).problem) == (
        FORM,
        "scope missing",
    )
    save_questions(connection, key, (), minute(2))
    assert (questions_of(connection, key), form_of(connection, key).problem) == ((), "")


def test_B7_contact_properties_are_replaced_as_a_whole_and_by_portal(
    connection: Connection,
) -> None:
    add_portal(connection)
    add_portal(connection, "2002")
    diet = ContactProperty("diet", "Diet", "enumeration", (("v", "Vegan"),))
    replace_contact_properties(connection, PORTAL, [diet, ContactProperty("a", "A")], NOW)
    replace_contact_properties(connection, "2002", [ContactProperty("b", "B")], NOW)
    replace_contact_properties(connection, PORTAL, [diet], minute(1))
    assert contact_properties(connection, PORTAL) == {"diet": diet}
    assert list(contact_properties(connection, "2002")) == ["b"]
    assert properties_read_at(connection, PORTAL) == minute(1)


@pytest.mark.parametrize(
    ("changes", "later", "awaited"),
    [
        pytest.param({}, timedelta(minutes=59), True, id="until its planned end"),
        pytest.param({}, timedelta(minutes=60), False, id="over"),
        pytest.param({"approval_type": 2}, timedelta(0), False, id="registration off"),
        pytest.param({"status": "deleted"}, timedelta(0), False, id="deleted"),
        pytest.param({"is_zoom_events": True}, timedelta(0), False, id="of Zoom Events"),
        pytest.param({"type": 6}, timedelta(days=9), True, id="whenever its host starts it"),
    ],
)
def test_B7_a_form_is_awaited_while_people_may_register(
    connection: Connection, changes: dict[str, Any], later: timedelta, awaited: bool
) -> None:
    assert is_awaited(connection, a_webinar(connection, **changes), NOW + later) is awaited


def test_B7_a_series_is_awaited_until_its_last_date(connection: Connection) -> None:
    row = a_webinar(connection, type=9, start_at=minute(-600))
    for name, start, status in (("1", -600, "scheduled"), ("2", 60, "scheduled")):
        changes = {"start_at": minute(start), "duration_seconds": 3600, "status": status}
        ensure_occurrence(connection, row, name, changes)
    assert is_awaited(connection, row, NOW)
    ensure_occurrence(connection, row, "2", {"status": "cancelled"})
    assert not is_awaited(connection, row, NOW)
