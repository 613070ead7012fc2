"""Telling operators that a webinar's numbers are overdue: once a change, and not once a run.

An alert is a row until somebody took it; the same ``id`` may arrive twice, never out of order.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping

from clients.errors import Unavailable
from engine.timing import final_at, is_overdue, scheduled_end
from jobs.runtime import Runtime
from store.alerts import (
    add_alert,
    drop_alert,
    has_due_alert,
    next_alert,
    occurrences_to_watch,
    put_off_alert,
)
from store.database import reading, writing
from store.leases import release_lease, take_lease

LEASE_SECONDS = 120.0
AT_ONCE = 5
MAX_ATTEMPTS = 30  # about a day
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)

log = structlog.get_logger(__name__)


def tell_operators(runtime: Runtime) -> int:
    """Note what became overdue or complete and send what is due; how many were sent.

    Nothing is noted while alerts are off.
    """
    if runtime.alerts is None:
        return 0
    held = take_lease(runtime.database, "alerts", runtime.owner, seconds=LEASE_SECONDS)
    if held is None:
        return 0
    try:
        _note_changes(runtime)
        return _send(runtime)
    finally:
        release_lease(runtime.database, held)


def _note_changes(runtime: Runtime) -> None:
    now, delays = runtime.clock(), runtime.timing.reconcile_after
    with reading(runtime.database) as connection:
        rows = occurrences_to_watch(connection, now - delays[-1])
    news = [(row, event) for row in rows if (event := _news_of(row, now, delays))]
    if not news:
        return
    with writing(runtime.database) as connection:
        for row, event in news:
            body = _body(row, event, now, delays)
            add_alert(connection, row, body, now, told=event == "webinar.overdue")


def _news_of(row: RowMapping, now: datetime, delays: tuple[timedelta, ...]) -> str:
    if row["is_told_overdue"]:
        return "webinar.complete" if row["settled_at"] is not None else ""
    ends_at = row["ended_at"] or scheduled_end(row["start_at"], row["duration_seconds"])
    return "webinar.overdue" if row["is_awaited"] and is_overdue(ends_at, now, delays) else ""


def _body(
    row: RowMapping, event: str, now: datetime, delays: tuple[timedelta, ...]
) -> dict[str, Any]:
    ends_at = row["ended_at"] or scheduled_end(row["start_at"], row["duration_seconds"])
    due = final_at(ends_at, delays)
    occurrence_id = row["occurrence_id"] or "0"
    which = f"webinar {row['webinar_id']}, occurrence {occurrence_id}"
    if event == "webinar.overdue":
        why = row["read_problem"] or "Zoom's report is not complete"
        message = f"The attendance of {which} should be final by now, but {why}."
    else:
        message = f"The attendance of {which} was overdue and is complete now."
    return {
        "id": str(uuid.uuid4()),
        "event": event,
        "at": now.isoformat(),
        "portal_id": row["portal_id"],
        "account_id": row["account_id"],
        "webinar_id": row["webinar_id"],
        "occurrence_id": occurrence_id,
        "final_at": due.isoformat() if due is not None else None,
        "message": message,
    }


def _send(runtime: Runtime) -> int:
    assert runtime.alerts is not None
    for sent in range(AT_ONCE):
        with reading(runtime.database) as connection:
            row = next_alert(connection) if has_due_alert(connection, runtime.clock()) else None
        if row is None:
            return sent
        try:
            runtime.alerts.post(row["body"])
        except Unavailable as error:
            _try_later(runtime, row, str(error))
            return sent
        with writing(runtime.database) as connection:
            drop_alert(connection, row["id"])
    return AT_ONCE


def _try_later(runtime: Runtime, row: RowMapping, why: str) -> None:
    is_over = row["attempts"] + 1 >= MAX_ATTEMPTS
    pause = min(FIRST_PAUSE * 2 ** min(row["attempts"], 10), LONGEST_PAUSE)
    log.warning("alert_given_up" if is_over else "alert_put_off", alert=row["body"]["id"], why=why)
    with writing(runtime.database) as connection:
        if is_over:
            drop_alert(connection, row["id"])
        else:
            put_off_alert(connection, row["id"], runtime.clock() + pause)
