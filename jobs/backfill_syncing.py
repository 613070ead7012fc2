"""A backfill's webinars are made known and due, one after the other; ordinary runs do the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping

from engine.backfill import HISTORICAL
from jobs.backfill_finding import why_left_out
from jobs.gathering import load_rules
from jobs.reports import place_session
from jobs.runtime import Runtime
from oauth.discovery import GROUP, PROPERTIES
from rollcall.errors import NeedsAttention, Retryable
from schemas.zoom_codes import RECURRING
from store.backfill_webinars import (
    change_item,
    mark_historical,
    newest_runs,
    next_item,
)
from store.backfills import change_backfill, hold_backfill
from store.database import writing
from store.resuming import find_connection_problem
from store.runs import OPEN_STATES, open_run
from store.settings import read_settings
from store.webinar_facts import (
    ensure_occurrence,
    ensure_webinar,
    find_webinar_of,
    occurrences_of_webinar,
)

PAUSE = 60.0
"""Seconds until it is seen again whether somebody has connected what has to be connected."""

log = structlog.get_logger(__name__)


def prepare_portal(runtime: Runtime, row: RowMapping) -> None:
    """Make sure the portal has the property that marks writes, also one connected before it was.

    Raises NeedsAttention when a property of that name cannot hold it.
    """
    hubspot = runtime.platforms.hubspot(row["portal_id"], "bulk")
    outcome = hubspot.ensure_properties(GROUP, PROPERTIES)
    conflict = next((one for one in outcome.conflicts if one.name == HISTORICAL), None)
    if conflict is not None:
        raise NeedsAttention(
            f"HubSpot has a contact property {HISTORICAL} of the type {conflict.found} already, so "
            "writes cannot be marked as historical. Rename it, or backfill without quiet mode."
        )


def sync_next(runtime: Runtime, row: RowMapping) -> bool:
    """Close the webinar that was synced last and begin the next; False when all of them are done.

    Raises Retryable, with nothing begun, while a platform has to be connected again.
    """
    problem = ""
    with writing(runtime.database) as connection:
        if not hold_backfill(connection, row):
            return True
        under_way = next_item(connection, row["id"], "running")
        if under_way is not None:
            runs = newest_runs(connection, under_way["webinar_pk"])
            if any(run["state"] in OPEN_STATES for run in runs):
                return True  # somebody else has just begun it
            problem = _close(connection, under_way, runs, runtime.clock())
        item = None if problem else next_item(connection, row["id"], "waiting")
        if item is not None:
            _begin(connection, runtime, row, item)
        change_backfill(connection, row["id"], attempts=0, message="")
    if problem:
        raise Retryable(problem, retry_after=PAUSE)
    return item is not None


def close_last(runtime: Runtime, row: RowMapping) -> None:
    """Say what became of the webinar that was under way when somebody stopped the backfill."""
    with writing(runtime.database) as connection:
        item = next_item(connection, row["id"], "running")
        if item is not None and hold_backfill(connection, row):
            runs = newest_runs(connection, item["webinar_pk"])
            _close(connection, item, runs, runtime.clock())


def _close(
    connection: Connection, item: RowMapping, runs: Sequence[RowMapping], now: datetime
) -> str:
    """Say what became of a webinar; why it has to wait, if it waits for somebody to connect."""
    failed = [run for run in runs if run["state"] == "failed"]
    for run in failed:
        if problem := find_connection_problem(connection, run["occurrence_pk"]):
            change_item(connection, item["id"], state="waiting")
            return problem
    change_item(
        connection,
        item["id"],
        state="failed" if failed else "done",
        message=" ".join(dict.fromkeys(run["message"] for run in failed)),
        finished_at=now,
    )
    return ""


def _begin(connection: Connection, runtime: Runtime, row: RowMapping, item: RowMapping) -> None:
    """Make the webinar known with its past dates, and have each of them read and written.

    The switches are asked again: somebody may have changed them since the preview.
    """
    now = runtime.clock()
    version, settings = read_settings(connection, row["portal_id"])
    rules = load_rules(connection, row["portal_id"], version, settings, runtime)
    if left_out := why_left_out(connection, rules, item):
        change_item(connection, item["id"], state="left_out", left_out=left_out)
        return
    webinar = _make_known(connection, item)
    if row["is_quiet"]:
        mark_historical(connection, webinar["id"], now)
    for place in occurrences_of_webinar(connection, webinar["id"]):
        is_over = place["start_at"] is None or place["start_at"] < now
        if is_over and place["status"] not in ("cancelled", "deleted"):
            open_run(
                connection,
                occurrence_pk=place["id"],
                trigger="backfill",
                pool="bulk",
                now=now,
                must_read=True,
            )
    change_item(connection, item["id"], state="running", webinar_pk=webinar["id"])
    log.info("backfill_webinar_begun", webinar=item["webinar_id"], kept=item["kept"])


def _make_known(connection: Connection, item: RowMapping) -> RowMapping:
    """The webinar's row, with its past dates and sessions as Zoom's lists told of them."""
    key = (item["portal_id"], item["account_id"], item["webinar_id"])
    plan = item["plan"]
    known = find_webinar_of(connection, *key)
    is_described = known is not None and known["detail_read_at"] is not None
    about: dict[str, Any] = {}
    if not is_described:
        about = {
            "topic": item["topic"],
            "host_id": item["host_id"],
            "host_email": item["host_email"] or None,
            "type": plan["type"],
            "start_at": item["starts_at"],
        }
    webinar = ensure_webinar(connection, *key, about)
    if plan["type"] != RECURRING:
        ensure_occurrence(connection, webinar, "")
    # What Zoom planned is better than what the sessions of a webinar it has forgotten tell.
    dates = plan["dates"] if plan["is_there"] or not is_described else ()
    for occurrence_id, start, seconds in dates:
        times = {"start_at": datetime.fromisoformat(start), "duration_seconds": seconds}
        ensure_occurrence(connection, webinar, occurrence_id, times)
    for uuid, start, _ in item["sessions"]:
        place_session(connection, webinar, uuid, datetime.fromisoformat(start))
    return webinar
