"""The webinars a backfill reaches: what was found of each, and how far it is with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, literal, or_, select, tuple_, update

from store.statements import insert_missing
from store.tables import backfill_webinar, occurrence, run, webinar
from store.types import UtcDateTime
from store.webinars import WITHOUT_DATE

_KEY = ["backfill_id", "account_id", "webinar_id"]
_SORT = func.coalesce(backfill_webinar.c.starts_at, literal(WITHOUT_DATE, UtcDateTime()))


def add_found(
    connection: Connection, backfill_row: RowMapping, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Note webinars (``account_id``, ``webinar_id``, and what is known) not noted before."""
    common: dict[str, Any] = {
        "backfill_id": backfill_row["id"],
        "portal_id": backfill_row["portal_id"],
        "topic": "",
        "host_id": "",
        "host_email": "",
        "starts_at": None,
        "sessions": [],
    }
    insert_missing(connection, backfill_webinar, [{**common, **row} for row in rows], _KEY)


def add_sessions(
    connection: Connection,
    backfill_row: RowMapping,
    account_id: str,
    sessions: Mapping[str, Sequence[Sequence[str]]],
) -> None:
    """Add sessions (UUID, start, end) by webinar id; one told twice is kept once."""
    rows = connection.execute(
        select(backfill_webinar).where(
            backfill_webinar.c.backfill_id == backfill_row["id"],
            backfill_webinar.c.account_id == account_id,
            backfill_webinar.c.webinar_id.in_(list(sessions)),
        )
    )
    for row in rows.mappings().all():
        known = {one[0]: one for one in row["sessions"]}
        known |= {one[0]: list(one) for one in sessions[row["webinar_id"]]}
        change_item(connection, row["id"], sessions=sorted(known.values(), key=lambda one: one[1]))


def known_webinars(
    connection: Connection,
    backfill_row: RowMapping,
    account_ids: Sequence[str],
    now: datetime,
) -> list[dict[str, Any]]:
    """Webinars the portal knows already with a date that was over between ``since`` and now."""
    began_at = func.coalesce(occurrence.c.started_at, occurrence.c.start_at)
    rows = connection.execute(
        select(
            webinar.c.account_id,
            webinar.c.webinar_id,
            webinar.c.topic,
            webinar.c.host_id,
            webinar.c.host_email,
            func.max(began_at, type_=UtcDateTime()).label("starts_at"),
        )
        .join(occurrence, occurrence.c.webinar_pk == webinar.c.id)
        .where(
            webinar.c.portal_id == backfill_row["portal_id"],
            webinar.c.account_id.in_(account_ids),
            occurrence.c.is_series.is_(False),
            occurrence.c.status.not_in(["cancelled", "deleted"]),
            began_at >= backfill_row["since"],
            began_at < now,
        )
        .group_by(
            webinar.c.account_id,
            webinar.c.webinar_id,
            webinar.c.topic,
            webinar.c.host_id,
            webinar.c.host_email,
        )
    )
    return [dict(row) for row in rows.mappings()]


def next_item(connection: Connection, backfill_id: str, state: str) -> RowMapping | None:
    """The next webinar in a state: the oldest, since what Zoom has of it is lost first."""
    return (
        connection.execute(
            select(backfill_webinar)
            .where(backfill_webinar.c.backfill_id == backfill_id, backfill_webinar.c.state == state)
            .order_by(_SORT, backfill_webinar.c.id)
            .limit(1)
        )
        .mappings()
        .first()
    )


def change_item(connection: Connection, item_pk: int, **values: Any) -> None:
    """Set columns of a webinar of a backfill."""
    connection.execute(
        update(backfill_webinar).where(backfill_webinar.c.id == item_pk).values(**values)
    )


def has_twin(connection: Connection, item: RowMapping) -> bool:
    """Whether the same id was found, or is still looked for, in another Zoom account."""
    twin = select(backfill_webinar.c.id).where(
        backfill_webinar.c.backfill_id == item["backfill_id"],
        backfill_webinar.c.webinar_id == item["webinar_id"],
        backfill_webinar.c.id != item["id"],
    )
    return connection.execute(twin).first() is not None


def drop_item(connection: Connection, item_pk: int) -> None:
    """Forget a webinar that is another account's."""
    connection.execute(backfill_webinar.delete().where(backfill_webinar.c.id == item_pk))


def list_items(
    connection: Connection, backfill_id: str, limit: int, after: tuple[datetime, int] | None = None
) -> list[RowMapping]:
    """The backfill's webinars, the latest first, those behind (start, key) ``after``."""
    query = select(backfill_webinar).where(backfill_webinar.c.backfill_id == backfill_id)
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.where(tuple_(_SORT, backfill_webinar.c.id) < behind)
    rows = connection.execute(
        query.order_by(_SORT.desc(), backfill_webinar.c.id.desc()).limit(limit)
    )
    return list(rows.mappings())


def count_items(connection: Connection, backfill_id: str) -> tuple[Counter[str], Counter[str]]:
    """How many webinars are in each state, and of how many Zoom keeps what."""
    states: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    rows = connection.execute(
        select(backfill_webinar.c.state, backfill_webinar.c.kept, func.count().label("many"))
        .where(backfill_webinar.c.backfill_id == backfill_id)
        .group_by(backfill_webinar.c.state, backfill_webinar.c.kept)
    )
    for row in rows:
        states[row.state] += row.many
        kept[row.kept] += row.many
    return states, kept


# --- while a webinar is being synced -------------------------------------------------------------


def mark_historical(connection: Connection, webinar_pk: int, before: datetime) -> None:
    """Mark what is over of the webinar and was never read as brought in by a backfill."""
    starts_at = occurrence.c.start_at
    connection.execute(
        update(occurrence)
        .where(
            occurrence.c.webinar_pk == webinar_pk,
            occurrence.c.reads == 0,
            or_(starts_at.is_(None), starts_at < before),
        )
        .values(is_historical=True)
    )


def newest_runs(connection: Connection, webinar_pk: int) -> list[RowMapping]:
    """The newest run (dry ones apart) of each occurrence of the webinar."""
    later = run.alias("later")
    is_newest = (
        ~select(later.c.id)
        .where(
            later.c.occurrence_pk == run.c.occurrence_pk,
            later.c.is_dry.is_(False),
            or_(
                later.c.created_at > run.c.created_at,
                and_(later.c.created_at == run.c.created_at, later.c.id > run.c.id),
            ),
        )
        .exists()
    )
    rows = connection.execute(
        select(run).where(run.c.webinar_pk == webinar_pk, run.c.is_dry.is_(False), is_newest)
    )
    return list(rows.mappings())
