"""The guides: pictures that are there, links that lead somewhere, and no warning left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.warnings import TITLES

HOME = Path(__file__).parent.parent
PAGES = [HOME / "README.md", HOME / "CONTRIBUTING.md", *sorted((HOME / "docs").rglob("*.md"))]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOME)))
def test_its_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = [link.split("#")[0] for link in _LINK.findall(page.read_text())]
    files = [target for target in targets if target and "://" not in target]
    assert [target for target in files if not (page.parent / target).exists()] == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {Path(link).name for page in PAGES for link in _LINK.findall(page.read_text())}
    taken = {path.name for path in (HOME / "docs" / "images").glob("*.png")}
    assert taken <= shown


def test_S24_S25_S26_S27_S28_S29_the_guide_has_every_warning_by_its_title() -> None:
    guide = (HOME / "docs" / "how-to" / "fix-a-warning.md").read_text()
    assert re.findall(r"^## (.*)$", guide, re.MULTILINE) == list(TITLES.values())
