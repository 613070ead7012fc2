"""B14: a step of a backfill that does not succeed is repeated, waits, or ends it; it says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, RowMapping, select

from clients.errors import BudgetExhausted, PermissionMissing, ReconnectNeeded, Unavailable
from clients.hubspot import PropertiesOutcome
from engine.backfill import HISTORICAL
from jobs.backfill_syncing import prepare_portal, sync_next
from jobs.backfills import MAX_ATTEMPTS, advance_backfills
from jobs.runtime import Runtime
from rollcall.errors import NeedsAttention
from schemas.hubspot_api import PropertyConflict
from store.backfill_webinars import add_found, count_items
from store.backfills import Wanted, change_backfill, find_backfill, open_backfill
from store.database import reading, writing
from store.settings import save_settings
from store.tables import backfill_webinar, run
from tests.jobs.conftest import NOW, PORTAL


class Platforms:
    """Platforms of which every call meets the same."""

    def __init__(self, what: Exception | PropertiesOutcome) -> None:
        self.what = what

    def hubspot(self, *_: Any) -> Any:
        return SimpleNamespace(ensure_properties=lambda *_: self.what)

    def zoom(self, *_: Any) -> Any:
        assert isinstance(self.what, Exception)
        raise self.what


@pytest.fixture
def backfill_id(database: Engine) -> str:
    """A backfill that has just been asked for."""
    wanted = Wanted(NOW - timedelta(days=40), (), is_dry=True, is_quiet=True)
    with writing(database) as to:
        return open_backfill(
            to, PORTAL, wanted, author="7", account_ids=["acct"], lists=2, gaps="", now=NOW
        )


def advance(runtime: Runtime, backfill_id: str, what: Exception, times: int = 1) -> RowMapping:
    """Go on with it so many times, each when it is due; the backfill's row."""
    for _ in range(times):
        with reading(runtime.database) as connection:
            row = find_backfill(connection, PORTAL, backfill_id)
        assert row is not None
        due_at = row["not_before"]
        moved = replace(runtime, platforms=Platforms(what), clock=lambda at=due_at: at)
        advance_backfills(moved)
    with reading(runtime.database) as connection:
        row = find_backfill(connection, PORTAL, backfill_id)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("what", "seconds"),
    [
        pytest.param(BudgetExhausted("no room", retry_after=7.0), 7, id="B14 no room for a call"),
        pytest.param(Unavailable("away"), 15, id="B14 Zoom does not answer"),
        pytest.param(ReconnectNeeded("connect Zoom again"), 60, id="B14 to be connected again"),
    ],
)
def test_it_waits_however_long_that_lasts(
    runtime: Runtime, backfill_id: str, what: Exception, seconds: int
) -> None:
    row = advance(runtime, backfill_id, what)
    assert (row["state"], row["message"]) == ("finding", str(what))
    assert row["not_before"] == NOW + timedelta(seconds=seconds)
    assert advance(runtime, backfill_id, what, times=MAX_ATTEMPTS)["state"] == "finding"


def test_B14_what_nobody_foresaw_is_tried_again_and_given_up_in_the_end(
    runtime: Runtime, backfill_id: str
) -> None:
    surprise = KeyError("a surprise")
    row = advance(runtime, backfill_id, surprise, times=MAX_ATTEMPTS - 1)
    assert (row["state"], row["message"]) == ("finding", "failed with KeyError")
    row = advance(runtime, backfill_id, surprise)
    assert (row["state"], row["finished_at"] is None) == ("failed", False)


def test_B14_a_history_nobody_may_see_is_told_as_a_gap(runtime: Runtime, backfill_id: str) -> None:
    class Blind:
        def history_meetings(self, *_: Any) -> Any:
            raise PermissionMissing("no report role")

    platforms: Any = SimpleNamespace(zoom=lambda *_: Blind())
    blind = replace(runtime, platforms=platforms)
    for _ in range(3):
        advance_backfills(blind)
    with reading(runtime.database) as connection:
        row = find_backfill(connection, PORTAL, backfill_id)
    assert row is not None
    assert (row["state"], row["done"]) == ("checking", 2)
    assert "does not list what took place" in row["gaps"]


def test_B14_a_property_that_cannot_hold_the_mark_is_no_reason_to_write_without_it(
    runtime: Runtime, backfill_id: str
) -> None:
    with reading(runtime.database) as connection:
        row = find_backfill(connection, PORTAL, backfill_id)
    assert row is not None
    conflicts = (PropertyConflict(HISTORICAL, "bool", "string"),)
    outcome = PropertiesOutcome((), (), conflicts)
    platforms: Any = Platforms(outcome)
    with pytest.raises(NeedsAttention, match="of the type string"):
        prepare_portal(replace(runtime, platforms=platforms), row)
    others = replace(outcome, conflicts=(PropertyConflict("another", "bool", "string"),))
    prepare_portal(replace(runtime, platforms=Platforms(others)), row)


def test_B14_whoever_comes_too_late_neither_closes_nor_begins_a_webinar(
    runtime: Runtime, database: Engine, backfill_id: str
) -> None:
    plan = {"type": 5, "is_there": True, "dates": [("", "2026-02-10T12:00:00+00:00", 3600)]}
    with writing(database) as to:
        save_settings(to, PORTAL, {"webinar_sync": "all"}, "7", NOW, {})
        change_backfill(to, backfill_id, state="syncing")
        row = find_backfill(to, PORTAL, backfill_id)
        assert row is not None
        add_found(to, row, [{"account_id": "acct", "webinar_id": name} for name in ("1", "2")])
        to.execute(backfill_webinar.update().values(state="waiting", plan=plan))
    for _ in range(3):
        assert sync_next(runtime, row)
    with reading(database) as connection:
        states, _ = count_items(connection, backfill_id)
        opened = connection.execute(select(run.c.trigger, run.c.must_read)).all()
    assert (states, opened) == ({"running": 1, "waiting": 1}, [("backfill", True)])
