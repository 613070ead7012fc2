"""X5 and X7: what another site's page or a stranger makes of our routes, told by the URL map."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from simulator.hubspot.signatures import sign_v1, sign_v2, v3_headers
from tests.api.conftest import OTHER_PORTAL, PORTAL
from tests.oauth.support import PUBLIC_URL, Site
from tests.security.callers import (
    ADMIN,
    SECRET,
    csrf_of,
    everything,
    filled,
    methods_of,
    proxied,
    rules,
    signed_in,
)
from tests.security.test_tenants import OF_TENANT_A

BY_SIGNATURE = ("/webhooks/", "/actions/")
"""Doors that know no session, so no page of another site can use one."""


def writing_routes(site: Site) -> list[tuple[str, str]]:
    """Method and path of every route that writes for a session."""
    return [
        (method, filled(rule, OF_TENANT_A))
        for rule in rules(site)
        if not rule.rule.startswith(BY_SIGNATURE)
        for method in methods_of(rule)
        if method != "GET"
    ]


class TestX5:
    """Cross-site requests."""

    @pytest.mark.parametrize(
        ("token", "origin"),
        [
            pytest.param("", PUBLIC_URL, id="no token"),
            pytest.param("made-up", PUBLIC_URL, id="made-up token"),
            pytest.param("theirs", PUBLIC_URL, id="token of another session"),
            pytest.param("ours", "https://evil.example", id="foreign origin"),
            pytest.param("ours", "null", id="hidden origin"),
            pytest.param("ours", PUBLIC_URL.replace("http:", "https:"), id="another scheme"),
            pytest.param("ours", PUBLIC_URL.replace("8000", "8001"), id="another port"),
        ],
    )
    def test_X5_no_route_writes_for_a_page_of_somebody_else(
        self, tenants: Site, token: str, origin: str
    ) -> None:
        browser, other = signed_in(tenants, PORTAL), signed_in(tenants, OTHER_PORTAL)
        tokens = {"ours": csrf_of(tenants, browser), "theirs": csrf_of(tenants, other)}
        given = tokens.get(token, token)
        before, routes = everything(tenants), writing_routes(tenants)
        assert ("POST", "/console/sign-out") in routes and len(routes) >= 14
        for method, path in routes:
            for as_form in (True, False):
                answer = browser.client.open(
                    path,
                    method=method,
                    base_url=PUBLIC_URL,
                    data={"csrf_token": given} if as_form else b"{}",
                    content_type=None if as_form else "application/json",
                    headers={"Origin": origin} | ({} if as_form else {"X-CSRF-Token": given}),
                )
                assert answer.status_code == 403, f"{method} {path}: {answer.text}"
        assert everything(tenants) == before
        assert browser.is_signed_in()

    def test_X5_a_token_in_the_address_counts_for_nothing(self, tenants: Site) -> None:
        browser = signed_in(tenants, PORTAL)
        token = csrf_of(tenants, browser)
        for method, path in writing_routes(tenants):
            answer = browser.client.open(
                f"{path}?csrf_token={token}", method=method, base_url=PUBLIC_URL
            )
            assert answer.status_code == 403, f"{method} {path}"

    def test_X5_looking_at_anything_writes_nothing(self, tenants: Site) -> None:
        browser = signed_in(tenants, PORTAL)
        before = everything(tenants)
        for rule in rules(tenants):
            if "GET" in methods_of(rule) and rule.rule != "/readyz":  # whose purpose is to write
                for _ in range(2):
                    answer = browser.get(filled(rule, OF_TENANT_A))
                    assert answer.status_code < 500, rule.rule
                    answer.close()
        assert everything(tenants) == before

    def test_X5_no_route_takes_another_method_by_a_header_or_field(self, tenants: Site) -> None:
        browser = signed_in(tenants, PORTAL)
        before = everything(tenants)
        answer = browser.get(
            "/api/connection",
            query_string={"_method": "DELETE"},
            headers={"X-HTTP-Method-Override": "DELETE"},
        )
        assert answer.status_code == 200
        assert everything(tenants) == before


HUBSPOTS_DOORS = {
    "/webhooks/hubspot": "POST",
    "/actions/add-to-webinar": "POST",
    "/actions/webinar-options": "POST",
    "/api/settings": "PATCH",
}
OLDER_VERSIONS = {
    "/webhooks/hubspot": {"v1"},
    "/actions/add-to-webinar": {"v2"},
    "/actions/webinar-options": {"v2"},
}
"""What HubSpot documents beside version 3, by door; the API has no other."""
BODY = b'{"webinar_sync":"all"}'


def v3(
    path: str,
    method: str,
    *,
    host: str = PUBLIC_URL,
    body: bytes = BODY,
    age: float = 0,
    secret: str = SECRET,
) -> dict[str, str]:
    stamp = round((time.time() - age) * 1000)
    return dict(v3_headers(secret, method, host + path, body, stamp))


class TestX7:
    """Forged and repeated signatures at every door of HubSpot's."""

    @pytest.mark.parametrize("door", HUBSPOTS_DOORS)
    def test_X7_what_hubspot_did_not_sign_is_401_and_leaves_no_row(
        self, tenants: Site, door: str
    ) -> None:
        method = HUBSPOTS_DOORS[door]
        path = f"{door}?userId={ADMIN}&portalId={PORTAL}"
        good = v3(path, method)
        name, time_name = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
        forgeries: dict[str, Mapping[str, str]] = {
            "nothing at all": {},
            "another secret": v3(path, method, secret="x"),
            "another method": v3(path, "PUT"),
            "another host": v3(path, method, host="https://evil.example"),
            "another path": v3(f"/other?userId={ADMIN}&portalId={PORTAL}", method),
            "another query": v3(f"{door}?userId={ADMIN}&portalId={OTHER_PORTAL}", method),
            "another body": v3(path, method, body=b"{}"),
            "the body written anew": v3(path, method, body=BODY.replace(b":", b": ")),
            "301 seconds old": v3(path, method, age=301),
            "301 seconds ahead": v3(path, method, age=-302),
            "no time": {name: good[name]},
            "a time moved on": {**good, time_name: str(int(good[time_name]) + 1)},
            "cut short": {**good, name: good[name][:-4]},
            "upper case": {**good, name: good[name].upper()},
            "a wrong v3 beside a good v1": {
                **good,
                name: "x",
                "X-HubSpot-Signature": sign_v1(SECRET, BODY),
                "X-HubSpot-Signature-Version": "v1",
            },
        }
        before = everything(tenants)
        for forgery, headers in forgeries.items():
            answer = tenants.app.test_client().open(
                path,
                method=method,
                base_url=PUBLIC_URL,
                data=BODY,
                content_type="application/json",
                headers=headers,
            )
            assert answer.status_code == 401, f"{forgery}: {answer.text}"
        assert everything(tenants) == before

    def test_X7_the_same_call_well_signed_is_taken(self, tenants: Site) -> None:
        """Otherwise the refusals above would prove nothing."""
        assert proxied(tenants, PORTAL, "PATCH", "/api/settings", BODY).status_code == 200
        for door in HUBSPOTS_DOORS:
            if door != "/api/settings":
                assert proxied(tenants, PORTAL, "POST", door, BODY).status_code != 401

    @pytest.mark.parametrize("door", HUBSPOTS_DOORS)
    def test_X7_an_older_version_is_taken_only_where_hubspot_documents_it(
        self, tenants: Site, door: str
    ) -> None:
        method = HUBSPOTS_DOORS[door]
        path = f"{door}?userId={ADMIN}&portalId={PORTAL}"
        elsewhere = f"/actions/elsewhere?userId={ADMIN}&portalId={PORTAL}"
        signatures = {
            "v1": sign_v1(SECRET, BODY),
            "v2": sign_v2(SECRET, method, PUBLIC_URL + path, BODY),
            "v2 for another route": sign_v2(SECRET, method, PUBLIC_URL + elsewhere, BODY),
            "v2 for another host": sign_v2(SECRET, method, "https://evil.example" + path, BODY),
        }
        taken = set()
        for version, signature in signatures.items():
            answer = tenants.app.test_client().open(
                path,
                method=method,
                base_url=PUBLIC_URL,
                data=BODY,
                content_type="application/json",
                headers={
                    "X-HubSpot-Signature": signature,
                    "X-HubSpot-Signature-Version": version.split()[0],
                },
            )
            if answer.status_code != 401:
                taken.add(version)
        assert taken == OLDER_VERSIONS.get(door, set())

    def test_X7_every_door_of_hubspots_is_tried(self, tenants: Site) -> None:
        doors = {rule.rule for rule in rules(tenants) if methods_of(rule) == ["POST"]}
        named = {door for door in doors if door.startswith(("/actions/", "/webhooks/hubspot"))}
        assert named <= set(HUBSPOTS_DOORS)
