"""Bulk statements in the dialect at hand: insert-or-update by a unique key, many rows at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(connection: Connection, table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Insert the rows whose ``key`` is not there yet; leave the others as they are."""
    if rows:
        statement = insert_for(connection, table).on_conflict_do_nothing(index_elements=key)
        connection.execute(statement, list(rows))


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    changing: Sequence[str],
) -> None:
    """Insert the rows, or set the ``changing`` columns where the ``key`` exists."""
    if rows:
        statement = insert_for(connection, table)
        statement = statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in changing}
        )
        connection.execute(statement, list(rows))
