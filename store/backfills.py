"""Backfills: opened by a person, taken up by whoever has time, one at a time in a portal."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    RowMapping,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)

from store.leases import is_free
from store.runs import IS_OPEN, WRITE_COUNTS
from store.tables import backfill, backfill_webinar, portal, run
from store.types import UtcDateTime

State = Literal["finding", "checking", "syncing", "stopping", "done", "failed", "stopped"]

OPEN_STATES = ("finding", "checking", "syncing", "stopping")
_IS_OPEN = backfill.c.state.in_([literal_column(f"'{state}'") for state in OPEN_STATES])
_LEASE = "backfill:"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks of a backfill; no ``webinar_ids``: whatever there is."""

    since: datetime
    webinar_ids: tuple[str, ...]
    is_dry: bool
    is_quiet: bool


def lock_portal(connection: Connection, portal_id: str) -> None:
    """Have others who open a backfill of the portal wait until this transaction ends."""
    connection.execute(
        select(portal.c.portal_id).where(portal.c.portal_id == portal_id).with_for_update()
    )


def open_backfill(
    connection: Connection,
    portal_id: str,
    wanted: Wanted,
    *,
    author: str,
    account_ids: Sequence[str],
    lists: int,
    gaps: str,
    now: datetime,
) -> str:
    """The id of a new backfill, which reads so many lists first; earlier previews go."""
    previews = select(backfill.c.id).where(
        backfill.c.portal_id == portal_id, backfill.c.is_dry.is_(True)
    )
    connection.execute(delete(backfill_webinar).where(backfill_webinar.c.backfill_id.in_(previews)))
    connection.execute(
        delete(backfill).where(backfill.c.portal_id == portal_id, backfill.c.is_dry.is_(True))
    )
    backfill_id = str(uuid.uuid4())
    connection.execute(
        backfill.insert().values(
            id=backfill_id,
            portal_id=portal_id,
            author=author,
            since=wanted.since,
            webinar_ids=list(wanted.webinar_ids),
            account_ids=list(account_ids),
            is_dry=wanted.is_dry,
            is_quiet=wanted.is_quiet,
            total=lists,
            gaps=gaps,
            not_before=now,
            created_at=now,
        )
    )
    return backfill_id


def find_open_backfill(connection: Connection, portal_id: str) -> RowMapping | None:
    """The portal's backfill, or preview of one, that is under way; None without any."""
    mine = (backfill.c.portal_id == portal_id) & _IS_OPEN
    return connection.execute(select(backfill).where(mine)).mappings().first()


def is_same(row: RowMapping, wanted: Wanted) -> bool:
    """Whether the backfill does just what is wanted, and goes on doing it."""
    if row["state"] == "stopping":
        return False
    there = Wanted(row["since"], tuple(row["webinar_ids"]), row["is_dry"], row["is_quiet"])
    return there == wanted


def find_backfill(connection: Connection, portal_id: str, backfill_id: str) -> RowMapping | None:
    """The portal's backfill with this id, None when it has none."""
    mine = (backfill.c.id == backfill_id) & (backfill.c.portal_id == portal_id)
    return connection.execute(select(backfill).where(mine)).mappings().first()


def list_backfills(
    connection: Connection, portal_id: str, limit: int, after: tuple[datetime, str] | None = None
) -> list[RowMapping]:
    """The portal's backfills, newest first, those behind (when opened, id) ``after``."""
    query = select(backfill).where(backfill.c.portal_id == portal_id)
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.where(tuple_(backfill.c.created_at, backfill.c.id) < behind)
    rows = connection.execute(
        query.order_by(backfill.c.created_at.desc(), backfill.c.id.desc()).limit(limit)
    )
    return list(rows.mappings())


def stop_backfill(connection: Connection, backfill_id: str, now: datetime) -> None:
    """Begin no further webinar; nothing happens to a backfill that is over."""
    connection.execute(
        update(backfill)
        .where(backfill.c.id == backfill_id, _IS_OPEN)
        .values(state="stopping", not_before=now)
    )


# --- for whoever works on them -------------------------------------------------------------------


def lease_of(backfill_id: str) -> str:
    """The name of the lease that whoever takes a backfill a step further holds."""
    return f"{_LEASE}{backfill_id}"


def backfills_due(connection: Connection, now: datetime) -> list[str]:
    """Backfills that can be taken a step further and that nobody is at, the longest waiting first.

    While a webinar of one is being synced there is nothing else to do for it.
    """
    is_busy = exists().where(
        backfill_webinar.c.backfill_id == backfill.c.id,
        backfill_webinar.c.state == "running",
        run.c.webinar_pk == backfill_webinar.c.webinar_pk,
        run.c.is_dry.is_(False),
        IS_OPEN,
    )
    rows = connection.execute(
        select(backfill.c.id)
        .where(
            _IS_OPEN,
            backfill.c.not_before <= now,
            ~is_busy,
            is_free(connection, literal(_LEASE) + backfill.c.id),
        )
        .order_by(backfill.c.not_before)
    )
    return [row.id for row in rows]


def read_backfill(connection: Connection, backfill_id: str) -> RowMapping | None:
    """The backfill's row, None when it is gone or over."""
    mine = (backfill.c.id == backfill_id) & _IS_OPEN
    return connection.execute(select(backfill).where(mine)).mappings().first()


def hold_backfill(connection: Connection, row: RowMapping) -> bool:
    """Whether the backfill is still where it was; nobody changes it until the transaction ends."""
    state = connection.execute(
        select(backfill.c.state).where(backfill.c.id == row["id"]).with_for_update()
    ).scalar()
    return bool(state == row["state"])


def change_backfill(connection: Connection, backfill_id: str, **values: Any) -> None:
    """Set columns of the backfill."""
    connection.execute(update(backfill).where(backfill.c.id == backfill_id).values(**values))


def count_writes(connection: Connection, row: RowMapping) -> dict[str, int]:
    """What became of the writes of the backfill's runs, summed up."""
    mine = select(backfill_webinar.c.webinar_pk).where(
        backfill_webinar.c.backfill_id == row["id"], backfill_webinar.c.webinar_pk.is_not(None)
    )
    sums = [func.coalesce(func.sum(run.c[name]), 0).label(name) for name in WRITE_COUNTS]
    counted = connection.execute(
        select(*sums).where(
            run.c.webinar_pk.in_(mine),
            run.c.is_dry.is_(False),
            run.c.created_at >= row["created_at"],
        )
    ).one()
    return {name: int(getattr(counted, name)) for name in WRITE_COUNTS}
