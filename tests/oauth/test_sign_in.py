"""One-time links into the console, and installing for somebody who is signed in already."""

from __future__ import annotations

import pytest

from oauth.sign_in import LINK_SECONDS, make_sign_in_link, take_sign_in_link
from tests.oauth.support import ADMIN, OTHER_ADMIN, OTHER_PORTAL, PORTAL, PUBLIC_URL, Site


@pytest.fixture
def link(site: Site) -> str:
    """A link into the installed portal."""
    site.browser().install_hubspot()
    return make_sign_in_link(site.redis, PUBLIC_URL, str(PORTAL), str(ADMIN))


def path_of(link: str) -> str:
    assert link.startswith(PUBLIC_URL)
    return link.removeprefix(PUBLIC_URL)


def test_it_signs_its_first_visitor_in(site: Site, link: str) -> None:
    browser = site.browser()
    answer = browser.get(path_of(link))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")
    assert str(PORTAL) in browser.get("/console/").text


def test_it_signs_nobody_else_in(site: Site, link: str) -> None:
    site.browser().get(path_of(link))
    second = site.browser()
    answer = second.get(path_of(link))
    assert answer.status_code == 400
    assert "not good any more" in answer.text
    assert 'href="/oauth/hubspot/install"' in answer.text
    assert not second.is_signed_in()


def test_it_lapses_after_a_minute(site: Site, link: str) -> None:
    (key,) = site.redis.scan_iter("rollcall:sign-in:*")
    assert 0 < site.redis.ttl(key) <= LINK_SECONDS == 60
    assert link.rsplit("/", 1)[1].encode() not in key


def test_it_takes_the_place_of_another_sign_in(site: Site) -> None:
    site.browser().install_hubspot(OTHER_PORTAL)
    browser = site.browser()
    browser.install_hubspot()
    before = browser.session_cookie()
    link = make_sign_in_link(site.redis, PUBLIC_URL, str(OTHER_PORTAL), str(OTHER_ADMIN))
    browser.get(path_of(link))
    page = browser.get("/console/").text
    assert str(OTHER_PORTAL) in page and str(PORTAL) not in page
    assert browser.session_cookie() != before


@pytest.mark.parametrize("token", ["x", "%00", "..%2F..", "a" * 3_000, "é", "<script>"])
def test_a_made_up_one_leads_to_a_page(site: Site, token: str) -> None:
    answer = site.browser().get(f"/console/sign-in/{token}")
    assert answer.status_code in (400, 404)
    assert "<script>" not in answer.text


def test_it_is_told_apart_from_every_other_secret_in_redis(site: Site) -> None:
    assert take_sign_in_link(site.redis, "") is None


def test_hubspot_makes_links_for_colleagues(site: Site) -> None:
    """Through the API, as the settings page in HubSpot asks for one."""
    site.browser().install_hubspot()
    first = site.app.test_client()
    browser = site.browser()
    browser.install_hubspot()
    page = browser.get("/console/").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.client.post(
        "/api/console-link", base_url=PUBLIC_URL, headers={"X-CSRF-Token": token}
    )
    assert answer.status_code == 201
    assert first.get(path_of(answer.json["url"]), base_url=PUBLIC_URL).status_code == 302
