"""Everything without a mouse, from the sign-in to an excluded address that is put right."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from commands.trial import wait_for
from tests.console.browser.support import Person, Story

FARTHEST = 150
EXCLUDED = "ralf@competitor.example"
MISTAKEN = "nobody-of-theirs.example"
_FOCUSED = """() => {
  const here = document.activeElement;
  const named = here.getAttribute("aria-label") || here.labels?.[0]?.textContent;
  return (named || here.textContent).replace(/\\s+/g, " ").trim();
}"""


def go_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what is called so, and can be seen there."""
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if name in page.evaluate(_FOCUSED):
            assert page.evaluate("document.activeElement.checkVisibility()")
            return
    raise AssertionError(f"Tab does not lead to {name} on {page.url}")


def press(page: Page, name: str) -> None:
    """Go to what is called so, and press Enter."""
    go_to(page, name)
    page.keyboard.press("Enter")


def follow(page: Page, name: str) -> None:
    """Go to what is called so, press Enter, and wait for the page it leads to."""
    with page.expect_navigation():
        press(page, name)


def test_an_excluded_address_is_found_and_included_with_the_keyboard_alone(
    person: Callable[..., Person], story: Story
) -> None:
    page = person().go("/")
    follow(page, "Sign in with HubSpot")
    follow(page, "Connect app")
    expect(page.get_by_role("heading", name="Is HubSpot right?")).to_be_visible()
    follow(page, "Webinars")
    press(page, "Audit log of Autumn release")
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    follow(page, "Show the excluded addresses")
    expect(panel).to_be_hidden()
    press(page, EXCLUDED)
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("competitor.example")
    follow(page, "Include anyway")
    expect(page.get_by_role("status").first).to_contain_text("nclude")
    simulated, portal_id = story.trial.simulated, str(story.plan["portal_id"])
    wait_for(lambda: EXCLUDED in simulated.contacts(portal_id), "the contact in HubSpot")


def test_a_domain_is_taken_off_the_exclusions(anna: Callable[..., Person], story: Story) -> None:
    kept = story.customer.api("GET", "/settings")["excluded_contact_domains"]
    wanted = {"excluded_contact_domains": [*kept, MISTAKEN]}
    story.customer.api("PATCH", "/settings", wanted)
    page = anna().go("/console/settings")
    follow(page, "Exclusions")
    follow(page, f"Remove {MISTAKEN} from Contact exclusions")
    expect(page.get_by_role("button", name=f"Remove {MISTAKEN}")).to_have_count(0)
    assert story.customer.api("GET", "/settings")["excluded_contact_domains"] == kept
