"""Pictures of pages for the guides, taken by the tests, and found stale when a page has changed.

Beside each picture lies what a screen reader finds on the page, without figures and dates. A page
that says something else than its picture fails its test until the picture is taken anew.
"""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

from playwright.sync_api import Locator, Page

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "images"
# A picture is read by its name alone. How many hours stand below it differs with the time of day.
_INSIDE_A_PICTURE = re.compile(r'(- img "[^"]*"):.*')
_MONTHS = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
_ZONES = re.compile(r"\b(UTC|[A-Z]{2,4}T|[A-Z]{1,3}ST)\b")


class Pictures:
    """The pictures of the guides; ``is_taking`` takes them, else they are compared."""

    def __init__(self, *, is_taking: bool) -> None:
        self.is_taking = is_taking

    def keep(self, page: Page, name: str, part: Locator | None = None) -> None:
        """Take the page, or a part of it, as ``name``; or assert that it has not changed since."""
        shown = part or page.locator("main")
        outline = outline_of(shown)
        beside = FOLDER / f"{name}.txt"
        if self.is_taking:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (part or page).screenshot(path=FOLDER / f"{name}.png", animations="disabled")
            beside.write_text(outline)
        known = beside.read_text() if beside.exists() else ""
        lines = unified_diff(known.splitlines(), outline.splitlines(), n=1, lineterm="")
        again = "is stale, take it anew with ./run test tests/console/browser --pictures"
        assert outline == known, f"the picture {name} {again}:\n" + "\n".join(lines)


def outline_of(shown: Locator) -> str:
    """What a screen reader finds, without what differs from day to day."""
    words = _INSIDE_A_PICTURE.sub(r"\1", shown.aria_snapshot())
    words = re.sub(r"\d+([.,:]\d+)*", "0", words)
    return _ZONES.sub("UTC", _MONTHS.sub("Jan", words)) + "\n"
