"""Outcomes of requests on their way to HubSpot: gathered, told, and told again when unheard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select, update

from store.tables import registration_request as request


def gather_completions(
    connection: Connection, portal_id: str, now: datetime, patience: timedelta, enough: int
) -> None:
    """Have outcomes that are due wait for others, until ``patience`` after some were told last.

    Not when ``enough`` are due: those fill a call.
    """
    last: datetime | None = connection.execute(
        select(func.max(request.c.completing_at)).where(
            request.c.portal_id == portal_id, request.c.completing_at > now - patience
        )
    ).scalar()
    if last is None:
        return
    due = _are_due(portal_id, now)
    if connection.execute(select(func.count()).where(due)).scalar_one() < enough:
        connection.execute(update(request).where(due).values(due_at=last + patience))


def begin_completing(
    connection: Connection, portal_id: str, now: datetime, again_at: datetime, limit: int
) -> list[RowMapping]:
    """Outcomes HubSpot waits for and is told now; those not heard of are told again later."""
    due = _are_due(portal_id, now)
    pks = connection.execute(select(request.c.id).where(due).order_by(request.c.id).limit(limit))
    rows = connection.execute(
        update(request)
        .where(request.c.id.in_(list(pks.scalars())), due)
        .values(completing_at=now, due_at=again_at)
        .returning(request)
    )
    return list(rows.mappings())


def end_completing(
    connection: Connection, pks: Sequence[int], now: datetime, *, accepted: bool
) -> None:
    """Nothing is left to tell: HubSpot took the outcome, or will never take it."""
    connection.execute(
        update(request)
        .where(request.c.id.in_(pks))
        .values(due_at=None, **({"completed_at": now} if accepted else {}))
    )


def tell_later(connection: Connection, pks: Sequence[int], until: datetime) -> None:
    """Tell HubSpot at ``until``."""
    connection.execute(update(request).where(request.c.id.in_(pks)).values(due_at=until))


def _are_due(portal_id: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        request.c.portal_id == portal_id,
        request.c.state == "done",
        request.c.is_blocked.is_(True),
        request.c.completed_at.is_(None),
        request.c.due_at <= now,
    )
