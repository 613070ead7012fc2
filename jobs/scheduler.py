"""The scheduler's tick: what is due by itself becomes a run, and workers are woken.

Any number of schedulers may run: a lease lets one of them tick at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from jobs.queue import Doorbell, Unheard
from store.alerts import has_due_alert
from store.backfills import backfills_due
from store.database import reading, writing
from store.directory import portals_to_list
from store.follow_ups import portals_with_follow_ups
from store.inbox_work import has_new_deliveries
from store.leases import release_lease, take_lease
from store.leaving import erasures_due
from store.registration_requests import portals_with_requests
from store.runs import Pool, occurrences_due, open_run, ready_portals
from store.webinar_facts import change_occurrence

DISCOVER_EVERY = timedelta(hours=1)
AT_ONCE = 200
MOST_WORKERS = 200
LEASE_SECONDS = 15.0

log = structlog.get_logger(__name__)


def tick(
    database: Engine, doorbell: Doorbell, owner: str, clock: Callable[[], datetime]
) -> list[Pool]:
    """Turn due occurrences into runs and ring for whatever is ready.

    Returns the pools that have work and whose workers could not be rung for. While there is
    nothing to do, nothing is written either.
    """
    if not _is_anything_due(database, clock()):
        return []
    held = take_lease(database, "scheduler", owner, seconds=LEASE_SECONDS)
    if held is None:
        return []
    try:
        opened = open_due_runs(database, clock())
        if opened:
            log.info("runs_opened", count=opened)
        return _ring(database, doorbell, clock())
    finally:
        release_lease(database, held)


def _is_anything_due(database: Engine, now: datetime) -> bool:
    with reading(database) as connection:
        due = occurrences_due(connection, now, 1)
    return bool(due) or any(count_work(database, now).values())


def open_due_runs(database: Engine, now: datetime) -> int:
    """Open a run for each occurrence that is due; how many."""
    with writing(database) as connection:
        due = occurrences_due(connection, now, AT_ONCE)
        for row in due:
            must_read = row["next_read_at"] is not None and row["next_read_at"] <= now
            open_run(
                connection,
                occurrence_pk=row["id"],
                trigger="schedule",
                pool="bulk",
                now=now,
                must_read=must_read,
            )
            change_occurrence(connection, row["id"], next_due_at=None)
    return len(due)


def _ring(database: Engine, doorbell: Doorbell, now: datetime) -> list[Pool]:
    """Call as many workers as there are customers to work for; the pools that did not hear it."""
    unheard: list[Pool] = []
    for pool, workers in count_work(database, now).items():
        try:
            if workers:
                doorbell.call(pool, workers)
        except Unheard as error:
            log.warning("doorbell_unheard", why=str(error))
            unheard.append(pool)
    return unheard


def count_work(database: Engine, now: datetime) -> dict[Pool, int]:
    """How many workers of each pool would find something to do that nobody is doing.

    Each kind of work is asked for once, however many customers there are.
    """
    with reading(database) as connection:
        has_post = has_new_deliveries(connection, now)
        return {
            "live": has_post
            + len(portals_with_requests(connection, now, MOST_WORKERS))
            + len(erasures_due(connection, now))
            + len(ready_portals(connection, "live", now, MOST_WORKERS)),
            "bulk": len(ready_portals(connection, "bulk", now, MOST_WORKERS))
            + len(portals_to_list(connection, now, DISCOVER_EVERY))
            + len(backfills_due(connection, now))
            + len(portals_with_follow_ups(connection, now))
            + has_due_alert(connection, now),
        }
