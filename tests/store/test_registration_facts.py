"""Registrations merged from notices and lists, in whatever order and however often they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, RowMapping, func, select

from rollcall.events import RegistrantStatus
from store.registration_facts import (
    ListRead,
    RegistrationEntry,
    cancel_vanished,
    is_somebody_missing,
    merge_registrations,
    release_pending,
)
from store.tables import occurrence_person, person, registrant_alias, registration_fact
from store.webinar_facts import change_occurrence, find_webinar
from tests.store.support import (
    add_occurrence,
    few_examples,
    minute,
    occurrence_now,
    person_named,
)

ADA = "ada@example.com"


def entry(
    status: RegistrantStatus, at: datetime, email: str = ADA, **changes: Any
) -> RegistrationEntry:
    base = RegistrationEntry(email, "Ada", "Lovelace", "", status, at)
    return replace(base, **changes)


class Room:
    """An occurrence as the jobs work on it: notices come in, and lists are read."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.row = add_occurrence(connection)
        self.reads = 0

    def tell(self, *entries: RegistrationEntry) -> int:
        """A notice; how many people changed by it."""
        return self.merge(entries)

    def read(self, at: float, *entries: RegistrationEntry, is_complete: bool = True) -> int:
        """A read of the lists that found these rows; how many registrations vanished by it."""
        read, vanished = self.begin(at), 0
        self.merge(entries, read)
        if is_complete:
            vanished = cancel_vanished(self.connection, self.row, read)
            change_occurrence(self.connection, self.row["id"], read_at=read.started_at)
        release_pending(self.connection, self.row["id"])
        return vanished

    def begin(self, at: float) -> ListRead:
        self.reads += 1
        change_occurrence(self.connection, self.row["id"], reads=self.reads)
        return ListRead(self.reads, minute(at))

    def merge(self, entries: Sequence[RegistrationEntry], read: ListRead | None = None) -> int:
        webinar = find_webinar(self.connection, self.row["webinar_pk"])
        place = occurrence_now(self.connection, self.row)
        return merge_registrations(self.connection, webinar, place, entries, read=read)

    def ada(self) -> RowMapping:
        return person_named(self.connection, self.row, ADA)

    def state(self) -> tuple[str, int]:
        return self.ada()["status"], self.ada()["generation"]


@pytest.fixture
def room(connection: Connection) -> Room:
    return Room(connection)


