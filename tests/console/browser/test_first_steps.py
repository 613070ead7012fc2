"""From the start page to the first synced webinar, as a new customer goes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from commands.customer import Customer
from tests.console.browser.support import Person, Story

NEW_PORTAL, OTHER_PORTAL = 5151, 6161


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
    page.get_by_role("link", name="Connect Zoom").first.click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("row", name="Zoom")).to_contain_text("Connected")


def test_who_did_not_install_comes_in_from_hubspot_with_one_click(
    person: Callable[..., Person], story: Story
) -> None:
    somebody = person()
    base, portal_id = story.trial.simulated.base, story.plan["portal_id"]
    somebody.page.goto(f"{base}/portals/{portal_id}/app")
    expect(somebody.page).to_have_url(f"{somebody.home}/console/")
    expect(somebody.page.get_by_text(f"HubSpot account {portal_id}")).to_be_visible()


def test_two_people_in_two_portals_at_once_see_each_their_own(
    anna: Callable[..., Person], person: Callable[..., Person], story: Story
) -> None:
    simulated = story.trial.simulated
    simulated.call("POST", "/hubspot/portals", {"id": OTHER_PORTAL})
    stranger = Customer(story.trial.rollcall_url)
    stranger.sign_in(str(OTHER_PORTAL))
    one, other = anna(), person(customer=stranger)
    topic = str(story.customer.webinar(story.webinar_id)["topic"])  # type: ignore[index]
    expect(one.go("/console/webinars").get_by_role("link", name=topic).first).to_be_visible()
    page = other.go("/console/webinars")
    expect(page.get_by_text(f"HubSpot account {OTHER_PORTAL}")).to_be_visible()
    expect(page.get_by_text(topic)).to_have_count(0)
    other.page.goto(f"{other.home}/console/webinars/{story.webinar_id}")
    expect(page.get_by_text(topic)).to_have_count(0)
    other.complaints.clear()  # the page that is not theirs is not found
