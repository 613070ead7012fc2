"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Key = BigInteger().with_variant(Integer, "sqlite")
"""A surrogate key: 64 bits on PostgreSQL, rowid on SQLite."""

_NAIVE = "a moment without a time zone cannot be stored"


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC moments in, aware UTC moments out; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """SQLite keeps text; made here in one step, since rows have several moments each."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """The way back from SQLite's text."""
        if dialect.name == "sqlite":
            return _from_text
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(_NAIVE)
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def moment_as_text(value: datetime | None) -> str | None:
    """``2026-03-03T10:00:00+00:00``, as PostgreSQL reads it. Raises ValueError for a naive one."""
    if value is not None and value.tzinfo is None:
        raise ValueError(_NAIVE)
    return None if value is None else value.isoformat()


def _to_text(value: datetime | None) -> str | None:
    """``2026-03-03 10:00:00.000000`` in UTC, as SQLAlchemy's own type writes it."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(_NAIVE)
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")