class TestNotices:
    def test_a_registration_makes_a_person_who_is_to_be_planned_at_once(self, room: Room) -> None:
        assert room.tell(entry("approved", minute(0), registrant_id="r1")) == 1
        row = room.ada()
        assert (row["email"], row["first_name"], row["last_name"]) == (ADA, "Ada", "Lovelace")
        assert (row["status"], row["registered_at"]) == ("approved", minute(0))
        assert (row["dirty"], row["decided"], row["is_live"]) == (1, 0, True)
        assert row["identity"] == "registration"

    def test_the_same_notice_again_changes_nobody(self, room: Room) -> None:
        notice = entry("approved", minute(0))
        room.tell(notice)
        before = room.ada()
        assert room.tell(notice, notice) == 0
        assert room.ada() == before

    def test_several_people_of_one_notice_are_counted_each(self, room: Room) -> None:
        people = [entry("approved", minute(0), f"{n}@example.com") for n in range(5)]
        assert room.tell(*people) == 5
        assert room.tell(*people, entry("cancelled", minute(1), "3@example.com")) == 1

    def test_somebody_without_address_is_passed_over(self, room: Room) -> None:
        assert room.tell(entry("approved", minute(0), "")) == 0

    def test_one_address_of_two_occurrences_is_one_person(self, room: Room) -> None:
        other = Room(room.connection)
        room.tell(entry("approved", minute(0)))
        other.tell(entry("approved", minute(0)))
        assert room.ada()["person_pk"] == other.ada()["person_pk"]
        assert room.ada()["id"] != other.ada()["id"]
        count = room.connection.execute(select(func.count()).select_from(person)).scalar_one()
        assert count == 1

    def test_a_name_given_later_is_taken_and_a_missing_one_takes_nothing(self, room: Room) -> None:
        room.tell(entry("approved", minute(0), first_name=""))
        assert room.ada()["first_name"] == ""
        room.tell(entry("approved", minute(0)))
        assert room.ada()["first_name"] == "Ada"
        assert room.tell(entry("approved", minute(0), first_name="", last_name="")) == 0
        assert room.ada()["first_name"] == "Ada"

    def test_registered_at_never_moves_within_a_turn(self, room: Room) -> None:
        """It is part of an effect HubSpot cannot change: the first source has said it."""
        room.tell(entry("approved", minute(30)))
        room.tell(entry("approved", minute(10)))
        room.read(60, entry("approved", minute(20)))
        assert room.ada()["registered_at"] == minute(30)

    def test_cancelled_at_never_moves_within_a_turn(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)), entry("cancelled", minute(30)))
        room.tell(entry("cancelled", minute(20)))
        assert room.ada()["cancelled_at"] == minute(30)

    def test_a_new_turn_has_moments_of_its_own(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)))
        room.tell(entry("cancelled", minute(5)))
        assert room.ada()["cancelled_at"] == minute(5)
        room.tell(entry("approved", minute(9)))
        row = room.ada()
        assert (row["generation"], row["registered_at"], row["cancelled_at"]) == (
            1,
            minute(9),
            None,
        )

    def test_a_cancellation_that_arrives_last_but_happened_first_is_no_cancellation(
        self, room: Room
    ) -> None:
        room.tell(entry("approved", minute(9)))
        room.tell(entry("cancelled", minute(5)))
        assert room.state() == ("approved", 1)

    def test_registrant_ids_are_kept_as_aliases_of_the_address(self, room: Room) -> None:
        room.tell(entry("approved", minute(0), registrant_id="r1"))
        room.tell(entry("approved", minute(5), registrant_id="r2"))
        room.tell(entry("approved", minute(6), "eve@example.com", registrant_id="r1"))
        rows = room.connection.execute(
            select(registrant_alias.c.registrant_id, registrant_alias.c.email)
        )
        assert {tuple(row) for row in rows} == {("r1", ADA), ("r2", ADA)}

    def test_somebody_known_from_the_report_becomes_a_registrant(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)))
        room.connection.execute(
            occurrence_person.update().values(
                status=None, identity="report", attended_seconds=60, joins=1
            )
        )
        room.tell(entry("approved", minute(1)))
        row = room.ada()
        assert (row["identity"], row["status"]) == ("registration", "approved")
        assert (row["attended_seconds"], row["joins"]) == (60, 1)


class TestLists:
    def test_whom_a_list_names_becomes_dirty_when_the_read_ends(self, room: Room) -> None:
        read = room.begin(10)
        room.merge([entry("approved", minute(0))], read)
        row = room.ada()
        assert (row["dirty"], row["is_pending"], row["is_live"]) == (0, True, False)
        assert release_pending(room.connection, room.row["id"]) == 1
        row = room.ada()
        assert (row["dirty"], row["is_pending"], row["is_live"]) == (1, False, False)
        assert release_pending(room.connection, room.row["id"]) == 0

    def test_a_row_of_somebody_unknown_counts_as_of_its_own_moment(self, room: Room) -> None:
        room.read(10, entry("approved", minute(3)))
        assert room.ada()["registered_at"] == minute(3)

    def test_a_row_that_agrees_changes_nobody_and_adds_no_fact(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)))
        before = room.ada()["dirty"]
        for number in range(1, 6):
            room.read(10 * number, entry("approved", minute(0)))
        assert room.ada()["dirty"] == before
        facts = select(func.count()).select_from(registration_fact)
        assert room.connection.execute(facts).scalar_one() == 1

    @pytest.mark.parametrize(
        ("told", "listed", "read_at", "state"),
        [
            pytest.param("approved", "denied", 10, ("denied", 0), id="the list is newer"),
            pytest.param("approved", "denied", -10, ("approved", 0), id="the list is older"),
            pytest.param("cancelled", "approved", 10, ("approved", 1), id="back on the list"),
            pytest.param("cancelled", "approved", -10, ("cancelled", 0), id="cancelled since"),
            pytest.param("pending", "approved", 10, ("approved", 0), id="approved, notice lost"),
        ],
    )
    def test_a_row_counts_as_of_the_start_of_its_read(
        self, room: Room, told: Any, listed: Any, read_at: int, state: tuple[str, int]
    ) -> None:
        room.tell(entry(told, minute(0)))
        room.read(read_at, entry(listed, minute(-60)))
        assert room.state() == state

    def test_a_late_notice_does_not_undo_what_a_list_has_said_since(self, room: Room) -> None:
        """Registered, cancelled, registered again; the notices are late, and the list is not."""
        room.tell(entry("approved", minute(0)))
        room.read(60, entry("approved", minute(0)))
        room.tell(entry("cancelled", minute(30)))
        assert room.state() == ("approved", 1)
        room.tell(entry("approved", minute(40)))
        assert room.state() == ("approved", 1)

    def test_a_notice_newer_than_the_list_stands(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)))
        room.read(60, entry("approved", minute(0)))
        room.tell(entry("cancelled", minute(61)))
        assert room.state() == ("cancelled", 0)

    def test_a_late_notice_about_somebody_the_list_did_not_hold_stands(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)))
        room.read(20, entry("approved", minute(0)))
        room.read(60)
        room.tell(entry("cancelled", minute(30)))
        assert room.state() == ("cancelled", 0)


