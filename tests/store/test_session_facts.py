"""Rows of the attendance report: stored page by page, united person by person, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, RowMapping, func, select

from rollcall.events import RegistrantStatus
from store.people import mark_attendees_dirty
from store.registration_facts import (
    ListRead,
    RegistrationEntry,
    merge_registrations,
    release_pending,
)
from store.session_facts import (
    NAMELESS,
    clear_unreported,
    count_unlisted,
    count_unregistered,
    forget_unlisted,
    merge_attendances,
    merge_sessions,
    session_key,
    stream_sessions,
)
from store.tables import decision_log, effect, instance, occurrence_person, person, session
from store.webinar_facts import find_webinar
from tests.store.support import (
    NOW,
    PORTAL,
    add_occurrence,
    add_person,
    few_examples,
    minute,
    person_named,
    wish_for,
)

ADA, BOB = "ada@example.com", "bob@example.com"
HOUR = 60


class Report:
    """The stored report of one occurrence with one instance, or more."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.place = add_occurrence(connection)
        self.instances = [self.add_instance()]

    def add_instance(self) -> int:
        count = select(func.count()).select_from(instance)
        number = self.connection.execute(count).scalar_one()
        return self.connection.execute(
            instance.insert()
            .values(
                portal_id=PORTAL,
                occurrence_pk=self.place["id"],
                uuid=f"uuid {number}",
                started_at=NOW,
                ended_at=minute(HOUR),
            )
            .returning(instance.c.id)
        ).scalar_one()

    def row(
        self, email: str = "", joined: float = 0, left: float | None = None, **changes: Any
    ) -> dict[str, Any]:
        """A row as the jobs make it of what Zoom says."""
        values: dict[str, Any] = {
            "occurrence_pk": self.place["id"],
            "instance_pk": self.instances[0],
            "registrant_id": "",
            "email": email,
            "zoom_user_id": "",
            "name": "Ada Lovelace",
            "joined_at": minute(joined),
            "left_at": None if left is None else minute(left),
            "seconds": 0 if left is None else int((left - joined) * 60),
            "read_number": 1,
        }
        values |= changes
        who = values["zoom_user_id"] or email or values["registrant_id"] or values["name"]
        return {"row_key": session_key(who, values["joined_at"]), **values}

    def store(self, *rows: dict[str, Any]) -> None:
        merge_sessions(self.connection, rows)

    def identities(self) -> list[str]:
        return [row.identity for row in stream_sessions(self.connection, self.place["id"])]

    def count(self) -> int:
        here = select(func.count()).where(session.c.occurrence_pk == self.place["id"])
        return int(self.connection.execute(here).scalar_one())

    def register(
        self,
        email: str,
        registrant_id: str = "",
        status: RegistrantStatus = "approved",
        at: datetime = NOW,
    ) -> None:
        webinar = find_webinar(self.connection, self.place["webinar_pk"])
        entry = RegistrationEntry(email, "Ada", "Lovelace", registrant_id, status, at)
        merge_registrations(self.connection, webinar, self.place, [entry])

    def unite(self, read: int = 1, **seconds: int) -> None:
        """What the jobs make of the report: so many seconds for each identity."""
        self.unite_all({identity: {"attended_seconds": s} for identity, s in seconds.items()}, read)

    def unite_all(self, figures: Mapping[str, Mapping[str, Any]], read: int = 1) -> None:
        base = {
            "attended_percent": 50.0,
            "first_join_at": NOW,
            "last_leave_at": minute(30),
            "joins": 1,
            "name": "Ada King Lovelace",
            "has_zoom_identity": True,
        }
        merge_attendances(
            self.connection,
            self.place,
            {identity: base | dict(figure) for identity, figure in figures.items()},
            read_number=read,
        )

    def people(self) -> set[str]:
        rows = self.connection.execute(
            select(occurrence_person.c.identity_key).where(
                occurrence_person.c.occurrence_pk == self.place["id"]
            )
        )
        return set(rows.scalars())

    def person(self, email: str = ADA) -> RowMapping:
        return person_named(self.connection, self.place, email)


@pytest.fixture
def report(connection: Connection) -> Report:
    return Report(connection)


