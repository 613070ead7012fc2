"""The decision log: who is listed, what was written for them, and what a person decides by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, RowMapping

from store.decisions import (
    PeopleFilter,
    applied_effects,
    decision_history,
    find_occurrence_person,
    include_by_hand,
    list_people,
    retry_by_hand,
)
from store.ledger import record_wishes
from store.match_candidates import list_unidentified
from store.people import count_dirty, dirty_people
from store.runs import find_run
from store.tables import effect, occurrence_person, person
from store.webinar_facts import find_occurrence
from store.webinars import by_outcome, count_people
from tests.store.support import (
    NOW,
    PORTAL,
    add_occurrence,
    add_person,
    few_examples,
    minute,
    row_of,
    wish_for,
)

ADA = "ada@example.com"
CONTACT = {"occurrence_pk": None, "occurrence_person_pk": None}


@pytest.fixture
def ada(connection: Connection) -> RowMapping:
    """Somebody of an occurrence."""
    return add_person(connection, add_occurrence(connection), ADA)


def write(connection: Connection, row: RowMapping, kind: str, **values: Any) -> None:
    """A ledger row about the person with these values."""
    wish = wish_for(row, kind, **(CONTACT if kind == "contact" else {}))
    record_wishes(connection, PORTAL, [wish], run_id="", now=NOW)
    connection.execute(effect.update().where(effect.c.key == wish.effect.key).values(**values))


class TestByHand:
    def test_retry_sends_again_what_hubspot_refused_and_nothing_else(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        bob = add_person(connection, add_occurrence(connection), "bob@example.com")
        other = add_person(connection, add_occurrence(connection), ADA)
        refused = {"state": "rejected", "error": "no", "doubts": 2, "attempts": 3}
        for row, kind in ((ada, "contact"), (ada, "attend"), (bob, "attend"), (other, "attend")):
            write(connection, row, kind, **refused)
        write(connection, ada, "register", state="applied", applied_hash="x")
        retry_by_hand(connection, ada, "7", NOW)
        rows = {row["key"]: row for row in connection.execute(effect.select()).mappings()}
        states = {key: row["state"] for key, row in rows.items()}
        assert states == {
            f"contact:{ada['id']}": "planned",
            f"attend:{ada['id']}": "planned",
            f"attend:{bob['id']}": "rejected",
            f"attend:{other['id']}": "rejected",
            f"register:{ada['id']}": "applied",
        }
        tried = rows[f"attend:{ada['id']}"]
        assert (tried["error"], tried["doubts"], tried["attempts"]) == ("", 0, 0)

    def test_included_anyway_they_are_decided_again_at_once(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        run_id = include_by_hand(connection, ada, "7", NOW)
        assert row_of(connection, occurrence_person, ada["id"])["is_included_by_hand"] is True
        assert count_dirty(connection, ada["occurrence_pk"]) == 1
        assert dirty_people(connection, PORTAL, 1) == [ada["person_pk"]]
        run = find_run(connection, run_id)
        assert (run["occurrence_pk"], run["trigger"], run["pool"]) == (
            ada["occurrence_pk"],
            "hand",
            "live",
        )

    def test_who_decided_and_when_is_kept_newest_first(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        include_by_hand(connection, ada, "7", NOW)
        retry_by_hand(connection, ada, "8", minute(5))
        history = decision_history(connection, ada["id"])
        assert [(row["decided_by"], row["at"], row["verdict"]) for row in history] == [
            ("user:8", minute(5), "by_hand"),
            ("user:7", NOW, "by_hand"),
        ]


class TestWritten:
    def test_what_hubspot_holds_for_each_of_them_oldest_first(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        again = add_person(connection, add_occurrence(connection), ADA)
        write(connection, ada, "attend", applied_at=minute(9), state="applied")
        write(connection, ada, "register", applied_at=minute(5), state="cannot_change")
        write(connection, ada, "contact", applied_at=minute(1), state="applied")
        write(connection, again, "register", state="planned")
        found = applied_effects(connection, [ada, again])
        kinds = {pk: [row["kind"] for row in rows] for pk, rows in found.items()}
        assert kinds == {
            ada["id"]: ["contact", "register", "attend"],
            again["id"]: ["contact"],
        }

    def test_for_a_participant_without_address_nothing(self, connection: Connection) -> None:
        row = add_person(connection, add_occurrence(connection))
        assert applied_effects(connection, [row]) == {}
        assert applied_effects(connection, []) == {}


class TestListing:
    @few_examples
    @given(sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4), limit=st.integers(1, 4))
    def test_pages_hold_everybody_once_in_order(
        self, connection: Connection, sizes: list[int], limit: int
    ) -> None:
        expected, places = [], []
        for size in sizes:
            place = add_occurrence(connection)
            places.append(place["id"])
            emails = [f"p{number}@example.com" for number in range(size)]
            expected += [add_person(connection, place, email)["id"] for email in reversed(emails)][
                ::-1
            ]
        found: list[int] = []
        after = None
        while page := list_people(connection, places[::-1], PeopleFilter(), limit, after):
            assert len(page) <= limit
            found += [row["id"] for row in page]
            after = (page[-1]["occurrence_pk"], page[-1]["identity_key"])
        assert found == expected

    @pytest.mark.parametrize(
        ("wanted", "emails"),
        [
            (PeopleFilter(), {"ada@a.no", "bob@b.no", "100%@c.no"}),
            (PeopleFilter(email=" ADA"), {"ada@a.no"}),
            (PeopleFilter(email="%"), {"100%@c.no"}),
            (PeopleFilter(outcome="excluded"), {"ada@a.no", "bob@b.no"}),
            (PeopleFilter(outcome="excluded", reason="role"), {"bob@b.no"}),
            (PeopleFilter(plugin="exclusions"), {"bob@b.no"}),
            (PeopleFilter(email="carl"), set()),
        ],
        ids=["all", "address", "a sign LIKE knows", "outcome", "reason", "plugin", "nobody"],
    )
    def test_filters(self, connection: Connection, wanted: PeopleFilter, emails: set[str]) -> None:
        place = add_occurrence(connection)
        add_person(connection, place, "ada@a.no", outcome="excluded", reason="denied")
        add_person(
            connection,
            place,
            "bob@b.no",
            outcome="excluded",
            reason="role",
            decided_by="exclusions",
        )
        add_person(connection, place, "100%@c.no", outcome="in_sync", reason="")
        found = list_people(connection, [place["id"]], wanted, 10)
        assert {row["email"] for row in found} == emails

    def test_their_contact_is_shown(self, connection: Connection, ada: RowMapping) -> None:
        connection.execute(person.update().values(contact_id="77"))
        (row,) = list_people(connection, [ada["occurrence_pk"]], PeopleFilter(), 10)
        assert row["contact_id"] == "77"

    def test_counts_are_what_the_list_shows(self, connection: Connection) -> None:
        places = [add_occurrence(connection) for _ in range(2)]
        outcomes = ["in_sync", "excluded", "excluded", "waiting"]
        for number, outcome in enumerate(outcomes):
            add_person(connection, places[0], f"p{number}@x.no", outcome=outcome, reason="r")
        counts = count_people(connection, [place["id"] for place in places])
        assert by_outcome(counts[places[0]["id"]]) == {
            "in_sync": 1,
            "excluded": 2,
            "failing": 0,
            "waiting": 1,
        }
        assert counts[places[1]["id"]] == {}

    def test_people_nobody_can_name_are_listed_by_portal(self, connection: Connection) -> None:
        place = add_occurrence(connection)
        wanted = [
            add_person(connection, place, outcome="excluded", reason=reason)["id"]
            for reason in ("no_email", "unmatched")
        ]
        add_person(connection, place, ADA, outcome="excluded", reason="role")
        found = list_unidentified(connection, PORTAL, 10)
        assert [row["id"] for row in found] == wanted
        behind = list_unidentified(connection, PORTAL, 1, (place["id"], wanted[0]))
        assert [row["id"] for row in behind] == wanted[1:]
        assert list_unidentified(connection, "2002", 10) == []

    def test_one_person_is_found_only_in_their_own_webinar_and_portal(
        self, connection: Connection, ada: RowMapping
    ) -> None:
        place = add_occurrence(connection)
        webinar_pk = find_occurrence(connection, ada["occurrence_pk"])["webinar_pk"]
        found = find_occurrence_person(connection, PORTAL, webinar_pk, ada["id"])
        assert found == ada
        for portal_id, webinar in ((PORTAL, place["webinar_pk"]), ("2002", webinar_pk)):
            assert find_occurrence_person(connection, portal_id, webinar, ada["id"]) is None
