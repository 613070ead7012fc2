"""The connection, people without identity, and the way to the console."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from clients.breaker import Outage
from store.tables import connection, portal
from tests.api.conftest import (
    ADMIN,
    NOW,
    PORTAL,
    PUBLIC_URL,
    Calls,
    HubSpotCaller,
    add_people,
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: the queries of these lists are plain ones."""
    return sqlite_url


def test_the_connection_is_shown_without_any_token(member: HubSpotCaller) -> None:
    answer = member.get("/api/connection")
    assert answer == {
        "portal_id": PORTAL,
        "hubspot": {
            "status": "connected",
            "scopes": ["crm.objects.contacts.write"],
            "connected_by": "",
            "connected_at": NOW.isoformat(),
            "not_answering": None,
        },
        "zoom": [
            {
                "account_id": "zoom-account",
                "status": "connected",
                "scopes": ["crm.objects.contacts.write"],
                "connected_by": "",
                "connected_at": NOW.isoformat(),
                "business_unit": "",
                "reduced": False,
                "not_answering": None,
            }
        ],
        "timeline": {"marketing_events": "on", "app_events": "off"},
    }


def test_the_connection_says_who_does_not_answer_and_when_it_is_tried_again_F20(
    member: HubSpotCaller, calls: Calls
) -> None:
    outage = Outage(NOW - timedelta(hours=1), NOW + timedelta(minutes=2))
    shown = {"since": "2026-03-10T11:00:00+00:00", "next_try_at": "2026-03-10T12:02:00+00:00"}
    calls.outages["hubspot", PORTAL] = outage
    answer = member.get("/api/connection")
    assert answer["hubspot"]["not_answering"] == shown
    assert answer["zoom"][0]["not_answering"] is None
    calls.outages = {("zoom", "zoom-account"): outage}
    answer = member.get("/api/connection")
    assert answer["hubspot"]["not_answering"] is None
    assert answer["zoom"][0]["not_answering"] == shown


def test_a_portal_without_a_grant_shows_as_disconnected(stranger: HubSpotCaller) -> None:
    answer = stranger.get("/api/connection")
    assert answer["hubspot"]["status"] == "disconnected"
    assert answer["zoom"] == []


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/connection", (PORTAL,)),
        ("/api/connection/zoom/zoom-account", (PORTAL, "zoom-account")),
    ],
)
def test_disconnecting_is_for_the_callers_own_portal(
    admin: HubSpotCaller, calls: Calls, path: str, asked: tuple[str, ...]
) -> None:
    assert admin.call("DELETE", path).status_code == 204
    assert calls.disconnected == [asked]


def test_a_super_admin_says_which_business_unit_a_zoom_account_belongs_to_S42(
    admin: HubSpotCaller, member: HubSpotCaller, stranger: HubSpotCaller
) -> None:
    path, brand = "/api/connection/zoom/zoom-account", {"business_unit": " North "}
    assert member.call("PATCH", path, brand).status_code == 403
    assert stranger.call("PATCH", path, brand).status_code in (403, 404)
    assert admin.call("PATCH", f"{path}-of-nobody", brand).status_code == 404
    assert admin.call("PATCH", path, {"business_unit": "x" * 65}).status_code == 400
    assert admin.get("/api/connection")["zoom"][0]["business_unit"] == ""
    assert admin.call("PATCH", path, brand).status_code == 204
    assert admin.get("/api/connection")["zoom"][0]["business_unit"] == "North"


def test_the_console_link_is_for_the_signed_user(member: HubSpotCaller) -> None:
    answer = member.call("POST", "/api/console-link", {"userId": ADMIN})
    assert answer.status_code == 201
    assert answer.json == {"url": f"{PUBLIC_URL}/in/{PORTAL}/{member.user_id}", "expires_in": 60}


def test_people_without_identity_are_listed(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    nameless = [
        {"identity_key": f"row:{n}", "outcome": "excluded", "reason": reason, "first_name": f"G{n}"}
        for n, reason in enumerate(["no_email", "unmatched", "no_email", "role"])
    ]
    add_people(engine, 1, nameless)
    rows = member.all("/api/unmatched", limit=2)
    assert [row["name"] for row in rows] == ["G0", "G1", "G2"]
    assert rows[0]["webinar_id"] == "95000000001"
    assert stranger.all("/api/unmatched") == []


def test_the_connection_says_who_made_it(member: HubSpotCaller, engine: Engine) -> None:
    with engine.begin() as to:
        to.execute(portal.update().values(installer_user_id=ADMIN))
        to.execute(connection.update().values(user_id="host1"))
    shown = member.get("/api/connection")
    assert shown["hubspot"]["connected_by"] == f"user{ADMIN}@acme.example"
    assert shown["zoom"][0]["connected_by"] == "Host 1"
