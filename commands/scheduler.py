"""The scheduler: looks for due work every ROLLCALL_TICK_SECONDS and rings for the workers."""

from __future__ import annotations

import sys

import click

from commands.foreground import Environment, run_parts
from commands.supervise import Child
from config import Config


def scheduler_children(config: Config, environment: Environment) -> list[Child]:
    """One process; a second one on another machine does no harm."""
    scheduler = [sys.executable, "-m", "commands.scheduler"]
    return [Child("scheduler", scheduler, environment, stop_order=2, stop_seconds=10)]


@click.command()
def command() -> None:
    """Look for due work every ROLLCALL_TICK_SECONDS until SIGTERM."""
    sys.exit(run_parts(Config.from_env(), scheduler_children))


def run_one() -> None:
    """Be the scheduler process until SIGTERM."""
    from worker import run_scheduler

    run_scheduler(Config.from_env())


if __name__ == "__main__":
    run_one()
