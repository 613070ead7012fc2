"""The application as a whole: what every route has in common."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.connection import Connection, UnixDomainSocketConnection
from sqlalchemy.pool import Pool
from werkzeug.routing import Rule

from app import create_app, open_redis, trusted_hosts
from config import Config, Web
from console.errors import POLICY
from tests.oauth.conftest import platforms, site
from tests.oauth.support import PORTAL, PUBLIC_URL, Rung, Site, make_config

__all__ = ["platforms", "site"]

PUBLIC = {
    "/": "says what this is",
    "/oauth/hubspot/install": "begins an installation; guarded by HubSpot's consent",
    "/oauth/hubspot/callback": "guarded by the state this browser was given",
    "/oauth/zoom/install": "asks for a signed-in portal itself",
    "/oauth/zoom/callback": "asks for a signed-in portal itself",
    "/webhooks/zoom": "guarded by Zoom's signature",
    "/webhooks/hubspot": "guarded by HubSpot's signature",
    "/recordings/<signed>": "guarded by the link's signature; what it names is checked at each use",
    "/console/sign-in/<token>": "guarded by the link, which is good once",
    "/console/static/<path:filename>": "stylesheet and scripts",
    "/healthz": "for operators; says nothing of customers",
    "/readyz": "for operators; says nothing of customers",
    "/metrics": "for operators; says nothing of customers",
    "/api/openapi.json": "describes the API",
}
"""Routes that answer somebody nobody vouched for, and why they may."""


@pytest.fixture
def alone(tmp_path: Path) -> Config:
    """An application of which neither the database nor Redis can be reached."""
    database = f"sqlite:///{tmp_path / 'missing' / 'x.db'}"
    return make_config("http://127.0.0.1:1", tmp_path, database, "redis://127.0.0.1:1/0")


def test_it_connects_to_nothing_and_starts_nothing_before_it_serves(
    alone: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server loads it and forks: a copied connection would be two processes' at once."""

    def refuse(*_args: Any, **_named: Any) -> None:
        raise AssertionError("a connection before the fork")

    monkeypatch.setattr(Pool, "connect", refuse)
    monkeypatch.setattr(Connection, "connect", refuse)
    monkeypatch.setattr(UnixDomainSocketConnection, "connect", refuse)
    running = set(threading.enumerate())
    create_app(alone)
    assert set(threading.enumerate()) <= running


def filled(rule: Rule) -> str:
    """A path of the rule with something in every place."""
    return rule.rule.replace("<path:", "<").translate(str.maketrans("<>", "xx"))


def routes(site: Site) -> list[Rule]:
    return list(site.app.url_map.iter_rules())


class TestEveryRoute:
    def test_a_stranger_is_let_in_only_where_there_is_a_reason(self, site: Site) -> None:
        open_to_all = {}
        for rule in routes(site):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                answer = site.app.test_client().open(
                    filled(rule), method=method, base_url=PUBLIC_URL
                )
                answer.close()
                sent_away = answer.status_code == 302 and answer.headers["Location"] == "/"
                if answer.status_code not in (401, 403) and not sent_away:
                    open_to_all[rule.rule] = answer.status_code
        assert set(open_to_all) <= set(PUBLIC), "add a guard, or say above why there is none"
        assert 500 not in open_to_all.values()

    def test_X16_every_answer_protects_the_browser(self, site: Site) -> None:
        browser = site.browser()
        browser.install_hubspot()
        paths = [filled(rule) for rule in routes(site)] + ["/nowhere", "/api/nowhere"]
        for path in paths:
            answer = browser.get(path)
            answer.close()
            headers = answer.headers
            assert headers["Content-Security-Policy"] == POLICY, path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Referrer-Policy"] == "same-origin", path
            assert "camera=()" in headers["Permissions-Policy"], path
            if "://" not in headers.get("Location", ""):
                assert headers["X-Frame-Options"] == "DENY", path
                assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            if not path.startswith("/console/static/"):
                assert headers["Cache-Control"] == "no-store", path

    def test_X16_so_does_every_error(self, site: Site) -> None:
        def fail() -> None:
            raise RuntimeError("unforeseen")

        site.app.view_functions["console.landing"] = fail
        site.app.config["PROPAGATE_EXCEPTIONS"] = False
        client = site.app.test_client()
        answers = {
            500: client.get("/", base_url=PUBLIC_URL),
            405: client.get("/webhooks/zoom", base_url=PUBLIC_URL),
            404: client.get("/nowhere", base_url=PUBLIC_URL),
            413: client.post("/webhooks/zoom", base_url=PUBLIC_URL, data=b"x" * (1 << 20)),
            401: client.get("/api/settings", base_url=PUBLIC_URL),
            400: client.get("/healthz", base_url="http://evil.example"),
        }
        for status, answer in answers.items():
            assert answer.status_code == status
            assert answer.headers["Content-Security-Policy"] == POLICY, status
            assert answer.headers["X-Content-Type-Options"] == "nosniff", status
            assert answer.headers["X-Frame-Options"] == "DENY", status
            assert answer.headers["Cache-Control"] == "no-store", status

    def test_no_answer_shows_how_it_went_wrong_inside(self, site: Site) -> None:
        for rule in routes(site):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                answer = site.app.test_client().open(
                    filled(rule), method=method, base_url=PUBLIC_URL, data=b"\xff{"
                )
                assert "Traceback" not in answer.text
                assert str(Path(__file__).parent.parent) not in answer.text
                answer.close()

    def test_the_policy_allows_no_script_but_our_own_files(self) -> None:
        allowed = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
        assert allowed["default-src"] == "'none'"
        assert allowed["script-src"] == allowed["connect-src"] == "'self'"
        assert allowed["frame-ancestors"] == "'none'" and allowed["form-action"] == "'self'"
        assert "unsafe" not in POLICY and "http" not in POLICY


