"""Browser sessions: a name in a cookie, everything else on our side, and an end to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app import create_app
from oauth.sessions import IDLE_SECONDS, LONGEST_SECONDS
from store.connections import forget_tokens
from store.database import writing
from tests.oauth.support import ACCOUNT, OTHER_PORTAL, PORTAL, PUBLIC_URL, Browser, Rung, Site


def signed_in(site: Site, portal_id: int = PORTAL) -> Browser:
    browser = site.browser()
    browser.install_hubspot(portal_id)
    assert browser.is_signed_in()
    return browser


def form_token(browser: Browser) -> str:
    """The token of the forms on the console's pages."""
    page = browser.get("/console/").text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def session_keys(site: Site) -> list[bytes]:
    return list(site.redis.scan_iter("rollcall:session:*"))


@contextmanager
def without_redis(site: Site) -> Iterator[Any]:
    """The same application with a Redis nobody answers at."""
    config = replace(site.config, redis_url="redis://127.0.0.1:1/0")
    yield create_app(config, doorbell=Rung())


class TestCookie:
    def attributes(self, site: Site, public_url: str) -> str:
        config = replace(site.config, web=replace(site.config.web, public_url=public_url))
        client = create_app(config, doorbell=Rung()).test_client()
        answer = client.get("/oauth/hubspot/install", base_url=public_url)
        return answer.headers["Set-Cookie"]

    def test_X6_over_https_it_goes_to_this_very_host_and_to_nobodys_scripts(
        self, site: Site
    ) -> None:
        cookie = self.attributes(site, "https://rollcall.example")
        assert cookie.startswith("__Host-rollcall=")
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert attribute in cookie.split("; ")
        assert "Domain" not in cookie

    def test_over_http_it_works_on_ones_own_machine(self, site: Site) -> None:
        cookie = self.attributes(site, PUBLIC_URL)
        assert cookie.startswith("rollcall=")
        assert "HttpOnly" in cookie and "Secure" not in cookie

    def test_who_reads_redis_does_not_learn_it(self, site: Site) -> None:
        browser = signed_in(site)
        assert browser.session_cookie().encode() not in b"".join(session_keys(site))

    @pytest.mark.parametrize(
        "name", ["", "x", "x" * 43, "../../etc/passwd", "a" * 4_000, "é" * 43, "0" * 42 + "\t"]
    )
    def test_X6_a_made_up_one_is_nobodys(self, site: Site, name: str) -> None:
        browser = site.browser()
        browser.client.set_cookie("rollcall", name, domain="localhost")
        assert not browser.is_signed_in()
        assert browser.get("/").status_code == 200

    def test_whoever_only_looks_gets_none(self, site: Site) -> None:
        answer = site.browser().get("/")
        assert "Set-Cookie" not in answer.headers
        assert session_keys(site) == []


class TestEnd:
    def test_X6_it_ends_after_half_an_hour_of_nothing(self, site: Site) -> None:
        browser = signed_in(site)
        (key,) = session_keys(site)
        assert 0 < site.redis.ttl(key) <= IDLE_SECONDS
        site.redis.expire(key, 5)
        browser.get("/console/")
        assert site.redis.ttl(key) > IDLE_SECONDS - 60  # being used counts

    def test_X6_it_ends_after_twelve_hours_whatever_is_done(self, site: Site) -> None:
        browser = signed_in(site)
        (key,) = session_keys(site)
        values = json.loads(site.redis.get(key))
        values["_born"] -= LONGEST_SECONDS + 1
        site.redis.set(key, json.dumps(values))
        assert not browser.is_signed_in()

    def test_X6_signing_out_ends_it_for_whoever_kept_the_cookie(self, site: Site) -> None:
        browser = signed_in(site)
        kept = browser.session_cookie()
        answer = browser.post("/console/sign-out", {"csrf_token": form_token(browser)})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert browser.session_cookie() == ""
        thief = site.browser()
        thief.client.set_cookie("rollcall", kept, domain="localhost")
        assert not thief.is_signed_in()
        assert session_keys(site) == []

    def test_X6_disconnecting_the_portal_ends_every_session_of_it(self, site: Site) -> None:
        ours, others = signed_in(site), signed_in(site, OTHER_PORTAL)
        (key,) = [row["id"] for row in site.rows("hubspot") if row["account_id"] == str(PORTAL)]
        with writing(site.engine) as connection:
            forget_tokens(connection, key, datetime.now(UTC))
        assert not ours.is_signed_in()
        assert others.is_signed_in()

    def test_a_dead_grant_does_not_lock_out_who_can_mend_it(self, site: Site) -> None:
        browser = signed_in(site)
        with writing(site.engine) as connection:
            connection.exec_driver_sql("UPDATE connection SET status = 'reconnect'")
        page = browser.get("/console/").text
        assert "HubSpot has to be connected again" in page
        assert 'href="/oauth/hubspot/install"' in page


