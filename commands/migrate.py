"""Bring the database to this version's tables."""

from __future__ import annotations

import click
from sqlalchemy import make_url

import store
from config import database_url_from_env


@click.command()
def command() -> None:
    """Bring the database at ROLLCALL_DATABASE_URL to this version's tables.

    Safe to run again and from several machines at once; needs no other setting.
    """
    url = database_url_from_env()
    store.migrate(url)
    click.echo(f"{make_url(url).render_as_string(hide_password=True)} is up to date.")
