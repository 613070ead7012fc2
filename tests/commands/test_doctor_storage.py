"""What the doctor says about the database, the disk, the kept keys and the plugins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, make_url, text

import store
from commands.doctor.database import check_database
from commands.doctor.files import MIB, check_disk, check_folder, check_plugins
from commands.doctor.findings import Finding
from commands.doctor.settings import Surroundings, read_surroundings
from plugins.registry import PluginProblem, Registry
from store.connections import NewGrant, TokenPair, save_grant
from store.database import open_database, writing
from store.sealing import Sealer
from tests.commands.test_doctor_settings import GOOD

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def around(url: str = "", **changes: str) -> Surroundings:
    environ = {**GOOD, **changes} | ({"ROLLCALL_DATABASE_URL": url} if url else {})
    return read_surroundings(environ)[0]


def ask(
    url: str, clock: Callable[[], datetime] | None = None, **changes: str
) -> dict[str, Finding]:
    given = () if clock is None else (clock,)
    return {one.subject: one for one in check_database(around(url, **changes), *given)}


@pytest.fixture
def migrated_url(database_url: str) -> str:
    """A database at this version's tables, on SQLite and on PostgreSQL."""
    store.migrate(database_url)
    return database_url


@pytest.fixture(scope="module")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("doctor") / "ready.db"
    store.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def ready_url(ready_file: Path, tmp_path: Path) -> str:
    """A copy of an SQLite database at this version's tables."""
    copy = tmp_path / "rollcall.db"
    copy.write_bytes(ready_file.read_bytes())
    return f"sqlite:///{copy}"


