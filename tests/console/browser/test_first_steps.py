"""From the start page to the first synced webinar, as a new customer goes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.console.browser.support import Person, Story

NEW_PORTAL = 5151


def test_a_new_customer_installs_and_connects_both_platforms(
    person: Callable[..., Person], story: Story
) -> None:
    story.trial.simulated.call("POST", "/hubspot/portals", {"id": NEW_PORTAL})
    page = person().go("/")
    page.get_by_role("link", name="Install into HubSpot").click()
    page.get_by_role("group", name=f"({NEW_PORTAL})").get_by_role(
        "button", name="Connect app"
    ).click()
    expect(page.get_by_text(f"HubSpot account {NEW_PORTAL}")).to_be_visible()
    page.get_by_role("link", name="Connect Zoom").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("row", name="Zoom")).to_contain_text("Connected")
