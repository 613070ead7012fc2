"""Runs: what is asked for several times is done once, and the longest waiting goes first."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, RowMapping, select, update

from store.database import reading, writing
from store.runs import (
    Pool,
    change_run,
    count_in_run,
    find_run,
    finish_run,
    is_webinar_busy,
    last_started_at,
    next_ready_at,
    next_run,
    occurrences_due,
    open_preview,
    open_run,
    open_run_ids,
    open_runs_for_dirty,
    ready_portals,
    turn_of,
)
from store.tables import lease, run
from store.webinar_facts import bring_forward, change_occurrence
from tests.store.support import (
    NOW,
    PORTAL,
    add_occurrence,
    add_person,
    add_webinar,
    few_examples,
    minute,
    occurrence_now,
)


@pytest.fixture
def place(connection: Connection) -> RowMapping:
    """An occurrence nothing is asked for."""
    return add_occurrence(connection)


def ask(connection: Connection, row: RowMapping, **changes: Any) -> str:
    wanted: dict[str, Any] = {"trigger": "schedule", "pool": "bulk", "now": NOW}
    return open_run(connection, occurrence_pk=row["id"], **(wanted | changes))


def begin(connection: Connection, run_id: str, at: datetime = NOW) -> None:
    change_run(connection, run_id, state="running", started_at=at)


def end(connection: Connection, run_id: str, state: str = "done") -> None:
    finish_run(connection, run_id, state=state, now=NOW)


class TestOpening:
    def test_a_new_run_knows_its_place_and_waits(
        self, connection: Connection, place: RowMapping
    ) -> None:
        row = find_run(connection, ask(connection, place))
        assert (row["portal_id"], row["webinar_pk"]) == (PORTAL, place["webinar_pk"])
        assert (row["state"], row["not_before"], row["created_at"]) == ("queued", NOW, NOW)
        assert row["group_id"] == row["id"]

    def test_asked_for_again_before_it_begins_it_is_the_same_run(
        self, connection: Connection, place: RowMapping
    ) -> None:
        assert ask(connection, place) == ask(connection, place)
        assert ask(connection, add_occurrence(connection)) != ask(connection, place)

    @pytest.mark.parametrize(
        ("first", "second", "expected"),
        [
            pytest.param({"must_read": True}, {}, {"must_read": True}, id="a read stays wanted"),
            pytest.param({}, {"must_read": True}, {"must_read": True}, id="a read comes in"),
            pytest.param({}, {"must_verify": True}, {"must_verify": True}, id="so does a check"),
            pytest.param({"pool": "live"}, {}, {"pool": "live"}, id="live stays live"),
            pytest.param({}, {"pool": "live"}, {"pool": "live"}, id="bulk becomes live"),
            pytest.param({}, {"not_before": minute(9)}, {"not_before": NOW}, id="the sooner one"),
            pytest.param(
                {"not_before": minute(9)},
                {"not_before": minute(5)},
                {"not_before": minute(5)},
                id="is sooner now",
            ),
        ],
    )
    def test_it_is_widened_to_do_all_that_was_asked(
        self,
        connection: Connection,
        place: RowMapping,
        first: dict[str, Any],
        second: dict[str, Any],
        expected: dict[str, Any],
    ) -> None:
        run_id = ask(connection, place, **first)
        ask(connection, place, **second)
        row = find_run(connection, run_id)
        assert {name: row[name] for name in expected} == expected

    @few_examples
    @given(
        wishes=st.lists(
            st.fixed_dictionaries(
                {
                    "must_read": st.booleans(),
                    "must_verify": st.booleans(),
                    "pool": st.sampled_from(["live", "bulk"]),
                    "not_before": st.integers(0, 9).map(minute),
                }
            ),
            min_size=1,
            max_size=5,
        ),
        data=st.data(),
    )
    def test_the_order_of_what_is_asked_does_not_matter(
        self, connection: Connection, wishes: list[dict[str, Any]], data: st.DataObject
    ) -> None:
        found = []
        for order in (wishes, data.draw(st.permutations(wishes))):
            place = add_occurrence(connection)
            (run_id,) = {ask(connection, place, **wish) for wish in order}
            row = find_run(connection, run_id)
            found.append([row[name] for name in wishes[0]])
        assert found[0] == found[1]

    def test_a_run_that_has_begun_is_followed_by_another(
        self, connection: Connection, place: RowMapping
    ) -> None:
        """It has read the facts already: what came since is the next one's."""
        first = ask(connection, place)
        begin(connection, first)
        second = ask(connection, place, must_read=True)
        assert first != second == ask(connection, place)
        assert find_run(connection, first)["must_read"] is False

    @pytest.mark.parametrize("state", ["done", "failed", "superseded"])
    def test_so_is_one_that_is_over(
        self, connection: Connection, place: RowMapping, state: str
    ) -> None:
        first = ask(connection, place)
        end(connection, first, state)
        assert ask(connection, place) != first

    def test_two_at_once_open_one(self, database: Engine) -> None:
        with writing(database) as connection:
            place = add_occurrence(connection)
        gate, found = threading.Barrier(4), []

        def open_it() -> None:
            gate.wait()
            with writing(database) as connection:
                found.append(ask(connection, place))

        threads = [threading.Thread(target=open_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert len(found) == 4
        assert len(set(found)) == 1
        with reading(database) as connection:
            assert len(connection.execute(select(run.c.id)).all()) == 1

    def test_a_dry_run_is_its_own_and_widens_nothing(
        self, connection: Connection, place: RowMapping
    ) -> None:
        real = ask(connection, place)
        before = find_run(connection, real)
        dry = open_preview(
            connection,
            occurrence_pk=place["id"],
            now=NOW,
            settings_patch={"webinar_sync": "all"},
            group_id="g",
        )
        assert ask(connection, place) == real
        assert find_run(connection, real) == before
        row = find_run(connection, dry)
        assert (row["is_dry"], row["group_id"]) == (True, "g")
        assert row["settings_patch"] == {"webinar_sync": "all"}

    def test_dirty_people_open_a_run_of_their_occurrence(
        self, connection: Connection, place: RowMapping
    ) -> None:
        other = add_occurrence(connection)
        foreign = add_occurrence(connection, add_webinar(connection, "2002"))
        for row, values in ((place, {"dirty": 1}), (other, {}), (foreign, {"dirty": 1})):
            add_person(connection, row, "ada@example.com", **values)
        count = open_runs_for_dirty(connection, PORTAL, trigger="setting", pool="bulk", now=NOW)
        assert count == 1
        assert list(open_run_ids(connection, PORTAL)) == [place["id"]]
        assert open_run_ids(connection, "2002") == {}


class TestOrder:
    def test_a_begun_run_goes_before_any_queued_one(
        self, connection: Connection, place: RowMapping
    ) -> None:
        ask(connection, place, not_before=minute(-9))
        begun = ask(connection, add_occurrence(connection))
        begin(connection, begun)
        found = next_run(connection, PORTAL, "bulk", NOW)
        assert found is not None
        assert found["id"] == begun

    def test_among_the_queued_the_longest_waiting(
        self, connection: Connection, place: RowMapping
    ) -> None:
        ask(connection, place, not_before=minute(-1))
        longest = ask(connection, add_occurrence(connection), not_before=minute(-5))
        found = next_run(connection, PORTAL, "bulk", NOW)
        assert found is not None
        assert found["id"] == longest

    def test_somebody_waits_for_a_preview(self, connection: Connection, place: RowMapping) -> None:
        ask(connection, place, pool="live", not_before=minute(-9))
        dry = open_preview(connection, occurrence_pk=place["id"], now=NOW, settings_patch={})
        found = next_run(connection, PORTAL, "live", NOW)
        assert found is not None
        assert found["id"] == dry

    @pytest.mark.parametrize("pool", ["live", "bulk"])
    def test_each_pool_has_its_own(
        self, connection: Connection, place: RowMapping, pool: Pool
    ) -> None:
        ask(connection, place, pool=pool)
        other: Pool = "bulk" if pool == "live" else "live"
        assert ready_portals(connection, pool, NOW, 10) == [PORTAL]
        assert ready_portals(connection, other, NOW, 10) == []
        assert next_run(connection, PORTAL, other, NOW) is None

    def test_before_its_time_nothing_is_ready(
        self, connection: Connection, place: RowMapping
    ) -> None:
        run_id = ask(connection, place, not_before=minute(5))
        assert next_run(connection, PORTAL, "bulk", minute(4)) is None
        assert ready_portals(connection, "bulk", minute(4), 10) == []
        assert next_ready_at(connection, "bulk") == minute(5)
        found = next_run(connection, PORTAL, "bulk", minute(5))
        assert found is not None
        assert found["id"] == run_id

    def test_what_is_over_is_not_ready(self, connection: Connection, place: RowMapping) -> None:
        end(connection, ask(connection, place))
        assert next_run(connection, PORTAL, "bulk", NOW) is None
        assert next_ready_at(connection, "bulk") is None
        assert not is_webinar_busy(connection, place["webinar_pk"])

    def test_portals_take_turns_by_how_long_they_wait_F31_F32(self, connection: Connection) -> None:
        for portal_id, waited in (("3", 1), ("1", 5), ("2", 3), ("1", 0)):
            row = add_occurrence(connection, add_webinar(connection, portal_id))
            ask(connection, row, not_before=minute(-waited))
        assert ready_portals(connection, "bulk", NOW, 10) == ["1", "2", "3"]
        assert ready_portals(connection, "bulk", NOW, 2) == ["1", "2"]

    def test_whom_somebody_works_for_waits_for_nobody_else(
        self, connection: Connection, place: RowMapping
    ) -> None:
        ask(connection, place)
        turn = {"name": turn_of(PORTAL, "bulk"), "owner": "another", "fence": 1}
        connection.execute(lease.insert().values(**turn, until_ms=2**52))
        assert ready_portals(connection, "bulk", NOW, 10) == []
        assert next_ready_at(connection, "bulk") is None
        connection.execute(update(lease).values(until_ms=0))
        assert ready_portals(connection, "bulk", NOW, 10) == [PORTAL]
        assert next_ready_at(connection, "bulk") == NOW


class TestProgress:
    def test_counts_add_up(self, connection: Connection, place: RowMapping) -> None:
        run_id = ask(connection, place)
        for _ in range(3):
            count_in_run(connection, run_id, total=2, done=1, created=1, failed=0)
        count_in_run(connection, run_id)
        row = find_run(connection, run_id)
        assert (row["total"], row["done"], row["created"], row["failed"]) == (6, 3, 3, 0)

    def test_counts_of_two_at_once_are_not_lost(self, database: Engine) -> None:
        with writing(database) as connection:
            run_id = ask(connection, add_occurrence(connection))

        def count() -> None:
            for _ in range(10):
                with writing(database) as connection:
                    count_in_run(connection, run_id, done=1)

        threads = [threading.Thread(target=count) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        with reading(database) as connection:
            assert find_run(connection, run_id)["done"] == 30

    def test_what_is_over_stays_as_it_ended(
        self, connection: Connection, place: RowMapping
    ) -> None:
        run_id = ask(connection, place)
        finish_run(connection, run_id, state="superseded", now=NOW, message="new settings")
        finish_run(connection, run_id, state="done", now=minute(5))
        row = find_run(connection, run_id)
        assert (row["state"], row["finished_at"], row["message"]) == (
            "superseded",
            NOW,
            "new settings",
        )

    def test_a_webinar_is_busy_while_any_of_its_runs_is_open(
        self, connection: Connection, place: RowMapping
    ) -> None:
        assert not is_webinar_busy(connection, place["webinar_pk"])
        run_id = ask(connection, place, not_before=minute(60))
        assert is_webinar_busy(connection, place["webinar_pk"])
        begin(connection, run_id)
        assert is_webinar_busy(connection, place["webinar_pk"])

    def test_the_begun_run_of_an_occurrence_is_named_before_the_queued_one(
        self, connection: Connection, place: RowMapping
    ) -> None:
        first = ask(connection, place)
        assert open_run_ids(connection, PORTAL) == {place["id"]: first}
        begin(connection, first)
        ask(connection, place)
        assert open_run_ids(connection, PORTAL) == {place["id"]: first}

    def test_when_the_newest_run_began(self, connection: Connection, place: RowMapping) -> None:
        assert last_started_at(connection, place["id"]) is None
        for at in (3, 1):
            run_id = ask(connection, place)
            begin(connection, run_id, minute(at))
            end(connection, run_id)
        dry = open_preview(connection, occurrence_pk=place["id"], now=NOW, settings_patch={})
        begin(connection, dry, minute(9))
        assert last_started_at(connection, place["id"]) == minute(3)


class TestDue:
    def test_what_is_due_the_longest_overdue_first(self, connection: Connection) -> None:
        moments = {"a": minute(-1), "b": minute(-9), "c": minute(0), "d": minute(1), "e": None}
        webinar = add_webinar(connection)
        for name, moment in moments.items():
            add_occurrence(connection, webinar, name, next_due_at=moment)
        found = [row["occurrence_id"] for row in occurrences_due(connection, NOW, 10)]
        assert found == ["b", "a", "c"]
        assert len(occurrences_due(connection, NOW, 2)) == 2

    @pytest.mark.parametrize(
        ("due", "asked", "read", "expected"),
        [
            pytest.param((None, None), 5, True, (5, 5), id="due by nothing else"),
            pytest.param((None, None), 5, False, (5, None), id="without a read"),
            pytest.param((9, 9), 5, True, (5, 5), id="sooner"),
            pytest.param((3, 4), 5, True, (3, 4), id="due sooner already"),
            pytest.param((3, None), 5, True, (3, 5), id="due, but not to be read"),
        ],
    )
    def test_bringing_forward_never_puts_off(
        self,
        connection: Connection,
        place: RowMapping,
        due: tuple[int | None, int | None],
        asked: int,
        read: bool,
        expected: tuple[int | None, int | None],
    ) -> None:
        def at(number: int | None) -> datetime | None:
            return None if number is None else minute(number)

        change_occurrence(connection, place["id"], next_due_at=at(due[0]), next_read_at=at(due[1]))
        bring_forward(connection, place["id"], minute(asked), read=read)
        row = occurrence_now(connection, place)
        assert (row["next_due_at"], row["next_read_at"]) == (at(expected[0]), at(expected[1]))
