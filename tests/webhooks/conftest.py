"""The application beside a running simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.oauth.support import Site, running_site


@pytest.fixture
def site(tmp_path: Path, redis: Redis, redis_url: str) -> Iterator[Site]:
    """Two portals and two Zoom accounts, none of them connected yet."""
    with running_site(tmp_path, redis, redis_url) as running:
        yield running
