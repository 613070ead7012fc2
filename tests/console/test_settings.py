"""Global settings (S06, S07) and each Zoom user's own (S11-S15), as pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.settings_support import Admin, Page, add_users, admin, as_member
from tests.console.test_pages import NASTY, add_webinar, assert_inert
from tests.oauth.support import OTHER_PORTAL

__all__ = ["admin"]

PATH = "/console/settings"
DEFAULTS = {
    "webinar_sync": "none",
    "recording_sync": "none",
    "recording_target": "call",
    "secondary_email": "skip",
    "contact_exclusion": "full",
    "recreate_deleted": "no",
    "join_link": "public",
    "registration_accounts": "primary",
    "raw_retention_days": "30",
}


@pytest.fixture(scope="module", autouse=True)
def people(admin: Admin) -> None:
    """Two hosts among 60 users."""
    add_users(admin.site, ("ada", "ada@acme.example", "Ada Lund"), ("bo", "bo@acme.example", ""))
    add_users(admin.site, *((f"u{n:02}", f"u{n:02}@x.example", f"User {n}") for n in range(60)))


def form(admin: Admin, **changes: Any) -> dict[str, Any]:
    """What the browser sends of the page as it is, with these changes."""
    return {**DEFAULTS, "version": str(admin.settings()["version"]), "do": "save", **changes}


def save(admin: Admin, **changes: Any) -> Page:
    return admin.done(PATH, **form(admin, **changes))


class TestGlobal:
    def test_S07_a_fresh_install_is_asked_first_whose_webinars_to_sync(self, admin: Admin) -> None:
        fresh = Admin(admin.site, OTHER_PORTAL)
        page = fresh.page(PATH)
        assert "Nothing is synced yet" in page.words
        assert fresh.settings()["webinar_sync"] == "none"
        page = fresh.done(f"{PATH}/begin")
        assert "every Zoom user from now on" in page.words
        assert "Nothing is synced yet" not in page.words
        assert fresh.settings()["webinar_sync"] == "all"

    @pytest.mark.parametrize(
        ("name", "value", "stored"),
        [
            pytest.param("webinar_sync", "all", "all", id="S07 all"),
            pytest.param("recording_sync", "all", "all", id="S14 recordings"),
            pytest.param("recording_target", "marketing_event", "marketing_event", id="Q10"),
            pytest.param("secondary_email", "hold", "hold", id="B8"),
            pytest.param("contact_exclusion", "update_only", "update_only", id="Q2"),
            pytest.param("recreate_deleted", "yes", True, id="S21"),
            pytest.param("join_link", "personal", "personal", id="B12"),
            pytest.param("registration_accounts", "all", "all", id="S42"),
            pytest.param("raw_retention_days", "90", 90, id="retention"),
        ],
    )
    def test_S06_each_setting_is_saved_and_shown_again(
        self, admin: Admin, name: str, value: str, stored: object
    ) -> None:
        page = save(admin, **{name: value})
        assert "Saved." in page.words
        assert page.value(name) == value
        assert admin.settings()[name] == stored

    def test_S07_selected_users_are_chosen_by_name_and_stay_ticked(self, admin: Admin) -> None:
        save(admin, webinar_sync="selected", webinar_sync_users=["ada", "u59"])
        assert admin.settings()["webinar_sync_users"] == ["ada", "u59"]
        page = admin.page(PATH)
        ticked = [one for one in page.fields("webinar_sync_users") if "checked" in one]
        assert [one["value"] for one in ticked] == ["ada", "u59"]
        assert "Ada Lund ada@acme.example" in page.words
        save(admin, webinar_sync="selected", webinar_sync_users=["u59"])
        assert admin.settings()["webinar_sync_users"] == ["u59"]

    def test_S07_looking_for_users_saves_nothing_and_loses_nothing(self, admin: Admin) -> None:
        before = admin.settings()
        wanted = form(admin, webinar_sync="selected", webinar_sync_users=["u03"])
        sought = wanted | {"find_webinar_sync": "lund", "raw_retention_days": "55", "do": "find"}
        page = Page(admin.send(PATH, **sought).text)
        offered = {one["value"]: "checked" in one for one in page.fields("webinar_sync_users")}
        assert offered == {"u03": True, "ada": False}
        assert page.value("raw_retention_days") == "55"
        assert page.value("webinar_sync") == "selected"
        assert admin.settings() == before

    def test_S07_with_a_script_the_list_alone_is_exchanged(self, admin: Admin) -> None:
        answer = admin.send(
            f"{PATH}/find/webinar_sync", webinar_sync_users=["u03"], find_webinar_sync="LUND"
        )
        part = Page(answer.text)
        assert [tag for tag, _ in part.tags].count("html") == 0
        offered = {one["value"]: "checked" in one for one in part.fields("webinar_sync_users")}
        assert offered == {"u03": True, "ada": False}
        assert admin.send(f"{PATH}/find/anything").status_code == 404

    @pytest.mark.parametrize("days", ["0", "366", "many", "", "-3", "99999999999", "²"])
    def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
        self, admin: Admin, days: str
    ) -> None:
        before = admin.settings()
        changes = {"raw_retention_days": days, "secondary_email": "resolve"}
        answer = admin.send(PATH, **form(admin, **changes))
        page = Page(answer.text)
        assert answer.status_code == 400
        assert "nothing was changed" in page.words
        (field,) = page.fields("raw_retention_days")
        assert (field["aria-invalid"], field["value"]) == ("true", days)
        assert "raw_retention_days-complaint" in str(field["aria-describedby"])
        assert page.by_id("raw_retention_days-complaint")
        assert page.value("secondary_email") == "resolve"
        assert admin.settings() == before

    def test_a_choice_that_does_not_exist_is_refused_at_its_field(self, admin: Admin) -> None:
        answer = admin.send(PATH, **form(admin, join_link="both"))
        assert answer.status_code == 400
        assert "Must be one of: public, personal." in Page(answer.text).words
        assert Page(answer.text).by_id("join_link-complaint")

    def test_what_another_person_saved_meanwhile_is_not_overwritten(self, admin: Admin) -> None:
        stale = form(admin, secondary_email="resolve")
        save(admin, raw_retention_days=str(40 + admin.settings()["version"]))
        before = admin.settings()
        answer = admin.send(PATH, **stale)
        page = Page(answer.text)
        assert answer.status_code == 400
        assert "Somebody else changed the settings meanwhile" in page.words
        assert page.value("secondary_email") == "resolve", "what was entered is still there"
        assert admin.settings() == before
        assert "Saved." in admin.done(PATH, **stale | {"version": page.value("version")}).words

    def test_B3_a_preview_of_unsaved_settings_leads_to_its_run(self, admin: Admin) -> None:
        before = admin.settings()
        add_webinar(admin.site, topic="Autumn release")
        page = admin.done(PATH, **form(admin, webinar_sync="all", do="preview"))
        assert "Trying this on “Autumn release”" in page.words
        assert admin.settings() == before
        answer = admin.send(PATH, **form(admin, raw_retention_days="0", do="preview"))
        assert answer.status_code == 400
        assert Page(answer.text).by_id("raw_retention_days-complaint")

    def test_B3_without_a_webinar_a_preview_says_so_and_loses_nothing(self, admin: Admin) -> None:
        other = Admin(admin.site, OTHER_PORTAL)
        answer = other.send(PATH, **form(other, join_link="personal", do="preview"))
        page = Page(answer.text)
        assert "There is no webinar yet that this could be tried on." in page.words
        assert page.value("join_link") == "personal"

    def test_who_may_not_change_anything_is_told_who_may(self, admin: Admin) -> None:
        with as_member(admin.site):
            page = admin.page(PATH)
            assert "takes a super admin" in page.words
            answer = admin.send(PATH, **form(admin))
            assert answer.status_code == 403
            assert "Only a super admin" in Page(answer.text).words


class TestUsers:
    def test_S11_users_are_listed_page_by_page_and_found_by_name(self, admin: Admin) -> None:
        page = admin.page(PATH)
        assert "ada@acme.example" in page.words
        assert "u59@x.example" not in page.words.split("Manage individual user settings")[1]
        (more,) = [href for href in page.links() if "after=" in href]
        assert "u59@x.example" in admin.page(more).words.split("Manage individual")[1]
        found = admin.page(f"{PATH}?search=LUND").words.split("Manage individual")[1]
        assert "Ada Lund" in found
        assert "u01@x.example" not in found
        assert "No Zoom user’s name" in admin.page(f"{PATH}?search=nobody%20here").words

    def test_S12_S13_S14_S15_the_panel_of_a_user_has_both_switches_and_the_way_on(
        self, admin: Admin
    ) -> None:
        answer = admin.browser.get(f"{PATH}/users/ada", headers={"HX-Request": "true"})
        panel = Page(answer.text)
        assert [tag for tag, _ in panel.tags].count("html") == 0
        for words in (
            "Ada Lund",
            "Webinar recordings and transcripts",
            "Sync data from newly scheduled webinars by default",
            "Sync this user’s webinar recordings and transcripts",
        ):
            assert words in panel.words
        assert "/console/webinars?host_id=ada" in panel.links()
        assert "Manage individual webinars for this user" in panel.words

    def test_S13_S14_switches_are_saved_and_shown_at_the_user(self, admin: Admin) -> None:
        page = admin.done(f"{PATH}/users/bo", sync_recordings="on")
        assert "Saved for bo@acme.example." in page.words
        panel = admin.page(f"{PATH}/users/bo")
        assert "checked" not in panel.by_id("sync-new")
        assert "checked" in panel.by_id("sync-recordings")
        assert "bo@acme.example … Synced" not in page.words
        admin.done(f"{PATH}/users/bo", sync_recordings="on", sync_new_webinars="on")
        assert "checked" in admin.page(f"{PATH}/users/bo").by_id("sync-new")

    def test_a_user_nobody_knows_is_not_there(self, admin: Admin) -> None:
        assert admin.browser.get(f"{PATH}/users/nobody").status_code == 404

    def test_X1_another_portals_users_are_neither_shown_nor_changed(self, admin: Admin) -> None:
        other = Admin(admin.site, OTHER_PORTAL)
        assert "ada@acme.example" not in other.page(PATH).words
        answer = other.send(f"{PATH}/find/webinar_sync", webinar_sync_users=["ada"])
        assert "ada@acme.example" not in answer.text
        assert other.browser.get(f"{PATH}/users/ada").status_code == 404
        assert other.send(f"{PATH}/users/ada").status_code == 404
        assert "checked" in admin.page(f"{PATH}/users/ada").by_id("sync-new")

    def test_X11_names_from_zoom_stay_text(self, admin: Admin) -> None:
        add_users(admin.site, ("nasty", "nasty@x.example", NASTY))
        for path in (f"{PATH}?search=nasty", f"{PATH}/users/nasty"):
            page = admin.browser.get(path).text
            assert_inert(page)
            assert "<script>alert" in Page(page).text
