"""Bringing a database to the newest shape; safe when several processes start at once."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def _alembic(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` up to ``revision``."""
    command.upgrade(_alembic(url), revision)


def migrate_back(url: str, revision: str) -> None:
    """Take the database at ``url`` back to ``revision``; what later ones hold is lost."""
    command.downgrade(_alembic(url), revision)


def revisions() -> list[str]:
    """Every revision there is, oldest first."""
    scripts = ScriptDirectory.from_config(_alembic("sqlite://"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def check_migrations(url: str) -> None:
    """Raise when the tables in code differ from what the migrations made."""
    command.check(_alembic(url))
