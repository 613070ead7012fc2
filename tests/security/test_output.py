"""X4, X11, X12: what strangers wrote is shown and exported as text, and leads nobody astray."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import quote, urlsplit

import pytest

from store.database import writing
from store.tables import occurrence_person, portal, webinar
from tests.api.conftest import PORTAL, add_people
from tests.console.test_pages import Tags
from tests.oauth.support import Site
from tests.security.callers import filled, methods_of, proxied, rules, signed_in
from tests.security.test_tenants import OF_TENANT_A

ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "https://app.hubspot.com.evil.example/",
    "https://app.hubspot.com@evil.example/",
    "https://app.hubspot.com\\@evil.example/",
    "%2f%2fevil.example",
    "/console/\r\nLocation: https://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
]
NAMES = ("next", "returnUrl", "return_url", "url", "redirect", "redirect_uri", "continue")


def test_X4_no_route_leads_where_its_caller_says(tenants: Site) -> None:
    browser, allowed = (
        signed_in(tenants, PORTAL),
        {"", urlsplit(tenants.config.zoom.api_url).netloc},
    )
    paths = [filled(rule, OF_TENANT_A) for rule in rules(tenants) if "GET" in methods_of(rule)]
    for path in paths:
        if path.startswith(("/api/", "/console/static", "/recordings", "/readyz", "/metrics")):
            continue
        for target in ELSEWHERE:
            tenants.redis.delete("rollcall:attempts:127.0.0.1")
            query = "&".join(f"{name}={quote(target, safe='')}" for name in NAMES)
            answer = browser.get(f"{path}?{query}&step=authorize")
            location = answer.headers.get("Location", "")
            assert urlsplit(location).netloc in allowed, f"{path}: {location}"
            assert "\\" not in location and not location.startswith("//"), location
            assert answer.headers.getlist("Location") == ([location] if location else [])
            answer.close()


NASTY = (
    '"><script>alert(49)</script>',
    "<img src=x onerror=alert(49)>",
    "</title><svg onload=alert(49)>",
    "{{ 7*7 }}{% debug %}",
    "javascript:alert(49)",
    "'-alert(49)-'",
    "<!--<iframe src=//evil.example>",
)


def foreign(tags: Tags) -> list[str]:
    """Tags that are not the pages' own: our script files and our pictures are."""
    return [
        tag
        for tag, attrs in tags.tags
        if tag in ("img", "iframe")
        or (tag == "script" and not str(attrs.get("src")).startswith("/console/static/"))
        or (tag == "svg" and "picture" not in str(attrs.get("class")).split())
    ]


@pytest.mark.parametrize("nasty", NASTY)
def test_X11_what_others_wrote_is_text_on_pages_and_data_in_the_api(
    tenants: Site, nasty: str
) -> None:
    with writing(tenants.engine) as to:
        to.execute(webinar.update().values(topic=nasty, host_email=nasty))
        to.execute(
            occurrence_person.update().values(
                first_name=nasty, last_name=nasty, detail=nasty, decided_by=nasty
            )
        )
        to.execute(portal.update().values(capabilities={"properties": f"conflict: {nasty}"}))
    browser = signed_in(tenants, PORTAL)
    webinar_page = "/console/webinars/95000000001"
    for path in ("/console/", "/console/webinars", webinar_page, f"{webinar_page}/people"):
        tags = Tags(browser.get(path).text)
        assert not foreign(tags)
        assert not [name for _, attrs in tags.tags for name in attrs if name.startswith("on")]
        hrefs = [str(attrs.get("href", "")) for _, attrs in tags.tags]
        assert not [href for href in hrefs if href.strip().lower().startswith("javascript")]
        assert nasty in tags.text
    for path in ("/api/webinars", "/api/webinars/95000000001/people", "/api/unmatched"):
        answer = browser.get(path)
        assert answer.mimetype == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    export = browser.get("/api/webinars/95000000001/people", headers={"Accept": "text/csv"})
    assert export.mimetype == "text/csv"
    assert export.headers["Content-Disposition"].startswith("attachment")


def test_X11_an_error_that_repeats_what_was_sent_is_data_too(tenants: Site) -> None:
    for nasty in NASTY:
        body = f'{{"{nasty.replace(chr(34), "")}": 1}}'.encode()
        for answer in (
            proxied(tenants, PORTAL, "PATCH", "/api/settings", body),
            proxied(tenants, PORTAL, "GET", f"/api/webinars?limit={quote(nasty, safe='')}"),
        ):
            assert (answer.status_code, answer.mimetype) == (400, "application/json")
        page = tenants.browser().get(f"/oauth/hubspot/install?error={quote(nasty)}")
        assert not foreign(Tags(page.text))


FORMULAS = [
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    '=HYPERLINK("https://evil.example";"x")',
    '",=1',
    '"\r\n=1',
    "x;=1",
    "x\n@1",
]
_STARTS_FORMULA = re.compile("[\t\r\n]*[=+@＝＋－＠-]")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_X12_no_cell_of_the_export_begins_a_formula(tenants: Site, delimiter: str) -> None:
    """Read as a spreadsheet of any country reads it."""
    people = [
        {"email": f"{n}@x.example", "first_name": text, "detail": text, "decided_by": text[:60]}
        for n, text in enumerate(FORMULAS)
    ]
    people.append({"email": "=1+1@x.example"})
    add_people(tenants.engine, 1, people)
    path = "/api/webinars/95000000001/people"
    export = proxied(tenants, PORTAL, "GET", path, headers={"Accept": "text/csv"}).text
    rows = list(csv.reader(io.StringIO(export, newline=""), delimiter=delimiter))
    assert len(rows) >= len(FORMULAS)
    for cell in (cell for row in rows for cell in row):
        assert not _STARTS_FORMULA.match(cell), repr(cell)
    if delimiter == ",":
        assert {len(row) for row in rows} == {len(rows[0])}
        names = {row[1]: row[2] for row in rows}
        for n, text in enumerate(FORMULAS):
            shown = names[f"{n}@x.example"].replace("'", "")
            assert shown == text.replace("'", ""), "only marks of ours were added"
