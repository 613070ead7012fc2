"""Runs as people watch them: one Sync now is one run, whatever number of occurrences it covers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, literal, or_, select, tuple_

from store.tables import run, run_change
from store.types import UtcDateTime


def list_run_groups(
    connection: Connection,
    webinar_pk: int,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[tuple[str, datetime]]:
    """(group id, when it was opened) of the webinar's runs, newest first, behind ``after``."""
    opened = func.max(run.c.created_at, type_=UtcDateTime()).label("opened")
    query = (
        select(run.c.group_id, opened)
        .where(run.c.webinar_pk == webinar_pk)
        .group_by(run.c.group_id)
    )
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.having(tuple_(opened.element, run.c.group_id) < behind)
    rows = connection.execute(query.order_by(opened.desc(), run.c.group_id.desc()).limit(limit))
    return [(row.group_id, row.opened) for row in rows]


def runs_of_groups(connection: Connection, group_ids: Iterable[str]) -> dict[str, list[RowMapping]]:
    """The rows of each group, oldest first."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    rows = connection.execute(
        select(run).where(run.c.group_id.in_(list(group_ids))).order_by(run.c.created_at, run.c.id)
    )
    for row in rows.mappings():
        found[row["group_id"]].append(row)
    return found


def find_run_group(connection: Connection, portal_id: str, run_id: str) -> list[RowMapping]:
    """All rows of the run with this id (a group's, or a single row's); empty when unknown."""
    group_id = connection.execute(
        select(run.c.group_id)
        .where(run.c.portal_id == portal_id, or_(run.c.id == run_id, run.c.group_id == run_id))
        .limit(1)
    ).scalar()
    return runs_of_groups(connection, [group_id])[group_id] if group_id is not None else []


def previous_group(connection: Connection, row: RowMapping) -> str | None:
    """The run of the same webinar that was opened before this one; None for the first."""
    return connection.execute(
        select(run.c.group_id)
        .where(
            run.c.webinar_pk == row["webinar_pk"],
            or_(
                run.c.created_at < row["created_at"],
                (run.c.created_at == row["created_at"]) & (run.c.group_id < row["group_id"]),
            ),
        )
        .order_by(run.c.created_at.desc(), run.c.group_id.desc())
        .limit(1)
    ).scalar()


def queued_group(
    connection: Connection, webinar_pk: int, *, is_replay: bool = False, is_withdrawal: bool = False
) -> str | None:
    """The group of such a Sync now of the webinar that has not begun, so that another joins it."""
    return connection.execute(
        select(run.c.group_id)
        .where(
            run.c.webinar_pk == webinar_pk,
            run.c.state == "queued",
            run.c.trigger == ("replay" if is_replay else "sync_now"),
            run.c.is_withdrawal.is_(is_withdrawal),
        )
        .limit(1)
    ).scalar()


def list_changes(
    connection: Connection, run_ids: Sequence[str], limit: int, after: int = 0
) -> list[RowMapping]:
    """What the runs changed, or would change, by key behind ``after``."""
    rows = connection.execute(
        select(run_change)
        .where(run_change.c.run_id.in_(run_ids), run_change.c.id > after)
        .order_by(run_change.c.id)
        .limit(limit)
    )
    return list(rows.mappings())
