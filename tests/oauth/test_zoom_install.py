"""Connecting Zoom from a browser: who may, whose account, and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from oauth.access import choose_zoom_api
from oauth.sign_in import make_sign_in_link
from store.database import reading, writing
from store.directory import note_listing, portals_to_list
from tests.oauth.support import (
    ACCOUNT,
    HELPER,
    HOST,
    OTHER_ACCOUNT,
    OTHER_ADMIN,
    OTHER_HOST,
    OTHER_PORTAL,
    PORTAL,
    PUBLIC_URL,
    Browser,
    Site,
    query_of,
)

INSTALL, CALLBACK = "/oauth/zoom/install", "/oauth/zoom/callback"
ANY_CODE = f"{CALLBACK}?code=x&state=y"


def signed_in(site: Site, portal_id: int = PORTAL) -> Browser:
    """A browser of somebody who installed Rollcall into a portal."""
    browser = site.browser()
    browser.install_hubspot(portal_id)
    return browser


def kill_grant(site: Site, user_id: str = HOST) -> None:
    """End an authorisation in Zoom without a word, and let Rollcall find out."""
    site.world.zoom.grants.kill(ACCOUNT, user_id)
    (row,) = [row for row in site.rows("zoom") if row["user_id"] == user_id]
    with pytest.raises(Exception, match="connect it again"):
        site.access.tokens.replace(row["id"], row["generation"])


class TestConnecting:
    def test_the_callback_opens_the_console_which_shows_the_account(self, site: Site) -> None:
        browser = signed_in(site)
        answer = browser.connect_zoom()
        assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")
        page = browser.get("/console/").text
        assert ACCOUNT in page
        assert "Add another Zoom account" in page

    def test_the_grant_is_kept_with_who_gave_it_and_what_it_allows(self, any_site: Site) -> None:
        signed_in(any_site).connect_zoom()
        (row,) = any_site.rows("zoom")
        assert (row["account_id"], row["user_id"], row["status"]) == (ACCOUNT, HOST, "connected")
        assert "report:read:list_webinar_participants:admin" in row["scopes"]
        assert not row["is_reduced"]
        assert any_site.links() == {(str(PORTAL), ACCOUNT)}

    def test_the_stored_tokens_work(self, site: Site) -> None:
        signed_in(site).connect_zoom()
        assert site.access.zoom(str(PORTAL), ACCOUNT).me().user_id == HOST

    def test_the_listing_of_webinars_is_due_at_once_and_both_pools_are_woken(
        self, any_site: Site, wait_until
    ) -> None:
        browser = signed_in(any_site)
        browser.connect_zoom()
        now = datetime.now(UTC)
        with writing(any_site.engine) as connection:
            note_listing(connection, str(PORTAL), now)
        any_site.doorbell.pools.clear()

        browser.connect_zoom(OTHER_ACCOUNT, OTHER_HOST)

        with reading(any_site.engine) as connection:
            assert portals_to_list(connection, now, timedelta(hours=1)) == [str(PORTAL)]
        wait_until(lambda: {"live", "bulk"} <= set(any_site.doorbell.pools), what="both bells")

    def test_a_portal_may_have_several_accounts(self, site: Site) -> None:
        browser = signed_in(site)
        browser.connect_zoom()
        browser.connect_zoom(OTHER_ACCOUNT, OTHER_HOST)
        page = browser.get("/console/").text
        assert ACCOUNT in page and OTHER_ACCOUNT in page
        for account_id, user_id in ((ACCOUNT, HOST), (OTHER_ACCOUNT, OTHER_HOST)):
            assert site.access.zoom(str(PORTAL), account_id).me().user_id == user_id

    def test_the_same_person_authorising_again_replaces_the_tokens_in_place(
        self, any_site: Site
    ) -> None:
        browser = signed_in(any_site)
        browser.connect_zoom()
        (before,) = any_site.rows("zoom")
        browser.connect_zoom()
        (after,) = any_site.rows("zoom")
        assert after["id"] == before["id"]
        assert after["generation"] > before["generation"]
        assert any_site.access.zoom(str(PORTAL), ACCOUNT).me().user_id == HOST

    def test_portals_share_an_authorisation_and_both_go_on_with_its_new_tokens(
        self, site: Site
    ) -> None:
        signed_in(site, PORTAL).connect_zoom()
        signed_in(site, OTHER_PORTAL).connect_zoom()
        assert len(site.rows("zoom")) == 1
        assert site.links() == {(str(PORTAL), ACCOUNT), (str(OTHER_PORTAL), ACCOUNT)}
        for portal_id in (PORTAL, OTHER_PORTAL):
            assert site.access.zoom(str(portal_id), ACCOUNT).me().user_id == HOST

    def test_two_admins_of_an_account_may_both_authorise(self, site: Site) -> None:
        browser = signed_in(site)
        browser.connect_zoom(user_id=HOST)
        browser.connect_zoom(user_id=HELPER)
        assert {row["user_id"]: row["status"] for row in site.rows("zoom")} == {
            HOST: "connected",
            HELPER: "connected",
        }

    def test_another_admin_takes_the_place_of_a_dead_authorisation(self, any_site: Site) -> None:
        browser = signed_in(any_site)
        browser.connect_zoom(user_id=HOST)
        kill_grant(any_site)
        assert "Has to be connected again" in browser.get("/console/").text

        browser.connect_zoom(user_id=HELPER)

        assert "Has to be connected again" not in browser.get("/console/").text
        assert any_site.access.zoom(str(PORTAL), ACCOUNT).me().user_id == HELPER
        dead = next(row for row in any_site.rows("zoom") if row["user_id"] == HOST)
        assert (dead["status"], dead["tokens"]) == ("disconnected", b"")

    def test_without_the_report_role_the_remedy_is_shown(self, site: Site) -> None:
        site.world.switches["zoom_missing_report_role"] = "scope_left_out"
        site.world.zoom.accounts[ACCOUNT].users[HOST].role_report = False
        browser = signed_in(site)
        browser.connect_zoom()
        assert site.rows("zoom")[0]["is_reduced"]
        assert "ask a Zoom admin whose role has" in browser.get("/console/").text

    def test_whoever_may_read_reports_is_asked_before_whoever_may_not(self, site: Site) -> None:
        site.world.switches["zoom_missing_report_role"] = "scope_left_out"
        site.world.zoom.accounts[ACCOUNT].users[HOST].role_report = False
        browser = signed_in(site)
        browser.connect_zoom(user_id=HOST)
        browser.connect_zoom(user_id=HELPER)
        assert site.access.zoom(str(PORTAL), ACCOUNT).me().user_id == HELPER


class TestWhoMayConnect:
    @pytest.mark.parametrize("path", [INSTALL, ANY_CODE])
    def test_somebody_not_signed_in_is_sent_to_hubspot_first(self, site: Site, path: str) -> None:
        answer = site.browser().get(path)
        assert answer.status_code == 403
        assert "Sign in with HubSpot first" in answer.text
        assert 'href="/oauth/hubspot/install"' in answer.text
        assert site.token_calls("zoom") == []

    def test_a_portal_that_was_disconnected_is_not_signed_in_any_more(self, site: Site) -> None:
        browser = signed_in(site)
        with writing(site.engine) as connection:
            connection.exec_driver_sql("UPDATE connection SET status = 'disconnected'")
        assert browser.get(INSTALL).status_code == 403

    def test_X3_a_consent_begun_for_one_portal_does_not_connect_another(self, site: Site) -> None:
        signed_in(site, OTHER_PORTAL)
        browser = signed_in(site, PORTAL)
        back = browser.consent(browser.begin("zoom"), account_id=ACCOUNT, user_id=HOST)
        link = make_sign_in_link(site.redis, "", str(OTHER_PORTAL), str(OTHER_ADMIN))
        browser.get(link)
        assert str(OTHER_PORTAL) in browser.get("/console/").text

        assert browser.get(back).status_code == 400
        assert site.links() == set()


class TestProofOfPossession:
    def test_the_consent_page_is_asked_with_a_hashed_challenge(self, site: Site) -> None:
        query = query_of(signed_in(site).begin("zoom"))
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43
        assert query["redirect_uri"] == PUBLIC_URL + CALLBACK

    def test_the_verifier_never_travels_in_the_browser(self, site: Site) -> None:
        browser = signed_in(site)
        page = browser.begin("zoom")
        back = browser.consent(page, account_id=ACCOUNT, user_id=HOST)
        assert "verifier" not in page + back
        assert len(browser.session_cookie()) == 43

    def test_X3_somebody_elses_code_cannot_be_brought_into_ones_own_flow(self, site: Site) -> None:
        thief, victim = signed_in(site, OTHER_PORTAL), signed_in(site, PORTAL)
        stolen = query_of(victim.consent(victim.begin("zoom"), account_id=ACCOUNT, user_id=HOST))
        own = query_of(thief.begin("zoom"))
        forged = urlencode({"code": stolen["code"], "state": own["state"]})
        answer = thief.get(f"{CALLBACK}?{forged}")
        assert answer.status_code == 400
        assert site.rows("zoom") == []


def refused(site: Site, name: str) -> tuple[int, str]:
    """Come back from Zoom in one of the ways that must fail; status and page."""
    browser = signed_in(site)
    back = browser.consent(browser.begin("zoom"), account_id=ACCOUNT, user_id=HOST)
    if name == "consent declined":
        back = browser.consent(browser.begin("zoom"), decision="deny")
    elif name == "state altered":
        back = back[:-4] + "AAAA"
    elif name == "state empty":
        back = f"{CALLBACK}?code={query_of(back)['code']}&state="
    elif name == "another browser":
        browser = signed_in(site)
    elif name == "state of HubSpot":
        state = query_of(browser.begin("hubspot"))["state"]
        back = f"{CALLBACK}?{urlencode({'code': query_of(back)['code'], 'state': state})}"
    elif name == "code unknown":
        back = back.replace(query_of(back)["code"], "code-of-nobody")
    elif name == "code missing":
        back = f"{CALLBACK}?state={query_of(back)['state']}"
    elif name == "zoom down":
        site.add_fault("zoom", "status", "/oauth/token", status=503)
    elif name == "zoom unreachable":
        site.add_fault("zoom", "refuse_before", "/oauth/token")
    elif name == "zoom answers with a page":
        site.add_fault("zoom", "html", "/oauth/token", status=200)
    elif name == "zoom answers with half of it":
        body = {"access_token": "only-this", "expires_in": 3600}
        site.add_fault("zoom", "status", "/oauth/token", status=200, body=body)
    elif name == "zoom does not say whose it is":
        site.add_fault("zoom", "status", "/users/me", status=200, body={"id": HOST})
    elif name == "zoom does not answer whose it is":
        site.add_fault("zoom", "status", "/users/me", status=500)
    answer = browser.get(back)
    return answer.status_code, answer.text


class TestRefusals:
    @pytest.mark.parametrize(
        "name",
        [
            "consent declined",
            "state altered",
            "state empty",
            "another browser",
            "state of HubSpot",
            "code unknown",
            "code missing",
            "zoom down",
            "zoom unreachable",
            "zoom answers with a page",
            "zoom answers with half of it",
            "zoom does not say whose it is",
            "zoom does not answer whose it is",
        ],
    )
    def test_X3_nothing_is_connected_and_the_page_shows_a_way_back(
        self, site: Site, name: str
    ) -> None:
        status, page = refused(site, name)
        assert status == 400
        assert "nothing was changed" in page.lower()
        assert "Traceback" not in page
        assert f'href="{INSTALL}"' in page
        assert site.rows("zoom") == []
        assert site.links() == set()

    def test_a_link_from_zoom_itself_leads_to_a_start_of_our_own(self, site: Site) -> None:
        browser = signed_in(site)
        code = query_of(browser.consent(browser.begin("zoom"), account_id=ACCOUNT, user_id=HOST))
        answer = browser.get(f"{CALLBACK}?code={code['code']}")
        assert answer.status_code == 200
        assert "One more step" in answer.text
        assert f'href="{INSTALL}"' in answer.text
        assert site.token_calls("zoom") == []

    def test_X3_a_state_is_good_once(self, site: Site) -> None:
        browser = signed_in(site)
        back = browser.consent(browser.begin("zoom"), account_id=ACCOUNT, user_id=HOST)
        assert browser.get(back).status_code == 302
        generation = site.rows("zoom")[0]["generation"]
        assert browser.get(back).status_code == 400
        assert site.rows("zoom")[0]["generation"] == generation

    @pytest.mark.parametrize("platform", ["hubspot", "zoom"])
    def test_an_app_the_platform_does_not_know_is_the_operators_to_mend(
        self, site: Site, platform: str
    ) -> None:
        browser = signed_in(site)
        who = {"account_id": ACCOUNT, "user_id": HOST} if platform == "zoom" else {}
        where = {"portal_id": PORTAL} if platform == "hubspot" else {}
        back = browser.consent(browser.begin(platform), **who, **where)
        setattr(site.world.apps, f"{platform}_client_secret", "another-secret")
        answer = browser.get(back)
        assert answer.status_code == 503
        assert f"{platform.upper()}_CLIENT_SECRET" in answer.text
        assert "another-secret" not in answer.text


@pytest.mark.parametrize(
    ("configured", "answered", "chosen"),
    [
        ("https://api.zoom.us/v2", "https://api-eu.zoom.us", "https://api-eu.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://api.zoom.us/", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "", ""),
        ("https://api.zoom.us/v2", "http://api-eu.zoom.us", ""),
        ("https://api.zoom.us/v2", "https://api.zoom.us.evil.example", ""),
        ("https://api.zoom.us/v2", "https://evil.example/.zoom.us", ""),
        ("https://api.zoom.us/v2", "https://api.zoom.us@evil.example", ""),
        ("https://api.zoom.us/v2", "https://evilzoom.us", ""),
        ("http://127.0.0.1:8100/zoom/v2", "https://api-eu.zoom.us", ""),
    ],
)
def test_a_bearer_goes_to_zooms_hosts_only(configured: str, answered: str, chosen: str) -> None:
    assert choose_zoom_api(configured, answered) == chosen
