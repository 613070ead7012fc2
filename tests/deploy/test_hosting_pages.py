"""The pages about hosting say what is true of the commands, the routes and the limits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from commands.doctor import CHECKS
from commands.doctor.settings import read_surroundings
from config import VARIABLES
from tests.commands.test_doctor_settings import GOOD
from tests.oauth.support import Rung
from webhooks.door import LARGEST_BODY

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to"
HOSTING = [HOW_TO / "host-on-one-server.md", HOW_TO / "host-on-several-machines.md"]
PAGES = [*HOSTING, HOW_TO / "operate.md", ROOT / "docs" / "reference" / "doctor.md"]
NOT_OF_THE_PRODUCT = {"POSTGRES_PASSWORD"}
by_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def anchors(page: Path) -> set[str]:
    """The names headings get: lower case, blanks as hyphens, without punctuation."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@by_name
def test_links_lead_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        other = (page.parent / path).resolve() if path else page
        if not other.exists() or (anchor and anchor not in anchors(other)):
            broken.append(target)

    assert not broken


@by_name
def test_variables_exist(page):
    named = set(re.findall(r"\b(?:ROLLCALL|HUBSPOT|ZOOM)_[A-Z_]+\b", page.read_text()))

    assert named <= set(VARIABLES)


@pytest.mark.parametrize("page", HOSTING, ids=lambda page: page.stem)
def test_each_way_of_hosting_asks_the_doctor_and_leads_on(page):
    text = page.read_text()

    for word in ("./run doctor", "operate.md", "X-Forwarded-For", "/readyz", "ROLLCALL_PROXIES"):
        assert word in text


@pytest.mark.parametrize("page", HOSTING, ids=lambda page: page.stem)
def test_proxies_let_every_body_through_that_is_read(page):
    limits = re.findall(r"(?:client_max_body_size|max_size) (\d+)\s*m", page.read_text(), re.I)

    assert limits
    around, _ = read_surroundings(GOOD)
    largest = create_app(around.config, doorbell=Rung()).config["MAX_CONTENT_LENGTH"]
    assert {int(one) * 1024 * 1024 for one in limits} == {largest}
    assert largest > LARGEST_BODY


def test_the_addresses_for_the_platforms_are_routes():
    around, _ = read_surroundings(GOOD)
    app = create_app(around.config, doorbell=Rung())
    routes = {rule.rule for rule in app.url_map.iter_rules()}
    named = re.findall(r"`https://rollcall\.example\.com(/\S+?)`", HOSTING[0].read_text())

    assert len(named) == 4
    assert set(named) <= routes


def test_the_reference_has_a_row_for_every_check():
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/reference/doctor.md").read_text(), re.M)
    subjects = {subject for row in rows for subject in row.split(" · ")}

    assert {check.subject for check in CHECKS} <= subjects
