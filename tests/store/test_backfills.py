"""B14: a backfill's rows: what is due, what was found, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from store.backfill_webinars import (
    add_found,
    add_sessions,
    change_item,
    count_items,
    drop_item,
    has_twin,
    known_webinars,
    list_items,
    mark_historical,
    newest_runs,
    next_item,
)
from store.backfills import (
    Wanted,
    backfills_due,
    change_backfill,
    count_writes,
    find_backfill,
    find_open_backfill,
    hold_backfill,
    is_same,
    list_backfills,
    open_backfill,
    stop_backfill,
)
from store.runs import change_run, count_in_run, finish_run, open_run
from tests.store.support import (
    ACCOUNT,
    NOW,
    PORTAL,
    add_occurrence,
    add_portal,
    add_webinar,
    minute,
    occurrence_now,
)

DAY = timedelta(days=1)
WANTED = Wanted(NOW - 100 * DAY, ("95000000001",), is_dry=False, is_quiet=True)


def begin(connection: Connection, wanted: Wanted = WANTED, **more: Any) -> RowMapping:
    add_portal(connection)
    opened = {"author": "7", "account_ids": [ACCOUNT], "lists": 3, "gaps": "", "now": NOW} | more
    backfill_id = open_backfill(connection, PORTAL, wanted, **opened)
    row = find_backfill(connection, PORTAL, backfill_id)
    assert row is not None
    return row


def found(connection: Connection, row: RowMapping, webinar_id: str, **values: Any) -> RowMapping:
    add_found(connection, row, [{"account_id": ACCOUNT, "webinar_id": webinar_id}])
    item = next(i for i in list_items(connection, row["id"], 99) if i["webinar_id"] == webinar_id)
    if values:
        change_item(connection, item["id"], **values)
    return item


def test_B14_one_that_is_under_way_is_found_and_known_by_what_was_asked(
    connection: Connection,
) -> None:
    row = begin(connection)
    assert find_open_backfill(connection, PORTAL) == row
    assert is_same(row, WANTED)
    assert not is_same(row, Wanted(WANTED.since, (), is_dry=False, is_quiet=True))
    assert hold_backfill(connection, row)
    stop_backfill(connection, row["id"], minute(1))
    assert not hold_backfill(connection, row), "it is no longer where it was"
    stopping = find_open_backfill(connection, PORTAL)
    assert stopping is not None
    assert not is_same(stopping, WANTED)
    change_backfill(connection, row["id"], state="stopped")
    assert find_open_backfill(connection, PORTAL) is None
    stop_backfill(connection, row["id"], minute(2))
    assert [one["state"] for one in list_backfills(connection, PORTAL, 9)] == ["stopped"]


def test_B14_a_preview_goes_when_the_next_backfill_is_opened(connection: Connection) -> None:
    preview = begin(connection, Wanted(NOW, (), is_dry=True, is_quiet=True))
    found(connection, preview, "1")
    real = begin(connection, now=minute(1))
    later = begin(connection, now=minute(2))
    assert list_backfills(connection, PORTAL, 9) == [later, real]
    assert list_backfills(connection, PORTAL, 9, (later["created_at"], later["id"])) == [real]
    assert list_items(connection, preview["id"], 9) == []


def test_B14_it_is_due_unless_it_waits_or_one_of_its_webinars_is_being_synced(
    connection: Connection,
) -> None:
    row = begin(connection)
    assert backfills_due(connection, NOW) == [row["id"]]
    assert backfills_due(connection, NOW - DAY) == []
    webinar = add_webinar(connection)
    place = add_occurrence(connection, webinar)
    run_id = open_run(
        connection, occurrence_pk=place["id"], trigger="backfill", pool="bulk", now=NOW
    )
    item = found(connection, row, webinar["webinar_id"])
    assert backfills_due(connection, NOW) == [row["id"]], "somebody else's run"
    change_item(connection, item["id"], state="running", webinar_pk=webinar["id"])
    assert backfills_due(connection, NOW) == []
    finish_run(connection, run_id, state="done", now=NOW)
    assert backfills_due(connection, NOW) == [row["id"]]
    change_backfill(connection, row["id"], state="done")
    assert backfills_due(connection, NOW) == []


def test_B14_sessions_are_kept_once_and_the_oldest_webinar_comes_first(
    connection: Connection,
) -> None:
    row = begin(connection)
    late, early = (minute(number).isoformat() for number in (60, 0))
    for _ in range(2):
        add_found(connection, row, [{"account_id": ACCOUNT, "webinar_id": "1", "topic": "One"}])
        add_sessions(connection, row, ACCOUNT, {"1": [("b", late, late), ("a", early, late)]})
    add_sessions(connection, row, ACCOUNT, {"1": [("c", early, early)], "2": [("d", late, late)]})
    (item,) = list_items(connection, row["id"], 9)
    assert [one[0] for one in item["sessions"]] == ["a", "c", "b"]

    new = found(connection, row, "2", starts_at=NOW)
    old = found(connection, row, "3", starts_at=NOW - DAY)
    change_item(connection, item["id"], state="waiting", kept="everything")
    first = next_item(connection, row["id"], "found")
    assert first is not None
    assert first["id"] == old["id"]
    assert [one["id"] for one in list_items(connection, row["id"], 9)] == [
        new["id"],
        old["id"],
        item["id"],
    ]
    behind = list_items(connection, row["id"], 9, (NOW, new["id"]))
    assert [one["id"] for one in behind] == [old["id"], item["id"]]
    assert count_items(connection, row["id"]) == (
        {"found": 2, "waiting": 1},
        {"": 2, "everything": 1},
    )


def test_B14_an_id_that_is_another_accounts_is_forgotten(connection: Connection) -> None:
    row = begin(connection)
    mine = found(connection, row, "1")
    assert not has_twin(connection, mine)
    add_found(connection, row, [{"account_id": "theirs", "webinar_id": "1"}])
    assert has_twin(connection, mine)
    drop_item(connection, mine["id"])
    assert [one["account_id"] for one in list_items(connection, row["id"], 9)] == ["theirs"]


def test_B14_webinars_heard_of_are_found_by_their_newest_date_that_is_over(
    connection: Connection,
) -> None:
    row = begin(connection)
    days = {"long ago": 101, "then": 60, "later": 40, "to come": -1}
    series = add_webinar(connection, type=9)
    for name, ago in days.items():
        add_occurrence(connection, series, name, start_at=NOW - ago * DAY)
    add_occurrence(connection, start_at=NOW - 101 * DAY)
    add_occurrence(connection, start_at=NOW + DAY)
    add_occurrence(connection, start_at=NOW - DAY, status="cancelled")
    (known,) = known_webinars(connection, row, [ACCOUNT], NOW)
    assert known["webinar_id"] == series["webinar_id"]
    assert known["starts_at"] == NOW - 40 * DAY
    assert known_webinars(connection, row, ["another"], NOW) == []

    mark_historical(connection, series["id"], NOW)
    marked = [add_occurrence(connection, series, name)["is_historical"] for name in days]
    assert marked == [True, True, True, False]


def test_B14_what_was_read_before_is_no_history(connection: Connection) -> None:
    place = add_occurrence(connection, start_at=NOW - DAY, reads=1)
    mark_historical(connection, place["webinar_pk"], NOW)
    assert not occurrence_now(connection, place)["is_historical"]


def test_B14_the_newest_runs_say_what_became_of_a_webinar_and_their_writes_are_summed_up(
    connection: Connection,
) -> None:
    row = begin(connection)
    place = add_occurrence(connection)
    item = found(connection, row, "1", webinar_pk=place["webinar_pk"])
    assert item["state"] == "found"
    opened = {"occurrence_pk": place["id"], "pool": "bulk"}
    before = open_run(connection, trigger="schedule", now=minute(-9), **opened)
    count_in_run(connection, before, created=9)
    finish_run(connection, before, state="failed", now=minute(-8))
    first = open_run(connection, trigger="backfill", now=minute(1), **opened)
    count_in_run(connection, first, created=2, updated=1)
    finish_run(connection, first, state="superseded", now=minute(2))
    second = open_run(connection, trigger="setting", now=minute(2), **opened)
    count_in_run(connection, second, created=1, excluded=4)
    change_run(connection, second, state="running")
    assert [one["id"] for one in newest_runs(connection, place["webinar_pk"])] == [second]
    writes = {name: count for name, count in count_writes(connection, row).items() if count}
    assert writes == {"created": 3, "updated": 1, "excluded": 4}
