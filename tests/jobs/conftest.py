"""A database with one occurrence and a runtime without platforms, for single parts of the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine, RowMapping

from jobs.runtime import Runtime, Timing
from plugins.registry import Registry
from store.database import open_database, writing
from store.runs import find_run, open_run
from store.tables import metadata, portal
from store.webinar_facts import ensure_occurrence, ensure_webinar

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PORTAL = "1001"


class CountingPlatforms:
    """Counts permits and has no clients; ``at_once`` may be had without waiting, in all."""

    def __init__(self) -> None:
        self.permits = 0
        self.at_once = 1000

    def take_permit(self, portal_id: str, pool: str) -> None:
        """Count one call."""
        self.permits += 1

    def try_permit(self, portal_id: str, pool: str) -> bool:
        """Count one call while there is room."""
        if self.at_once == 0:
            return False
        self.at_once -= 1
        self.permits += 1
        return True


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """A SQLite database with all tables and one portal."""
    engine = open_database(f"sqlite:///{tmp_path / 'rollcall.db'}")
    metadata.create_all(engine)
    with writing(engine) as to:
        row = {"portal_id": PORTAL, "capabilities": {}, "created_at": NOW}
        to.execute(portal.insert().values(row))
    yield engine
    engine.dispose()


@pytest.fixture
def place(database: Engine) -> RowMapping:
    """The occurrence of a webinar of the portal."""
    with writing(database) as to:
        return ensure_occurrence(to, ensure_webinar(to, PORTAL, "acct", "95", {}), "")


@pytest.fixture
def run(database: Engine, place: RowMapping) -> RowMapping:
    """A queued run of the occurrence."""
    with writing(database) as to:
        run_id = open_run(to, occurrence_pk=place["id"], trigger="sync_now", pool="live", now=NOW)
        return find_run(to, run_id)


@pytest.fixture
def platforms() -> CountingPlatforms:
    """What the runtime has for platforms."""
    return CountingPlatforms()


@pytest.fixture
def runtime(database: Engine, platforms: CountingPlatforms) -> Runtime:
    """A runtime of whose parts only the database and the counting of permits are real."""
    return Runtime(
        database=database,
        sealer=cast(Any, None),
        registry=Registry(()),
        guard=cast(Any, None),
        platforms=cast(Any, platforms),
        timing=Timing((timedelta(minutes=5),), timedelta(minutes=10), timedelta(seconds=2)),
        app_events={},
        links=cast(Any, None),
        owner="me",
        clock=lambda: NOW,
    )
