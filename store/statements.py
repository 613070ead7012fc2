"""Bulk statements in the dialect at hand: insert-or-update by a unique key, many rows at a time.

Many values travel as one parameter, so that a statement has the same text for any number of them:
it is compiled once, and no value costs a parameter of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    any_,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

_FEW = 8
"""Rows that share their values with so many others, on average, are worth a statement together."""


def insert_for(connection: Connection, table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Insert the rows whose ``key`` is not there yet; leave the others as they are."""
    statement = insert_for(connection, table).on_conflict_do_nothing(index_elements=key)
    execute_many(connection, statement, rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; every mapping has the same names."""
    execute_many(connection, table.insert(), rows)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    changing: Sequence[str],
) -> None:
    """Insert the rows, or set the ``changing`` columns where the ``key`` exists."""
    statement = insert_for(connection, table)
    statement = statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in changing}
    )
    execute_many(connection, statement, rows)


def among(
    connection: Connection, column: ColumnElement[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """The condition that the column holds one of the values (text or whole numbers)."""
    wanted = list(values)
    if connection.dialect.name == "postgresql":
        return column == any_(literal(wanted, ARRAY(column.type)))
    each = func.json_each(json.dumps(wanted)).table_valued("value")
    return column.in_(select(each.c.value))


def given(connection: Connection, **columns: tuple[TypeEngine[Any], Iterable[Any]]) -> FromClause:
    """Rows to join with, by column: its type and its values (text or whole numbers), in order."""
    if connection.dialect.name == "postgresql":
        arrays = [literal(list(values), ARRAY(kind)) for kind, values in columns.values()]
        return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    rows = json.dumps(list(zip(*(values for _, values in columns.values()), strict=True)))
    each = func.json_each(rows).table_valued("value", name="given")
    return select(
        *(
            func.json_extract(each.c.value, f"$[{place}]", type_=kind).label(name)
            for place, (name, (kind, _)) in enumerate(columns.items())
        )
    ).subquery("given")


def update_rows(connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of many rows by ``pk``; every mapping has the same names.

    Rows that are to hold the same go in one statement, if that makes few statements.
    """
    if not rows:
        return
    names = [name for name in rows[0] if name != "pk"]
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        # Values of columns are equal when they are written alike; some cannot be hashed.
        alike.setdefault(repr([row[name] for name in names]), []).append(row)
    if len(alike) * _FEW <= max(len(rows), _FEW):
        for part in alike.values():
            connection.execute(
                update(table)
                .where(among(connection, table.c.id, [row["pk"] for row in part]))
                .values({name: part[0][name] for name in names})
            )
        return
    update_each(connection, table, rows)


def update_each(connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same for rows that have little in common."""
    if rows:
        names = [name for name in rows[0] if name != "pk"]
        statement = (
            update(table)
            .where(table.c.id == bindparam("pk"))
            .values(**{name: bindparam(name) for name in names})
        )
        execute_many(connection, statement, rows)


def execute_many(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an insert or update once for each row; every mapping has the same names.

    On SQLite the rows go straight to the driver: what SQLAlchemy does for each of them costs half
    as much as storing it (18 instead of 13 us for a row of the ledger).
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(statement, list(rows))
        return
    dialect = connection.dialect
    compiled = statement.compile(dialect=dialect, column_keys=list(rows[0]))
    takes = [
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in compiled.positiontup
    ]
    # What the statement itself sets is the same for every row.
    fixed = {name: value for name, value in compiled.params.items() if name not in rows[0]}
    connection.exec_driver_sql(
        str(compiled),
        [
            tuple([convert(row[name]) if convert else row[name] for name, convert in takes])
            for row in ([{**fixed, **row} for row in rows] if fixed else rows)
        ],
    )
