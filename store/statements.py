"""Bulk statements in the dialect at hand: insert-or-update by a unique key, many rows at a time.

Many values travel as one parameter, so that a statement has the same text for any number of them:
it is compiled once, and no value costs a parameter of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from store.types import UtcDateTime, moment_as_text

Build = Callable[..., Any]
"""Makes a statement for a dialect of the parts it is given."""

_FEW = 8
"""Rows that share their values with so many others, on average, are worth a statement together."""


def insert_for(connection: Connection, table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    return _insert(connection.dialect.name, table)


def _insert(dialect_name: str, table: Table) -> Any:
    return (postgresql if dialect_name == "postgresql" else sqlite).insert(table)


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Insert the rows whose ``key`` is not there yet; leave the others as they are."""
    _insert_many(connection, rows, _insert_missing, table, tuple(key))


def _insert_missing(dialect_name: str, table: Table, key: Sequence[str]) -> Any:
    return _insert(dialect_name, table).on_conflict_do_nothing(index_elements=key)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; every mapping has the same names."""
    _insert_many(connection, rows, _insert, table)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    changing: Sequence[str],
) -> None:
    """Insert the rows, or set the ``changing`` columns where the ``key`` exists."""
    _execute_many(connection, rows, _upsert, table, tuple(key), tuple(changing))


def _upsert(dialect_name: str, table: Table, key: Sequence[str], changing: Sequence[str]) -> Any:
    statement = _insert(dialect_name, table)
    return statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in changing}
    )


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


def update_each(
    connection: Connection,
    table: Any,
    rows: Sequence[Mapping[str, Any]],
    counting: str = "",
    **fixed: Any,
) -> None:
    """The same for rows that have little in common.

    ``fixed`` is set in all of them, and the ``counting`` column goes up by one.
    """
    if rows:
        names = tuple(name for name in rows[0] if name != "pk") + tuple(fixed)
        full = [{**row, **fixed} for row in rows] if fixed else rows
        _execute_many(connection, full, _update_each, table, names, counting)


def _update_each(_dialect_name: str, table: Table, names: Sequence[str], counting: str) -> Any:
    counted = {counting: table.c[counting] + literal_column("1")} if counting else {}
    return (
        update(table)
        .where(table.c.id == bindparam("pk"))
        .values(**{name: bindparam(name) for name in names}, **counted)
    )


def _insert_many(
    connection: Connection, rows: Sequence[Mapping[str, Any]], build: Build, *parts: Any
) -> None:
    """Execute the insert that ``build`` makes of the parts for all rows; all have the same names.

    PostgreSQL takes them in one statement, as JSON: with one for each row, although sent together,
    merging a registration took a quarter more of our processor time.
    """
    if connection.dialect.name != "postgresql":
        _execute_many(connection, rows, build, *parts)
    elif rows:
        statement, takes = _prepare_insert(tuple(rows[0]), build, *parts)
        given_rows = [
            {name: convert(row[name]) if convert else row[name] for name, convert in takes}
            for row in rows
        ]
        connection.execute(statement, {"rows": json.dumps(given_rows)})


@lru_cache(maxsize=128)
def _prepare_insert(
    names: Sequence[str], build: Build, table: Table, *parts: Any
) -> tuple[Any, list[tuple[str, Any]]]:
    """PostgreSQL's statement for any number of rows, and by column how to write its values as JSON.

    https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-JSON-PROCESSING
    """
    kinds = {name: table.c[name].type for name in names}
    # A null inside JSON is none of SQL's, so what a column of JSON holds travels as text.
    told = [column(name, Text() if _is_json(kind) else kind) for name, kind in kinds.items()]
    each = func.json_to_recordset(cast(bindparam("rows", type_=Text()), JSON))
    source = each.table_valued(*told, name="given").render_derived(with_types=True)
    values = [
        cast(source.c[name], JSON) if _is_json(kind) else source.c[name]
        for name, kind in kinds.items()
    ]
    statement = build("postgresql", table, *parts).from_select(names, select(*values))
    return statement, [(name, _json_of(kind)) for name, kind in kinds.items()]


def _is_json(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, JSON)


def _json_of(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes a value of the type one that JSON has; None when it is one already."""
    if _is_json(kind):
        return json.dumps
    if isinstance(kind, UtcDateTime):
        return moment_as_text
    return _hex if isinstance(kind, LargeBinary) else None


def _hex(value: bytes | None) -> str | None:
    return None if value is None else rf"\x{value.hex()}"


def _execute_many(
    connection: Connection, rows: Sequence[Mapping[str, Any]], build: Build, *parts: Any
) -> None:
    """Execute what ``build`` makes of the parts once for each row; all have the same names.

    On SQLite the rows go straight to the driver: what SQLAlchemy does for each of them costs half
    as much as storing it (18 instead of 13 us for a row of the ledger).
    """
    if not rows:
        return
    dialect = connection.dialect
    if dialect.name != "sqlite":
        connection.execute(build(dialect.name, *parts), list(rows))
        return
    text, takes = _prepare(dialect, tuple(rows[0]), build, *parts)
    connection.exec_driver_sql(
        text,
        [
            tuple([convert(row[name]) if convert else row[name] for name, convert in takes])
            for row in rows
        ],
    )


@lru_cache(maxsize=128)
def _prepare(
    dialect: Dialect, names: Sequence[str], build: Build, *parts: Any
) -> tuple[str, list[tuple[str, Any]]]:
    """The statement's text, and by parameter what to take from a row and how to convert it."""
    compiled = build(dialect.name, *parts).compile(dialect=dialect, column_keys=list(names))
    kinds = [(name, compiled.binds[name].type) for name in compiled.positiontup]
    return str(compiled), [
        # What SQLAlchemy's own processor comes to for JSON, in one step.
        (name, json.dumps if isinstance(kind, JSON) else _processor(kind, dialect))
        for name, kind in kinds
    ]


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    return kind.dialect_impl(dialect).bind_processor(dialect)
