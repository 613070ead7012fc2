"""A person at a browser: what they open, and everything their browser complains of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from commands.customer import Customer
from commands.trial import Trial

WIDE, NARROW = (1280, 900), (375, 800)
PATIENCE_MS = 30_000
_FILE = re.compile(r"\.(csv|json)(\?|$)")
# Every page is held against the accessibility rules of WCAG 2.2 A and AA, and good practice.
# https://github.com/dequelabs/axe-core/blob/develop/doc/API.md#axe-core-tags
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Story:
    """A customer whose webinar took place and is settled. ``played`` says what to expect of it."""

    trial: Trial
    customer: Customer
    plan: dict[str, Any]
    played: dict[str, Any]

    @property
    def webinar_id(self) -> str:
        """The webinar that took place."""
        return str(self.plan["webinar_id"])


@dataclass  # without slots: Playwright keeps its wrapper of a handler on the object
class Person:
    """Somebody at a browser of their own.

    ``complaints`` are errors on its console (refused by the content policy, failed scripts), pages
    that were not found or failed.
    """

    context: BrowserContext
    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a path of Rollcall."""
        self.page.goto(self.home + path)
        return self.page

    def listen(self) -> None:
        """Note from now on what the browser complains of."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and self.page.url.startswith(self.home):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500 or (
            response.status == 404 and response.url.startswith(self.home)
        ):
            self.complaints.append(f"{response.status} {response.url}")


def sit_down(
    browser: Browser,
    home: str,
    *,
    customer: Customer | None = None,
    size: tuple[int, int] = WIDE,
    dark: bool = False,
) -> Person:
    """A person at a new browser, signed in as the customer is, else as nobody."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(PATIENCE_MS)
    if customer is not None:
        jar = [(cookie.name, str(cookie.value)) for cookie in customer.browser.cookies]
        context.add_cookies([{"name": name, "value": value, "url": home} for name, value in jar])
    person = Person(context, context.new_page(), home)
    person.listen()
    return person


def find_barriers(page: Page) -> list[str]:
    """What stands in the way of people with disabilities, a line for each element concerned."""
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
    return [
        f"{violation['id']} ({violation['help']}): {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def is_cut_off(page: Page) -> bool:
    """Whether the page is wider than the screen, so that one has to scroll sideways."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def links_of(page: Page) -> list[str]:
    """The paths of the console that the page leads to."""
    hrefs = page.eval_on_selector_all(
        "a[href^='/console/']", "all => all.map(a => a.getAttribute('href'))"
    )
    paths = {re.sub(r"#.*", "", href) for href in hrefs}
    return sorted(path for path in paths if not _FILE.search(path))
