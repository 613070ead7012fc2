"""Runs as people watch them: one press of Sync now is one run, and what it changed is listed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping

from store.run_progress import (
    find_run_group,
    list_changes,
    list_run_groups,
    queued_group,
    runs_of_groups,
)
from store.runs import add_changes, change_run, finish_run, open_run
from tests.store.support import NOW, PORTAL, add_occurrence, add_webinar, minute


@pytest.fixture
def place(connection: Connection) -> RowMapping:
    """An occurrence nothing is asked for."""
    return add_occurrence(connection)


def ask(connection: Connection, row: RowMapping, **changes: Any) -> str:
    wanted: dict[str, Any] = {"trigger": "schedule", "pool": "bulk", "now": NOW}
    return open_run(connection, occurrence_pk=row["id"], **(wanted | changes))


class TestGroups:
    """One press of Sync now is one run to whoever pressed it."""

    def press(self, connection: Connection, *places: RowMapping) -> str:
        group = queued_group(connection, places[0]["webinar_pk"]) or str(uuid.uuid4())
        for row in places:
            ask(connection, row, trigger="sync_now", must_read=True, group_id=group)
        return group

    def test_it_covers_every_occurrence(self, connection: Connection) -> None:
        webinar = add_webinar(connection)
        places = [add_occurrence(connection, webinar, name) for name in ("1", "2", "3")]
        group = self.press(connection, *places)
        rows = find_run_group(connection, PORTAL, group)
        assert {row["occurrence_pk"] for row in rows} == {row["id"] for row in places}
        assert find_run_group(connection, PORTAL, rows[0]["id"]) == rows
        assert runs_of_groups(connection, [group, "none"]) == {group: rows}

    def test_pressed_again_before_it_begins_it_is_the_same(
        self, connection: Connection, place: RowMapping
    ) -> None:
        assert self.press(connection, place) == self.press(connection, place)

    def test_whoever_pressed_first_is_not_forgotten_if_a_run_was_waiting_already(
        self, connection: Connection, place: RowMapping
    ) -> None:
        waiting = ask(connection, place, trigger="webhook")
        first = self.press(connection, place)
        second = self.press(connection, place)
        for run_id in (waiting, first, second):
            (row,) = find_run_group(connection, PORTAL, run_id)
            assert row["id"] == waiting

    def test_asked_for_by_others_meanwhile_it_stays_a_sync_now(
        self, connection: Connection, place: RowMapping
    ) -> None:
        group = self.press(connection, place)
        ask(connection, place, trigger="webhook", pool="live")
        assert queued_group(connection, place["webinar_pk"]) == group

    def test_once_it_has_begun_the_next_press_is_another(
        self, connection: Connection, place: RowMapping
    ) -> None:
        first = self.press(connection, place)
        (row,) = find_run_group(connection, PORTAL, first)
        change_run(connection, row["id"], state="running")
        assert queued_group(connection, place["webinar_pk"]) is None

    def test_another_portal_finds_nothing(self, connection: Connection, place: RowMapping) -> None:
        assert find_run_group(connection, "2002", self.press(connection, place)) == []

    def test_groups_are_listed_newest_first_page_by_page(
        self, connection: Connection, place: RowMapping
    ) -> None:
        expected = []
        for number in range(5):
            run_id = ask(connection, place, now=minute(number // 2))
            finish_run(connection, run_id, state="done", now=NOW)
            expected.append((run_id, minute(number // 2)))
        expected.sort(key=lambda group: (group[1], group[0]), reverse=True)
        found: list[tuple[str, datetime]] = []
        after = None
        while page := list_run_groups(connection, place["webinar_pk"], 2, after):
            found += page
            after = (page[-1][1], page[-1][0])
        assert found == expected


class TestChanges:
    def test_changes_are_listed_in_order_page_by_page(
        self, connection: Connection, place: RowMapping
    ) -> None:
        run_id, other = ask(connection, place), ask(connection, add_occurrence(connection))
        add_changes(connection, run_id, [self.change(str(number)) for number in range(5)])
        add_changes(connection, other, [self.change("other")])
        add_changes(connection, run_id, [])
        found: list[RowMapping] = []
        while page := list_changes(connection, [run_id], 2, found[-1]["id"] if found else 0):
            found += page
        assert [row["email"] for row in found] == ["0", "1", "2", "3", "4"]
        assert (found[0]["property"], found[0]["before"], found[0]["after"]) == ("x", None, "1")

    def change(self, email: str) -> dict[str, Any]:
        return {
            "email": email,
            "effect": "contact",
            "property": "x",
            "before": None,
            "after": "1",
        }
