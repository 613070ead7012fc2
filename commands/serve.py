"""Everything in one foreground process tree: what a single machine runs."""

from __future__ import annotations

import sys

import click

import store
from commands.foreground import Environment, run_parts
from commands.scheduler import scheduler_children
from commands.supervise import Child
from commands.web import refuse_taken_address, web_children
from commands.workers import worker_children
from config import Config


def serve_children(config: Config, environment: Environment) -> list[Child]:
    """Web, both pools of workers and the scheduler; the tables must exist already."""
    return [
        *web_children(config, environment),
        *worker_children(config, environment),
        *scheduler_children(config, environment),
    ]


@click.command()
def command() -> None:
    """Bring the database up to date, then run web, workers and scheduler until SIGTERM."""
    config = Config.from_env()
    refuse_taken_address(config)
    store.migrate(config.database_url)
    click.echo(
        f"Rollcall is at {config.web.public_url} (listening on {config.web.host}:"
        f"{config.web.port}). Ctrl-C stops it."
    )
    sys.exit(run_parts(config, serve_children))