class TestRows:
    def test_a_page_again_adds_nothing(self, report: Report) -> None:
        page = [report.row(ADA, 0, 10), report.row(ADA, 20, 30), report.row(BOB, 0, 30)]
        report.store(*page)
        report.store(*page, *page)
        assert report.count() == 3

    def test_what_zoom_says_now_replaces_what_it_said_before(self, report: Report) -> None:
        report.store(report.row(ADA, 0))
        report.store(report.row(ADA, 0, 10, name="Ada K.", read_number=2))
        (row,) = stream_sessions(report.connection, report.place["id"])
        assert (row.left_at, row.seconds, row.name) == (minute(10), 600, "Ada K.")

    def test_the_same_join_in_two_sessions_is_two_rows(self, report: Report) -> None:
        restarted = report.add_instance()
        report.store(report.row(ADA, 0, 10), report.row(ADA, 0, 10, instance_pk=restarted))
        assert report.count() == 2

    def test_rows_a_newer_read_did_not_bring_are_forgotten(self, report: Report) -> None:
        other = report.add_instance()
        report.store(
            report.row(ADA, 0, 10, read_number=1),
            report.row(BOB, 0, 10, read_number=1, instance_pk=other),
            report.row(ADA, 20, 30, read_number=2),
        )
        forget_unlisted(report.connection, report.instances[0], 2)
        rows = list(stream_sessions(report.connection, report.place["id"]))
        assert [(row.identity, row.joined_at) for row in rows] == [(ADA, minute(20)), (BOB, NOW)]

    @given(
        pages=st.lists(
            st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=4), max_size=4
        ),
        data=st.data(),
    )
    @few_examples
    def test_pages_in_any_order_and_repeated_give_the_same_report(
        self, connection: Connection, pages: list[list[tuple[str, int]]], data: st.DataObject
    ) -> None:
        shuffled = data.draw(
            st.permutations(pages + data.draw(st.lists(st.sampled_from(pages))) if pages else [])
        )
        found = []
        for order in (pages, shuffled):
            report = Report(connection)
            for page in order:
                report.store(*(report.row(f"{who}@x.no", at, at + 1) for who, at in page))
            rows = stream_sessions(connection, report.place["id"])
            found.append([(row.identity, row.joined_at, row.seconds) for row in rows])
        assert found[0] == found[1]
        assert len(found[0]) == len({row for page in pages for row in page})


class TestWhoItWas:
    def test_the_registration_counts_more_than_the_rows_own_address(self, report: Report) -> None:
        report.register(ADA, "r1")
        report.store(report.row("work@ada.example", 0, 10, registrant_id="r1"))
        assert report.identities() == [ADA]

    def test_without_a_registration_the_rows_own_address(self, report: Report) -> None:
        report.store(report.row(BOB, 0, 10, registrant_id="unknown"))
        assert report.identities() == [BOB]

    def test_without_any_address_each_row_is_somebody_of_its_own(self, report: Report) -> None:
        """Two people may have one name: nobody is merged by it."""
        report.store(report.row(joined=0, left=10), report.row(joined=5, left=15))
        found = report.identities()
        assert len(set(found)) == 2
        assert all(identity.startswith(NAMELESS) for identity in found)

    def test_registrations_of_another_occurrence_say_nothing(self, report: Report) -> None:
        Report(report.connection).register(ADA, "r1")
        report.store(report.row(BOB, 0, 10, registrant_id="r1"))
        assert report.identities() == [BOB]

    @pytest.mark.parametrize(
        ("ids", "known"),
        [
            ({}, False),
            ({"registrant_id": "r1"}, True),
            ({"zoom_user_id": "u1"}, True),
        ],
        ids=["neither", "a registrant id", "a user id"],
    )
    def test_whether_zoom_itself_knows_who_it_was(
        self, report: Report, ids: dict[str, str], known: bool
    ) -> None:
        report.store(report.row("", 0, 10, **ids))
        (row,) = stream_sessions(report.connection, report.place["id"])
        assert row.has_zoom_identity is known

    def test_one_persons_rows_come_together_by_time(self, report: Report) -> None:
        report.register(ADA, "r1")
        rows = [
            report.row(f"p{number % 7}@example.com", number, number + 1) for number in range(1200)
        ]
        rows += [report.row("", 2000, 2001, registrant_id="r1"), report.row(ADA, 1500, 1501)]
        report.store(*rows)
        found = list(stream_sessions(report.connection, report.place["id"]))
        assert len(found) == 1202
        groups = [row.identity for row in found]
        changes = sum(one != other for one, other in pairwise(groups))
        assert changes == 7
        for identity in set(groups):
            joins = [row.joined_at for row in found if row.identity == identity]
            assert joins == sorted(joins)


