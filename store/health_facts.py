"""How a portal's own work fares: what it was delivered, what waits, what was told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from store.inbox_work import waiting_by_account
from store.runs import IS_OPEN
from store.tables import alert, inbox, instance, occurrence, run, webinar
from store.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Of one account: when the last one came, how many wait, how many are parked.

    ``oldest_at``: since when the longest waiting could have been worked off.
    """

    source: str
    account_id: str
    last_at: datetime | None
    waiting: int
    oldest_at: datetime | None
    parked: int


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """Runs of the portal that are queued or going on.

    ``put_off`` of them may not go on before ``next_at``; the others wait since ``oldest_at``.
    """

    count: int
    put_off: int
    next_at: datetime | None
    oldest_at: datetime | None


def read_deliveries(
    connection: Connection, accounts: Sequence[tuple[str, str]], now: datetime
) -> list[Deliveries]:
    """The deliveries of these (source, account), in this order."""
    waiting = waiting_by_account(connection, [account_id for _, account_id in accounts], now)
    return [
        Deliveries(
            source=source,
            account_id=account_id,
            last_at=_last_at(connection, source, account_id),
            waiting=waiting.get((source, account_id), (0, None))[0],
            oldest_at=waiting.get((source, account_id), (0, None))[1],
            parked=_count_parked(connection, source, account_id),
        )
        for source, account_id in accounts
    ]


def _last_at(connection: Connection, source: str, account_id: str) -> datetime | None:
    last: datetime | None = connection.execute(
        select(inbox.c.received_at)
        .where(inbox.c.account_id == account_id, inbox.c.source == source)
        .order_by(inbox.c.id.desc())
        .limit(1)
    ).scalar()
    return last


def _count_parked(connection: Connection, source: str, account_id: str) -> int:
    return int(
        connection.execute(
            select(func.count()).where(
                inbox.c.state == literal_column("'dead'"),
                inbox.c.account_id == account_id,
                inbox.c.source == source,
            )
        ).scalar_one()
    )


def read_open_runs(connection: Connection, portal_id: str, now: datetime) -> OpenRuns:
    """What is left to be run for the portal."""
    rows = connection.execute(
        # Both pools by name, so that the index over open runs serves.
        select(run.c.not_before).where(
            run.c.pool.in_(("live", "bulk")), IS_OPEN, run.c.portal_id == portal_id
        )
    ).all()
    later = [row.not_before for row in rows if row.not_before > now]
    ready = [row.not_before for row in rows if row.not_before <= now]
    return OpenRuns(len(rows), len(later), min(later, default=None), min(ready, default=None))


def last_begun(connection: Connection, portal_id: str, now: datetime) -> dict[str, datetime]:
    """When the newest session of each Zoom account of the portal began that has begun."""
    rows = connection.execute(
        select(
            webinar.c.account_id,
            func.max(instance.c.started_at, type_=UtcDateTime()).label("began_at"),
        )
        .join(occurrence, occurrence.c.id == instance.c.occurrence_pk)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(instance.c.portal_id == portal_id, instance.c.started_at <= now)
        .group_by(webinar.c.account_id)
    )
    return {row.account_id: row.began_at for row in rows}


def count_alerts(connection: Connection, portal_id: str) -> tuple[int, int]:
    """Dates operators were told are overdue and still are, and alerts not taken by anybody yet."""
    told = select(func.count()).where(
        occurrence.c.portal_id == portal_id, occurrence.c.is_told_overdue.is_(True)
    )
    waiting = select(func.count()).where(alert.c.portal_id == portal_id)
    first, second = (connection.execute(one).scalar_one() for one in (told, waiting))
    return int(first), int(second)
