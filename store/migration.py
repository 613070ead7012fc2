"""Bringing a database to the newest shape; safe when several processes start at once."""

from __future__ import annotations

from alembic import command
from alembic.config import Config


def alembic_config(url: str) -> Config:
    """What Alembic has to know to work on the database at ``url``."""
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at ``url`` up to ``revision``."""
    command.upgrade(alembic_config(url), revision)


def check_migrations(url: str) -> None:
    """Raise when the tables in code differ from what the migrations made."""
    command.check(alembic_config(url))
