"""The guides: pictures that are there, links that lead somewhere, and no warning left out."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from commands.__main__ import COMMANDS
from engine.warnings import TITLES
from jobs.leaving import CLOCK
from oauth.flows import HUBSPOT_OPTIONAL_SCOPES, HUBSPOT_SCOPES
from rollcall.__main__ import WHERE
from store.past_effects import KEPT_FOR

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


SITE = tomllib.loads((HOME / "zensical.toml").read_text())["project"]


def listed(entries: list[Any]) -> list[str]:
    """The pages of a navigation, in its order."""
    pages: list[str] = []
    for entry in entries:
        values = entry.values() if isinstance(entry, dict) else [entry]
        for value in values:
            pages += listed(value) if isinstance(value, list) else [value]
    return pages


class TestSite:
    def test_every_page_is_in_the_navigation_once(self) -> None:
        pages = {str(page.relative_to(HOME / "docs")) for page in (HOME / "docs").rglob("*.md")}
        shown = listed(SITE["nav"])
        assert len(shown) == len(set(shown))
        assert set(shown) == pages

    def test_no_link_leaves_the_site(self) -> None:
        docs = HOME / "docs"
        outside = [
            f"{page.relative_to(HOME)}: {link}"
            for page in docs.rglob("*.md")
            for link in _LINK.findall(page.read_text())
            if "://" not in link
            and not (page.parent / link.split("#")[0]).resolve().is_relative_to(docs)
        ]
        assert outside == []

    def test_every_command_in_a_page_exists(self) -> None:
        launcher = (HOME / "run").read_text()
        own = {"help"} | set(COMMANDS)
        plugin = {"new", "check", "preview"}
        told = [page for page in PAGES if "decisions" not in page.parts]
        for page in told:
            text = page.read_text()
            for name in re.findall(r"(?<![\w.])\./run ([a-z][a-z-]*)", text):
                assert name in own, f"{page}: ./run {name}"
                assert re.search(rf"\b{name}\b", launcher), name
            for name in re.findall(r"`rollcall plugin ([a-z]+)", text):
                assert name in plugin, f"{page}: rollcall plugin {name}"
            for name in re.findall(r"^    rollcall ([a-z]+)", text, re.MULTILINE):
                assert name in WHERE, f"{page}: rollcall {name}"


class TestListing:
    DUTIES = HOME / "docs" / "reference" / "marketplace.md"

    def rows(self) -> list[list[str]]:
        lines = re.findall(r"^\| [HZG]\d.*\|$", self.DUTIES.read_text(), re.MULTILINE)
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    def test_every_duty_has_its_proof_or_says_whose_it_is(self) -> None:
        rows = self.rows()
        assert len(rows) > 40
        for name, _, _, shown in rows:
            assert "`tests/" in shown or "](" in shown or "operator" in shown, name

    def test_every_test_and_file_it_names_exists(self) -> None:
        for name, _, _, shown in self.rows():
            for path in re.findall(r"`([^`]+)`", shown):
                assert (HOME / path).is_file(), f"{name}: {path}"

    def test_how_long_things_are_kept_is_as_the_code_has_it(self) -> None:
        policy = (HOME / "docs" / "listing" / "privacy.md").read_text()
        assert f"| {KEPT_FOR.days} days after disconnecting |" in policy
        leaving = (HOME / "docs" / "how-to" / "disconnect.md").read_text()
        assert f"for {KEPT_FOR.days} days" in leaving
        assert f"kept for {CLOCK.days} days" in leaving

    def test_the_reviewer_is_shown_every_scope(self) -> None:
        plan = (HOME / "docs" / "listing" / "test-plan.md").read_text()
        named = set(re.findall(r"`([a-z_]+[.:][a-z_.:]+|oauth|timeline|automation)`", plan))
        manifest = json.loads((HOME / "marketplace" / "zoom" / "manifest.json").read_text())
        zoom = {one["scope"] for one in manifest["oauth_information"]["scopes"]}
        assert named == zoom | {*HUBSPOT_SCOPES, *HUBSPOT_OPTIONAL_SCOPES}
