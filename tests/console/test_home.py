"""Home: is HubSpot right, what needs attention, and what to do while something is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from api.parts import EXTENSION
from clients.breaker import Outage
from store.tables import occurrence_person, webinar
from tests.api.conftest import add_webinar
from tests.console.desk import NOW, Desk
from tests.console.stored import change, sync_all
from tests.console.test_pages import NASTY, assert_inert
from tests.oauth.support import OTHER_PORTAL, PORTAL, Site


class TestWhatToDoNext:
    def test_S06_S07_a_new_portal_is_led_from_step_to_step(self, site: Site) -> None:
        browser = site.browser()
        browser.install_hubspot()
        desk = Desk(site, browser)
        first = desk.text("/console/")
        assert "What to do next Connect Zoom" in first
        assert "No webinars yet. Connect Zoom to see them." in first
        assert "Is HubSpot right?" not in first
        browser.connect_zoom()
        assert "Sync is off: nothing is read or written." in desk.text("/console/")
        add_webinar(site.engine, "95200000001", portal_id=str(PORTAL))
        page = desk.page("/console/")
        assert "/console/webinars/95200000001/preview" in page.links()
        assert "/console/settings" in page.links()
        assert "1 not synced" in " ".join(page.text.split())
        sync_all(desk)
        assert "What to do next" not in desk.text("/console/")


@pytest.fixture(scope="module")
def busy(desk: Desk) -> Desk:
    """A portal with a healthy webinar, one whose people fail, and one to come; nasty names."""
    sync_all(desk)
    _, healthy = desk.webinar(ended_at=NOW - timedelta(days=9), report_rows=2, zoom_people=2)
    desk.people(
        healthy,
        {"email": "came@x.no", "attended_seconds": 60},
        {"email": "missed@x.no"},
    )
    _, failing = desk.webinar(report_rows=None)
    desk.people(
        failing,
        {"email": "fail@x.no", "outcome": "failing", "reason": "rejected"},
        {"email": "left-out@x.no", "outcome": "excluded", "reason": "excluded_domain"},
    )
    desk.webinar(settled_at=None, ended_at=None, report_rows=None)
    for row in desk.rows(occurrence_person, occurrence_pk=healthy):
        change(desk, occurrence_person, row["id"], status="approved")
    for row in desk.rows(webinar):
        change(desk, webinar, row["id"], topic=NASTY, host_email=NASTY)
    return desk


class TestAtAGlance:
    def test_S22_it_counts_webinars_by_how_they_stand_each_a_way_to_them(self, busy: Desk) -> None:
        page = busy.page("/console/")
        text = " ".join(page.text.split())
        assert "Is HubSpot right? Needs attention 1 Waiting for Zoom 0 Syncing 0 Healthy 1" in text
        assert "Of 3 webinars; 1 to come." in text
        for status in ("attention", "waiting", "syncing", "healthy"):
            assert f"/console/webinars?sync_status={status}" in page.links()

    def test_S29_warnings_of_what_needs_attention_have_their_buttons(self, busy: Desk) -> None:
        page = busy.page("/console/")
        text = " ".join(page.text.split())
        assert "Some webinar data did not sync because of an error What it means:" in text
        assert any("/people?outcome=failing" in link for link in page.links())
        # Nothing has to be done about these; the webinar's own page has them.
        assert "Some e-mail addresses have been excluded" not in text

    def test_the_picture_shows_the_share_of_those_registered_who_came(self, busy: Desk) -> None:
        page = busy.page("/console/")
        (bar,) = [a for tag, a in page.tags if tag == "rect"]
        assert (bar["class"], bar["height"]) == ("bar", "83.0")
        assert "As a table" in page.text

    def test_a_platform_that_does_not_answer_says_since_when(
        self, busy: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def outage(platform: str, account: str) -> Outage | None:
            return Outage(NOW, NOW + timedelta(minutes=1)) if platform == "zoom" else None

        extensions = busy.site.app.extensions
        monkeypatch.setitem(extensions, EXTENSION, replace(extensions[EXTENSION], outage=outage))
        text = busy.text("/console/")
        assert text.count("Does not answer since") == 1
        assert "What is to be read or written waits, and nothing is lost." in text

    def test_B01_a_person_is_looked_for_from_here(self, busy: Desk) -> None:
        forms = [a for tag, a in busy.page("/console/").tags if tag == "form"]
        assert "/console/people" in [form.get("action") for form in forms]

    def test_another_portals_webinars_and_people_are_not_shown(self, busy: Desk) -> None:
        browser = busy.site.browser()
        browser.install_hubspot(OTHER_PORTAL)
        other = Desk(busy.site, browser)
        assert "No webinars yet" in other.text("/console/")
        assert "No address in any webinar" in other.text("/console/people?email=fail@x.no")
        assert "No webinars yet" in other.text("/console/webinars")

    def test_X11_names_in_pictures_tables_and_warnings_are_text(self, busy: Desk) -> None:
        page = busy.browser.get("/console/").text
        assert_inert(page)
        assert page.count("&lt;script&gt;alert") >= 4
