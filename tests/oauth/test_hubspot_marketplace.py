"""Installing from HubSpot's marketplace: HubSpot asks for consent itself and opens our address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from app import create_app
from tests.oauth.support import ADMIN, PORTAL, PUBLIC_URL, Rung, Site, query_of

INSTALL = "/oauth/hubspot/install"
RETURN_URL = "https://app.hubspot.com/integrations-settings/4711/installed"


class TestFromTheMarketplace:
    """HubSpot asks for consent itself and opens our install address."""

    def code(self, site: Site) -> str:
        hubspot = site.world.hubspot
        portal = hubspot.portals[PORTAL]
        redirect_uri = f"{PUBLIC_URL}{INSTALL}"
        return hubspot.issue_code(portal, portal.users[ADMIN], ("oauth",), redirect_uri).code

    def path(self, **query: Any) -> str:
        return f"{INSTALL}?" + "&".join(
            f"{name}={quote(str(value), safe='')}" for name, value in query.items()
        )

    def test_a_code_installs_and_the_browser_goes_back_to_hubspot(self, site: Site) -> None:
        browser = site.browser()
        answer = browser.get(self.path(code=self.code(site), returnUrl=RETURN_URL))
        assert (answer.status_code, answer.headers["Location"]) == (302, RETURN_URL)
        assert [row["account_id"] for row in site.rows("hubspot")] == [str(PORTAL)]

    def test_X3_a_bare_code_signs_nobody_in_since_anybody_may_have_sent_it(
        self, site: Site
    ) -> None:
        browser = site.browser()
        browser.get(self.path(code=self.code(site), returnUrl=RETURN_URL))
        assert not browser.is_signed_in()

    def test_authorize_then_finalize_installs_and_signs_in(self, site: Site) -> None:
        browser = site.browser()
        first = browser.get(self.path(step="authorize", returnUrl=RETURN_URL))
        assert first.headers["Location"].startswith(f"{RETURN_URL}?state=")
        state = query_of(first.headers["Location"])["state"]
        answer = browser.get(
            self.path(step="finalize", code=self.code(site), state=state, returnUrl=RETURN_URL)
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, RETURN_URL)
        assert browser.is_signed_in()

    def test_over_https_the_state_survives_hubspots_frame(self, site: Site) -> None:
        url = "https://rollcall.example"
        config = replace(site.config, web=replace(site.config.web, public_url=url))
        client = create_app(config, doorbell=Rung()).test_client()
        answer = client.get(self.path(step="authorize", returnUrl=RETURN_URL), base_url=url)
        cookie = answer.headers["Set-Cookie"].split("; ")
        assert cookie[0].startswith("__Host-rollcall-install=")
        assert {"Secure", "HttpOnly", "SameSite=None", "Path=/"} <= set(cookie)

    @pytest.mark.parametrize(
        "query",
        [
            pytest.param({"returnUrl": RETURN_URL}, id="no code"),
            pytest.param({"returnUrl": RETURN_URL, "code": ""}, id="an empty code"),
            pytest.param({"returnUrl": RETURN_URL, "code": "made-up"}, id="a made-up code"),
            pytest.param({"returnUrl": RETURN_URL, "step": "finalize"}, id="the end alone"),
            pytest.param({"code": "made-up"}, id="nowhere to go back to"),
            pytest.param({"error": "access_denied"}, id="consent declined"),
            pytest.param({"error": "<script>"}, id="an error of somebody's own"),
        ],
    )
    def test_half_of_an_installation_ends_on_a_page_with_a_way_back(
        self, site: Site, query: dict[str, str]
    ) -> None:
        answer = site.browser().get(self.path(**query))
        assert answer.status_code == 400
        assert "nothing was changed" in answer.text.lower()
        assert "<script>" not in answer.text
        assert site.rows() == []

    @pytest.mark.parametrize("whose", ["nobody's", "another browser's", "used"])
    def test_X3_finalize_needs_the_state_this_browser_was_given(
        self, site: Site, whose: str
    ) -> None:
        browser = site.browser()
        first = browser.get(self.path(step="authorize", returnUrl=RETURN_URL))
        state = query_of(first.headers["Location"])["state"]
        if whose == "nobody's":
            state = "made-up"
        if whose == "another browser's":
            browser = site.browser()
        if whose == "used":
            path = self.path(step="finalize", code="x", state=state, returnUrl=RETURN_URL)
            browser.get(path)
        answer = browser.get(
            self.path(step="finalize", code=self.code(site), state=state, returnUrl=RETURN_URL)
        )
        assert answer.status_code == 400
        assert site.rows() == []

    @pytest.mark.parametrize(
        "url",
        [
            "https://app.hubspot.com.evil.example/",
            "https://app.hubspot.com@evil.example/",
            "https://evil.example/?app.hubspot.com",
            "http://app.hubspot.com/",
            "//app.hubspot.com/",
            "https://app.hubspot.com\\@evil.example/",
            "https://app-.hubspot.com.evil.example/",
            "javascript:alert(1)",
            "https://app.hubspot.com:444/",
            "",
        ],
    )
    def test_X4_the_browser_is_sent_back_to_hubspot_only(self, site: Site, url: str) -> None:
        code = self.code(site)
        answer = site.browser().get(self.path(code=code, returnUrl=url))
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert not site.world.hubspot.codes[code].used

    @pytest.mark.parametrize(
        "url",
        ["https://app-eu1.hubspot.com/x?a=b#c", "https://app.hubspot.com", "configured"],
    )
    def test_every_hubspot_of_the_world_is_known(self, site: Site, url: str) -> None:
        if url == "configured":
            url = site.config.hubspot.app_url + "/somewhere"
        answer = site.browser().get(self.path(code=self.code(site), returnUrl=url))
        assert answer.status_code == 302
        assert urlsplit(answer.headers["Location"]).netloc == urlsplit(url).netloc
