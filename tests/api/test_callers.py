"""Who gets in, and as whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from store.tables import connection, portal
from tests.api.conftest import ADMIN, OTHER_PORTAL, PORTAL, Calls, HubSpotCaller

SETTINGS = "/api/settings"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: nothing here is about SQL."""
    return sqlite_url


@pytest.mark.parametrize(
    "caller",
    [
        pytest.param({"secret": "somebody else's"}, id="wrong secret"),
        pytest.param({"age": timedelta(minutes=6)}, id="six minutes old"),
        pytest.param({"age": timedelta(minutes=-6)}, id="six minutes ahead"),
        pytest.param({"portal_id": "999"}, id="portal without Rollcall"),
        pytest.param({"portal_id": ""}, id="no portal"),
        pytest.param({"user_id": ""}, id="no user"),
    ],
)
def test_a_call_that_hubspot_did_not_vouch_for_is_refused(app: Flask, caller: Any) -> None:
    answer = HubSpotCaller(app.test_client(), **caller).call("GET", SETTINGS)
    assert answer.status_code == 401
    assert answer.json["category"] == "UNAUTHENTICATED"
    assert answer.json["message"]


def test_a_call_without_signature_or_session_is_refused(app: Flask) -> None:
    answer = app.test_client().get(f"{SETTINGS}?portalId={PORTAL}&userId={ADMIN}")
    assert answer.status_code == 401


@pytest.mark.parametrize("stamp", ["", "now", "-1", "9" * 40])
def test_a_signature_with_an_unreadable_timestamp_is_refused(app: Flask, stamp: str) -> None:
    answer = app.test_client().get(
        f"{SETTINGS}?portalId={PORTAL}&userId={ADMIN}",
        headers={"X-HubSpot-Signature-v3": "x", "X-HubSpot-Request-Timestamp": stamp},
    )
    assert answer.status_code == 401


def test_a_page_cannot_name_another_portal_before_hubspot_adds_the_real_one(app: Flask) -> None:
    caller = HubSpotCaller(app.test_client(), portal_id=OTHER_PORTAL)
    answer = caller.call("GET", f"{SETTINGS}?portalId={PORTAL}&x=")
    assert answer.status_code == 401


def test_a_bad_signature_is_not_saved_by_a_good_session(app: Flask) -> None:
    client = _signed_in(app)
    assert HubSpotCaller(client, secret="wrong").call("GET", SETTINGS).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", SETTINGS, {"webinar_sync": "all"}),
        ("PATCH", "/api/plugins", {"audit": {"enabled": False}}),
        ("PATCH", "/api/users/host0", {"sync_recordings": False}),
        ("DELETE", "/api/connection", None),
        ("DELETE", "/api/connection/zoom/zoom-account", None),
    ],
    ids=["settings", "plugins", "users", "connection", "zoom account"],
)
def test_only_a_super_admin_may_change_the_portal(
    member: HubSpotCaller, calls: Calls, method: str, path: str, body: Any
) -> None:
    answer = member.call(method, path, body)
    assert answer.status_code == 403
    assert answer.json["category"] == "FORBIDDEN"
    assert calls.disconnected == []
    assert member.get(SETTINGS)["version"] == 1


def test_whoever_installed_rollcall_counts_as_super_admin(
    app: Flask, engine: Any, member: HubSpotCaller
) -> None:
    with engine.begin() as to:
        to.execute(
            portal.update()
            .where(portal.c.portal_id == PORTAL)
            .values(installer_user_id=member.user_id)
        )
    assert member.call("PATCH", SETTINGS, {"recreate_deleted": True}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/api/webinars/95000000001", "/api/webinars/95000000001/people"],
)
def test_another_portals_webinar_is_not_there(
    admin: HubSpotCaller, stranger: HubSpotCaller, path: str
) -> None:
    assert admin.call("GET", path).status_code == 200
    answer = stranger.call("GET", path)
    assert answer.status_code == 404
    assert answer.json["category"] == "NOT_FOUND"


class TestASession:
    def test_reads_without_more(self, app: Flask) -> None:
        assert _signed_in(app).get(SETTINGS).status_code == 200

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 403),
            ({"X-CSRF-Token": "guess"}, 403),
            ({"X-CSRF-Token": "token", "Origin": "https://evil.example"}, 403),
            ({"X-CSRF-Token": "token"}, 200),
        ],
        ids=["no token", "wrong token", "another site", "right token"],
    )
    def test_writes_with_its_token_only(
        self, app: Flask, headers: dict[str, str], status: int
    ) -> None:
        answer = _signed_in(app).patch(SETTINGS, json={"recreate_deleted": True}, headers=headers)
        assert answer.status_code == status

    def test_ends_when_the_portal_is_disconnected(self, app: Flask, engine: Engine) -> None:
        with engine.begin() as to:
            to.execute(
                connection.update()
                .where(connection.c.account_id == PORTAL)
                .values(status="disconnected")
            )
        assert _signed_in(app).get(SETTINGS).status_code == 401

    def test_without_a_token_of_its_own_cannot_write(self, app: Flask) -> None:
        client = _signed_in(app, csrf="")
        answer = client.patch(SETTINGS, json={}, headers={"X-CSRF-Token": ""})
        assert answer.status_code == 403


def _signed_in(app: Flask, csrf: str = "token") -> Any:
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(portal_id=PORTAL, user_id=ADMIN, csrf=csrf)
    return client
