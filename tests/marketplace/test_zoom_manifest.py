"""Zoom's app manifest agrees with what the code calls, reads and answers."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from oauth.routes import ZOOM_CALLBACK
from schemas.zoom_webhooks import parse_webhook
from simulator.zoom.calls import Router
from simulator.zoom.routes import ROUTES
from simulator.zoom.scopes import APP_SCOPES
from webhooks.zoom import PATH

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "marketplace" / "zoom"
CALLERS = ("jobs", "oauth", "api", "console", "actions", "webhooks")


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The script that makes the manifest of the code."""
    spec = importlib.util.spec_from_file_location("zoom_manifest", FOLDER / "manifest.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stored() -> Any:
    return json.loads((FOLDER / "manifest.json").read_text())


def client_calls() -> dict[str, tuple[str, str]]:
    """The client's functions with the method and route that each of them calls."""
    tree = ast.parse((ROOT / "clients" / "zoom.py").read_text())
    (client,) = [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Zoom"]
    found = {}
    for function in client.body:
        if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
            continue
        constants = [
            one.value
            for one in ast.walk(function)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        routes = [text for text in constants if text.startswith("/") and "\n" not in text]
        methods = [text for text in constants if text in ("POST", "PUT", "PATCH", "DELETE")]
        if routes:
            (route,) = routes
            found[function.name] = (methods[0] if methods else "GET", route)
    return found


def is_called(name: str) -> bool:
    sources = (path for room in CALLERS for path in (ROOT / room).rglob("*.py"))
    return any(re.search(rf"zoom\)?\.{name}\b", path.read_text()) for path in sources)


class TestScopes:
    def test_every_call_that_is_made_has_its_scope_and_no_other_has_one(
        self, writer: ModuleType
    ) -> None:
        calls = client_calls()
        made = {call for name, call in calls.items() if is_called(name)}
        assert len(made) > 10
        assert made == set(writer.ENDPOINT_SCOPES)

    def test_the_scopes_are_those_the_simulated_zoom_asks_for(self, writer: ModuleType) -> None:
        router = Router(ROUTES)
        for (method, route), scope in writer.ENDPOINT_SCOPES.items():
            match = router.match(method, re.sub(r"\{\w+\}", "1", route).strip("/"))
            assert match is not None, route
            assert match.route.scope == scope, route
        assert set(writer.scopes()) <= set(APP_SCOPES)

    def test_they_are_an_administrators_and_only_what_can_be_done_without_is_optional(
        self, stored: Any
    ) -> None:
        oauth = stored["oauth_information"]
        assert oauth["usage"] == "ADMIN_MANAGEMENT"
        assert all(one["scope"].endswith(":admin") for one in oauth["scopes"])
        needed = {one["scope"] for one in oauth["scopes"] if not one["optional"]}
        assert not [one for one in needed if one.startswith(("report:", "cloud_recording:"))]
        assert "webinar:read:list_registrants:admin" in needed


class TestAddresses:
    def test_the_redirect_is_the_route_and_is_matched_exactly(self, stored: Any) -> None:
        oauth = stored["oauth_information"]
        callback = "https://rollcall.example.com" + ZOOM_CALLBACK
        assert oauth["development_redirect_uri"] == oauth["production_redirect_uri"] == callback
        assert oauth["oauth_allow_list"] == [callback]
        assert oauth["strict_mode"] and oauth["subdomain_strict_mode"]

    def test_events_go_to_the_route_that_reads_them(self, stored: Any) -> None:
        (subscription,) = stored["features"]["event_subscription"]["events"]
        webhook = "https://rollcall.example.com" + PATH
        assert subscription["development_webhook_url"] == webhook
        assert subscription["production_webhook_url"] == webhook

    @pytest.mark.parametrize(
        "address",
        ["http://rollcall.example.com", "https://rollcall.example.com/", "rollcall.example.com"],
        ids=["plain", "slash", "no scheme"],
    )
    def test_an_address_zoom_would_not_take_is_refused(
        self, writer: ModuleType, address: str
    ) -> None:
        with pytest.raises(ValueError, match="https and no slash"):
            writer.manifest(address)


class TestEvents:
    def test_every_event_subscribed_to_is_read_and_every_one_read_is_subscribed_to(
        self, writer: ModuleType, stored: Any
    ) -> None:
        (subscription,) = stored["features"]["event_subscription"]["events"]
        events = subscription["event_types"]
        assert len(events) == len(set(events)) > 20
        source = (ROOT / "schemas" / "zoom_webhooks.py").read_text()
        families = re.findall(r'_family\(\w+, ("\w+"(?:, "\w+")+)\)', source)
        read = set()
        for family in families:
            first, *actions = re.findall(r'"(\w+)"', family)
            read |= {f"{first}.{action}" for action in actions}
        assert set(events) == read
        assert all(writer.scope_of(event) in writer.scopes() for event in events)

    def test_an_event_nobody_subscribed_to_is_kept_unread(self) -> None:
        body = {"event": "webinar.chat_message_sent", "event_ts": 1, "payload": {"account_id": "a"}}
        assert parse_webhook(body).payload is None


def test_the_manifest_is_made_of_the_code_as_it_is(writer: ModuleType) -> None:
    stale = "run: python marketplace/zoom/manifest.py"
    assert (FOLDER / "manifest.json").read_text() == writer.write(writer.EXAMPLE), stale


def test_the_texts_are_as_long_as_zoom_lets_them_be(stored: Any) -> None:
    # https://developers.zoom.us/docs/build-flow/manifests/schema/display-information/
    shown = stored["display_information"]
    assert len(shown["display_name"]) < 50
    assert len(shown["description"]) <= 150
    assert not re.search(r"zoom|hubspot", shown["display_name"], re.IGNORECASE)
