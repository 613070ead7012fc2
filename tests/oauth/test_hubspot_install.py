"""Installing into HubSpot from our own page."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.hubspot.models import PropertyDefinition
from tests.oauth.support import ADMIN, OTHER_PORTAL, PORTAL, Site, query_of

INSTALL = "/oauth/hubspot/install"
MARKETING = ["crm.objects.marketing_events.read", "crm.objects.marketing_events.write"]


def properties_of(site: Site, portal_id: int = PORTAL) -> dict[str, PropertyDefinition]:
    """The portal's contact properties of ours, by name."""
    schema = site.world.hubspot.portals[portal_id].schemas["contacts"]
    return {name: one for name, one in schema.properties.items() if one.group_name == "rollcall"}


class TestFromOurPage:
    def test_the_callback_signs_the_person_in_and_opens_the_console(self, site: Site) -> None:
        browser = site.browser()
        answer = browser.install_hubspot()
        assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")
        page = browser.get("/console/").text
        assert str(PORTAL) in page
        assert "Connect Zoom" in page

    def test_the_portal_is_stored_with_what_hubspot_says_about_it(self, site: Site) -> None:
        site.world.hubspot.portals[PORTAL].settings.ui_domain = "app-eu1.hubspot.com"
        site.browser().install_hubspot()
        stored = site.portals()[str(PORTAL)]
        assert stored["time_zone"] == "Europe/Berlin"
        assert stored["ui_domain"] == "app-eu1.hubspot.com"
        assert stored["installer_user_id"] == str(ADMIN)
        assert stored["discovered_at"] is not None

    def test_X14_tokens_are_not_readable_in_the_database(self, site: Site) -> None:
        site.browser().install_hubspot()
        (row,) = site.rows("hubspot")
        issued = [*site.world.hubspot.access_tokens, *site.world.hubspot.grants]
        assert not any(token.encode() in row["tokens"] for token in issued)

    @pytest.mark.parametrize(
        ("dropped", "marketing_events"),
        [
            pytest.param([], "on", id="S01 every scope granted"),
            pytest.param(MARKETING, "no_scope", id="S01 plan without marketing events"),
            pytest.param(
                [*MARKETING, "timeline", "automation", "business_units_view.read"],
                "no_scope",
                id="S01 free tools",
            ),
        ],
    )
    def test_any_plan_can_be_connected_and_what_it_lacks_is_known(
        self, site: Site, dropped: list[str], marketing_events: str
    ) -> None:
        site.world.hubspot.portals[PORTAL].settings.dropped_scopes = dropped
        answer = site.browser().install_hubspot()
        assert answer.headers["Location"] == "/console/"
        capabilities = site.portals()[str(PORTAL)]["capabilities"]
        assert capabilities["marketing_events"] == marketing_events
        assert len(properties_of(site)) == 5

    @pytest.mark.parametrize(
        ("name", "label", "kind"),
        [
            pytest.param(
                "rollcall_average_attendance_percent",
                "Average Zoom webinar attendance duration",
                "number",
                id="S32",
            ),
            pytest.param(
                "rollcall_last_registered_webinar",
                "Last registered Zoom webinar",
                "string",
                id="S33",
            ),
            pytest.param(
                "rollcall_registration_count",
                "Total number of Zoom webinar registrations",
                "number",
                id="S34",
            ),
            pytest.param(
                "rollcall_attendance_count",
                "Total number of Zoom webinars attended",
                "number",
                id="S35",
            ),
            pytest.param(
                "rollcall_historical",
                "Zoom webinar data is historical",
                "bool",
                id="B14",
            ),
        ],
    )
    def test_the_property_is_created_when_the_portal_connects(
        self, site: Site, name: str, label: str, kind: str
    ) -> None:
        site.browser().install_hubspot()
        made = properties_of(site)[name]
        assert (made.label, made.type) == (label, kind)

    def test_installing_again_leaves_the_properties_as_they_are(self, site: Site) -> None:
        site.browser().install_hubspot()
        properties_of(site)["rollcall_attendance_count"].label = "Renamed by the customer"
        site.browser().install_hubspot()
        assert properties_of(site)["rollcall_attendance_count"].label == "Renamed by the customer"
        assert len(site.rows("hubspot")) == 1

    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param({"kind": "lost_answer", "route": "/contacts/groups"}, id="S32-S35 group"),
            pytest.param({"kind": "lost_answer", "route": "/batch/create"}, id="S32-S35 created"),
            pytest.param({"kind": "refuse_before", "route": "/batch/create"}, id="S32-S35 refused"),
            pytest.param(
                {"kind": "html", "route": "/batch/read", "status": 502}, id="S32-S35 read"
            ),
            pytest.param({"kind": "status", "route": "/account-info"}, id="S32-S35 account"),
        ],
    )
    def test_setting_up_that_was_cut_short_is_finished_by_doing_it_again(
        self, any_site: Site, fault: dict[str, Any]
    ) -> None:
        any_site.add_fault("hubspot", **fault)
        browser = any_site.browser()
        assert browser.install_hubspot().headers["Location"] == "/console/"
        assert any_site.portals()[str(PORTAL)]["discovered_at"] is None
        any_site.world.faults.clear()
        browser.install_hubspot()
        assert set(properties_of(any_site)) == {
            "rollcall_average_attendance_percent",
            "rollcall_last_registered_webinar",
            "rollcall_registration_count",
            "rollcall_attendance_count",
            "rollcall_historical",
        }
        groups = any_site.world.hubspot.portals[PORTAL].schemas["contacts"].groups
        assert [name for name in groups if "rollcall" in name] == ["rollcall"]
        assert "not finished" not in browser.get("/console/").text

    def test_a_property_the_customer_deleted_comes_back(self, site: Site) -> None:
        site.browser().install_hubspot()
        schema = site.world.hubspot.portals[PORTAL].schemas["contacts"]
        del schema.properties["rollcall_registration_count"]
        site.browser().install_hubspot()
        assert len(properties_of(site)) == 5

    def test_installing_wakes_both_pools(self, site: Site, wait_until: Any) -> None:
        site.browser().install_hubspot()
        wait_until(lambda: {"live", "bulk"} <= set(site.doorbell.pools), what="both bells")

    def test_two_portals_are_kept_apart(self, site: Site) -> None:
        first, second = site.browser(), site.browser()
        first.install_hubspot(PORTAL)
        second.install_hubspot(OTHER_PORTAL)
        assert [row["account_id"] for row in site.rows("hubspot")] == ["4711", "4712"]
        assert "4712" not in first.get("/console/").text
        assert "4711" not in second.get("/console/").text

    def test_what_hubspot_did_not_let_us_create_is_created_from_the_console(
        self, site: Site
    ) -> None:
        site.add_fault("hubspot", "status", "/crm/properties", status=403)
        browser = site.browser()
        assert browser.install_hubspot().headers["Location"] == "/console/"
        page = browser.get("/console/").text
        assert "Setting up HubSpot is not finished" in page
        site.world.faults.clear()
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        browser.post("/console/discover", {"csrf_token": token})
        assert len(properties_of(site)) == 5
        assert "not finished" not in browser.get("/console/").text

    def test_a_property_of_another_type_is_named_on_the_screen(self, site: Site) -> None:
        schema = site.world.hubspot.portals[PORTAL].schemas["contacts"]
        taken = PropertyDefinition("rollcall_attendance_count", "Mine", "string")
        schema.properties[taken.name] = taken
        browser = site.browser()
        browser.install_hubspot()
        assert "another type" in browser.get("/console/").text
        assert "rollcall_attendance_count" in browser.get("/console/").text


