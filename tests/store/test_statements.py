"""Bulk statements mean the same on both databases, however their rows travel."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, RowMapping, String, select, update
from sqlalchemy.exc import DataError

from store.statements import among, given, insert_missing, insert_rows, update_each, update_rows
from store.tables import decision_log, inbox, occurrence_person, person
from store.types import Key
from tests.store.support import NOW, PORTAL, add_occurrence, add_person, add_portal


@pytest.fixture
def people(connection: Connection) -> list[RowMapping]:
    place = add_occurrence(connection)
    return [add_person(connection, place, f"p{number}@x.no") for number in range(20)]


def _held(connection: Connection, name: str) -> list[Any]:
    column = occurrence_person.c[name]
    return list(connection.execute(select(column).order_by(occurrence_person.c.id)).scalars())


def test_any_number_of_values_may_be_asked_for(
    connection: Connection, people: list[RowMapping]
) -> None:
    pks = [row["id"] for row in people]
    email = occurrence_person.c.email
    for wanted in ([], ["p3@x.no"], ["p1@x.no", "nobody@x.no", 'with"quote@x.no', "p2@x.no"]):
        found = connection.execute(select(email).where(among(connection, email, wanted)))
        assert set(found.scalars()) == {one for one in wanted if one.startswith("p")}
    many = among(connection, occurrence_person.c.id, pks * 500)
    assert len(connection.execute(select(email).where(many)).all()) == 20


def test_rows_that_are_given_can_be_joined_with(
    connection: Connection, people: list[RowMapping]
) -> None:
    one, two = people[3], people[7]
    news = given(connection, pk=(Key, [one["id"], two["id"]]), text=(String(), ["é 1", '"2"']))
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.id == news.c.pk)
        .values(detail=news.c.text)
    )
    details = _held(connection, "detail")
    assert (details[3], details[7]) == ("é 1", '"2"')
    assert details.count("") == 18


@pytest.mark.parametrize("differing", [1, 2, 20], ids=["all alike", "two kinds", "all different"])
def test_rows_hold_what_they_were_given_whether_or_not_they_are_alike(
    connection: Connection, people: list[RowMapping], differing: int
) -> None:
    rows = [
        {"pk": row["id"], "opinions": [number % differing], "decided_at": NOW, "is_held": True}
        for number, row in enumerate(people)
    ]
    update_rows(connection, occurrence_person, rows)
    assert _held(connection, "opinions") == [[number % differing] for number in range(20)]
    assert set(_held(connection, "decided_at")) == {NOW}
    assert set(_held(connection, "is_held")) == {True}


def test_what_all_rows_get_and_what_is_counted_comes_beside_their_own(
    connection: Connection, people: list[RowMapping]
) -> None:
    rows = [{"pk": row["id"], "detail": row["email"]} for row in people[:2]]
    update_each(connection, occurrence_person, rows, counting="dirty", is_live=True)
    update_each(connection, occurrence_person, rows[:1], counting="dirty", is_live=True)
    assert _held(connection, "detail")[:3] == ["p0@x.no", "p1@x.no", ""]
    before = people[0]["dirty"]
    assert [dirty - before for dirty in _held(connection, "dirty")[:3]] == [2, 1, 0]
    assert _held(connection, "is_live")[:3] == [True, True, False]


def test_rows_are_inserted_with_their_defaults(
    connection: Connection, people: list[RowMapping]
) -> None:
    rows = [
        {
            "portal_id": PORTAL,
            "occurrence_person_pk": row["id"],
            "at": NOW,
            "verdict": "sync",
            "settings_version": 1,
            "opinions": [],
            "entries": [{"ü": None}],
        }
        for row in people
    ]
    insert_rows(connection, decision_log, rows)
    insert_rows(connection, decision_log, [])
    found = connection.execute(select(decision_log)).mappings().all()
    assert [(row["at"], row["detail"], row["entries"]) for row in found] == [
        (NOW, "", [{"ü": None}])
    ] * 20


def test_rows_inserted_together_hold_what_they_would_hold_one_by_one(
    connection: Connection,
) -> None:
    """Nothing, an empty text, signs of every kind and bytes come out as they went in."""
    odd = [None, "", 'a"\\\n\t{}ü😀', "null"]
    rows = [
        {
            "source": "zoom",
            "digest": f"{number:064x}",
            "body": bytes([0, number, 255]),
            "received_at": NOW,
            "not_before": NOW.astimezone(timezone(timedelta(hours=3))) if number else None,
            "error": text or "",
        }
        for number, text in enumerate(odd)
    ]
    insert_missing(connection, inbox, [*rows, *rows], ["digest"])
    insert_missing(connection, inbox, [{**rows[0], "error": "again"}], ["digest"])
    names = list(rows[0])
    found = connection.execute(select(*(inbox.c[name] for name in names)).order_by(inbox.c.digest))
    assert [dict(row) for row in found.mappings()] == rows
    add_portal(connection)
    told: list[Any] = [None, {}, [], {"ü": None, "a": [1.5, True, 'b"\\']}, "text"]
    people = [
        {"portal_id": PORTAL, "email": f"{number}@x.no", "contact": one}
        for number, one in enumerate(told)
    ]
    insert_rows(connection, person, people)
    kept = connection.execute(select(person.c.contact).order_by(person.c.id)).scalars()
    assert list(kept) == told


@pytest.mark.postgres
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 300], ids=["nul", "half", "too long"])
def test_text_postgresql_cannot_keep_is_refused_and_not_changed(
    postgresql_store: Engine, text: str
) -> None:
    row = {"source": "zoom", "digest": text, "body": b"", "received_at": NOW}
    with pytest.raises(DataError), postgresql_store.begin() as connection:
        insert_rows(connection, inbox, [row])


def test_a_moment_without_a_zone_is_refused(connection: Connection) -> None:
    row = {"source": "zoom", "digest": "d", "body": b"", "received_at": NOW.replace(tzinfo=None)}
    with pytest.raises(ValueError, match="time zone"):
        insert_rows(connection, inbox, [row])