class TestHttps:
    def test_X16_browsers_are_told_to_stay_with_it(self, site: Site) -> None:
        url = "https://rollcall.example"
        config = replace(site.config, web=replace(site.config.web, public_url=url))
        answer = create_app(config, doorbell=Rung()).test_client().get("/", base_url=url)
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]

    def test_on_ones_own_machine_they_are_not(self, site: Site) -> None:
        assert "Strict-Transport-Security" not in site.browser().get("/").headers

    def test_on_the_way_back_into_hubspot_its_window_keeps_hold_of_us(self, site: Site) -> None:
        """HubSpot installs in a frame or popup: a redirect must not be cut off from it."""
        path = "/oauth/hubspot/install?step=authorize&returnUrl=https%3A%2F%2Fapp.hubspot.com%2Fx"
        headers = site.browser().get(path).headers
        assert headers["Location"].startswith("https://app.hubspot.com/x")
        assert "X-Frame-Options" not in headers
        assert "Cross-Origin-Opener-Policy" not in headers


class TestWithoutAnything:
    def test_it_is_made_without_reaching_for_anything(self, alone: Config) -> None:
        """A server loads it before it forks, and may start before its database does."""
        client = create_app(alone, doorbell=Rung()).test_client()
        assert client.get("/healthz", base_url=PUBLIC_URL).status_code == 200
        assert client.get("/", base_url=PUBLIC_URL).status_code == 200
        assert client.get("/readyz", base_url=PUBLIC_URL).status_code == 503

    def test_a_browser_never_waits_long_for_redis(self, alone: Config) -> None:
        options = open_redis(alone).connection_pool.connection_kwargs
        assert options["socket_connect_timeout"] <= 2
        assert options["socket_timeout"] <= 2


@pytest.mark.parametrize(
    ("host", "public_url", "trusted"),
    [
        ("127.0.0.1", "https://rollcall.example", ["rollcall.example", "127.0.0.1", "localhost"]),
        ("0.0.0.0", "https://r.example:8443/x", ["r.example", "0.0.0.0", "127.0.0.1", "localhost"]),
        ("10.1.2.3", "https://r.example", ["r.example", "10.1.2.3"]),
        ("[::1]", "http://localhost:8000", ["localhost", "::1", "127.0.0.1"]),
    ],
)
def test_it_answers_to_its_own_names(
    alone: Config, host: str, public_url: str, trusted: list[str]
) -> None:
    config = replace(alone, web=Web(host, 8000, public_url, 2))
    assert trusted_hosts(config) == trusted


def test_no_template_trusts_what_it_is_given() -> None:
    found = (Path(__file__).parent.parent / "console" / "templates").rglob("*")
    templates = [path for path in found if path.is_file()]
    assert templates
    for template in templates:
        text = template.read_text().replace('<script src="/console/static/', "")
        assert template.suffix == ".html"  # others are not escaped by Jinja
        for way in ("|safe", "| safe", "autoescape", "<script", "style=", "javascript:", "hx-on"):
            assert way not in text, f"{template.name}: {way}"


def test_a_page_holds_no_secret_of_the_installation(site: Site) -> None:
    browser = site.browser()
    browser.install_hubspot()
    browser.connect_zoom()
    config = site.config
    secrets = [config.secret_key, *config.encryption_keys, *config.zoom.webhook_secrets]
    secrets += [config.hubspot.client_secret, config.zoom.client_secret]
    secrets += [*site.world.hubspot.access_tokens, *site.world.hubspot.grants]
    for path in ("/", "/console/", "/metrics", "/api/connection", "/api/settings"):
        answer: Any = browser.get(path)
        assert answer.status_code == 200
        assert not [secret for secret in secrets if secret in answer.text], path
    assert str(PORTAL) in browser.get("/api/connection").text
