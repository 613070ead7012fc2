"""Alerts on their way out, and the occurrences they are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, or_, select, update

from store.tables import alert, instance, occurrence, webinar


def occurrences_to_watch(connection: Connection, started_before: datetime) -> list[RowMapping]:
    """Occurrences that may be overdue, or were told to be; with ``webinar_id, account_id``.

    What was told is in ``is_told_overdue``; ``is_awaited`` says that Zoom is still being read for
    a session that took place.
    """
    took_place = exists().where(
        instance.c.occurrence_pk == occurrence.c.id, instance.c.is_rehearsal.is_(False)
    )
    is_awaited = (
        occurrence.c.settled_at.is_(None)
        & (occurrence.c.status != "cancelled")
        & occurrence.c.is_series.is_(False)
        & occurrence.c.next_read_at.is_not(None)
        & (occurrence.c.start_at <= started_before)
        & took_place
    )
    rows = connection.execute(
        select(
            occurrence,
            webinar.c.webinar_id,
            webinar.c.account_id,
            is_awaited.label("is_awaited"),
        )
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(or_(occurrence.c.is_told_overdue.is_(True), is_awaited))
        .order_by(occurrence.c.id)
    )
    return list(rows.mappings())


def add_alert(
    connection: Connection, row: RowMapping, body: Mapping[str, Any], now: datetime, *, told: bool
) -> None:
    """Have operators told about the occurrence; ``told``: whether it counts as overdue now."""
    connection.execute(
        update(occurrence).where(occurrence.c.id == row["id"]).values(is_told_overdue=told)
    )
    connection.execute(
        alert.insert().values(portal_id=row["portal_id"], body=dict(body), not_before=now)
    )


def next_alert(connection: Connection) -> RowMapping | None:
    """The oldest alert not taken yet; those behind it wait, so that they arrive in order."""
    return connection.execute(select(alert).order_by(alert.c.id).limit(1)).mappings().first()


def has_due_alert(connection: Connection, now: datetime) -> bool:
    """Whether an alert may be sent now."""
    first = next_alert(connection)
    return first is not None and bool(first["not_before"] <= now)


def put_off_alert(connection: Connection, pk: int, until: datetime) -> None:
    """Try again then."""
    connection.execute(
        update(alert)
        .where(alert.c.id == pk)
        .values(attempts=alert.c.attempts + 1, not_before=until)
    )


def drop_alert(connection: Connection, pk: int) -> None:
    """Forget an alert that was taken, or that nobody takes."""
    connection.execute(delete(alert).where(alert.c.id == pk))