class TestSessions:
    def test_X6_the_session_has_a_new_name_after_signing_in(self, site: Site) -> None:
        browser = site.browser()
        page = browser.begin("hubspot")
        before = browser.session_cookie()
        browser.get(browser.consent(page, portal_id=PORTAL))
        after = browser.session_cookie()
        assert before and after and before != after
        thief = site.browser()
        thief.client.set_cookie("rollcall", before, domain="localhost")
        assert not thief.is_signed_in()

    def test_X6_the_cookie_holds_nothing_but_a_name(self, site: Site) -> None:
        browser = site.browser()
        browser.install_hubspot()
        assert len(browser.session_cookie()) == 43
        assert str(PORTAL) not in browser.session_cookie()


def refused(site: Site, name: str) -> tuple[int, str]:
    """Come back from HubSpot in one of the ways that must fail; status and page."""
    browser = site.browser()
    back = browser.consent(browser.begin("hubspot"), portal_id=PORTAL)
    if name == "consent declined":
        back = browser.consent(browser.begin("hubspot"), decision="deny")
    elif name == "state missing":
        back = f"/oauth/hubspot/callback?code={query_of(back)['code']}"
    elif name == "state altered":
        back = back[:-4] + "AAAA"
    elif name == "another browser":
        browser = site.browser()
    elif name == "another browser with a session of its own":
        browser = site.browser()
        browser.begin("hubspot")
    elif name == "state of Zoom":
        back = back.replace("/hubspot/", "/zoom/")
    elif name == "code unknown":
        back = back.replace(query_of(back)["code"], "code-of-nobody")
    elif name == "hubspot down":
        site.add_fault("hubspot", "status", "/token", status=503)
    elif name == "hubspot unreachable":
        site.add_fault("hubspot", "refuse_before", "/token")
    elif name == "hubspot answers with a page":
        site.add_fault("hubspot", "html", "/token", status=200)
    elif name == "introspection down":
        site.add_fault("hubspot", "status", "/introspect")
    answer = browser.get(back)
    return answer.status_code, answer.text


