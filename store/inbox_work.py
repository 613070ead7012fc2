"""Deliveries on their way through: what is new, done, put off, or dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    func,
    or_,
    select,
    update,
)

from store.tables import inbox


def new_deliveries(connection: Connection, now: datetime, limit: int) -> list[RowMapping]:
    """Deliveries not worked off yet: the oldest of every account, then the second of every one, …

    An account that floods the door makes the others wait for no more than their turn; what belongs
    to one account keeps its order.
    """
    turn = func.row_number().over(partition_by=inbox.c.account_id, order_by=inbox.c.id)
    waiting = select(inbox.c.id, turn.label("turn")).where(_is_due(now)).subquery()
    rows = connection.execute(
        select(inbox)
        .join(waiting, waiting.c.id == inbox.c.id)
        .order_by(waiting.c.turn, inbox.c.id)
        .limit(limit)
    )
    return list(rows.mappings())


def has_new_deliveries(connection: Connection, now: datetime) -> bool:
    """Whether anything waits in the inbox."""
    return connection.execute(select(inbox.c.id).where(_is_due(now)).limit(1)).first() is not None


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_due = or_(inbox.c.not_before.is_(None), inbox.c.not_before <= now)
    return and_(inbox.c.state == "new", is_due)


def close_deliveries(connection: Connection, pks: Sequence[int], *, state: str) -> None:
    """Note that these are worked off: ``done`` or ``ignored``."""
    if pks:
        connection.execute(update(inbox).where(inbox.c.id.in_(pks)).values(state=state, error=""))


def put_off(connection: Connection, pk: int, *, until: datetime, error: str) -> None:
    """Leave a delivery alone until then; it stays new."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk)
        .values(not_before=until, attempts=inbox.c.attempts + 1, error=error[:1000])
    )


def bury(connection: Connection, pk: int, *, error: str) -> None:
    """Park a delivery for a person to look at and replay."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk)
        .values(state="dead", attempts=inbox.c.attempts + 1, error=error[:1000])
    )


def oldest_new_at(connection: Connection) -> datetime | None:
    """When the oldest waiting delivery arrived; None when nothing waits."""
    moment: datetime | None = connection.execute(
        select(func.min(inbox.c.received_at)).where(inbox.c.state == "new")
    ).scalar()
    return moment


def forget_body(connection: Connection, pk: int) -> None:
    """Drop what a delivery said; its digest stays, so that it is known when it comes again."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk)
        .values(
            body=b"",
            error="",
            state=case((inbox.c.state == "dead", "ignored"), else_=inbox.c.state),
        )
    )


def kept_deliveries(
    connection: Connection, accounts: Sequence[str], after: int, limit: int
) -> list[RowMapping]:
    """Worked-off deliveries of these accounts whose bodies are kept, by key behind ``after``."""
    rows = connection.execute(
        select(inbox.c.id, inbox.c.digest, inbox.c.body)
        .where(
            inbox.c.account_id.in_(accounts),
            inbox.c.state != "new",
            inbox.c.body != b"",
            inbox.c.id > after,
        )
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return list(rows.mappings())
