"""What a person changes: settings of a plugin, a preview under other rules, a replay."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.browser.support import PATIENCE_MS, Person, Story


def await_end(page: Page) -> None:
    """Wait, without loading the page anew, until the run that is shown has ended."""
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible(timeout=PATIENCE_MS)


def reads_of_zoom(story: Story) -> int:
    """How often a webinar's people were asked for at Zoom."""
    calls = story.trial.simulated.call("GET", "/journal", platform="zoom")["calls"]
    told = ("registrants", "participants")
    return sum(call["count"] for call in calls if any(word in call["route"] for word in told))


def test_B10_a_form_made_of_a_plugins_schema_keeps_what_is_chosen(
    anna: Callable[..., Person], story: Story
) -> None:
    page = anna().go("/console/settings/plugins/timeline_events")
    choice = page.get_by_role("combobox")
    before = choice.input_value()
    values = choice.locator("option").evaluate_all("all => all.map(one => one.value)")
    other = next(value for value in values if value != before)
    for chosen in (other, before):
        choice.select_option(chosen)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").first).to_contain_text("aved")
        page.reload()
        assert choice.input_value() == chosen
        stored = story.customer.api("GET", "/settings")["plugins"]["timeline_events"]["settings"]
        assert chosen in stored.values()


def test_B03_a_preview_under_other_rules_shows_before_and_after_and_writes_nothing(
    anna: Callable[..., Person], story: Story
) -> None:
    writes = story.trial.simulated.summary(str(story.plan["portal_id"]))["writes"]
    page = anna().go(f"/console/webinars/{story.webinar_id}/preview")
    page.get_by_role("button", name="Start the preview").click()
    await_end(page)
    expect(page.get_by_text("would create", exact=False).first).to_be_visible()
    assert story.trial.simulated.summary(str(story.plan["portal_id"]))["writes"] == writes


def test_B09_a_replay_is_asked_once_more_and_leaves_zoom_alone(
    anna: Callable[..., Person], story: Story
) -> None:
    page = anna().go(f"/console/webinars/{story.webinar_id}/replay")
    page.get_by_label("Replay now").check()
    page.get_by_role("button", name="Go on").click()
    before = reads_of_zoom(story)
    page.locator("main form").get_by_role("button").click()
    await_end(page)
    assert reads_of_zoom(story) == before
