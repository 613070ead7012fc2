"""Fixtures of the scenarios: one simulator and one guard for all, a fresh stage for each."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobs.guard import Guard
from plugins.registry import Registry, load_plugins
from store import migrate
from tests.scenarios.stage import Stage, running_simulator, set_stage


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The built-in plugins."""
    return load_plugins(entry_points=False)


@pytest.fixture(scope="session")
def guard(registry: Registry) -> Iterator[Guard]:
    """The guard process that decides for every scenario."""
    with Guard.start(registry) as guard:
        yield guard


@pytest.fixture(scope="session")
def simulator_base(guard: Guard) -> Iterator[str]:
    """Both platforms, in a process of their own."""
    with running_simulator() as base:
        yield base


@pytest.fixture
def stage(
    simulator_base: str, database_url: str, redis_url: str, guard: Guard, registry: Registry
) -> Iterator[Stage]:
    """A customer's stage on an empty world."""
    migrate(database_url)
    with set_stage(simulator_base, database_url, redis_url, guard, registry) as stage:
        yield stage


UNHURRIED = {
    "ROLLCALL_RECONCILE_AFTER": "5m,30m",
    "ROLLCALL_CONFIRM_AFTER": "10m",
    "ROLLCALL_COALESCE_SECONDS": "2",
}


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs return when nothing is ready; the test moves their clock instead (`pass_time`)."""
    monkeypatch.setattr("jobs.work.WORTH_WAITING", 0.0)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_copy(migrated_sqlite: Path) -> Iterator[str]:
    """The URL of an empty SQLite database with all tables, in memory where there is such a disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        path = Path(folder) / "rollcall.db"
        shutil.copy(migrated_sqlite, path)
        # While it is open, no other connection's closing takes the write-ahead log in.
        with closing(sqlite3.connect(path)) as keeper:
            keeper.execute("SELECT count(*) FROM sqlite_master")
            yield f"sqlite:///{path}"


@pytest.fixture
def postgres_stage(
    brisk: None,
    simulator_base: str,
    postgres_url: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> Iterator[Stage]:
    """The same on PostgreSQL."""
    migrate(postgres_url)
    with set_stage(simulator_base, postgres_url, redis_url, guard, registry, **UNHURRIED) as stage:
        yield stage


@pytest.fixture
def lone_stage(
    brisk: None,
    simulator_base: str,
    sqlite_copy: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> Iterator[Stage]:
    """A stage on SQLite alone, with delays of minutes that pass only when the test says so."""
    with set_stage(simulator_base, sqlite_copy, redis_url, guard, registry, **UNHURRIED) as stage:
        yield stage
