"""Who belongs to the customer, and when that is looked up again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from store.directory import (
    accounts_of_portal,
    note_listing,
    portals_to_list,
    replace_hubspot_users,
    users_read_at,
)
from store.people import hubspot_user_emails
from store.tables import connection as grants
from store.tables import portal, portal_zoom
from store.webinar_facts import portals_of_account
from tests.store.support import NOW, PORTAL, add_portal, minute

HOUR = timedelta(hours=1)


def user(user_id: str, email: str = "", is_super_admin: bool = False) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "email": email or f"u{user_id}@acme.example",
        "is_super_admin": is_super_admin,
    }


def link(
    connection: Connection, portal_id: str, account_id: str, status: str = "connected"
) -> None:
    add_portal(connection, portal_id)
    pk = connection.execute(
        grants.insert()
        .values(
            platform="zoom",
            account_id=account_id,
            user_id=f"{portal_id}{status}",
            tokens=b"",
            expires_at=NOW,
            scopes=[],
            created_at=NOW,
            status=status,
        )
        .returning(grants.c.id)
    ).scalar_one()
    connection.execute(
        portal_zoom.insert().values(portal_id=portal_id, connection_id=pk, account_id=account_id)
    )


class TestUsers:
    @pytest.mark.parametrize(
        ("after", "changed"),
        [
            pytest.param([user("1"), user("2")], False, id="the same"),
            pytest.param([user("2"), user("1")], False, id="in another order"),
            pytest.param([user("1")], True, id="one left"),
            pytest.param([user("1"), user("2"), user("3")], True, id="one came"),
            pytest.param([user("1"), user("2", "new@acme.example")], True, id="a new address"),
            pytest.param([user("1", is_super_admin=True), user("2")], False, id="a new role"),
            pytest.param([], True, id="nobody left"),
        ],
    )
    def test_the_list_is_replaced_and_a_change_of_addresses_is_news(
        self, connection: Connection, after: list[dict[str, Any]], changed: bool
    ) -> None:
        add_portal(connection)
        assert replace_hubspot_users(connection, PORTAL, [user("1"), user("2")], NOW)
        assert replace_hubspot_users(connection, PORTAL, after, minute(5)) is changed
        assert hubspot_user_emails(connection, PORTAL) == {one["email"] for one in after}
        assert users_read_at(connection, PORTAL) == minute(5)

    def test_other_portals_keep_theirs(self, connection: Connection) -> None:
        for portal_id in (PORTAL, "2002"):
            add_portal(connection, portal_id)
            replace_hubspot_users(connection, portal_id, [user("1")], NOW)
        replace_hubspot_users(connection, PORTAL, [], NOW)
        assert hubspot_user_emails(connection, "2002") == {"u1@acme.example"}

    def test_never_read_is_none(self, connection: Connection) -> None:
        add_portal(connection)
        assert users_read_at(connection, PORTAL) is None


class TestListing:
    @pytest.mark.parametrize(
        ("listed_at", "is_due"),
        [(None, True), (NOW - 2 * HOUR, True), (NOW - HOUR, True), (minute(-59), False)],
        ids=["never", "long ago", "just so long ago", "lately"],
    )
    def test_webinars_are_listed_again_in_time(
        self, connection: Connection, listed_at: Any, is_due: bool
    ) -> None:
        link(connection, PORTAL, "a")
        connection.execute(portal.update().values(webinars_listed_at=listed_at))
        assert portals_to_list(connection, NOW, HOUR) == ([PORTAL] if is_due else [])

    def test_once_listed_it_waits_again(self, connection: Connection) -> None:
        link(connection, PORTAL, "a")
        note_listing(connection, PORTAL, NOW)
        assert portals_to_list(connection, minute(59), HOUR) == []
        assert portals_to_list(connection, minute(60), HOUR) == [PORTAL]

    def test_only_where_a_connection_lives_and_each_portal_once(
        self, connection: Connection
    ) -> None:
        link(connection, "1", "a")
        link(connection, "1", "b")
        link(connection, "2", "a", "reconnect")
        add_portal(connection, "3")
        assert portals_to_list(connection, NOW, HOUR) == ["1"]
        assert sorted(accounts_of_portal(connection, "1")) == ["a", "b"]
        assert accounts_of_portal(connection, "2") == []

    def test_whose_notices_of_an_account_are(self, connection: Connection) -> None:
        link(connection, "1", "a")
        link(connection, "2", "a", "reconnect")
        link(connection, "2", "b")
        assert sorted(portals_of_account(connection, "a")) == ["1", "2"]
        assert portals_of_account(connection, "nobody's") == []
