"""Fixtures of the scenarios: one simulator and one guard for all, a fresh stage for each."""

from __future__ import annotations

from collections.abc import Iterator

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
