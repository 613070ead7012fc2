"""Deliveries on their way through: what is new, done, put off, or dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    Connection,
    RowMapping,
    ScalarSelect,
    and_,
    case,
    func,
    literal_column,
    select,
    union_all,
    update,
)

from store.tables import inbox
from store.types import UtcDateTime

# In so many words, as the indexes have it: by a value they would not be used, and each look for
# deliveries would go through all there ever were. https://sqlite.org/partialindex.html
_IS_NEW = inbox.c.state == literal_column("'new'")
_IS_FRESH = and_(_IS_NEW, inbox.c.not_before.is_(None))
_IS_PUT_OFF = and_(_IS_NEW, inbox.c.not_before.is_not(None))


def new_deliveries(connection: Connection, now: datetime, limit: int) -> list[RowMapping]:
    """Deliveries not worked off yet: the oldest of every account, then the second of every one, …

    An account that floods the door makes the others wait for no more than their turn; what belongs
    to one account keeps its order. Those that were put off or replayed come behind, up to a fourth
    of ``limit`` more: however many they are, they hold up no fresh ones, and are not held up for
    ever themselves.
    """
    # By an expression: sorted by the column, SQLite would go through the index of all deliveries.
    account = inbox.c.account_id.concat(literal_column("''"))
    turn = func.row_number().over(partition_by=account, order_by=inbox.c.id)
    waiting = select(inbox.c.id, turn.label("turn")).where(_IS_FRESH).subquery()
    fresh = (
        select(inbox)
        .join(waiting, waiting.c.id == inbox.c.id)
        .order_by(waiting.c.turn, inbox.c.id)
        .limit(limit)
    )
    due = (
        select(inbox)
        .where(_IS_PUT_OFF, inbox.c.not_before <= now)
        .order_by(inbox.c.not_before, inbox.c.id)
    )
    rows = list(connection.execute(fresh).mappings())
    room = max(limit - len(rows), limit // 4)
    return rows + list(connection.execute(due.limit(room)).mappings())


def has_new_deliveries(connection: Connection, now: datetime) -> bool:
    """Whether anything waits in the inbox."""
    due = (_IS_FRESH, and_(_IS_PUT_OFF, inbox.c.not_before <= now))
    # One after the other: asked for either, SQLite would use the index of neither.
    return any(
        connection.execute(select(inbox.c.id).where(one).limit(1)).first() is not None
        for one in due
    )


def close_deliveries(connection: Connection, pks: Sequence[int], *, state: str) -> None:
    """Note that these are worked off: ``done`` or ``ignored``."""
    if pks:
        connection.execute(update(inbox).where(inbox.c.id.in_(pks)).values(state=state, error=""))


def put_off(
    connection: Connection, pk: int, *, until: datetime, error: str, is_attempt: bool = True
) -> None:
    """Leave a delivery alone until then; it stays new.

    ``is_attempt``: it was tried in vain, and not kept waiting for somebody to act.
    """
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk)
        .values(
            not_before=until,
            attempts=inbox.c.attempts + int(is_attempt),
            deaths=0,
            error=error[:1000],
        )
    )


def bury(connection: Connection, pk: int, *, error: str) -> None:
    """Park a delivery for a person to look at and replay."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk)
        .values(state="dead", attempts=inbox.c.attempts + 1, error=error[:1000])
    )


def note_under_way(connection: Connection, pk: int, *, until: datetime) -> None:
    """Note that this one is about to be merged, alone; whoever dies over it leaves the note.

    It is left alone until then, so that after a death its neighbours go first.
    """
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk, _IS_NEW)
        .values(deaths=inbox.c.deaths + 1, not_before=until)
    )


def take_back_note(connection: Connection, pk: int, *, now: datetime) -> None:
    """Whoever was merging it was told to stop: it is as before, and due at ``now``."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == pk, _IS_NEW)
        .values(deaths=inbox.c.deaths - 1, not_before=now)
    )


def oldest_new_at(connection: Connection, now: datetime) -> datetime | None:
    """Since when the longest waiting delivery could have been worked off; None when none waits.

    One that was put off or replayed waits from the moment it was put off to.
    """
    arrived = select(func.min(inbox.c.received_at, type_=UtcDateTime())).where(_IS_FRESH)
    due = select(func.min(inbox.c.not_before, type_=UtcDateTime())).where(
        _IS_PUT_OFF, inbox.c.not_before <= now
    )
    moments = [connection.execute(one).scalar() for one in (arrived, due)]
    return min((moment for moment in moments if moment is not None), default=None)


def count_deliveries(connection: Connection) -> dict[str, int]:
    """How many deliveries are ``new`` (put off ones included) and ``dead``."""
    counts = [
        select(func.count()).select_from(inbox).where(condition)
        for condition in (_IS_FRESH, _IS_PUT_OFF, inbox.c.state == "dead")
    ]
    fresh, waiting, dead = (int(connection.execute(one).scalar_one()) for one in counts)
    return {"new": fresh + waiting, "dead": dead}


def waiting_by_account(
    connection: Connection, accounts: Sequence[str], now: datetime
) -> dict[tuple[str, str], tuple[int, datetime | None]]:
    """How many deliveries wait by (source, account), and since when, as `oldest_new_at` counts it.

    None where all of them were put off to a later moment.
    """
    is_due = inbox.c.not_before <= now
    since = case((inbox.c.not_before.is_(None), inbox.c.received_at), (is_due, inbox.c.not_before))
    rows = connection.execute(
        select(
            inbox.c.source,
            inbox.c.account_id,
            func.count().label("many"),
            func.min(since, type_=UtcDateTime()).label("oldest"),
        )
        # By a value: so SQLite goes through these accounts' own deliveries, from there on.
        .where(
            inbox.c.account_id.in_(accounts), inbox.c.id >= _first_waiting(), inbox.c.state == "new"
        )
        .group_by(inbox.c.source, inbox.c.account_id)
    )
    return {(row.source, row.account_id): (row.many, row.oldest) for row in rows}


def _first_waiting() -> ScalarSelect[int]:
    """The key of the first delivery that waits, whoever it is for; null when none does."""
    conditions = (
        _IS_FRESH,
        and_(_IS_PUT_OFF, inbox.c.not_before >= datetime(1970, 1, 1, tzinfo=UTC)),
    )
    firsts = union_all(*(select(func.min(inbox.c.id).label("id")).where(one) for one in conditions))
    return select(func.min(firsts.subquery().c.id)).scalar_subquery()


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