class TestRefusals:
    @pytest.mark.parametrize(
        "name",
        [
            "consent declined",
            "state missing",
            "state altered",
            "another browser",
            "another browser with a session of its own",
            "code unknown",
            "hubspot down",
            "hubspot unreachable",
            "hubspot answers with a page",
            "introspection down",
        ],
    )
    def test_X3_nothing_is_stored_and_the_page_shows_a_way_back(
        self, site: Site, name: str
    ) -> None:
        status, page = refused(site, name)
        assert status == 400
        assert "Traceback" not in page
        assert f'href="{INSTALL}"' in page
        assert site.rows() == []
        assert site.portals() == {}

    def test_X3_a_state_of_hubspot_opens_nothing_at_zoom(self, site: Site) -> None:
        status, page = refused(site, "state of Zoom")
        assert status == 403
        assert "Sign in with HubSpot first" in page
        assert site.rows() == []

    def test_X3_a_state_is_good_once(self, site: Site) -> None:
        browser = site.browser()
        back = browser.consent(browser.begin("hubspot"), portal_id=PORTAL)
        assert browser.get(back).status_code == 302
        generation = site.rows("hubspot")[0]["generation"]
        again = browser.get(back)
        assert again.status_code == 400
        assert site.rows("hubspot")[0]["generation"] == generation

    def test_X3_a_state_lapses_after_ten_minutes(self, site: Site) -> None:
        browser = site.browser()
        browser.begin("hubspot")
        keys = list(site.redis.scan_iter("rollcall:oauth:*"))
        assert keys and all(0 < site.redis.ttl(key) <= 600 for key in keys)

    @pytest.mark.parametrize("extra", ["next=//evil.example", "next=https:evil.example"])
    def test_X4_nobody_can_choose_where_a_sign_in_ends(self, site: Site, extra: str) -> None:
        browser = site.browser()
        back = browser.consent(browser.begin("hubspot"), portal_id=PORTAL)
        assert browser.get(f"{back}&{extra}").headers["Location"] == "/console/"