class TestAbsence:
    def test_once_absent_is_a_doubt_twice_in_a_row_is_gone(self, room: Room) -> None:
        room.read(0, entry("approved", minute(-5)))
        assert room.read(10) == 0
        assert room.state() == ("approved", 0)
        assert is_somebody_missing(room.connection, room.row["id"])
        assert room.read(20) == 1
        row = room.ada()
        assert (row["status"], row["cancelled_at"]) == ("cancelled", minute(20))
        assert not is_somebody_missing(room.connection, room.row["id"])

    def test_gone_once_it_stays_gone_without_further_ado(self, room: Room) -> None:
        room.read(0, entry("approved", minute(-5)))
        room.read(10)
        room.read(20)
        dirty = room.ada()["dirty"]
        assert room.read(30) == 0
        assert room.ada()["dirty"] == dirty

    def test_an_incomplete_read_says_nothing_about_who_is_absent(self, room: Room) -> None:
        room.read(0, entry("approved", minute(-5)))
        for number in range(1, 5):
            room.read(10 * number, is_complete=False)
        assert room.state() == ("approved", 0)
        assert not is_somebody_missing(room.connection, room.row["id"])

    def test_seen_in_between_it_counts_from_the_beginning(self, room: Room) -> None:
        row = entry("approved", minute(-5))
        for number, rows in enumerate([[row], [], [row], [], [row], []]):
            assert room.read(10 * number, *rows) == 0
        assert room.state() == ("approved", 0)

    def test_an_incomplete_read_that_saw_them_counts_as_seen(self, room: Room) -> None:
        row = entry("approved", minute(-5))
        room.read(0, row)
        room.read(10)
        room.read(20, row, is_complete=False)
        assert room.read(30) == 0
        assert room.state() == ("approved", 0)

    def test_whoever_registered_since_the_read_began_is_not_missed(self, room: Room) -> None:
        room.tell(entry("approved", minute(11)))
        room.read(10)
        assert not is_somebody_missing(room.connection, room.row["id"])

    @pytest.mark.parametrize("status", ["approved", "pending", "denied"])
    def test_whatever_list_they_were_on(self, room: Room, status: RegistrantStatus) -> None:
        room.read(0, entry(status, minute(-5)))
        room.read(10)
        assert room.read(20) == 1
        assert room.ada()["status"] == "cancelled"

    def test_back_again_it_takes_two_absences_again(self, room: Room) -> None:
        room.read(0, entry("approved", minute(-5)))
        room.read(10)
        room.read(20)
        room.tell(entry("approved", minute(25)))
        assert room.state() == ("approved", 1)
        assert room.read(30) == 0
        assert room.state() == ("approved", 1)
        assert is_somebody_missing(room.connection, room.row["id"])
        assert room.read(40) == 1

    def test_an_absence_before_a_new_turn_does_not_count_in_it(self, room: Room) -> None:
        room.read(0, entry("approved", minute(-5)))
        room.read(10)
        room.tell(entry("cancelled", minute(12)))
        room.tell(entry("approved", minute(14)))
        assert room.read(20) == 0
        assert room.state() == ("approved", 1)

    def test_only_people_of_this_occurrence(self, room: Room) -> None:
        other = Room(room.connection)
        other.read(0, entry("approved", minute(-5)))
        room.read(0, entry("approved", minute(-5), "bob@example.com"))
        for number in (1, 2):
            room.read(10 * number)
        assert other.state() == ("approved", 0)

    def test_the_report_alone_does_not_make_anybody_missing(self, room: Room) -> None:
        room.tell(entry("approved", minute(0)))
        room.connection.execute(occurrence_person.update().values(status=None))
        for number in (1, 2, 3):
            assert room.read(10 * number) == 0


