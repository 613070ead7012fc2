"""The database is brought to the shape the code expects, whoever starts first and however often."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from store.database import open_database
from store.migration import alembic_config, check_migrations, migrate
from store.tables import metadata
from tests.store.support import add_occurrence, add_person

RELEASED_FROM = "0002"
"""The one before took a column away; nothing was released then."""
MIGRATE = "import sys; from store.migration import migrate; migrate(sys.argv[1])"


def test_an_empty_database_gets_every_table_and_a_second_start_changes_nothing(
    database_url: str,
) -> None:
    migrate(database_url)
    engine = open_database(database_url)
    try:
        assert set(metadata.tables) <= set(inspect(engine).get_table_names())
        with engine.begin() as connection:
            row = add_person(connection, add_occurrence(connection), "ada@example.com")
        migrate(database_url)
        check_migrations(database_url)
        with engine.begin() as connection:
            table = metadata.tables["occurrence_person"]
            assert connection.execute(table.select()).mappings().one() == row
    finally:
        engine.dispose()


def test_a_version_put_back_works_on_the_tables_of_the_newer_one_F47(
    database_url: str,
) -> None:
    migrate(database_url)
    engine = open_database(database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        migrate(database_url)
        with engine.begin() as connection:
            add_person(connection, add_occurrence(connection), "ada@example.com")
            assert connection.execute(text("SELECT * FROM alembic_version")).scalar() == "9999"
    finally:
        engine.dispose()


def test_the_columns_and_rules_are_those_the_tests_run_on(database_url: str) -> None:
    """Tests make the tables from code, a customer's come from the migrations."""
    migrate(database_url)
    engine = open_database(database_url)
    try:
        found = inspect(engine)
        for name, table in metadata.tables.items():
            columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}, name
            indexes = {index["name"] for index in found.get_indexes(name)}
            assert {index.name for index in table.indexes} <= indexes, name
    finally:
        engine.dispose()


def test_every_step_back_and_forward_again_keeps_what_was_there_F47(database_url: str) -> None:
    migrate(database_url)
    engine = open_database(database_url)
    try:
        with engine.begin() as connection:
            row = add_person(connection, add_occurrence(connection), "ada@example.com")
        config = alembic_config(database_url)
        scripts = ScriptDirectory.from_config(config).walk_revisions()
        newest_first = [script.revision for script in scripts]
        assert len(newest_first) > 1
        for revision in newest_first:
            command.downgrade(config, revision)
        for revision in reversed(newest_first):
            migrate(database_url, revision)
        check_migrations(database_url)
        with engine.begin() as connection:
            table = metadata.tables["occurrence_person"]
            assert connection.execute(table.select()).mappings().one() == row
    finally:
        engine.dispose()


def test_several_processes_may_start_at_once_F47(database_url: str) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, database_url],
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        ends = [(starter.communicate(timeout=60)[1], starter.returncode) for starter in starters]
    finally:
        for starter in starters:
            starter.kill()
            starter.wait()
    assert [code for _, code in ends] == [0, 0], ends
    check_migrations(database_url)


def test_P14_each_migration_only_adds_to_what_the_version_before_uses_F47(tmp_path: Path) -> None:
    """Else a version could not go on while the next one is being started, or be put back."""
    url = f"sqlite:///{tmp_path / 'rollcall.db'}"
    scripts = ScriptDirectory.from_config(alembic_config(url)).walk_revisions()
    steps = [script.revision for script in scripts][::-1]
    migrate(url, RELEASED_FROM)
    before = _columns(url)
    for step in steps[steps.index(RELEASED_FROM) + 1 :]:
        migrate(url, step)
        after = _columns(url)
        assert before.keys() <= after.keys(), f"{step} takes columns away"
        stricter = [name for name, demands in before.items() if after[name] and not demands]
        assert not stricter, f"{step} demands more of {stricter}"
        tables = {table for table, _ in before}
        new = [name for name in after.keys() - before.keys() if name[0] in tables]
        assert not [name for name in new if after[name]], f"{step} demands a value nobody writes"
        before = after


def _columns(url: str) -> dict[tuple[str, str], bool]:
    """Every column, and whether a row cannot do without a value for it."""
    engine = open_database(url)
    try:
        found = inspect(engine)
        return {
            (table, column["name"]): not column["nullable"] and column["default"] is None
            for table in found.get_table_names()
            for column in found.get_columns(table)
        }
    finally:
        engine.dispose()
