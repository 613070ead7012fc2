"""Consent, codes and tokens, with everything HubSpot refuses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulator.app import RunningSimulator

CALLBACK = "http://localhost:8000/oauth/hubspot/callback"
ASKED = {"client_id": "sim-hubspot-app", "redirect_uri": CALLBACK, "scope": "oauth"}
APP = {"client_id": "sim-hubspot-app", "client_secret": "sim-hubspot-secret"}


def exchange(simulator: RunningSimulator, version: str = "2026-03", **form: str) -> Any:
    url = f"{simulator.base_url}/hubspot/oauth/{version}/token"
    return requests.post(url, data={**APP, **form}, timeout=10)


def exchange_code(simulator: RunningSimulator, approved: str, **form: str) -> Any:
    wanted = {
        "grant_type": "authorization_code",
        "code": approved,
        "redirect_uri": CALLBACK,
        **form,
    }
    return exchange(simulator, **wanted)


def authorize(simulator: RunningSimulator, **query: str) -> Any:
    url = f"{simulator.base_url}/hubspot/app/oauth/authorize"
    return requests.get(url, params={**ASKED, **query}, timeout=10)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param({"client_id": "other"}, "client_id", id="unknown app"),
        pytest.param({"redirect_uri": "http://x.de/cb"}, "must use https", id="plain http"),
        pytest.param({"redirect_uri": "https://10.0.0.1/cb"}, "IP address", id="address"),
        pytest.param({"scope": "timeline"}, "lacks required scopes", id="required scope left out"),
    ],
)
def test_the_consent_page_refuses(
    simulator: RunningSimulator, query: dict[str, str], reason: str
) -> None:
    answer = authorize(simulator, **query)
    assert answer.status_code == 400
    assert reason in answer.text


def test_a_registered_redirect_uri_is_the_only_one(simulator: RunningSimulator) -> None:
    simulator.world.apps.hubspot_redirect_uris = "https://app.example/callback"
    try:
        assert authorize(simulator).status_code == 400
        allowed = authorize(simulator, redirect_uri="https://app.example/callback")
        assert allowed.status_code == 200
    finally:
        simulator.world.apps.hubspot_redirect_uris = ""


def test_the_consent_page_offers_portals_and_their_people(api: Any) -> None:
    page = requests.get(
        f"{api.base_url}/hubspot/app/oauth/authorize", params=ASKED, timeout=10
    ).text
    assert f'name="portal_id" value="{api.portal_id}"' in page
    assert f"admin@portal-{api.portal_id}.example" in page


def test_refusing_goes_back_with_an_error_and_the_state(api: Any) -> None:
    answer = requests.post(
        f"{api.base_url}/hubspot/app/oauth/authorize",
        params={**ASKED, "state": "s 1"},
        data={"portal_id": api.portal_id, "decision": "refuse"},
        allow_redirects=False,
        timeout=10,
    )
    returned = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (returned["error"], returned["state"]) == (["access_denied"], ["s 1"])
    assert "code" not in returned


def test_only_a_super_admin_may_connect(api: Any) -> None:
    path = f"/hubspot/portals/{api.portal_id}"
    made = api.control("PATCH", path, {"users": [{"email": "plain@x.de"}]})
    answer = requests.post(
        f"{api.base_url}/hubspot/app/oauth/authorize",
        params=ASKED,
        data={
            "portal_id": api.portal_id,
            "user_id": made["users"][1]["id"],
            "decision": "approve",
        },
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 403


def test_optional_scopes_the_tier_lacks_are_dropped_silently(
    simulator: RunningSimulator, make_api: Callable[..., Any], approve: Callable[..., str]
) -> None:
    api = make_api(dropped_scopes=["business_units_view.read"])
    code = approve(
        portal_id=api.portal_id, optional_scope="business_units_view.read settings.users.read"
    )
    body = exchange_code(simulator, code).json()
    assert body["scopes"] == ["oauth", "settings.users.read"]
    assert body["hub_id"] == api.portal_id


@pytest.mark.parametrize("version", ["2026-03", "2026-09", "v3", "v1"])
def test_every_token_version_refreshes(
    simulator: RunningSimulator, approve: Callable[..., str], version: str
) -> None:
    first = exchange_code(simulator, approve()).json()
    token = first["refresh_token"]
    second = exchange(simulator, version, grant_type="refresh_token", refresh_token=token).json()
    assert second["refresh_token"] == token
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 1800


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({"client_id": "x"}, "BAD_CLIENT_ID", id="client id"),
        pytest.param({"client_secret": "x"}, "BAD_CLIENT_SECRET", id="client secret"),
        pytest.param({"code": "x"}, "BAD_AUTH_CODE", id="code"),
        pytest.param({"redirect_uri": "http://localhost/x"}, "BAD_REDIRECT_URI", id="redirect"),
        pytest.param(
            {"grant_type": "refresh_token", "refresh_token": "x"},
            "BAD_REFRESH_TOKEN",
            id="refresh token",
        ),
    ],
)
def test_what_the_token_endpoint_refuses(
    simulator: RunningSimulator, approve: Callable[..., str], form: dict[str, str], status: str
) -> None:
    answer = exchange_code(simulator, approve(), **form)
    assert (answer.status_code, answer.json()["status"]) == (400, status)


def test_a_code_works_once(simulator: RunningSimulator, approve: Callable[..., str]) -> None:
    code = approve()
    assert exchange_code(simulator, code).status_code == 200
    assert exchange_code(simulator, code).json()["error"] == "invalid_grant"


def test_parameters_in_the_query_do_not_count(
    simulator: RunningSimulator, approve: Callable[..., str]
) -> None:
    token = exchange_code(simulator, approve()).json()["refresh_token"]
    query = {**APP, "grant_type": "refresh_token", "refresh_token": token}
    url = f"{simulator.base_url}/hubspot/oauth/2026-03/token"
    assert requests.post(url, params=query, timeout=10).status_code == 400


def test_a_proof_key_must_match(simulator: RunningSimulator, approve: Callable[..., str]) -> None:
    digest = hashlib.sha256(b"verifier").digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
    wrong = exchange_code(simulator, approve(**proof), code_verifier="other")
    right = exchange_code(simulator, approve(**proof), code_verifier="verifier")
    assert (wrong.status_code, right.status_code) == (400, 200)


def test_an_access_token_runs_out_and_a_new_one_works(
    simulator: RunningSimulator, api: Any
) -> None:
    api.control("PATCH", "/hubspot/app", {"access_token_seconds": 0})
    grant = simulator.world.hubspot.grant_of(api.portal_id)
    assert grant is not None
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    api.token = exchange(simulator, **form).json()["access_token"]
    answer = api.call("GET", "/account-info/2026-03/details")
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    api.control("PATCH", "/hubspot/app", {"access_token_seconds": 1800})
    api.token = exchange(simulator, **form).json()["access_token"]
    assert api.call("GET", "/account-info/2026-03/details").status_code == 200


def test_uninstalling_ends_the_grant(simulator: RunningSimulator, api: Any) -> None:
    grant = simulator.world.hubspot.grant_of(api.portal_id)
    assert grant is not None
    api.control("POST", f"/hubspot/deauthorize/{api.portal_id}")
    answer = exchange(simulator, grant_type="refresh_token", refresh_token=grant.refresh_token)
    assert answer.json()["error"] == "invalid_grant"
    assert api.call("GET", "/account-info/2026-03/details").status_code == 401


def test_a_rotated_refresh_token_replaces_the_old_one(
    simulator: RunningSimulator, api: Any, approve: Callable[..., str]
) -> None:
    first = exchange_code(simulator, approve()).json()["refresh_token"]
    api.control("PATCH", "/switches", {"rotate_refresh_tokens": True})
    form = {"grant_type": "refresh_token", "refresh_token": first}
    second = exchange(simulator, **form).json()["refresh_token"]
    assert second != first
    assert exchange(simulator, **form).status_code == 400


def test_a_code_for_the_marketplace_flow_comes_from_control(
    simulator: RunningSimulator, api: Any
) -> None:
    body = {"redirect_uri": CALLBACK, "scope": "oauth timeline"}
    code = api.control("POST", f"/hubspot/portals/{api.portal_id}/code", body)["code"]
    assert exchange_code(simulator, code).json()["scopes"] == ["oauth", "timeline"]