class TestAttendance:
    def test_somebody_new_becomes_a_person_from_the_report(self, report: Report) -> None:
        report.unite_all({ADA: {"attended_seconds": 1800}})
        row = report.person()
        assert (row["identity"], row["status"], row["email"]) == ("report", None, ADA)
        assert (row["first_name"], row["last_name"]) == ("Ada", "King Lovelace")
        assert (row["attended_seconds"], row["attended_percent"], row["joins"]) == (1800, 50.0, 1)
        assert row["person_pk"] is not None

    def test_somebody_nobody_can_name_is_nobody_in_hubspot(self, report: Report) -> None:
        report.unite_all({NAMELESS + "1": {"attended_seconds": 60, "has_zoom_identity": False}})
        row = report.person(NAMELESS + "1")
        assert (row["identity"], row["email"], row["person_pk"]) == ("none", "", None)
        assert row["has_zoom_identity"] is False
        people = report.connection.execute(select(func.count()).select_from(person)).scalar_one()
        assert people == 0

    def test_a_registrants_registration_stays_as_it_is(self, report: Report) -> None:
        report.register(ADA)
        before = report.person()
        report.unite_all({ADA: {"attended_seconds": 1800}})
        row = report.person()
        for name in ("identity", "status", "registered_at", "first_name", "last_name"):
            assert row[name] == before[name]
        assert row["attended_seconds"] == 1800

    def test_whom_a_read_changes_becomes_dirty_when_it_ends(self, report: Report) -> None:
        report.register(ADA)
        dirty = report.person()["dirty"]
        report.unite_all({ADA: {"attended_seconds": 1800}})
        assert (report.person()["dirty"], report.person()["is_pending"]) == (dirty, True)
        release_pending(report.connection, report.place["id"])
        assert report.person()["dirty"] == dirty + 1

    def test_the_same_figures_again_change_nobody(self, report: Report) -> None:
        report.unite_all({ADA: {"attended_seconds": 1800}}, read=1)
        release_pending(report.connection, report.place["id"])
        dirty = report.person()["dirty"]
        report.unite_all({ADA: {"attended_seconds": 1800}}, read=2)
        assert release_pending(report.connection, report.place["id"]) == 0
        row = report.person()
        assert (row["dirty"], row["attended_in_read"]) == (dirty, 2)

    @pytest.mark.parametrize(
        "figure",
        [
            {"attended_seconds": 1801},
            {"attended_percent": 50.1},
            {"first_join_at": minute(1)},
            {"last_leave_at": minute(31)},
            {"joins": 2},
        ],
        ids=lambda figure: next(iter(figure)),
    )
    def test_any_corrected_figure_is_news(self, report: Report, figure: dict[str, Any]) -> None:
        report.unite_all({ADA: {"attended_seconds": 1800}}, read=1)
        release_pending(report.connection, report.place["id"])
        report.unite_all({ADA: {"attended_seconds": 1800} | figure}, read=2)
        assert release_pending(report.connection, report.place["id"]) == 1

    def test_settled_attendance_concerns_those_who_were_there(self, report: Report) -> None:
        report.unite_all({ADA: {"attended_seconds": 1}, BOB: {"attended_seconds": 0}})
        report.register("carl@example.com")
        assert mark_attendees_dirty(report.connection, report.place["id"]) == 1
        assert report.person()["dirty"] == 1


class TestTakenBack:
    def test_a_registrant_the_report_no_longer_names_did_not_attend(self, report: Report) -> None:
        report.register(ADA)
        report.unite_all({ADA: {"attended_seconds": 1800}}, read=1)
        release_pending(report.connection, report.place["id"])
        clear_unreported(report.connection, report.place["id"], 2)
        row = report.person()
        assert (row["attended_seconds"], row["attended_percent"], row["joins"]) == (0, 0.0, 0)
        assert (row["first_join_at"], row["last_leave_at"]) == (None, None)
        assert (row["status"], row["is_pending"]) == ("approved", True)

    def test_whom_the_read_names_keeps_it(self, report: Report) -> None:
        report.unite_all({ADA: {"attended_seconds": 1800}}, read=2)
        clear_unreported(report.connection, report.place["id"], 2)
        assert report.person()["attended_seconds"] == 1800

    @pytest.mark.parametrize("identity", [BOB, NAMELESS + "1"], ids=["address", "nameless"])
    def test_somebody_only_an_earlier_report_named_is_nobody_of_it(
        self, report: Report, identity: str
    ) -> None:
        """Zoom works on its reports for a while; whom it takes back would break the balance."""
        report.register(ADA)
        report.unite_all({identity: {"attended_seconds": 60}}, read=1)
        report.connection.execute(
            decision_log.insert().values(
                portal_id=PORTAL,
                occurrence_person_pk=report.person(identity)["id"],
                at=NOW,
                verdict="sync",
                settings_version=1,
                opinions=[],
                entries=[],
            )
        )
        clear_unreported(report.connection, report.place["id"], 2)
        assert report.people() == {ADA}

    def test_unless_something_was_written_for_them_or_decided_by_hand(self, report: Report) -> None:
        report.unite_all({ADA: {"attended_seconds": 60}, BOB: {"attended_seconds": 60}}, read=1)
        report.connection.execute(
            occurrence_person.update()
            .where(occurrence_person.c.identity_key == BOB)
            .values(is_included_by_hand=True)
        )
        row = report.person(ADA)
        wanted = wish_for(row, "attend").effect
        report.connection.execute(
            effect.insert().values(
                portal_id=PORTAL,
                key=wanted.key,
                kind="attend",
                occurrence_person_pk=row["id"],
                wanted={},
                wanted_hash="x",
                applied_hash="x",
                state="applied",
            )
        )
        clear_unreported(report.connection, report.place["id"], 2)
        assert report.people() == {ADA, BOB}
        assert report.person(ADA)["attended_seconds"] == 0

    def test_people_of_other_occurrences_are_left_alone(self, report: Report) -> None:
        other = Report(report.connection)
        other.unite_all({ADA: {"attended_seconds": 60}}, read=1)
        clear_unreported(report.connection, report.place["id"], 2)
        assert other.people() == {ADA}


