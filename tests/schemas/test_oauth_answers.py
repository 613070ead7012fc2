"""What token endpoints answer, as values of ours."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from schemas.oauth_answers import Introspection, TokenAnswer, read_introspection, read_tokens

HUBSPOT = {
    "token_type": "bearer",
    "access_token": "a",
    "refresh_token": "r",
    "expires_in": 1800,
    "hub_id": 4711,
    "scopes": ["oauth", "timeline"],
    "something_new": {"x": 1},
}
ZOOM = {
    "access_token": "a",
    "token_type": "bearer",
    "refresh_token": "r",
    "expires_in": 3599,
    "scope": "user:read:user:admin report:read:list_webinar_participants:admin",
    "api_url": "https://api-eu.zoom.us",
}


class TestTokens:
    def test_hubspots(self) -> None:
        assert read_tokens(HUBSPOT) == TokenAnswer("a", "r", 1800, ("oauth", "timeline"), "")

    def test_zooms(self) -> None:
        scopes = ("user:read:user:admin", "report:read:list_webinar_participants:admin")
        wanted = TokenAnswer("a", "r", 3599, scopes, "https://api-eu.zoom.us")
        assert read_tokens(ZOOM) == wanted

    def test_a_refresh_token_that_stays_is_left_out(self) -> None:
        assert read_tokens({"access_token": "a", "expires_in": 1}).refresh_token == ""

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"refresh_token": "r", "expires_in": 1},
            {"access_token": "", "expires_in": 1},
            {"access_token": None, "expires_in": 1},
            {"access_token": "a"},
            {"access_token": "a", "expires_in": 0},
            {"access_token": "a", "expires_in": -5},
            {"access_token": "a", "expires_in": "soon"},
            [],
            "a",
            None,
        ],
        ids=repr,
    )
    def test_an_answer_without_a_token_to_use_is_refused(self, body: Any) -> None:
        with pytest.raises(ValidationError):
            read_tokens(body)

    @pytest.mark.parametrize("scope", [None, 5, {}, ["a", 1]], ids=repr)
    def test_strange_scopes_harm_nothing(self, scope: Any) -> None:
        answer = read_tokens({"access_token": "a", "expires_in": 1, "scope": scope})
        assert all(isinstance(name, str) for name in answer.scopes)


class TestIntrospection:
    def test_numbers_become_names(self) -> None:
        body = {"active": True, "hub_id": 4711, "user_id": 71, "scopes": ["oauth"], "x": 1}
        assert read_introspection(body) == Introspection(True, "4711", "71", ("oauth",))

    def test_a_token_nobody_knows_is_not_active(self) -> None:
        assert not read_introspection({"active": False, "hub_id": 4711}).is_active

    @pytest.mark.parametrize("body", [{}, {"active": True}, {"hub_id": None}, [], None], ids=repr)
    def test_without_a_portal_it_is_refused(self, body: Any) -> None:
        with pytest.raises(ValidationError):
            read_introspection(body)
