"""S08-S10, Q1, Q3: the three lists of domains as a page."""

from __future__ import annotations

import pytest

from tests.console.settings_support import Admin, Page, add_users, admin, as_member
from tests.console.test_pages import NASTY, assert_inert

__all__ = ["admin"]

PATH = "/console/settings/exclusions"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        pytest.param("excluded_host_domains", "Webinar exclusions", id="S08"),
        pytest.param("excluded_recording_domains", "Recording exclusions", id="S09"),
        pytest.param("excluded_contact_domains", "Contact exclusions", id="S10"),
    ],
)
def test_Q1_each_of_three_lists_takes_domains_and_gives_them_back(
    admin: Admin, name: str, title: str
) -> None:
    page = admin.done(f"{PATH}/{name}/add", domains=" Acme.NO, *.beta.no\ngamma.no ")
    assert admin.settings()[name] == ["acme.no", "*.beta.no", "gamma.no"]
    assert f"Remove *.beta.no from {title}" in page.words
    page = admin.done(f"{PATH}/{name}/remove", domain="*.beta.no")
    assert admin.settings()[name] == ["acme.no", "gamma.no"]
    assert f"{title}: *.beta.no is not excluded any more." in page.words


def test_Q3_the_page_says_what_each_form_leaves_out(admin: Admin) -> None:
    words = admin.page(PATH).words
    assert "ada@acme.com, but not ada@mail.acme.com" in words
    assert "ada@mail.acme.com, but not ada@acme.com" in words


def test_S09_domains_of_hosts_suggest_themselves(admin: Admin) -> None:
    add_users(admin.site, ("s09", "s@suggested.example", "S"))
    tags = admin.page(PATH).tags
    assert ("option", {"value": "suggested.example"}) in tags


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("fine.no not-a-domain", "“not-a-domain”: Not a domain. Write acme.com"),
        ("ada@acme.no", "“ada@acme.no”: Not a domain."),
        (" , ", "Enter a domain."),
    ],
)
def test_what_is_no_domain_is_named_beside_the_field_and_still_there(
    admin: Admin, entered: str, said: str
) -> None:
    before = admin.settings()
    answer = admin.send(f"{PATH}/excluded_host_domains/add", domains=entered)
    page = Page(answer.text)
    assert answer.status_code == 400
    assert said in page.words
    field = page.by_id("excluded_host_domains-new")
    assert field["aria-invalid"] == "true"
    assert str(field["value"]).strip(" ,") == entered.strip(" ,")
    assert admin.settings() == before


def test_a_list_that_does_not_exist_is_not_there(admin: Admin) -> None:
    assert admin.send(f"{PATH}/plugins/add", domains="acme.no").status_code == 404
    assert admin.send(f"{PATH}/plugins/remove", domain="acme.no").status_code == 404


def test_who_may_not_change_them_sees_them(admin: Admin) -> None:
    admin.done(f"{PATH}/excluded_host_domains/add", domains="seen.no")
    with as_member(admin.site):
        page = admin.page(PATH)
        assert "seen.no" in page.words
        assert "Remove seen.no" not in page.words
        answer = admin.send(f"{PATH}/excluded_host_domains/remove", domain="seen.no")
        assert answer.status_code == 403


def test_X11_domains_of_strangers_stay_text(admin: Admin) -> None:
    add_users(admin.site, ("x11", f"x@{NASTY}", "X"))
    answer = admin.send(f"{PATH}/excluded_host_domains/add", domains=NASTY.replace(" ", ""))
    assert answer.status_code == 400
    assert_inert(answer.text)
    assert_inert(admin.browser.get(PATH).text)
