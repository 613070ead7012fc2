"""What an operator watches: what waits, for how long, and what needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.inbox_work import count_deliveries, oldest_new_at
from store.runs import IS_OPEN
from store.tables import connection as connections
from store.tables import registration_request, run


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of the whole installation; ``oldest_delivery_seconds`` is 0 when none waits.

    It counts since a delivery could have been worked off: waiting for a person is none of it.

    ``deliveries`` by state (``new``, ``dead``), ``runs`` by pool (those queued or going on),
    ``connections`` by platform and status, ``requests`` of workflows that are not finished.
    """

    deliveries: Mapping[str, int]
    oldest_delivery_seconds: float
    runs: Mapping[str, int]
    connections: Mapping[tuple[str, str], int]
    requests: int


def read_figures(connection: Connection, now: datetime) -> Figures:
    """The figures at ``now``."""
    runs = connection.execute(
        select(run.c.pool, func.count().label("runs")).where(IS_OPEN).group_by(run.c.pool)
    )
    grants = connection.execute(
        select(connections.c.platform, connections.c.status, func.count()).group_by(
            connections.c.platform, connections.c.status
        )
    )
    requests = connection.execute(
        select(func.count())
        .select_from(registration_request)
        .where(registration_request.c.due_at.is_not(None))
    ).scalar_one()
    oldest = oldest_new_at(connection, now)
    return Figures(
        deliveries=count_deliveries(connection),
        oldest_delivery_seconds=(now - oldest).total_seconds() if oldest is not None else 0.0,
        runs={"live": 0, "bulk": 0} | {row.pool: row.runs for row in runs},
        connections={(platform, status): count for platform, status, count in grants},
        requests=int(requests),
    )
