"""From the list of webinars into the audit log at the right, and on to a person."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.console.browser.support import PATIENCE_MS, Person, Story


def open_audit_log(page: Page, story: Story) -> Locator:
    """Press *Audit log* beside the webinar that took place; gives the panel."""
    row = page.get_by_role("row").filter(has_text=story.webinar_id)
    row.get_by_role("link", name="Audit log").click()
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    return panel


def test_S22_S23_it_opens_beside_the_list_and_gives_the_focus_back(
    anna: Callable[..., Person], story: Story
) -> None:
    page = anna().go("/console/webinars")
    panel = open_audit_log(page, story)
    assert panel.evaluate("panel => panel.contains(document.activeElement)")
    expect(panel.get_by_role("heading", name="Audit log")).to_be_visible()
    expect(panel.get_by_text("✓ balances")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert "Audit log" in page.evaluate("document.activeElement.textContent")


def test_S28_it_names_the_excluded_addresses_and_leads_to_them(
    anna: Callable[..., Person], story: Story
) -> None:
    page = anna().go("/console/webinars")
    panel = open_audit_log(page, story)
    warning = panel.get_by_role("group", name="excluded from webinar sync")
    expect(warning.get_by_text("What it means:")).to_be_visible()
    expect(warning.get_by_text("How to fix it:")).to_be_visible()
    warning.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/{story.webinar_id}/people\?outcome=excluded"))


def test_S30_sync_now_shows_how_far_it_is_until_it_is_done(
    anna: Callable[..., Person], story: Story
) -> None:
    page = anna().go("/console/webinars")
    row = page.get_by_role("row").filter(has_text=story.webinar_id)
    row.hover()
    row.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible(timeout=PATIENCE_MS)
