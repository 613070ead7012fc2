"""Backfills: past webinars are found, asked about, and synced one after the other.

A step at a time, so that everything else gets its turn in between; every step is noted in the
database, and whoever comes next goes on there. Reading and writing is what runs do anyway.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import RowMapping

from clients.errors import BudgetExhausted, ReconnectNeeded
from jobs.backfill_finding import check_webinar, find_webinars
from jobs.backfill_syncing import PAUSE, prepare_portal, sync_next
from jobs.runtime import Runtime
from rollcall.errors import NeedsAttention, Permanent, Retryable
from store.backfills import (
    backfills_due,
    change_backfill,
    hold_backfill,
    lease_of,
    read_backfill,
)
from store.database import reading, writing
from store.leases import keeping_lease, release_lease, take_lease

LEASE_SECONDS = 30.0
MAX_ATTEMPTS = 8
LONGEST_PAUSE = 300.0

log = structlog.get_logger(__name__)


def advance_backfills(runtime: Runtime) -> int:
    """Take the backfill that waits longest a step further; how many were: 1 or 0."""
    with reading(runtime.database) as connection:
        due = backfills_due(connection, runtime.clock())
    for backfill_id in due:
        held = take_lease(
            runtime.database, lease_of(backfill_id), runtime.owner, seconds=LEASE_SECONDS
        )
        if held is None:
            continue
        try:
            with keeping_lease(
                runtime.database, held, seconds=LEASE_SECONDS, every=LEASE_SECONDS / 4
            ):
                _advance(runtime, backfill_id)
        finally:
            release_lease(runtime.database, held)
        return 1
    return 0


def _advance(runtime: Runtime, backfill_id: str) -> None:
    with reading(runtime.database) as connection:
        row = read_backfill(connection, backfill_id)
    if row is None:
        return
    bound = structlog.contextvars.bound_contextvars(portal=row["portal_id"], backfill=row["id"])
    with bound:
        try:
            _step(runtime, row)
        except BudgetExhausted as error:
            _put_off(runtime, row, str(error), error.retry_after or 1.0, counts=False)
        except ReconnectNeeded as error:
            _put_off(runtime, row, str(error), PAUSE, counts=False)
        except Retryable as error:
            is_waiting = row["state"] == "syncing"
            _put_off(runtime, row, str(error), error.retry_after, counts=not is_waiting)
        except (NeedsAttention, Permanent) as error:
            _end(runtime, row, "failed", str(error))
        except Exception as error:
            log.exception("backfill_step_failed")
            _put_off(runtime, row, f"failed with {type(error).__name__}", None, counts=True)


def _step(runtime: Runtime, row: RowMapping) -> None:
    if row["state"] == "finding":
        find_webinars(runtime, row)
    elif row["state"] == "checking":
        if check_webinar(runtime, row):
            return
        if row["is_dry"]:
            _end(runtime, row, "done")
            return
        if row["is_quiet"]:
            prepare_portal(runtime, row)
        with writing(runtime.database) as connection:
            if hold_backfill(connection, row):
                change_backfill(connection, row["id"], state="syncing", attempts=0, message="")
    elif not sync_next(runtime, row):
        _end(runtime, row, "done")


def _put_off(
    runtime: Runtime, row: RowMapping, why: str, pause: float | None, *, counts: bool
) -> None:
    """Try the same step again later; after a while in vain, give up."""
    attempts = row["attempts"] + counts
    if attempts >= MAX_ATTEMPTS:
        _end(runtime, row, "failed", why)
        return
    seconds = pause if pause is not None else min(2.0**attempts, LONGEST_PAUSE)
    log.warning("backfill_put_off", why=why, seconds=round(seconds, 1))
    not_before = runtime.clock() + timedelta(seconds=seconds)
    with writing(runtime.database) as connection:
        if hold_backfill(connection, row):
            change_backfill(
                connection, row["id"], attempts=attempts, message=why, not_before=not_before
            )


def _end(runtime: Runtime, row: RowMapping, state: str, message: str = "") -> None:
    log.info("backfill_ended", state=state, why=message)
    with writing(runtime.database) as connection:
        if hold_backfill(connection, row):
            change_backfill(
                connection,
                row["id"],
                state=state,
                message=message,
                finished_at=runtime.clock(),
            )
