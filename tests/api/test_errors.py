"""Refusals have one shape inside the API, and the API says nothing about pages beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask, abort

from rollcall.errors import NeedsAttention, Permanent, Retryable, RollcallError
from tests.api.conftest import HubSpotCaller


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database will do: nothing here is about SQL."""
    return sqlite_url


def test_a_page_outside_the_api_keeps_its_own_error(app: Flask) -> None:
    app.add_url_rule("/console/x", view_func=lambda: abort(404, "no such page"))
    answer = app.test_client().get("/console/x")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize(
    ("method", "path", "status", "category"),
    [
        ("GET", "/api/nothing", 404, "NOT_FOUND"),
        ("PUT", "/api/settings", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/webinars?limit=0", 400, "VALIDATION_ERROR"),
        ("GET", "/api/webinars?limit=201", 400, "VALIDATION_ERROR"),
        ("GET", "/api/webinars?after=rubbish", 400, "VALIDATION_ERROR"),
        ("GET", "/api/webinars?after=W10", 400, "VALIDATION_ERROR"),
        ("GET", "/api/webinars?after=WyJ4IiwxXQ", 400, "VALIDATION_ERROR"),
        ("GET", "/api/webinars/1", 404, "NOT_FOUND"),
        ("GET", "/api/runs/1", 404, "NOT_FOUND"),
        ("POST", "/api/dead-letters/1/replay", 404, "NOT_FOUND"),
        ("POST", "/api/dead-letters/%C2%B2/replay", 404, "NOT_FOUND"),
        ("POST", "/api/webinars/95000000001/people/1/include", 404, "NOT_FOUND"),
        ("DELETE", "/api/connection/zoom/other", 404, "NOT_FOUND"),
    ],
)
def test_every_refusal_has_message_category_and_errors(
    admin: HubSpotCaller, method: str, path: str, status: int, category: str
) -> None:
    path, _, query = path.partition("?")
    asked = dict(part.split("=") for part in query.split("&") if part)
    answer = admin.call(method, path, **asked)
    assert answer.status_code == status, answer.text
    assert set(answer.json) == {"message", "category", "errors"}
    assert answer.json["category"] == category
    assert all(isinstance(error, str) for error in answer.json["errors"])


def test_a_method_that_is_not_allowed_says_which_are(admin: HubSpotCaller) -> None:
    assert "PATCH" in admin.call("PUT", "/api/settings").headers["Allow"]


def test_a_bad_query_value_is_named(admin: HubSpotCaller) -> None:
    answer = admin.call("GET", "/api/webinars", limit="many")
    assert answer.json["errors"] == ["limit: Not a valid integer."]


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'"x"', b""], ids=["list", "broken", "text", "empty"]
)
def test_a_body_that_is_no_object_is_refused(admin: HubSpotCaller, body: bytes) -> None:
    assert admin.call("PATCH", "/api/settings", body).status_code == 400


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Retryable("HubSpot is busy", retry_after=7), 503),
        (NeedsAttention("connect Zoom again"), 409),
        (Permanent("no longer there"), 400),
    ],
    ids=["retryable", "needs attention", "permanent"],
)
def test_an_error_of_ours_is_answered_by_its_remedy(
    app: Flask, admin: HubSpotCaller, error: RollcallError, status: int
) -> None:
    def fail(portal_id: str) -> None:
        raise error

    parts = app.extensions["rollcall_api"]
    app.extensions["rollcall_api"] = replace(parts, disconnect_portal=fail)
    answer = admin.call("DELETE", "/api/connection")
    assert answer.status_code == status
    assert answer.json["message"] == str(error)
    assert answer.headers.get("Retry-After") == ("7" if status == 503 else None)


def test_the_description_is_openapi_3_1_and_covers_every_route(app: Flask) -> None:
    described = app.test_client().get("/api/openapi.json")
    assert described.status_code == 200
    assert described.json["openapi"] == "3.1.0"
    routes = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.rule.endswith("openapi.json")
    }
    assert set(described.json["paths"]) == routes
    settings = described.json["paths"]["/api/settings"]["patch"]["requestBody"]
    assert "$ref" in settings["content"]["application/json"]["schema"]
