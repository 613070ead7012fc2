"""Runs for registrations that just came in, from a notice or from a workflow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping

from jobs.runtime import Runtime
from store.people import count_dirty
from store.runs import Trigger, has_queued_run, last_started_at, open_run


def open_live_run(
    connection: Connection, runtime: Runtime, place: RowMapping, trigger: Trigger, now: datetime
) -> str:
    """The id of the run that takes the occurrence's new registrations to HubSpot.

    The first registration goes at once, those behind it with the next run a moment later.
    """
    last = last_started_at(connection, place["id"])
    return open_run(
        connection,
        occurrence_pk=place["id"],
        trigger=trigger,
        pool="live",
        now=now,
        not_before=now if last is None else max(now, last + runtime.timing.coalesce),
        must_read=place["reads"] == 0,
    )


def has_people_left(connection: Connection, run: RowMapping) -> bool:
    """Whether people of the run's occurrence are still this run's to plan.

    Those who came during a live run opened the next one, and go with it, at its time.
    """
    if not count_dirty(connection, run["occurrence_pk"]):
        return False
    return run["pool"] != "live" or not has_queued_run(connection, run["occurrence_pk"])
