"""Backfills: past webinars are found, asked about, and synced one after the other.

A step at a time, so that everything else gets its turn in between; every step is noted in the
database, and whoever comes next goes on there. Reading and writing is what runs do anyway.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import RowMapping

from clients.errors import ReconnectNeeded
from jobs.backfill_finding import check_webinar, find_webinars
from jobs.backfill_syncing import PAUSE, close_last, prepare_portal, sync_next
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
from store.leases import holding_lease

LEASE_SECONDS = 30.0
MAX_ATTEMPTS = 8
LOOK_AGAIN_SECONDS = 15.0

log = structlog.get_logger(__name__)


def advance_backfills(runtime: Runtime) -> int:
    """Take the backfill that waits longest a step further; how many were: 1 or 0."""
    with reading(runtime.database) as connection:
        due = backfills_due(connection, runtime.clock())
    for backfill_id in due:
        name = lease_of(backfill_id)
        with holding_lease(runtime.database, name, runtime.owner, seconds=LEASE_SECONDS) as held:
            if held is not None:
                _advance(runtime, backfill_id)
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
        except ReconnectNeeded as error:
            _put_off(runtime, row, str(error), PAUSE)
        except Retryable as error:
            # Waiting, for a turn or for a platform, is no sign of trouble: it counts as no attempt.
            _put_off(runtime, row, str(error), error.retry_after or LOOK_AGAIN_SECONDS)
        except (NeedsAttention, Permanent) as error:
            _end(runtime, row, "failed", str(error))
        except Exception as error:
            log.exception("backfill_step_failed")
            _try_again(runtime, row, f"failed with {type(error).__name__}")


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
    elif row["state"] == "stopping":
        close_last(runtime, row)
        _end(runtime, row, "stopped")
    elif not sync_next(runtime, row):
        _end(runtime, row, "done")


def _put_off(
    runtime: Runtime, row: RowMapping, why: str, seconds: float, *, tries: int = 0
) -> None:
    log.warning("backfill_put_off", why=why, seconds=round(seconds, 1))
    not_before = runtime.clock() + timedelta(seconds=seconds)
    with writing(runtime.database) as connection:
        if hold_backfill(connection, row):
            change_backfill(
                connection, row["id"], attempts=tries, message=why, not_before=not_before
            )


def _try_again(runtime: Runtime, row: RowMapping, why: str) -> None:
    """Try the same step again, later each time; after a while in vain, give up."""
    tries = row["attempts"] + 1
    if tries >= MAX_ATTEMPTS:
        _end(runtime, row, "failed", why)
    else:
        _put_off(runtime, row, why, 2.0**tries, tries=tries)


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
