"""Both databases, made once; each test finds them empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from sqlalchemy import Connection, Engine

from store.database import open_database, writing
from store.tables import metadata
from tests.conftest import postgres_database


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A SQLite database with every table, for the session."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('store') / 'rollcall.db'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_store(postgres_server: sqlalchemy.URL) -> Iterator[Engine]:
    """A PostgreSQL database with every table, for the session."""
    with postgres_database(postgres_server) as url:
        engine = open_database(url)
        metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def database(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database; the test runs on SQLite and on PostgreSQL, and may commit."""
    engine: Engine = request.getfixturevalue(f"{request.param}_store")
    yield engine
    with writing(engine) as to:
        for table in reversed(metadata.sorted_tables):
            to.execute(table.delete())


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A writing transaction on an empty database, taken back afterwards; on both databases."""
    engine: Engine = request.getfixturevalue(f"{request.param}_store")
    with engine.connect() as to:
        transaction = to.begin()
        yield to
        transaction.rollback()
