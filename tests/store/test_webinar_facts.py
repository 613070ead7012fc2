"""Webinars, occurrences and instances: made once, and only what is known replaces anything."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping

from store.tables import instance, zoom_user
from store.webinar_facts import (
    change_instance,
    ensure_instances,
    ensure_occurrence,
    ensure_webinar,
    find_instance,
    find_occurrence,
    find_webinar,
    instances_of,
    occurrences_of_webinar,
    save_zoom_users,
)
from tests.store.support import ACCOUNT, PORTAL, add_occurrence, add_portal, add_webinar, minute


@pytest.fixture
def place(connection: Connection) -> RowMapping:
    """An occurrence of a single webinar."""
    return add_occurrence(connection)


class TestWebinars:
    def ensure(self, connection: Connection, portal_id: str = PORTAL, **changes: Any) -> RowMapping:
        add_portal(connection, portal_id)
        return ensure_webinar(connection, portal_id, ACCOUNT, "987", changes)

    def test_a_webinar_is_made_once_a_portal(self, connection: Connection) -> None:
        first = self.ensure(connection, topic="Spring")
        assert self.ensure(connection) == first == find_webinar(connection, first["id"])
        assert self.ensure(connection, "2002")["id"] != first["id"]

    def test_what_is_not_known_replaces_nothing(self, connection: Connection) -> None:
        self.ensure(connection, topic="Spring", start_at=minute(5))
        row = self.ensure(connection, topic=None, start_at=None, duration_seconds=60)
        assert (row["topic"], row["start_at"]) == ("Spring", minute(5))
        assert row["duration_seconds"] == 60

    def test_a_switch_set_by_a_person_outlasts_what_zoom_says(self, connection: Connection) -> None:
        self.ensure(connection, sync="off")
        assert self.ensure(connection, topic="Summer")["sync"] == "off"

    @pytest.mark.parametrize(
        ("changes", "email"),
        [
            ({"host_id": "h1"}, "h1@acme.example"),
            ({"host_id": "h1", "host_email": "other@acme.example"}, "other@acme.example"),
            ({"host_id": "nobody known"}, ""),
            ({}, ""),
        ],
        ids=["a user we know", "told with the address", "a user we do not know", "no host"],
    )
    def test_the_hosts_address_is_looked_up_among_the_users(
        self, connection: Connection, changes: dict[str, str], email: str
    ) -> None:
        add_portal(connection)
        users = [{"user_id": "h1", "email": "h1@acme.example", "name": "Host"}]
        save_zoom_users(connection, PORTAL, ACCOUNT, users)
        assert self.ensure(connection, **changes)["host_email"] == email


class TestOccurrences:
    def test_an_occurrence_is_made_once_a_webinar(
        self, connection: Connection, place: RowMapping
    ) -> None:
        webinar = find_webinar(connection, place["webinar_pk"])
        assert ensure_occurrence(connection, webinar, "") == place
        assert find_occurrence(connection, place["id"]) == place
        assert ensure_occurrence(connection, webinar, "1648")["id"] != place["id"]

    def test_it_starts_when_the_webinar_does_unless_it_has_a_time_of_its_own(
        self, connection: Connection
    ) -> None:
        webinar = add_webinar(connection, start_at=minute(5), duration_seconds=60)
        row = ensure_occurrence(connection, webinar, "")
        assert (row["start_at"], row["duration_seconds"]) == (minute(5), 60)
        row = ensure_occurrence(connection, webinar, "1648", {"start_at": minute(9)})
        assert row["start_at"] == minute(9)
        row = ensure_occurrence(connection, webinar, "1648", {"start_at": None})
        assert row["start_at"] == minute(9)

    @pytest.mark.parametrize(
        ("kind", "name", "is_series"),
        [(9, "", True), (9, "1648", False), (5, "", False), (6, "", False)],
        ids=["series", "one date of it", "single", "without fixed times"],
    )
    def test_only_a_series_has_a_row_for_all_of_its_dates(
        self, connection: Connection, kind: int, name: str, is_series: bool
    ) -> None:
        webinar = add_webinar(connection, type=kind)
        assert ensure_occurrence(connection, webinar, name)["is_series"] is is_series

    def test_they_are_listed_in_the_order_of_time(self, connection: Connection) -> None:
        webinar = add_webinar(connection)
        for name, at in (("b", 20), ("c", 30), ("a", 10)):
            ensure_occurrence(connection, webinar, name, {"start_at": minute(at)})
        add_occurrence(connection)
        found = occurrences_of_webinar(connection, webinar["id"])
        assert [row["occurrence_id"] for row in found] == ["a", "b", "c"]


class TestInstances:
    def row(self, place: RowMapping, uuid: str, at: float = 0) -> dict[str, Any]:
        return {
            "portal_id": place["portal_id"],
            "occurrence_pk": place["id"],
            "uuid": uuid,
            "started_at": minute(at),
        }

    def test_an_instance_heard_of_twice_keeps_what_was_read_of_it(
        self, connection: Connection, place: RowMapping
    ) -> None:
        ensure_instances(connection, [self.row(place, "u1")])
        change_instance(connection, PORTAL, "u1", rows_read=7, ended_at=minute(60))
        ensure_instances(connection, [self.row(place, "u1", 5), self.row(place, "u2")])
        found = find_instance(connection, PORTAL, "u1")
        assert found is not None
        assert (found["rows_read"], found["started_at"]) == (7, minute(0))
        assert find_instance(connection, PORTAL, "u3") is None
        assert find_instance(connection, "2002", "u1") is None

    def test_rehearsals_do_not_count(self, connection: Connection, place: RowMapping) -> None:
        ensure_instances(
            connection,
            [
                self.row(place, "late", 30),
                self.row(place, "early", 0),
                self.row(place, "test", -99),
            ],
        )
        change_instance(connection, PORTAL, "test", is_rehearsal=True)
        found = instances_of(connection, place["id"])
        assert [row["uuid"] for row in found] == ["early", "late"]

    def test_a_uuid_of_another_portal_is_another_instance(
        self, connection: Connection, place: RowMapping
    ) -> None:
        other = add_occurrence(connection, add_webinar(connection, "2002"))
        ensure_instances(connection, [self.row(place, "u1"), self.row(other, "u1")])
        change_instance(connection, PORTAL, "u1", rows_read=7)
        rows = connection.execute(instance.select()).mappings()
        assert {row["portal_id"]: row["rows_read"] for row in rows} == {PORTAL: 7, "2002": None}


def test_a_users_switches_stay_as_set_when_zoom_tells_of_the_user_again(
    connection: Connection,
) -> None:
    add_portal(connection)
    user = {"user_id": "h1", "email": "h1@acme.example", "name": "Host"}
    save_zoom_users(connection, PORTAL, ACCOUNT, [user])
    connection.execute(zoom_user.update().values(sync_new_webinars=False))
    save_zoom_users(connection, PORTAL, ACCOUNT, [user | {"name": "New name"}])
    save_zoom_users(connection, PORTAL, ACCOUNT, [])
    row = connection.execute(zoom_user.select()).mappings().one()
    assert (row["name"], row["sync_new_webinars"], row["sync_recordings"]) == (
        "New name",
        False,
        True,
    )