class TestForms:
    @pytest.mark.parametrize(
        ("form", "headers"),
        [
            ({}, {}),
            ({"csrf_token": ""}, {}),
            ({"csrf_token": "made-up"}, {}),
            ({"csrf_token": "é"}, {}),
            ({"csrf_token": "theirs"}, {}),
            ({"csrf_token": "ours"}, {"Origin": "https://evil.example"}),
            ({"csrf_token": "ours"}, {"Origin": "null"}),
            ({"csrf_token": "ours"}, {"Origin": PUBLIC_URL + ".evil.example"}),
        ],
        ids=[
            "no token",
            "empty token",
            "made-up token",
            "strange token",
            "another session's token",
            "foreign origin",
            "hidden origin",
            "origin that begins alike",
        ],
    )
    def test_X5_a_form_of_somebody_else_changes_nothing(
        self, site: Site, form: dict[str, str], headers: dict[str, str]
    ) -> None:
        browser, other = signed_in(site), signed_in(site, OTHER_PORTAL)
        tokens = {"ours": form_token(browser), "theirs": form_token(other)}
        given = {name: tokens.get(value, value) for name, value in form.items()}
        answer = browser.post("/console/sign-out", given, headers=headers)
        assert answer.status_code == 403
        assert "nothing was changed" in answer.text
        assert browser.is_signed_in()

    def test_ones_own_form_is_taken(self, site: Site) -> None:
        browser = signed_in(site)
        token = form_token(browser)
        headers = {"Origin": PUBLIC_URL}
        answer = browser.post("/console/sign-out", {"csrf_token": token}, headers=headers)
        assert answer.status_code == 302

    @pytest.mark.parametrize("path", ["/console/sign-out", "/console/discover"])
    def test_looking_changes_nothing(self, site: Site, path: str) -> None:
        browser = signed_in(site)
        assert browser.get(path).status_code == 405
        assert browser.is_signed_in()


class TestWithoutRedis:
    def test_who_is_not_signed_in_can_still_read(self, site: Site) -> None:
        with without_redis(site) as app:
            answer = app.test_client().get("/", base_url=PUBLIC_URL)
        assert answer.status_code == 200

    @pytest.mark.parametrize("path", ["/", "/console/", "/oauth/zoom/install"])
    def test_who_is_signed_in_is_told_so(self, site: Site, path: str) -> None:
        name = signed_in(site).session_cookie()
        with without_redis(site) as app:
            client = app.test_client()
            client.set_cookie("rollcall", name, domain="localhost")
            answer = client.get(path, base_url=PUBLIC_URL)
        assert answer.status_code == 503
        assert "Syncing goes on" in answer.text

    @pytest.mark.parametrize(
        "path",
        [
            "/oauth/hubspot/install",
            "/oauth/hubspot/callback?code=x&state=y",
            "/oauth/hubspot/install?step=authorize&returnUrl=https://app.hubspot.com/x",
            "/oauth/hubspot/install?step=finalize&code=x&state=y&returnUrl=https://app.hubspot.com/x",
            "/console/sign-in/token",
        ],
    )
    def test_an_installation_ends_on_a_page_with_a_way_back(self, site: Site, path: str) -> None:
        with without_redis(site) as app:
            answer = app.test_client().get(path, base_url=PUBLIC_URL)
        assert answer.status_code in (400, 503)
        assert "<h1>" in answer.text and "Traceback" not in answer.text
        assert site.rows() == []

    def test_the_account_shown_is_the_one_signed_in(self, site: Site) -> None:
        browser = signed_in(site)
        browser.connect_zoom()
        assert ACCOUNT in browser.get("/console/").text
