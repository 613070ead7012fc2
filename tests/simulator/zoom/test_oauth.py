"""Consent, tokens, rotation: https://developers.zoom.us/docs/integrations/oauth/"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.simulator.zoom.support import ACCOUNT, HOST, MovableClock, Zoom

CALLBACK = "http://localhost:8000/oauth/zoom/callback"
BASIC = ("sim-zoom-app", "sim-zoom-secret")
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


def consent(zoom: Zoom, decision: str = "approve", **more: str) -> dict[str, list[str]]:
    query = {"response_type": "code", "client_id": BASIC[0], "redirect_uri": CALLBACK} | more
    form = {"account_id": ACCOUNT, "user_id": HOST, "decision": decision}
    answer = requests.post(
        f"{zoom.base_url}/zoom/oauth/authorize", params=query, data=form, allow_redirects=False
    )
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    return parse_qs(urlsplit(answer.headers["location"]).query)


def ask_token(zoom: Zoom, auth: Any = BASIC, **form: str) -> requests.Response:
    return requests.post(f"{zoom.base_url}/zoom/oauth/token", data=form, auth=auth)


def exchange(zoom: Zoom, code: str, **more: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | more
    return ask_token(zoom, **form)


def refresh(zoom: Zoom, token: str) -> requests.Response:
    return ask_token(zoom, grant_type="refresh_token", refresh_token=token)


def works(zoom: Zoom, token: str) -> bool:
    return zoom.call("GET", "/users/me", token=token).status_code == 200


class TestConsent:
    def test_the_page_offers_every_account_and_person(self, zoom: Zoom) -> None:
        query = {"response_type": "code", "client_id": BASIC[0], "redirect_uri": CALLBACK}
        page = requests.get(f"{zoom.base_url}/zoom/oauth/authorize", params=query)
        assert page.status_code == 200
        assert ACCOUNT in page.text
        assert "host@acme.example" in page.text
        assert "webinar:read:list_registrants:admin" in page.text

    def test_state_comes_back(self, zoom: Zoom) -> None:
        assert consent(zoom, state="s1")["state"] == ["s1"]

    def test_an_install_begun_at_zoom_has_no_state(self, zoom: Zoom) -> None:
        answer = consent(zoom)
        assert "state" not in answer
        assert "code" in answer

    def test_declining_sends_an_error_back(self, zoom: Zoom) -> None:
        answer = consent(zoom, decision="deny", state="s1")
        assert answer == {"error": ["access_denied"], "state": ["s1"]}

    @pytest.mark.parametrize(
        "query",
        [
            pytest.param({"client_id": "other"}, id="unknown app"),
            pytest.param({"redirect_uri": "http://evil.example"}, id="unregistered redirect"),
            pytest.param({"response_type": "token"}, id="other response type"),
        ],
    )
    def test_a_wrong_request_is_never_redirected(self, zoom: Zoom, query: dict[str, str]) -> None:
        zoom.control("PATCH", "/switches", {"zoom_redirect_uris": CALLBACK})
        good = {"response_type": "code", "client_id": BASIC[0], "redirect_uri": CALLBACK}
        answer = requests.get(
            f"{zoom.base_url}/zoom/oauth/authorize", params=good | query, allow_redirects=False
        )
        assert answer.status_code == 400


class TestExchange:
    def test_gives_tokens_scopes_and_the_api_root_but_no_account(self, zoom: Zoom) -> None:
        tokens = exchange(zoom, consent(zoom)["code"][0]).json()
        assert tokens["token_type"] == "bearer"
        assert tokens["expires_in"] == 3599
        assert "report:read:list_webinar_participants:admin" in tokens["scope"].split()
        assert tokens["api_url"] == f"{zoom.base_url}/zoom"
        assert "account_id" not in tokens
        me = zoom.call("GET", "/users/me", token=tokens["access_token"]).json()
        assert (me["account_id"], me["id"]) == (ACCOUNT, HOST)

    @pytest.mark.parametrize(
        ("more", "granted"),
        [
            pytest.param({"code_verifier": VERIFIER}, True, id="right verifier"),
            pytest.param({"code_verifier": "w" * 64}, False, id="wrong verifier"),
            pytest.param({}, False, id="no verifier"),
        ],
    )
    def test_pkce_is_checked(self, zoom: Zoom, more: dict[str, str], granted: bool) -> None:
        code = consent(zoom, code_challenge=CHALLENGE, code_challenge_method="S256")["code"][0]
        assert exchange(zoom, code, **more).ok is granted

    def test_a_code_works_once(self, zoom: Zoom) -> None:
        code = consent(zoom)["code"][0]
        assert exchange(zoom, code).ok
        assert exchange(zoom, code).status_code == 400

    def test_a_code_lives_five_minutes(self, zoom: Zoom, clock: MovableClock) -> None:
        code = consent(zoom)["code"][0]
        clock.advance(seconds=301)
        assert exchange(zoom, code).status_code == 400

    def test_the_redirect_uri_must_be_repeated(self, zoom: Zoom) -> None:
        code = consent(zoom)["code"][0]
        assert exchange(zoom, code, redirect_uri="http://localhost/other").status_code == 400

    @pytest.mark.parametrize(
        "auth", [None, ("sim-zoom-app", "wrong")], ids=["none", "wrong secret"]
    )
    def test_the_app_must_prove_itself(self, zoom: Zoom, auth: Any) -> None:
        code = consent(zoom)["code"][0]
        answer = ask_token(
            zoom, auth, grant_type="authorization_code", code=code, redirect_uri=CALLBACK
        )
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


class TestRotation:
    def test_the_old_refresh_token_dies_when_it_is_used(self, zoom: Zoom) -> None:
        first = exchange(zoom, consent(zoom)["code"][0]).json()
        second = refresh(zoom, first["refresh_token"]).json()
        again = refresh(zoom, first["refresh_token"])
        assert again.status_code == 400
        assert again.json() == {"reason": "Invalid Token!", "error": "invalid_grant"}
        assert refresh(zoom, second["refresh_token"]).ok

    def test_an_access_token_expires(self, zoom: Zoom, clock: MovableClock) -> None:
        tokens = exchange(zoom, consent(zoom)["code"][0]).json()
        clock.advance(seconds=3601)
        answer = zoom.call("GET", "/users/me", token=tokens["access_token"])
        assert (answer.status_code, answer.json()["code"]) == (401, 124)
        assert works(zoom, refresh(zoom, tokens["refresh_token"]).json()["access_token"])

    @pytest.mark.parametrize("kills", [False, True], ids=["stays", "dies"])
    def test_the_access_token_before_a_refresh(self, zoom: Zoom, kills: bool) -> None:
        zoom.control("PATCH", "/switches", {"zoom_refresh_kills_access_token": kills})
        tokens = exchange(zoom, consent(zoom)["code"][0]).json()
        refresh(zoom, tokens["refresh_token"])
        assert works(zoom, tokens["access_token"]) is not kills

    def test_the_lifetime_can_be_set(self, zoom: Zoom, clock: MovableClock) -> None:
        zoom.control("PATCH", "/switches", {"zoom_access_token_seconds": 5})
        tokens = exchange(zoom, consent(zoom)["code"][0]).json()
        assert works(zoom, tokens["access_token"])
        clock.advance(seconds=6)
        assert not works(zoom, tokens["access_token"])

    def test_authorising_again_kills_the_older_set(self, zoom: Zoom) -> None:
        older = exchange(zoom, consent(zoom)["code"][0]).json()
        newer = exchange(zoom, consent(zoom)["code"][0]).json()
        assert not works(zoom, older["access_token"])
        assert refresh(zoom, older["refresh_token"]).status_code == 400
        assert works(zoom, newer["access_token"])

    @pytest.mark.parametrize("kills", [False, True], ids=["both live", "first dies"])
    def test_a_second_admin_of_the_account(self, zoom: Zoom, kills: bool) -> None:
        zoom.control("PATCH", "/switches", {"zoom_second_install_kills_first": kills})
        zoom.control("POST", f"/zoom/accounts/{ACCOUNT}/grants", {"user_id": "helper-user"})
        assert works(zoom, zoom.token) is not kills


class TestEnd:
    def test_revoking_ends_access_and_refresh(self, zoom: Zoom) -> None:
        tokens = exchange(zoom, consent(zoom)["code"][0]).json()
        url = f"{zoom.base_url}/zoom/oauth/revoke"
        answer = requests.post(url, data={"token": tokens["access_token"]}, auth=BASIC)
        assert answer.json() == {"status": "success"}
        assert not works(zoom, tokens["access_token"])
        assert refresh(zoom, tokens["refresh_token"]).status_code == 400

    def test_a_token_whose_owner_left_cannot_be_refreshed(self, zoom: Zoom) -> None:
        tokens = exchange(zoom, consent(zoom)["code"][0]).json()
        zoom.control("POST", f"/zoom/accounts/{ACCOUNT}/users/{HOST}/deleted", {"silent": True})
        answer = refresh(zoom, tokens["refresh_token"])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert not works(zoom, tokens["access_token"])


class TestScopes:
    @pytest.mark.parametrize(
        ("code", "status"), [(4711, 400), (104, 401), (201, 401)], ids=["4711", "104", "201"]
    )
    def test_a_missing_scope_is_named(self, zoom: Zoom, code: int, status: int) -> None:
        zoom.control("PATCH", "/switches", {"zoom_missing_scope_code": code})
        body = {"user_id": HOST, "scopes": ["user:read:user:admin"]}
        token = zoom.control("POST", f"/zoom/accounts/{ACCOUNT}/grants", body)["access_token"]
        assert works(zoom, token)
        answer = zoom.call("GET", "/users", token=token)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "does not contain scopes:[user:read:list_users:admin]" in answer.json()["message"]

    def test_reports_need_the_role_of_the_installing_person(self, zoom: Zoom) -> None:
        body = {"user_id": "helper-user"}
        token = zoom.control("POST", f"/zoom/accounts/{ACCOUNT}/grants", body)["access_token"]
        query = {"from": "2026-11-01", "to": "2026-11-18"}
        answer = zoom.call("GET", "/report/history_meetings", token=token, **query)
        assert (answer.status_code, answer.json()["code"]) == (400, 200)

    def test_or_the_report_scopes_are_left_out_for_such_a_person(self, zoom: Zoom) -> None:
        zoom.control("PATCH", "/switches", {"zoom_missing_report_role": "scope_left_out"})
        query = {"response_type": "code", "client_id": BASIC[0], "redirect_uri": CALLBACK}
        form = {"account_id": ACCOUNT, "user_id": "helper-user", "decision": "approve"}
        url = f"{zoom.base_url}/zoom/oauth/authorize"
        answer = requests.post(url, params=query, data=form, allow_redirects=False)
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        assert "report:" not in exchange(zoom, code).json()["scope"]
