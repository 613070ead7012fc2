"""Run by Alembic: one migration at a time per database, whoever asks."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, event, text

from store.database import open_database
from store.tables import metadata

_MIGRATION_LOCK = 727_001


def run() -> None:
    """Apply the revisions under a lock (PostgreSQL: advisory; SQLite: the writer's own)."""
    engine = open_database(context.config.attributes["database_url"])
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _let_tables_be_remade)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transactional_ddl=False,
            user_module_prefix="store.types.",
        )
        context.run_migrations()
        _check_references(connection)
    engine.dispose()


def _let_tables_be_remade(connection: Any, _record: Any) -> None:
    # SQLite changes a column by making the table anew, and would refuse to drop the old one while
    # others refer to it: https://sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes
    connection.execute("PRAGMA foreign_keys=OFF")


def _check_references(connection: Connection) -> None:
    """Raise, and so take everything back, when a row refers to one that is gone."""
    if connection.dialect.name == "sqlite":
        lost = connection.execute(text("PRAGMA foreign_key_check")).all()
        if lost:
            tables = sorted({row[0] for row in lost})
            raise RuntimeError(f"the migration would leave rows without their parents in {tables}")


run()
