"""A portal's own health: connections, deliveries, runs, and nothing of anybody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from clients.breaker import Outage
from store.tables import connection as connections
from store.tables import inbox, instance, occurrence, portal_zoom, run
from tests.api.conftest import NOW, OTHER_PORTAL, PORTAL, Calls, HubSpotCaller

DELIVERIES = [  # source, account, state, minutes ago, put off until (minutes from now)
    ("zoom", "zoom-account", "done", 30, None),
    ("zoom", "zoom-account", "new", 20, None),
    ("zoom", "zoom-account", "new", 40, 5),
    ("zoom", "zoom-account", "dead", 25, None),
    ("hubspot", OTHER_PORTAL, "dead", 1, None),
    ("hubspot", OTHER_PORTAL, "new", 50, None),
    ("zoom", "somebody-elses", "new", 60, None),
]


@pytest.fixture
def delivered(engine: Engine) -> None:
    """Deliveries of the portal's Zoom account, and of others."""
    with engine.begin() as to:
        for number, (source, account, state, minutes, until) in enumerate(DELIVERIES):
            to.execute(
                inbox.insert().values(
                    source=source,
                    digest=str(number),
                    body=b"sealed",
                    received_at=NOW - timedelta(minutes=minutes),
                    state=state,
                    account_id=account,
                    not_before=None if until is None else NOW + timedelta(minutes=until),
                )
            )


def by_platform(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["platform"]: one for one in found}


def test_only_the_portals_own_is_counted(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine, delivered: None
) -> None:
    member.call("POST", "/api/webinars/95000000001/sync")
    shown = member.get("/api/health")
    webhooks = by_platform(shown["webhooks"])
    assert webhooks["hubspot"]["last_at"] is None
    zoom = webhooks["zoom"]
    assert (zoom["waiting"], zoom["parked"]) == (2, 1)
    assert zoom["last_at"] == (NOW - timedelta(minutes=25)).isoformat()
    assert zoom["oldest_at"] == (NOW - timedelta(minutes=20)).isoformat()
    assert (shown["runs"]["open"], shown["runs"]["oldest_at"]) == (1, NOW.isoformat())
    assert [one["code"] for one in shown["warnings"][:2]] == ["deliveries_parked", "work_waits"]
    others = stranger.get("/api/health")
    assert (others["runs"]["open"], others["webhooks"]) == (0, [])
    text = str(shown)
    assert OTHER_PORTAL not in text and "somebody-elses" not in text and "sealed" not in text


def test_connections_show_their_state_and_an_outage(
    member: HubSpotCaller, engine: Engine, calls: Calls
) -> None:
    calls.outages["hubspot", PORTAL] = Outage(NOW - timedelta(minutes=3), NOW)
    with engine.begin() as to:
        ended = {"status": "reconnect", "status_changed_at": NOW, "refreshed_at": NOW}
        to.execute(update(connections).where(connections.c.platform == "zoom").values(**ended))
        to.execute(update(occurrence).values(is_told_overdue=True))
        to.execute(update(run).values(not_before=NOW))
    shown = member.get("/api/health")
    accounts = by_platform(shown["accounts"])
    assert accounts["zoom"]["status"] == "reconnect"
    assert accounts["zoom"]["renewed_at"] == NOW.isoformat()
    assert accounts["hubspot"]["not_answering"]["since"]
    assert shown["alerts"] == {"told": 1, "waiting": 0}
    codes = [one["code"] for one in shown["warnings"]]
    assert {"zoom_reconnect", "hubspot_not_answering", "numbers_overdue"} <= set(codes)


def test_a_living_grant_of_the_same_account_is_enough(
    member: HubSpotCaller, engine: Engine
) -> None:
    with engine.begin() as to:
        key = to.execute(
            connections.insert()
            .values(
                platform="zoom",
                account_id="zoom-account",
                user_id="other",
                tokens=b"",
                expires_at=NOW,
                scopes=[],
                created_at=NOW,
                status="reconnect",
            )
            .returning(connections.c.id)
        ).scalar_one()
        to.execute(
            portal_zoom.insert().values(
                portal_id=PORTAL, connection_id=key, account_id="zoom-account"
            )
        )
    codes = [one["code"] for one in member.get("/api/health")["warnings"]]
    assert "zoom_reconnect" not in codes


def test_a_webinar_nothing_was_delivered_of_is_told(member: HubSpotCaller, engine: Engine) -> None:
    with engine.begin() as to:
        long_ago = NOW - timedelta(days=30)
        to.execute(update(connections).values(status_changed_at=long_ago))
        to.execute(
            instance.insert().values(
                portal_id=PORTAL, occurrence_pk=1, uuid="u", started_at=NOW - timedelta(hours=2)
            )
        )
    codes = [one["code"] for one in member.get("/api/health")["warnings"]]
    assert "zoom_silent" in codes
