"""Runs for registrations that just came in, from a notice or from a workflow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping

from jobs.runtime import Runtime
from store.runs import Trigger, last_started_at, open_run


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
