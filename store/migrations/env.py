"""Run by Alembic: one migration at a time per database, whoever asks."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from store.database import open_database
from store.tables import metadata

_MIGRATION_LOCK = 727_001


def run() -> None:
    """Apply the revisions under a lock (PostgreSQL: advisory; SQLite: the writer's own)."""
    engine = open_database(context.config.attributes["database_url"])
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
    engine.dispose()


run()
