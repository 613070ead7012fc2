"""The application beside a running simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from simulator.app import RunningSimulator, serve_in_thread
from tests.oauth.support import Site, running_site


@pytest.fixture(scope="session")
def platforms() -> Iterator[RunningSimulator]:
    """Both simulated platforms, one for all tests; `site` empties them before each."""
    with serve_in_thread() as simulator:
        yield simulator


@pytest.fixture
def site(
    platforms: RunningSimulator, tmp_path: Path, redis: Redis, redis_url: str, sqlite_url: str
) -> Iterator[Site]:
    """Two portals and two Zoom accounts, none of them connected yet."""
    with running_site(platforms, tmp_path, redis, redis_url, sqlite_url) as running:
        yield running


@pytest.fixture
def any_site(
    platforms: RunningSimulator, tmp_path: Path, redis: Redis, redis_url: str, database_url: str
) -> Iterator[Site]:
    """The same, once on SQLite and once on PostgreSQL."""
    with running_site(platforms, tmp_path, redis, redis_url, database_url) as running:
        yield running
