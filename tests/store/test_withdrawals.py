"""What was written of somebody and may be taken back, and who is left to have a record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping

from engine.plan import UNDOES, WantedEffect
from store.ledger import WishCounts
from store.tables import effect, occurrence_person
from store.withdrawals import (
    decide_again_if_included,
    end_undone,
    is_audience_excluded,
    undoing_of,
    written_of,
)
from tests.store.effects import bring_to, only, somebody, wish
from tests.store.support import NOW, PORTAL, add_occurrence, add_person, row_of, wish_for

EXCLUDED = {"is_excluded": True, "decided_at": NOW}
HELD = {"is_held": True, "decided_at": NOW}
SYNCED = {"decided_at": NOW}


@pytest.fixture
def ada(connection: Connection) -> RowMapping:
    return somebody(connection)


@pytest.mark.parametrize(
    ("kind", "state", "is_written"),
    [
        ("register", "applied", True),
        ("register", "cannot_change", True),
        ("register", "sending", True),
        ("register", "unconfirmed", True),
        ("register", "planned", False),
        ("register", "rejected", False),
        ("register", "withdrawn", False),
        ("attend", "applied", True),
        ("app_recording", "applied", True),
        ("call_contact", "applied", True),
        ("call_contact", "planned", False),
    ],
)
def test_B09_what_hubspot_holds_or_may_hold_can_be_taken_back(
    connection: Connection, ada: RowMapping, kind: str, state: str, is_written: bool
) -> None:
    bring_to(connection, state, ada, kind)
    assert [row["kind"] for row in written_of(connection, [ada["id"]])] == [kind] * is_written


def test_B09_what_cannot_be_taken_back_is_told_once(
    connection: Connection, ada: RowMapping
) -> None:
    bring_to(connection, "applied", ada, "attend")
    told = wish_for(ada, "attend")
    wanted = WantedEffect(told.effect.key, "attend", {})
    assert wish(connection, replace(told, effect=wanted)) == WishCounts(cannot_change=1)
    assert written_of(connection, [ada["id"]]) == []
    # Included again, it holds as it was; it is never sent.
    assert wish(connection, told) == WishCounts(unchanged=1)


def test_B09_what_ended_is_new_to_hubspot_and_whoever_is_included_is_planned_anew(
    connection: Connection, ada: RowMapping
) -> None:
    bring_to(connection, "applied", ada, "register")
    register = only(connection)
    wish(connection, wish_for(ada, "cancel", {"at": 2, UNDOES: register["key"]}))
    assert [row["kind"] for row in undoing_of(connection, [ada["id"]])] == ["cancel"]
    end_undone(connection, PORTAL, [register["key"]])
    ended = row_of(connection, effect, register["id"])
    assert (ended["state"], ended["applied_hash"]) == ("withdrawn", "")
    for is_excluded, dirty in ((True, 0), (False, 1)):
        connection.execute(occurrence_person.update().values(is_excluded=is_excluded))
        decide_again_if_included(connection, [ada["id"]])
        assert row_of(connection, occurrence_person, ada["id"])["dirty"] == dirty


@pytest.mark.parametrize(
    ("people", "is_excluded"),
    [
        ([], True),
        ([EXCLUDED], True),
        ([EXCLUDED, SYNCED], False),
        ([EXCLUDED, HELD], False),
        ([EXCLUDED, {}], False),
    ],
    ids=["nobody came", "all excluded", "one synced", "one waits", "one undecided"],
)
def test_B09_a_record_is_deserted_when_everybody_it_is_for_is_excluded(
    connection: Connection, people: list[dict[str, Any]], is_excluded: bool
) -> None:
    place = add_occurrence(connection)
    add_person(connection, place, "absent@example.com", status="approved", **SYNCED)
    for number, row in enumerate(people):
        add_person(connection, place, f"p{number}@example.com", attended_seconds=60, **row)
    assert is_audience_excluded(connection, place["id"], "attended") is is_excluded
    assert is_audience_excluded(connection, place["id"], "registered") is False
