"""A real Chromium at a running Rollcall, beside the simulated platforms."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from commands.customer import Customer
from commands.trial import Trial, open_trial, wait_for
from tests.console.browser.pictures import Pictures
from tests.console.browser.support import Person, Story, sit_down

NAMES = ("chromium", "chromium-browser", "google-chrome")
PEOPLE = 60


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("the browser tests need Chromium, not installed here")
    # Chromium's own sandbox does not start for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def trial(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Both platforms and Rollcall, in processes of their own."""
    with open_trial(Path(tmp_path_factory.mktemp("trial"))) as opened:
        yield opened


@pytest.fixture(scope="session")
def story(trial: Trial) -> Story:
    """A customer whose webinar took place, with a recording, and is settled in HubSpot."""
    simulated = trial.simulated
    plan = simulated.scene("demo", people=PEOPLE, silent=False)
    customer = Customer(trial.rollcall_url)
    customer.install_scene(simulated, plan)
    customer.api(
        "PATCH", "/settings", {"webinar_sync": "all", "recording_sync": "all", **plan["settings"]}
    )
    wait_for(lambda: _is_registered(customer, plan), "registrations to arrive", trial.rollcall)
    played = simulated.scene("demo-webinar")
    webinar_id = str(plan["webinar_id"])
    wait_for(lambda: customer.has_settled(webinar_id), "the webinar to settle", trial.rollcall)
    return Story(trial, customer, plan, played)


def _is_registered(customer: Customer, plan: dict[str, Any]) -> bool:
    webinar = customer.webinar(str(plan["webinar_id"]))
    return webinar is not None and any(
        occurrence["counts"]["in_sync"] for occurrence in webinar["occurrences"]
    )


@pytest.fixture
def person(chromium: Browser, trial: Trial) -> Iterator[Callable[..., Person]]:
    """Seats people at browsers; afterwards none of them may have had anything to complain of."""
    seated: list[Person] = []

    def seat(**how: Any) -> Person:
        seated.append(sit_down(chromium, trial.rollcall_url, **how))
        return seated[-1]

    yield seat
    for one in seated:
        one.context.close()
    assert [complaint for one in seated for complaint in one.complaints] == []


@pytest.fixture
def anna(person: Callable[..., Person], story: Story) -> Callable[..., Person]:
    """Seats the customer who installed Rollcall, signed in."""
    return partial(person, customer=story.customer)


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Pictures:
    """The pictures of the guides; `--pictures` takes them anew."""
    return Pictures(is_taking=request.config.getoption("--pictures"))