class TestZoomsOwnCount:
    """The balance counts what Zoom says, and is held against our rows."""

    def test_identities_of_the_report_nobody_registered_as(self, report: Report) -> None:
        report.register(ADA, "r1")
        report.store(
            report.row(ADA, 0, 10),
            report.row("work@ada.example", 0, 10, registrant_id="r1", zoom_user_id="u"),
            report.row(BOB, 0, 10),
            report.row(BOB, 20, 30),
            report.row(joined=0, left=10),
            report.row(joined=5, left=10),
        )
        assert count_unregistered(report.connection, report.place["id"]) == 3

    def test_whoever_is_only_known_from_the_report_is_unregistered(self, report: Report) -> None:
        report.store(report.row(BOB, 0, 10))
        report.unite_all({BOB: {"attended_seconds": 600}})
        assert count_unregistered(report.connection, report.place["id"]) == 1
        report.register(BOB)
        assert count_unregistered(report.connection, report.place["id"]) == 0

    @pytest.mark.parametrize(
        ("values", "count"),
        [
            pytest.param({"status": "approved", "listed_in_read": 5}, 0, id="listed"),
            pytest.param({"status": "cancelled"}, 1, id="cancelled: nobody lists them"),
            pytest.param({"status": "cancelled", "listed_in_read": 5}, 0, id="listed all the same"),
            pytest.param(
                {"status": "approved", "registered_at": minute(11)}, 1, id="since the read began"
            ),
            pytest.param(
                {"status": "approved", "registered_at": minute(9), "absent_reads": 1},
                1,
                id="missed once",
            ),
            pytest.param({"status": None}, 0, id="only in the report"),
        ],
    )
    def test_people_zoom_told_of_whom_no_list_holds(
        self, report: Report, values: dict[str, Any], count: int
    ) -> None:
        add_person(report.connection, report.place, ADA, **values)
        add_person(report.connection, add_occurrence(report.connection), BOB, status="cancelled")
        found = count_unlisted(report.connection, report.place["id"], 5, minute(10))
        assert found == count


@few_examples
@given(
    reads=st.lists(
        st.tuples(st.sets(st.sampled_from("abcde")), st.sets(st.integers(0, 3))),
        min_size=1,
        max_size=4,
    ),
    registered=st.sets(st.sampled_from("abc")),
)
def test_after_every_complete_read_our_people_are_zooms_people(
    connection: Connection,
    reads: list[tuple[set[str], set[int]]],
    registered: set[str],
) -> None:
    """Lists and reports change from read to read; rows of ours and Zoom's figure agree."""
    report = Report(connection)
    webinar = find_webinar(connection, report.place["webinar_pk"])
    for number, (named, nameless) in enumerate(reads, start=1):
        read = ListRead(number, minute(number))
        listed = [
            RegistrationEntry(f"{who}@x.no", "", "", "", "approved", NOW) for who in registered
        ]
        merge_registrations(connection, webinar, report.place, listed, read=read)
        rows = [report.row(f"{who}@x.no", 0, 10, read_number=number) for who in named]
        rows += [report.row(joined=at, left=20, read_number=number) for at in nameless]
        report.store(*rows)
        forget_unlisted(connection, report.instances[0], number)
        found = stream_sessions(connection, report.place["id"])
        report.unite_all({row.identity: {"attended_seconds": row.seconds} for row in found}, number)
        clear_unreported(connection, report.place["id"], number)
        unlisted = count_unlisted(connection, report.place["id"], number, read.started_at)
        unregistered = count_unregistered(connection, report.place["id"])
        assert len(report.people()) == len(listed) + unlisted + unregistered
