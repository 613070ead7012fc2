"""People: one a portal and address, dirty until they were planned as they are."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, RowMapping, select

from jobs.gathering import Appearance
from jobs.records import settle_people
from store.database import reading, writing
from store.people import (
    count_dirty,
    dirty_nameless,
    dirty_people,
    ensure_people,
    load_appearances,
    load_occurrence_details,
    load_people,
    mark_occurrence_dirty,
    nameless_of_occurrence,
    people_of_occurrence,
    role_of,
)
from store.statements import update_rows
from store.tables import occurrence_person, person
from store.webinar_facts import find_webinar
from tests.store.support import (
    PORTAL,
    add_occurrence,
    add_person,
    add_portal,
    add_webinar,
    few_examples,
    minute,
    row_of,
)

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def place(connection: Connection) -> RowMapping:
    """An occurrence nobody is in."""
    return add_occurrence(connection)


def mark(connection: Connection, row: RowMapping) -> None:
    """Something about the person changes."""
    connection.execute(
        occurrence_person.update()
        .where(occurrence_person.c.id == row["id"])
        .values(dirty=occurrence_person.c.dirty + 1, is_live=True)
    )


def settle(connection: Connection, row: RowMapping) -> None:
    """The person was planned as this row says."""
    details = load_occurrence_details(connection, [row["occurrence_pk"]])
    settle_people(connection, [Appearance(row, *details[row["occurrence_pk"]])])


def now(connection: Connection, row: RowMapping) -> RowMapping:
    return row_of(connection, occurrence_person, row["id"])


class TestDirty:
    def test_planned_as_they_are_they_are_clean(
        self, connection: Connection, place: RowMapping
    ) -> None:
        row = add_person(connection, place, ADA, dirty=3, is_live=True)
        assert count_dirty(connection, place["id"]) == 1
        settle(connection, row)
        assert count_dirty(connection, place["id"]) == 0
        assert now(connection, row)["is_live"] is False

    def test_changed_since_they_were_read_they_stay_dirty_and_live(
        self, connection: Connection, place: RowMapping
    ) -> None:
        row = add_person(connection, place, ADA, dirty=3)
        mark(connection, row)
        settle(connection, row)
        assert count_dirty(connection, place["id"]) == 1
        assert now(connection, row)["is_live"] is True
        settle(connection, now(connection, row))
        assert count_dirty(connection, place["id"]) == 0

    @few_examples
    @given(steps=st.lists(st.sampled_from(["change", "read", "settle"]), max_size=12))
    def test_no_change_is_ever_forgotten(self, connection: Connection, steps: list[str]) -> None:
        """However reading, changing and settling interleave."""
        row = add_person(connection, add_occurrence(connection), ADA)
        read, changes, planned = row, 0, 0
        changes_at_read = 0
        for step in steps:
            if step == "change":
                mark(connection, row)
                changes += 1
            elif step == "read":
                read, changes_at_read = now(connection, row), changes
            else:
                settle(connection, read)
                planned = changes_at_read
        assert bool(count_dirty(connection, row["occurrence_pk"])) is (planned != changes)

    def test_people_marked_by_a_notice_come_first(
        self, connection: Connection, place: RowMapping
    ) -> None:
        bulk = [add_person(connection, place, f"b{n}@x.no", dirty=1) for n in range(5)]
        live = [
            add_person(connection, place, f"l{n}@x.no", dirty=1, is_live=True) for n in range(3)
        ]
        add_person(connection, place, "clean@x.no", dirty=2, decided=2)
        first = {row["person_pk"] for row in live}
        assert set(dirty_people(connection, PORTAL, 3)) == first
        assert first < set(dirty_people(connection, PORTAL, 5))
        everybody = first | {row["person_pk"] for row in bulk}
        assert set(dirty_people(connection, PORTAL, 100)) == everybody

    def test_somebody_of_two_occurrences_is_one(
        self, connection: Connection, place: RowMapping
    ) -> None:
        row = add_person(connection, place, ADA, dirty=1)
        add_person(connection, add_occurrence(connection), ADA, dirty=1, is_live=True)
        assert dirty_people(connection, PORTAL, 100) == [row["person_pk"]]

    def test_of_this_portal_only(self, connection: Connection, place: RowMapping) -> None:
        add_person(connection, place, ADA, dirty=1)
        other = add_occurrence(connection, add_webinar(connection, "2002"))
        add_person(connection, other, BOB, dirty=1)
        add_person(connection, other, dirty=1)
        assert len(dirty_people(connection, "2002", 10)) == 1
        assert len(dirty_nameless(connection, "2002", 10)) == 1
        assert dirty_nameless(connection, PORTAL, 10) == []

    def test_participants_without_address_are_planned_apart(
        self, connection: Connection, place: RowMapping
    ) -> None:
        row = add_person(connection, place, dirty=1)
        add_person(connection, place, dirty=1, decided=1)
        add_person(connection, place, ADA, dirty=1)
        assert [one["id"] for one in dirty_nameless(connection, PORTAL, 10)] == [row["id"]]
        assert len(nameless_of_occurrence(connection, place["id"])) == 2
        assert len(dirty_people(connection, PORTAL, 10)) == 1


class TestMarkingAnOccurrence:
    def test_everybody_of_it_becomes_dirty(self, connection: Connection, place: RowMapping) -> None:
        add_person(connection, place, ADA)
        add_person(connection, place)
        add_person(connection, add_occurrence(connection), BOB)
        assert mark_occurrence_dirty(connection, place["id"], must_read=False) == 2
        assert count_dirty(connection, place["id"]) == 2
        dirty = select(occurrence_person.c.id).where(occurrence_person.c.dirty > 0)
        assert len(connection.execute(dirty).all()) == 2

    @pytest.mark.parametrize("must_read", [True, False])
    def test_hubspot_is_read_again_where_asked_for(
        self, connection: Connection, place: RowMapping, must_read: bool
    ) -> None:
        ada = add_person(connection, place, ADA)
        bob = add_person(connection, add_occurrence(connection), BOB)
        connection.execute(person.update().values(must_read=False))
        mark_occurrence_dirty(connection, place["id"], must_read=must_read)
        assert row_of(connection, person, ada["person_pk"])["must_read"] is must_read
        assert row_of(connection, person, bob["person_pk"])["must_read"] is False


class TestRows:
    def test_people_are_made_once(self, connection: Connection) -> None:
        add_portal(connection)
        first = ensure_people(connection, PORTAL, [ADA])
        second = ensure_people(connection, PORTAL, [ADA, BOB, BOB])
        assert set(second) == {ADA, BOB}
        assert second[ADA] == first[ADA]
        assert ensure_people(connection, PORTAL, []) == {}

    def test_a_portals_people_are_its_own(self, connection: Connection) -> None:
        add_portal(connection)
        add_portal(connection, "2002")
        one, other = (ensure_people(connection, portal, [ADA]) for portal in (PORTAL, "2002"))
        assert one[ADA] != other[ADA]

    def test_two_at_once_make_one_person(self, database: Engine) -> None:
        with writing(database) as connection:
            add_portal(connection)
        found: list[dict[str, int]] = []
        gate = threading.Barrier(4)

        def make() -> None:
            gate.wait()
            with writing(database) as connection:
                found.append(ensure_people(connection, PORTAL, [ADA, BOB]))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert len(found) == 4
        assert all(one == found[0] for one in found)
        with reading(database) as connection:
            assert len(connection.execute(select(person.c.id)).all()) == 2

    def test_whose_are_asked_for_are_loaded_however_many(self, connection: Connection) -> None:
        add_portal(connection)
        people = ensure_people(connection, PORTAL, [f"p{n}@x.no" for n in range(1201)])
        found = load_people(connection, [*people.values(), 10**9])
        assert {row["email"]: pk for pk, row in found.items()} == people

    def test_appearances_are_in_the_order_of_time(
        self, connection: Connection, place: RowMapping
    ) -> None:
        later, earlier = (
            add_person(connection, add_occurrence(connection, start_at=minute(at)), ADA)
            for at in (60, -60)
        )
        pk = later["person_pk"]
        found = load_appearances(connection, [pk, pk + 1000])
        assert [row["id"] for row in found[pk]] == [earlier["id"], later["id"]]
        assert found[pk + 1000] == []

    def test_pages_of_an_occurrences_people_hold_each_once(
        self, connection: Connection, place: RowMapping
    ) -> None:
        pks = sorted(add_person(connection, place, f"p{n}@x.no")["person_pk"] for n in range(7))
        add_person(connection, place)
        found: list[int] = []
        while page := people_of_occurrence(connection, place["id"], found[-1] if found else 0, 3):
            assert len(page) <= 3
            found += page
        assert found == pks

    def test_many_rows_get_values_of_their_own(
        self, connection: Connection, place: RowMapping
    ) -> None:
        rows = [add_person(connection, place, f"p{n}@x.no") for n in range(3)]
        update_rows(
            connection,
            occurrence_person,
            [{"pk": row["id"], "detail": row["email"], "joins": 2} for row in rows[:2]],
        )
        update_rows(connection, occurrence_person, [])
        found = [now(connection, row) for row in rows]
        assert [(row["detail"], row["joins"]) for row in found] == [
            ("p0@x.no", 2),
            ("p1@x.no", 2),
            ("", 0),
        ]

    def test_occurrences_come_with_their_webinars(
        self, connection: Connection, place: RowMapping
    ) -> None:
        other = add_occurrence(connection)
        found = load_occurrence_details(connection, [place["id"], other["id"]])
        for row in (place, other):
            occurrence_row, webinar_row = found[row["id"]]
            assert occurrence_row["id"] == row["id"]
            assert webinar_row == find_webinar(connection, row["webinar_pk"])
        assert load_occurrence_details(connection, []) == {}


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("host@acme.example", "host"),
        ("panel@acme.example", "panelist"),
        (ADA, "attendee"),
        ("", "attendee"),
    ],
    ids=["host", "panelist", "attendee", "no address"],
)
@pytest.mark.parametrize("changes", [{}, {"host_email": ""}], ids=["host known", "host unknown"])
def test_the_webinar_says_who_is_host_and_panelist(
    connection: Connection, changes: dict[str, Any], email: str, role: str
) -> None:
    row = add_webinar(connection, panelists=["panel@acme.example"], **changes)
    expected = "attendee" if changes and role == "host" else role
    assert role_of(row, email) == expected