NOTICES = st.lists(
    st.tuples(st.sampled_from(["approved", "pending", "denied", "cancelled"]), st.integers(0, 20)),
    min_size=1,
    max_size=7,
    unique_by=lambda notice: notice[1],
)


@few_examples
@given(notices=NOTICES, data=st.data())
def test_notices_in_any_order_and_repeated_give_the_same_state(
    connection: Connection,
    notices: list[tuple[RegistrantStatus, int]],
    data: st.DataObject,
) -> None:
    in_order, shuffled = Room(connection), Room(connection)
    for status, at in sorted(notices, key=lambda notice: notice[1]):
        in_order.tell(entry(status, minute(at)))
    repeated = notices + data.draw(st.lists(st.sampled_from(notices), max_size=4))
    for status, at in data.draw(st.permutations(repeated)):
        shuffled.tell(entry(status, minute(at)))
    assert shuffled.state() == in_order.state()
    approved = {minute(at) for status, at in notices if status == "approved"}
    cancelled = {minute(at) for status, at in notices if status == "cancelled"}
    row = shuffled.ada()
    assert row["registered_at"] is None or row["registered_at"] in approved
    assert row["cancelled_at"] is None or row["cancelled_at"] in cancelled


@few_examples
@given(turns=st.integers(0, 3), is_cancelled=st.booleans(), data=st.data())
def test_turns_told_in_any_order_have_the_same_moments(
    connection: Connection, turns: int, is_cancelled: bool, data: st.DataObject
) -> None:
    """Each registration and cancellation told once: then even the moments do not depend on it."""
    statuses: list[RegistrantStatus] = ["approved", "cancelled"] * turns + ["approved"]
    statuses += ["cancelled"] if is_cancelled else []
    told = [entry(status, minute(number)) for number, status in enumerate(statuses)]
    room = Room(connection)
    for notice in data.draw(st.permutations(told)):
        room.tell(notice)
    row = room.ada()
    assert room.state() == (statuses[-1], turns)
    assert row["registered_at"] == minute(2 * turns)
    assert row["cancelled_at"] == (minute(2 * turns + 1) if is_cancelled else None)


@few_examples
@given(life=st.lists(st.sampled_from(["turn", "read"]), min_size=1, max_size=8), data=st.data())
def test_with_notices_late_lost_or_repeated_the_lists_bring_the_truth(
    connection: Connection, life: list[str], data: st.DataObject
) -> None:
    """Whatever was told or not told, two complete reads later we know what Zoom knows."""
    room, is_registered = Room(connection), False
    happened: list[RegistrationEntry] = []
    told: list[RegistrationEntry] = []

    def hear(notices: list[RegistrationEntry]) -> None:
        for notice in data.draw(st.lists(st.sampled_from(notices), max_size=3)) if notices else []:
            told.append(notice)
            room.tell(notice)

    def read(at: int) -> None:
        room.read(at, *([entry("approved", minute(at))] if is_registered else []))

    for at, happening in enumerate(life):
        if happening == "turn":
            is_registered = not is_registered
            happened.append(entry("approved" if is_registered else "cancelled", minute(at)))
        else:
            hear(happened)
            read(at)
    read(100)
    read(101)
    # Who is listed stays so whatever comes late; who is gone, whatever is repeated.
    hear(happened if is_registered else told)
    statuses = connection.execute(
        select(occurrence_person.c.status).where(
            occurrence_person.c.occurrence_pk == room.row["id"]
        )
    ).scalars()
    assert set(statuses) <= {"approved" if is_registered else "cancelled"}