def execute(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.usefixtures("names_nobody_has")
class TestDatabase:
    def test_a_good_one_is_well_and_keeps_nothing_of_what_was_tried(self, migrated_url):
        found = ask(migrated_url)

        assert {one.status for one in found.values()} == {"ok"}
        assert set(found) == {
            *("database", "tables", "clock", "database writes", "keys", "deliveries")
        }
        engine = create_engine(migrated_url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM lease")).scalar() == 0
        engine.dispose()

    def test_one_without_tables_is_to_be_migrated(self, database_url):
        execute(database_url, "CREATE TABLE something_else (id integer)")

        found = ask(database_url)

        assert found["tables"].status == "failed"
        assert "./run migrate" in found["tables"].remedy
        assert "database writes" not in found

    @pytest.mark.parametrize(
        ("standing", "status", "what"),
        [("0001", "failed", "this version needs"), ("9999", "warning", "does not know")],
        ids=["older", "newer"],
    )
    def test_tables_of_another_version(self, ready_url, standing, status, what):
        execute(ready_url, f"UPDATE alembic_version SET version_num = '{standing}'")

        found = ask(ready_url)["tables"]

        assert (found.status, what in found.what) == (status, True)
        assert found.remedy

    @pytest.mark.parametrize(
        ("seconds", "words"), [(90, "90 s ahead"), (-400, "400 s behind")], ids=["fast", "slow"]
    )
    def test_a_clock_that_is_off_is_told(self, ready_url, seconds, words):
        found = ask(ready_url, lambda: datetime.now(UTC) + timedelta(seconds=seconds))["clock"]

        assert found.status == "failed"
        assert words in found.what
        assert "NTP" in found.remedy

    def test_keys_that_do_not_open_what_is_kept_are_told(self, ready_url):
        engine = open_database(ready_url)
        with writing(engine) as connection:
            grant = NewGrant(
                platform="hubspot",
                account_id="4711",
                user_id="71",
                scopes=(),
                pair=TokenPair("access", "refresh"),
                expires_at=NOW,
            )
            save_grant(connection, Sealer((GOOD["ROLLCALL_ENCRYPTION_KEYS"],)), grant, NOW)
        engine.dispose()
        other = Fernet.generate_key().decode()

        assert ask(ready_url)["keys"].what == "tokens of 1 connections open"
        lost = ask(ready_url, ROLLCALL_ENCRYPTION_KEYS=other)["keys"]
        both = f"{other},{GOOD['ROLLCALL_ENCRYPTION_KEYS']}"
        assert (lost.status, "behind the present one" in lost.remedy) == ("failed", True)
        assert ask(ready_url, ROLLCALL_ENCRYPTION_KEYS=both)["keys"].status == "ok"

    def test_a_delivery_that_waits_for_long_is_told(self, ready_url):
        later = datetime.now(UTC)
        execute(
            ready_url,
            "INSERT INTO inbox (source, digest, body, received_at)"
            f" VALUES ('zoom', 'a', '', '{later:%F %T.%f}')",
        )

        found = ask(ready_url, lambda: later + timedelta(minutes=9))["deliveries"]

        assert (found.status, found.what) == ("failed", "the oldest has waited for 9 minutes")
        assert "./run worker" in found.remedy

    def test_one_that_refuses_writes_is_told(self, ready_url):
        refuse = "SELECT RAISE(ABORT, 'attempt to write a readonly database'); END"
        execute(ready_url, f"CREATE TRIGGER full BEFORE INSERT ON lease BEGIN {refuse}")

        found = ask(ready_url)["database writes"]

        assert (found.status, "readonly" in found.what) == ("failed", True)
        assert "full disk" in found.remedy

    def test_somebody_who_keeps_writing_is_told(self, ready_url, monkeypatch):
        monkeypatch.setattr("commands.doctor.database.CONNECT_SECONDS", 0.1)
        writer = sqlite3.connect(make_url(ready_url).database or "", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        try:
            found = ask(ready_url)["database writes"]
        finally:
            writer.close()

        assert (found.status, found.remedy != "") == ("warning", True)

    @pytest.mark.parametrize(
        ("url", "what", "remedy"),
        [
            ("sqlite:///{folder}/none.db", "there is no", "./run migrate"),
            ("sqlite:///{folder}/odd.db", "not a database", "none of SQLite's"),
            ("postgresql://a:b@127.0.0.1:9/c", "refused", "start PostgreSQL"),
            ("postgresql://a:b@database.invalid/c", "resolve", "check the host"),
            ("postgresql+nothing://a:b@localhost/c", "driver", "postgresql://"),
        ],
        ids=["no file", "another file", "nobody listens", "no such host", "no such driver"],
    )
    def test_one_that_cannot_be_reached_is_told(self, tmp_path, url, what, remedy):
        (tmp_path / "odd.db").write_bytes(b"something else entirely" * 50)

        found = ask(url.format(folder=tmp_path))["database"]

        assert found.status != "ok"
        assert what in found.what
        assert remedy in found.remedy
        assert not (tmp_path / "none.db").exists()

    @pytest.mark.postgres
    @pytest.mark.parametrize(
        ("change", "remedy"),
        [({"database": "nowhere"}, "create the database"), ({"username": "nobody"}, "user")],
        ids=["no such database", "no such user"],
    )
    def test_what_postgresql_refuses_is_told(self, postgres_url, change, remedy):
        url = make_url(postgres_url).set(**change).render_as_string(hide_password=False)

        found = ask(url)["database"]

        assert found.status == "failed"
        assert remedy in found.remedy

    @pytest.mark.postgres
    def test_a_database_that_takes_no_writes_is_told(self, postgres_url):
        store.migrate(postgres_url)
        name = make_url(postgres_url).database
        execute(postgres_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

        found = ask(postgres_url)["database writes"]

        assert found.status == "failed"
        assert "not a replica" in found.remedy


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        """A data folder as a start makes it."""
        folder = tmp_path / "data"
        folder.mkdir(mode=0o700)
        for name, text_ in (("secret.key", "s" * 48), ("encryption.key", Fernet.generate_key())):
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text_ if isinstance(text_, str) else text_.decode())
        return folder

    @staticmethod
    def look(folder: Path) -> list[Finding]:
        given = around(f"sqlite:///{folder}/rollcall.db", ROLLCALL_DATA_DIR=str(folder))
        return list(check_folder(given))

    def test_a_folder_nothing_is_kept_in_may_be_read_only(self, folder):
        folder.chmod(0o555)
        given = around(ROLLCALL_DATA_DIR=str(folder))

        found = [*check_folder(given), *check_disk(given, lambda _: 0)]

        assert [one.status for one in found] == ["ok", "ok"]

    def test_a_folder_as_a_start_makes_it_is_well(self, folder):
        assert [one.status for one in self.look(folder)] == ["ok"]

    def test_a_folder_that_is_not_there_yet_is_well(self, tmp_path):
        assert [one.status for one in self.look(tmp_path / "none")] == ["ok"]

    @pytest.mark.parametrize(
        ("name", "mode", "status", "remedy"),
        [
            ("encryption.key", 0o644, "failed", "chmod 600"),
            ("secret.key", 0o640, "failed", "chmod 600"),
            (".", 0o755, "warning", "chmod 700"),
        ],
        ids=["a key all can read", "a key a group can read", "an open folder"],
    )
    def test_what_others_can_read_is_told(self, folder, name, mode, status, remedy):
        (folder / name).chmod(mode)

        (found,) = self.look(folder)

        assert found.status == status
        assert remedy in found.remedy

    def test_a_damaged_key_is_told(self, folder):
        (folder / "encryption.key").write_text("")

        (found,) = self.look(folder)

        assert (found.status, "restore" in found.remedy) == ("failed", True)
        assert "is damaged" in found.what

    @pytest.mark.parametrize(
        ("free", "status"),
        [(5000 * MIB, "ok"), (600 * MIB, "warning"), (20 * MIB, "failed")],
        ids=["room", "little", "none"],
    )
    def test_room_on_the_disk(self, tmp_path, free, status):
        folder = tmp_path / "not" / "yet"
        given = around(f"sqlite:///{folder}/rollcall.db", ROLLCALL_DATA_DIR=str(folder))

        (found,) = check_disk(given, lambda path: free if path == tmp_path else 0)

        assert found.status == status
        assert bool(found.remedy) == (status != "ok")

    def test_a_plugin_that_does_not_load_is_told_with_its_remedy(self):
        problem = PluginProblem("score", "cannot be imported: numpy", "Install what it needs.")

        (found,) = check_plugins(around(), lambda: Registry((), (problem,)))

        assert (found.status, found.what) == ("failed", "score: cannot be imported: numpy")
        assert found.remedy == "Install what it needs."
