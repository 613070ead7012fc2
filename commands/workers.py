"""The worker processes: a pool for live work, so that a backfill delays no registration."""

from __future__ import annotations

import sys
from typing import Literal, get_args

import click

from commands.foreground import Environment, run_parts
from commands.supervise import Child
from config import Config

Pool = Literal["live", "bulk"]
POOLS: tuple[Pool, ...] = get_args(Pool)
# A worker finishes the slice it is in; a slice lasts 30 seconds at most.
STOP_SECONDS = 40


def worker_children(
    config: Config, environment: Environment, pools: tuple[Pool, ...] = POOLS
) -> list[Child]:
    """`ROLLCALL_WORKERS` processes for each pool."""
    return [
        Child(
            name=f"worker {pool} {number}",
            command=[sys.executable, "-m", "commands.workers", pool],
            environment=environment,
            stop_order=0,
            stop_seconds=STOP_SECONDS,
        )
        for pool in pools
        for number in range(1, config.workers + 1)
    ]


@click.command()
@click.option("--pool", type=click.Choice(POOLS), help="One pool only; both unless given.")
def command(pool: Pool | None) -> None:
    """Work through what is due, ROLLCALL_WORKERS processes for each pool, until SIGTERM."""
    pools = (pool,) if pool else POOLS
    sys.exit(run_parts(Config.from_env(), lambda c, env: worker_children(c, env, pools)))


def run_one(pool: Pool) -> None:
    """Be one worker process of a pool until SIGTERM."""
    from worker import run_worker

    run_worker(Config.from_env(), pool)


def stand_in(pool: Pool) -> None:
    """Work off what is ready in a pool whose workers cannot be rung for, and end."""
    from worker import work_once

    work_once(Config.from_env(), pool)


if __name__ == "__main__":
    act = stand_in if sys.argv[2:] == ["once"] else run_one
    act("bulk" if sys.argv[1] == "bulk" else "live")
