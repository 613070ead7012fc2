"""The pages people see: what this is, the way in, and a portal's home."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import update

from store.database import writing
from store.tables import connection as connections
from store.tables import portal
from store.webinar_facts import ensure_occurrence, ensure_webinar
from tests.oauth.support import ACCOUNT, OTHER_PORTAL, PORTAL, Browser, Site

NASTY = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&{{7*7}}"


class Tags(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data + " "

    def links(self) -> dict[str, str]:
        return {str(a["href"]): str(a.get("class")) for tag, a in self.tags if tag == "a"}


def signed_in(site: Site, portal_id: int = PORTAL) -> Browser:
    browser = site.browser()
    browser.install_hubspot(portal_id)
    return browser


def add_webinar(site: Site, portal_id: int = PORTAL, **values: Any) -> None:
    with writing(site.engine) as connection:
        row = ensure_webinar(connection, str(portal_id), ACCOUNT, "88531246790", values)
        ensure_occurrence(connection, row, "")


def assert_inert(page: str) -> None:
    """Nothing of what was put in became markup."""
    tags = Tags(page)
    assert not {"img", "iframe"} & {tag for tag, _ in tags.tags}
    assert all(
        str(attrs["src"]).startswith("/console/static/")
        for tag, attrs in tags.tags
        if tag == "script"
    )
    assert not [name for _, attrs in tags.tags for name in attrs if name.startswith("on")]
    # What stands behind the ampersand in NASTY was not worked out.
    assert "&amp;49" not in page and "&49" not in page


class TestLanding:
    def test_it_says_what_this_is_and_how_to_begin(self, site: Site) -> None:
        answer = site.browser().get("/")
        assert answer.status_code == 200
        page = Tags(answer.text)
        assert "who came and for" in page.text
        assert "Install into HubSpot" in page.text
        assert "Sign in with HubSpot" in page.text
        assert "/oauth/hubspot/install" in page.links()

    def test_who_is_signed_in_goes_on_to_the_console(self, site: Site) -> None:
        page = Tags(signed_in(site).get("/").text)
        assert "/console/" in page.links()
        assert "Install into HubSpot" not in page.text
        assert "Sign out" in page.text

    def test_its_stylesheet_is_there_and_may_be_kept(self, site: Site) -> None:
        page = Tags(site.browser().get("/").text)
        (href,) = [
            str(a["href"]) for tag, a in page.tags if tag == "link" and a["rel"] == "stylesheet"
        ]
        answer = site.browser().get(href)
        assert answer.status_code == 200
        assert answer.mimetype == "text/css"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] != "no-store"
        answer.close()

    def test_every_page_names_its_language_and_what_it_is(self, site: Site) -> None:
        browser = signed_in(site)
        for path in ("/", "/console/", "/nowhere"):
            page = Tags(browser.get(path).text)
            assert ("html", {"lang": "en"}) in page.tags
            assert [tag for tag, _ in page.tags].count("h1") == 1
            assert "Rollcall" in page.text


class TestHome:
    def test_a_stranger_is_sent_to_the_start(self, site: Site) -> None:
        answer = site.browser().get("/console/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")

    def test_connections_and_webinars_are_listed(self, any_site: Site) -> None:
        browser = signed_in(any_site)
        browser.connect_zoom()
        start_at = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)
        add_webinar(any_site, topic="Autumn release", host_email="h@acme.example")
        add_webinar(any_site, start_at=start_at)
        text = " ".join(Tags(browser.get("/console/").text).text.split())
        assert f"HubSpot {PORTAL} ✓ Connected" in text
        assert f"Zoom {ACCOUNT} ✓ Connected" in text
        assert "Autumn release" in text
        assert "18 Nov 2026, 17:00 CET" in text  # the portal is in Berlin
        for outcome in ("In sync", "Excluded", "Failing", "Waiting"):
            assert outcome in text

    def test_a_time_zone_nobody_knows_is_no_reason_to_fail(self, site: Site) -> None:
        browser = signed_in(site)
        add_webinar(site, start_at=datetime(2026, 11, 18, 16, 0, tzinfo=UTC))
        with writing(site.engine) as connection:
            connection.execute(update(portal).values(time_zone="Mars/Olympus"))
        assert "18 Nov 2026, 16:00 UTC" in browser.get("/console/").text

    def test_another_portals_webinars_are_not_shown(self, site: Site) -> None:
        ours, others = signed_in(site), signed_in(site, OTHER_PORTAL)
        add_webinar(site, OTHER_PORTAL, topic="Not for everybody")
        assert "Not for everybody" in others.get("/console/").text
        assert "Not for everybody" not in ours.get("/console/").text

    def test_X11_whatever_the_platforms_say_is_shown_as_text(self, site: Site) -> None:
        browser = signed_in(site)
        browser.connect_zoom()
        add_webinar(site, topic=NASTY, host_email=NASTY)
        with writing(site.engine) as connection:
            connection.execute(
                update(connections)
                .where(connections.c.platform == "zoom")
                .values(account_id=NASTY[:64])
            )
            capabilities = {"properties": f"conflict: {NASTY}"}
            connection.execute(update(portal).values(capabilities=capabilities))
        page = browser.get("/console/").text
        assert_inert(page)
        assert "<script>alert" in Tags(page).text

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            ("reconnect", "Has to be connected again"),
            ("disconnected", "Disconnected"),
        ],
    )
    def test_a_zoom_account_that_ended_has_the_way_back_beside_it(
        self, site: Site, status: str, words: str
    ) -> None:
        browser = signed_in(site)
        browser.connect_zoom()
        with writing(site.engine) as connection:
            connection.execute(
                update(connections).where(connections.c.platform == "zoom").values(status=status)
            )
        page = Tags(browser.get("/console/").text)
        assert words in page.text
        assert "Connect again" in page.text

    @pytest.mark.parametrize("is_there", [True, False], ids=["to be set up", "gone"])
    def test_setting_up_again_needs_somebody_signed_in(self, site: Site, is_there: bool) -> None:
        browser = signed_in(site)
        page = browser.get("/console/").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        if not is_there:
            with writing(site.engine) as connection:
                connection.execute(update(connections).values(status="disconnected"))
        answer = browser.post("/console/discover", {"csrf_token": token})
        assert answer.status_code == (302 if is_there else 403)

    def test_what_hubspot_says_when_setting_up_fails_is_shown(self, site: Site) -> None:
        browser = signed_in(site)
        page = browser.get("/console/").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        site.add_fault("hubspot", "status", "/account-info", status=403)
        answer = browser.post("/console/discover", {"csrf_token": token})
        assert answer.status_code == 400
        assert "HubSpot did not let Rollcall finish" in answer.text
        assert "Back to the console" in answer.text
