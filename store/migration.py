"""Bringing a database to the newest shape; safe when several processes start at once."""

from __future__ import annotations

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.database import open_database, reading

log = structlog.get_logger(__name__)


def alembic_config(url: str) -> Config:
    """What Alembic has to know to work on the database at ``url``."""
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` up to ``revision``.

    Tables that a newer version has already made are left as they are: migrations only add to what
    the version before them uses, so it goes on working on them.
    """
    config = alembic_config(url)
    standing = _standing(url)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if standing is not None and standing not in known:
        log.warning(
            "tables_are_newer",
            migration=standing,
            what_happens="this version works on the tables of a newer one",
        )
        return
    command.upgrade(config, revision)


def _standing(url: str) -> str | None:
    """The migration the database is at; None for an empty one."""
    database = open_database(url)
    try:
        with reading(database) as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()


def check_migrations(url: str) -> None:
    """Raise when the tables in code differ from what the migrations made."""
    command.check(alembic_config(url))
