"""Whose grants have been dead for so long that it counts as a goodbye."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from store.dead_grants import dead_accounts, dead_portals
from store.tables import connection as connections
from store.tables import portal_zoom
from tests.store.support import ACCOUNT, NOW, PORTAL, add_portal

BEFORE = NOW - timedelta(days=30)
LONG_AGO, LATELY = BEFORE - timedelta(seconds=1), BEFORE + timedelta(seconds=1)

DEAD, DYING = ("reconnect", LONG_AGO), ("reconnect", LATELY)
ALIVE, LEFT = ("connected", LONG_AGO), ("disconnected", LONG_AGO)


def grant(connection: Connection, platform: str, account_id: str, standing: Any) -> int:
    status, changed_at = standing
    made = connection.execute(
        connections.insert().values(
            platform=platform,
            account_id=account_id,
            user_id=f"user{changed_at}{status}",
            tokens=b"sealed",
            expires_at=NOW,
            scopes=[],
            status=status,
            status_changed_at=changed_at,
            created_at=NOW,
        )
    )
    return int(made.inserted_primary_key[0])


@pytest.mark.parametrize(
    ("standings", "is_dead"),
    [
        ([DEAD], True),
        ([DYING], False),
        ([ALIVE], False),
        ([LEFT], False),
        ([DEAD, ALIVE], False),
        ([DEAD, DYING], False),
        ([DEAD, LEFT], True),
    ],
    ids=["dead", "dying", "alive", "left", "one alive", "one dying", "one left"],
)
def test_P13_F45_a_zoom_account_is_dead_when_all_its_grants_have_been_for_thirty_days(
    connection: Connection, standings: list[Any], is_dead: bool
) -> None:
    add_portal(connection)
    for standing in standings:
        connection.execute(
            portal_zoom.insert().values(
                portal_id=PORTAL,
                connection_id=grant(connection, "zoom", ACCOUNT, standing),
                account_id=ACCOUNT,
            )
        )
    assert dead_accounts(connection, BEFORE) == ([(PORTAL, ACCOUNT)] if is_dead else [])
    assert dead_portals(connection, BEFORE) == []


@pytest.mark.parametrize(
    ("standing", "is_dead"), [(DEAD, True), (DYING, False), (ALIVE, False), (LEFT, False)], ids=str
)
def test_P13_F45_a_portal_is_dead_when_its_grant_has_been_for_thirty_days(
    connection: Connection, standing: Any, is_dead: bool
) -> None:
    grant(connection, "hubspot", PORTAL, standing)
    assert dead_portals(connection, BEFORE) == ([PORTAL] if is_dead else [])
