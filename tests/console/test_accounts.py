"""Accounts and brands as a page: how they stand, what mends them (S42), and the ways out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from store.database import writing
from store.tables import connection as connections
from store.tables import hubspot_user
from tests.console.settings_support import Admin, Page, add_users, admin, as_member
from tests.console.test_pages import NASTY, assert_inert
from tests.oauth.support import (
    ACCOUNT,
    HOST,
    OTHER_ACCOUNT,
    OTHER_HOST,
    OTHER_PORTAL,
)

__all__ = ["admin"]

PATH = "/console/accounts"


def change_zoom(admin: Admin, **values: Any) -> None:
    with writing(admin.site.engine) as connection:
        is_ours = connections.c.account_id == ACCOUNT
        connection.execute(update(connections).where(is_ours).values(**values))


@pytest.fixture(autouse=True)
def healthy(admin: Admin) -> Iterator[None]:
    yield
    change_zoom(admin, status="connected", is_reduced=False, user_id=HOST)


def test_every_account_says_how_it_stands_and_who_connected_it(admin: Admin) -> None:
    add_users(admin.site, (HOST, "host@acme.example", "Hanna Host"))
    with writing(admin.site.engine) as connection:
        connection.execute(update(hubspot_user).values(email="installer@acme.example"))
    page = admin.page(PATH)
    assert "HubSpot ✓ Connected" in page.words
    assert f"Zoom account {ACCOUNT} ✓ Connected" in page.words
    assert "Hanna Host" in page.words
    assert "crm.objects.contacts.write" in page.words
    assert "Marketing events" in page.words
    assert "HubSpot has not approved them for this app" in page.words
    assert "Connect another Zoom account" in page.words


def test_a_reduced_account_says_what_that_means_and_has_the_button(admin: Admin) -> None:
    change_zoom(admin, is_reduced=True)
    page = admin.page(PATH)
    for words in (
        "Connected without attendance reports",
        "What it means:",
        "How to fix it: Have a Zoom admin whose role has Usage Reports",
        "Connect with another Zoom user",
    ):
        assert words in page.words


@pytest.mark.parametrize("status", ["reconnect", "disconnected"])
def test_an_account_that_ended_has_the_way_back_beside_it(admin: Admin, status: str) -> None:
    change_zoom(admin, status=status)
    page = admin.page(PATH)
    assert "This Zoom account has to be connected again" in page.words
    assert "Connect Zoom again" in page.words


def test_S42_a_zoom_account_gets_a_business_unit_and_loses_it(admin: Admin) -> None:
    path = f"{PATH}/business-unit"
    page = admin.done(path, account=ACCOUNT, business_unit=" North ")
    assert f"{ACCOUNT} belongs to business unit North now." in page.words
    assert page.value("business_unit") == "North"
    page = admin.done(path, account=ACCOUNT, business_unit="")
    assert "belongs to the primary business unit now." in page.words
    assert admin.send(path, account="nobodys", business_unit="x").status_code == 404
    assert admin.send(path, account=ACCOUNT, business_unit="x" * 65).status_code == 400


def test_who_may_not_change_it_disconnects_nothing(admin: Admin) -> None:
    with as_member(admin.site):
        assert "takes a super admin" in admin.page(PATH).words
        for form in ({"zoom": ACCOUNT}, {"everything": "yes"}):
            assert admin.send(f"{PATH}/disconnect", **form).status_code == 403
        answer = admin.send(f"{PATH}/business-unit", account=ACCOUNT, business_unit="x")
        assert answer.status_code == 403
    assert f"Zoom account {ACCOUNT} ✓ Connected" in admin.page(PATH).words


def test_X11_names_of_accounts_and_people_stay_text(admin: Admin) -> None:
    add_users(admin.site, ("x11", "x@acme.example", NASTY))
    with writing(admin.site.engine) as connection:
        connection.execute(update(hubspot_user).values(email=NASTY))
    change_zoom(admin, user_id="x11")
    admin.done(f"{PATH}/business-unit", account=ACCOUNT, business_unit=NASTY[:60])
    page = admin.browser.get(PATH).text
    assert_inert(page)
    assert "<script>alert" in Page(page).text


class TestLeaving:
    """Another portal leaves; it is connected anew by whoever comes next."""

    def links(self, admin: Admin) -> set[str]:
        return {account for portal, account in admin.site.links() if portal == str(OTHER_PORTAL)}

    def test_one_zoom_account_is_disconnected_only_after_being_asked(self, admin: Admin) -> None:
        leaving = Admin(admin.site, OTHER_PORTAL, ACCOUNT)
        leaving.browser.connect_zoom(OTHER_ACCOUNT, OTHER_HOST)
        page = leaving.page(f"{PATH}/disconnect?zoom={ACCOUNT}")
        for words in ("What is erased", "What stays", "are yours", "This cannot be undone."):
            assert words in page.words
        assert page.value("zoom") == ACCOUNT
        page = leaving.done(f"{PATH}/disconnect", zoom=ACCOUNT)
        assert f"Zoom account {ACCOUNT} is disconnected." in page.words
        assert self.links(admin) == {OTHER_ACCOUNT}
        gone = leaving.browser.get(f"{PATH}/disconnect?zoom={ACCOUNT}")
        assert gone.status_code == 404

    def test_everything_is_disconnected_only_after_being_asked(self, admin: Admin) -> None:
        leaving = Admin(admin.site, OTHER_PORTAL, ACCOUNT)
        assert leaving.send(f"{PATH}/disconnect").status_code == 400
        page = leaving.page(f"{PATH}/disconnect")
        assert "all settings" in page.words
        assert page.value("everything") == "yes"
        answer = leaving.send(f"{PATH}/disconnect", everything="yes")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert "Rollcall is disconnected." in leaving.page("/").words
        assert not leaving.browser.is_signed_in()
        assert self.links(admin) == set()
        assert "Zoom account" in admin.page(PATH).words, "the other portal's stays"
