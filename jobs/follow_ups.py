"""Follow-ups: plugins' own functions, each run once for a person, beside the runs and never in one.

They are effects like others, so a dry run shows them and runs none, and whoever is excluded
meanwhile loses theirs. A process that dies while one runs, or before its success is noted, has it
run again: at least once, and not again after that.
"""

from __future__ import annotations

import random
import time
from datetime import timedelta

import structlog
from sqlalchemy import Connection, RowMapping

from jobs.follow_up_process import FollowUpAnswer, FollowUpCall
from jobs.records import refresh_outcomes
from jobs.runtime import Runtime
from jobs.stopping import is_told_to_stop
from store.database import reading, writing
from store.follow_ups import blame, count_try, lease_of, next_follow_up, portals_with_follow_ups
from store.leases import Lease, LeaseLost, check_lease, holding_lease
from store.ledger import (
    Sent,
    mark_applied,
    mark_planned,
    mark_rejected,
    mark_withdrawn,
)
from store.settings import read_settings

LEASE_SECONDS = 30.0
TURN_SECONDS = 10.0
"""A portal's turn: no longer than that, but for the one that runs."""
MAX_TRIES = 5
FIRST_PAUSE_SECONDS = 15.0

log = structlog.get_logger(__name__)


def run_follow_ups(runtime: Runtime) -> int:
    """Run follow-ups of one portal for a few seconds; how many were."""
    with reading(runtime.database) as connection:
        portals = portals_with_follow_ups(connection, runtime.clock())
    random.shuffle(portals)  # nosec B311 - so that none comes first each time
    for portal_id in portals:
        name = lease_of(portal_id)
        try:
            with holding_lease(
                runtime.database, name, runtime.owner, seconds=LEASE_SECONDS
            ) as held:
                if held is not None:
                    return _run_those_of(runtime, held, portal_id)
        except LeaseLost:
            log.warning("follow_ups_taken_over", portal=portal_id)
    return 0


def _run_those_of(runtime: Runtime, held: Lease, portal_id: str) -> int:
    ends_at, done = time.monotonic() + TURN_SECONDS, 0
    while time.monotonic() < ends_at and not is_told_to_stop():
        with reading(runtime.database) as connection:
            row = next_follow_up(connection, portal_id, runtime.clock())
            if row is None:
                break
            _, settings = read_settings(connection, portal_id)
        choice = settings.plugins.get(row["plugin"])
        if choice is not None and not choice.enabled:
            _withdraw(runtime, held, row)
            continue
        with writing(runtime.database) as connection:
            is_wanted = count_try(connection, held, row["id"])
        if is_wanted:
            call = FollowUpCall(
                row["plugin"],
                row["wanted"]["function"],
                row["wanted"]["arguments"],
                choice.settings if choice is not None else {},
            )
            _note(runtime, held, row, runtime.guard.run(call))
            done += 1
    return done


def _withdraw(runtime: Runtime, held: Lease, row: RowMapping) -> None:
    with writing(runtime.database) as connection:
        check_lease(connection, held)
        mark_withdrawn(connection, [row["id"]])


def _note(runtime: Runtime, held: Lease, row: RowMapping, answer: FollowUpAnswer) -> None:
    """Write down what came of it, for the ledger and for the person's outcome."""
    now, tries = runtime.clock(), row["attempts"] + 1
    with writing(runtime.database) as connection:
        check_lease(connection, held)
        if not answer.problem:
            sent = Sent(row["id"], row["kind"], row["wanted"], row["wanted_hash"])
            mark_applied(connection, [(sent, "")], now=now)
            return
        why = f"{row['plugin']} follow-up {row['wanted']['function']}: {answer.problem}"
        log.warning("follow_up_failed", portal=row["portal_id"], why=why, attempt=tries)
        if answer.is_final or tries >= MAX_TRIES:
            _give_up(connection, row, why)
            refresh_outcomes(connection, [row["occurrence_person_pk"]], now=now)
        else:
            pause = answer.retry_after or FIRST_PAUSE_SECONDS * 4.0 ** (tries - 1)
            after = now + timedelta(seconds=min(pause, 3600.0))
            mark_planned(connection, [row["id"]], not_before=after, error=why)


def _give_up(connection: Connection, row: RowMapping, why: str) -> None:
    mark_rejected(connection, [(row["id"], why)])
    blame(connection, row)
