"""The guides' pictures: each page as it is, taken from a customer's story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from commands.trial import wait_for
from tests.console.browser.pictures import Pictures
from tests.console.browser.support import Person, Story

SOMEBODY = "carla.old@northquay.example"
WEBINAR = "/console/webinars/{webinar_id}"


@pytest.fixture(autouse=True)
def at_rest(story: Story) -> None:
    """Whatever others began is done: a picture shows how things stand, not how they get there."""

    def is_quiet() -> bool:
        runs = story.customer.api("GET", f"/webinars/{story.webinar_id}/runs")["results"]
        is_open = any(run["state"] in ("queued", "running") for run in runs)
        webinar = story.customer.api("GET", f"/webinars/{story.webinar_id}")
        final = [datetime.fromisoformat(one["final_at"]) for one in webinar["occurrences"]]
        is_final = max(final) <= datetime.now(UTC)
        return is_final and not is_open and story.customer.has_settled(story.webinar_id)

    wait_for(is_quiet, "the runs to end", story.trial.rollcall)


def test_the_start_page(person: Callable[..., Person], pictures: Pictures) -> None:
    pictures.keep(person().go("/"), "start")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("home", "/console/"),
        ("settings", "/console/settings"),
        ("exclusions", "/console/settings/exclusions"),
        ("plugins", "/console/settings/plugins"),
        ("webinars", "/console/webinars"),
        ("webinar", WEBINAR),
        ("preview", WEBINAR + "/preview"),
        ("disconnect", "/console/accounts/disconnect"),
    ],
)
def test_a_page(
    anna: Callable[..., Person], story: Story, pictures: Pictures, name: str, path: str
) -> None:
    pictures.keep(anna().go(path.format(webinar_id=story.webinar_id)), name)


def test_the_audit_log_and_a_person_of_it(
    anna: Callable[..., Person], story: Story, pictures: Pictures
) -> None:
    page = anna().go("/console/webinars")
    row = page.get_by_role("row").filter(has_text=story.webinar_id)
    row.get_by_role("link", name="Audit log").click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("heading", name="Audit log")).to_be_visible()
    pictures.keep(page, "audit-log", panel)
    panel.get_by_label("Find a person by address").fill(SOMEBODY)
    panel.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=SOMEBODY).click()
    expect(panel.get_by_role("heading", name=SOMEBODY)).to_be_visible()
    pictures.keep(page, "person", panel)
