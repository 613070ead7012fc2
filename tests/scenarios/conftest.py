"""Fixtures of the scenarios: one simulator and one guard for all, a fresh stage for each."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy

from jobs.guard import Guard
from plugins.registry import Registry, load_plugins
from store import migrate
from tests.conftest import postgres_database
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


# --- Databases with all tables and nothing in them ----------------------------------------------


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: sqlalchemy.URL) -> Iterator[str]:
    """The name of a database to be copied."""
    with postgres_database(postgres_server) as url:
        migrate(url)
        yield str(sqlalchemy.make_url(url).database)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path) -> Iterator[str]:
    """A SQLite database of this test's own, in memory where there is such a disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        path = Path(folder) / "rollcall.db"
        shutil.copy(migrated_sqlite, path)
        yield f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: sqlalchemy.URL, migrated_postgres: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own."""
    with postgres_database(postgres_server, template=migrated_postgres) as url:
        yield url


# --- Stages -------------------------------------------------------------------------------------


@pytest.fixture
def stage(
    brisk: None,
    simulator_base: str,
    database_url: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> Iterator[Stage]:
    """A customer's stage on an empty world, with delays of seconds."""
    with set_stage(simulator_base, database_url, redis_url, guard, registry) as stage:
        stage.patience = timedelta(seconds=5)
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
    with set_stage(simulator_base, postgres_url, redis_url, guard, registry, **UNHURRIED) as stage:
        yield stage


@pytest.fixture
def lone_stage(
    brisk: None,
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> Iterator[Stage]:
    """A stage on SQLite alone, with delays of minutes that pass only when the test says so."""
    with set_stage(simulator_base, sqlite_url, redis_url, guard, registry, **UNHURRIED) as stage:
        yield stage


APPROVED = "registered=ae1001_registered,attended=ae1001_attended,recording=ae1001_recording"


@pytest.fixture
def approved_stage(
    brisk: None,
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> Iterator[Stage]:
    """A stage of an app whose events HubSpot has approved."""
    environment = {**UNHURRIED, "HUBSPOT_APP_EVENTS": APPROVED}
    with set_stage(simulator_base, sqlite_url, redis_url, guard, registry, **environment) as stage:
        yield stage
