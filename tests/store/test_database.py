"""Transactions, moments and bulk statements behave alike on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from store.database import open_database, reading, writing
from store.statements import insert_missing, upsert
from store.tables import occurrence_person, person, portal
from tests.store.support import NOW, PORTAL, add_portal


def count_portals(database: Engine) -> int:
    with reading(database) as connection:
        return int(connection.execute(select(func.count()).select_from(portal)).scalar_one())


class TestTransactions:
    def test_what_is_written_is_there(self, database: Engine) -> None:
        with writing(database) as connection:
            add_portal(connection)
        assert count_portals(database) == 1

    def test_nothing_remains_of_what_fails(self, database: Engine) -> None:
        with pytest.raises(RuntimeError), writing(database) as connection:
            add_portal(connection)
            raise RuntimeError
        assert count_portals(database) == 0

    def test_a_reader_sees_nothing_half_done_and_does_not_wait(self, database: Engine) -> None:
        with writing(database) as connection:
            add_portal(connection)
            assert count_portals(database) == 0
        assert count_portals(database) == 1

    def test_writers_wait_for_each_other_and_lose_nothing(self, database: Engine) -> None:
        """Each reads, then writes what it read plus one: none may work from an old figure."""
        with writing(database) as connection:
            add_portal(connection)

        def add_one() -> None:
            for _ in range(10):
                with writing(database) as connection:
                    number = connection.execute(
                        select(portal.c.settings_version).with_for_update()
                    ).scalar_one()
                    connection.execute(portal.update().values(settings_version=number + 1))

        threads = [threading.Thread(target=add_one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        with reading(database) as connection:
            assert connection.execute(select(portal.c.settings_version)).scalar_one() == 41

    def test_a_writer_whose_patience_ends_is_told(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'rollcall.db'}"
        patient, impatient = open_database(url), open_database(url, patience_seconds=0.02)
        with (
            writing(patient),
            pytest.raises(OperationalError, match="locked"),
            writing(impatient),
        ):
            pass
        with writing(impatient) as connection:
            assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 20
        for database in (patient, impatient):
            database.dispose()

    def test_a_row_cannot_belong_to_nobody(self, connection: Connection) -> None:
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(
                person.insert().values(portal_id="no such portal", email="a@x.no", contact={})
            )


class TestMoments:
    @pytest.mark.parametrize(
        "moment",
        [
            pytest.param(NOW, id="UTC"),
            pytest.param(NOW.replace(microsecond=123456), id="microseconds"),
            pytest.param(NOW.astimezone(timezone(timedelta(hours=-8))), id="another zone"),
        ],
    )
    def test_a_moment_comes_back_as_the_same_moment_in_utc(
        self, connection: Connection, moment: datetime
    ) -> None:
        add_portal(connection)
        connection.execute(portal.update().values(created_at=moment))
        found = connection.execute(select(portal.c.created_at)).scalar_one()
        assert found == moment
        assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)

    def test_moments_of_several_zones_are_compared_as_moments(self, connection: Connection) -> None:
        add_portal(connection)
        elsewhere = timezone(timedelta(hours=9))
        for shift, is_later in ((-1, False), (1, True)):
            asked = (NOW + timedelta(minutes=shift)).astimezone(elsewhere)
            found = connection.execute(
                select(portal.c.portal_id).where(portal.c.created_at < asked)
            ).first()
            assert (found is not None) is is_later

    def test_a_moment_without_a_zone_is_refused(self, connection: Connection) -> None:
        add_portal(connection)
        with pytest.raises(StatementError, match="without a time zone"):
            connection.execute(portal.update().values(created_at=NOW.replace(tzinfo=None)))


class TestBulk:
    def rows(self, *emails: str, match: str = "none") -> list[dict[str, object]]:
        return [
            {"portal_id": PORTAL, "email": email, "contact": {}, "contact_match": match}
            for email in emails
        ]

    def found(self, connection: Connection) -> dict[str, str]:
        rows = connection.execute(select(person.c.email, person.c.contact_match))
        return {row.email: row.contact_match for row in rows}

    def test_missing_rows_are_added_and_the_others_left_alone(self, connection: Connection) -> None:
        add_portal(connection)
        key = ["portal_id", "email"]
        insert_missing(connection, person, self.rows("a", match="primary"), key)
        insert_missing(connection, person, self.rows("a", "b", "b"), key)
        assert self.found(connection) == {"a": "primary", "b": "none"}

    def test_an_upsert_changes_only_what_it_names(self, connection: Connection) -> None:
        add_portal(connection)
        key = ["portal_id", "email"]
        upsert(connection, person, self.rows("a", match="primary"), key, ["contact_match"])
        connection.execute(person.update().values(contact_id="77"))
        upsert(connection, person, self.rows("a", "b", match="new"), key, ["contact_match"])
        assert self.found(connection) == {"a": "new", "b": "new"}
        ids = connection.execute(select(person.c.contact_id).where(person.c.email == "a"))
        assert ids.scalar_one() == "77"

    def test_no_rows_are_no_statement(self, connection: Connection) -> None:
        insert_missing(connection, person, [], ["portal_id", "email"])
        upsert(connection, occurrence_person, [], ["id"], ["email"])
        assert self.found(connection) == {}
