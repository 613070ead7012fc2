"""Who calls: a signed-in browser, and HubSpot's proxy, which signs for a user of a portal."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from oauth.sign_in import make_sign_in_link
from simulator.hubspot.signatures import v3_headers
from store.database import reading
from store.tables import metadata
from tests.oauth.support import PUBLIC_URL, Browser, Site

SECRET = "sim-hubspot-secret"
ADMIN = "7"
RUN = "11111111-1111-4111-8111-111111111111"


def signed_in(site: Site, portal_id: str, user_id: str = ADMIN) -> Browser:
    """A browser in which a user of the portal is signed in."""
    browser = site.browser()
    link = make_sign_in_link(site.redis, PUBLIC_URL, portal_id, user_id)
    assert browser.get(link.removeprefix(PUBLIC_URL)).status_code == 302
    return browser


def csrf_of(site: Site, browser: Browser) -> str:
    """The token of the browser's session, as its pages carry it."""
    page = browser.get("/console/").text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def proxied(
    site: Site,
    portal_id: str,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """The answer to a call that HubSpot signed for a super admin of the portal."""
    joint = "&" if "?" in path else "?"
    address = f"{path}{joint}userId={ADMIN}&portalId={portal_id}"
    stamp = round(time.time() * 1000)
    return site.app.test_client().open(
        address,
        method=method,
        base_url=PUBLIC_URL,
        data=body,
        content_type="application/json",
        headers={
            **v3_headers(SECRET, method, PUBLIC_URL + address, body, stamp),
            **(headers or {}),
        },
    )


def everything(site: Site) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with reading(site.engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }


def methods_of(rule: Rule) -> list[str]:
    """The methods of a route that do something."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def rules(site: Site, under: str = "/") -> list[Rule]:
    """The routes of the application whose path begins so."""
    return [rule for rule in site.app.url_map.iter_rules() if rule.rule.startswith(under)]


def filled(rule: Rule, values: Mapping[str, str]) -> str:
    """A path of the rule."""
    path = rule.rule.replace("<path:", "<")
    for name in rule.arguments:
        path = path.replace(f"<{name}>", values.get(name, "x"))
    return path


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
