"""X1: nobody reads or touches what belongs to another tenant, whatever id they know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import OTHER_PORTAL, PORTAL, add_webinar
from tests.oauth.support import Site
from tests.security.callers import (
    RUN,
    as_json,
    csrf_of,
    everything,
    filled,
    methods_of,
    proxied,
    rules,
    signed_in,
)

OF_TENANT_A = {
    "user_id": "host0",
    "webinar_id": "95000000001",
    "run_id": RUN,
    "backfill_id": RUN,
    "person_id": "1",
    "account_id": "zoom-account",
    "delivery_id": "1",
}
"""An object of tenant A for every name that stands in a path of the API."""

NAMELESS = {**OF_TENANT_A, "person_id": "2"}
OTHERS = {
    "/api/webinars/<webinar_id>/people/<person_id>/candidates": NAMELESS,
    "/console/unmatched/<webinar_id>/<person_id>": NAMELESS,
}
"""The objects for paths that are there for some people only."""

BODIES = {
    ("PATCH", "/api/users/<user_id>"): {"sync_recordings": False},
    ("PATCH", "/api/webinars/<webinar_id>"): {"sync": "off"},
    ("PATCH", "/api/connection/zoom/<account_id>"): {"business_unit": "theirs"},
    ("POST", "/api/webinars/<webinar_id>/people/<person_id>/match"): {"email": "b@acme.example"},
    ("POST", "/api/webinars/<webinar_id>/sync"): {},
}
"""Bodies that would do something, for the calls that need one."""

FORMS = {
    "/console/webinars/<webinar_id>/people/<person_id>/match": {"email": "b@acme.example"},
    "/console/runs/<run_id>/retry": {"cause": "rejected"},
}
"""What is filled in, for the console's forms that would refuse without it."""

QUERIES = {"/api/people": "email=a"}
"""The query, for the lists that need one."""

ELSEWHERE = {
    "api_contacts.get_contact_webinars": "HubSpot's id: nobody knows of another portal's contact",
    "console.follow_link": "a link of 60 seconds that is itself the permission",
    "console.static": "a stylesheet",
    "recordings.play": "the link's signature names the tenant (tests/scenarios)",
    "console_settings.find": "the name of a setting",
    **dict.fromkeys(("console_exclusions.add", "console_exclusions.remove"), "a list's name"),
    **{
        f"console_plugins.{deed}": "a plugin of the installation; only what is set is a tenant's"
        for deed in ("switch", "move", "retry", "plugin_settings", "change", "export", "take_in")
    },
}
"""Routes with something in their path, and why they are no case here."""

TENANTS_DATA = ("95000000001", "Topic 001", "ada@acme", "host0@acme", '"zoom-account"')


def cases(site: Site) -> list[tuple[str, str, bytes]]:
    """Method, path and body of each call on an object of tenant A."""
    found = []
    for rule in rules(site, "/api/"):
        if not rule.arguments or rule.endpoint in ELSEWHERE:
            continue
        for method in methods_of(rule):
            body = BODIES.get((method, rule.rule))
            assert body is not None or method != "PATCH", f"say above what {rule.rule} takes"
            path = filled(rule, OTHERS.get(rule.rule, OF_TENANT_A))
            found.append((method, path, b"" if body is None else as_json(body)))
    return found


def pages(site: Site) -> list[tuple[str, str, dict[str, str]]]:
    """Method, path and form of each page of the console on an object of tenant A."""
    return [
        (method, filled(rule, OTHERS.get(rule.rule, OF_TENANT_A)), FORMS.get(rule.rule, {}))
        for rule in rules(site, "/console/")
        if rule.arguments and rule.endpoint not in ELSEWHERE
        for method in methods_of(rule)
    ]


def test_X1_every_id_in_a_path_has_a_case(tenants: Site) -> None:
    for rule in rules(tenants):
        if rule.arguments and rule.endpoint not in ELSEWHERE:
            assert rule.rule.startswith(("/api/", "/console/")), f"{rule.rule}: a case is missing"
            assert rule.arguments <= set(OF_TENANT_A), f"{rule.rule}: an object of A is missing"
    assert len(cases(tenants)) >= 17
    assert len(pages(tenants)) >= 15


def test_X1_to_its_owner_each_object_is_there(tenants: Site) -> None:
    """Otherwise the refusals below would prove nothing."""
    for method, path, body in cases(tenants):
        if method != "DELETE":
            answer = proxied(tenants, PORTAL, method, path, body)
            assert answer.status_code in (200, 202, 204, 409), f"{method} {path}: {answer.text}"


@pytest.mark.parametrize("way", ["by its session", "by HubSpot's signature"])
def test_X1_another_tenants_object_is_not_there_and_not_touched(tenants: Site, way: str) -> None:
    browser = signed_in(tenants, OTHER_PORTAL)
    token = csrf_of(tenants, browser)
    before = everything(tenants)
    for method, path, body in cases(tenants):
        if way == "by its session":
            answer = browser.client.open(
                path,
                method=method,
                base_url="http://localhost:8000",
                data=body,
                content_type="application/json",
                headers={"X-CSRF-Token": token},
            )
        else:
            answer = proxied(tenants, OTHER_PORTAL, method, path, body)
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text}"
        for datum in TENANTS_DATA[1:4]:
            assert datum not in answer.text, path
    assert everything(tenants) == before
    assert not [call for call in tenants.world.journal.calls("zoom") if "revoke" in call.path]


def test_X1_another_tenants_pages_are_not_there_and_their_forms_do_nothing(tenants: Site) -> None:
    owner, other = signed_in(tenants, PORTAL), signed_in(tenants, OTHER_PORTAL)
    token = csrf_of(tenants, other)
    before = everything(tenants)
    for method, path, form in pages(tenants):
        if method == "GET":
            assert owner.get(path).status_code == 200, path
            answer = other.get(path)
        else:
            answer = other.post(path, {"csrf_token": token, **form})
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"
        for datum in TENANTS_DATA[1:4]:
            assert datum not in answer.text, path
    assert everything(tenants) == before


def test_X1_no_list_holds_anything_of_another_tenant(tenants: Site) -> None:
    lists = [rule for rule in rules(tenants, "/api/") if not rule.arguments]
    paths = [rule.rule for rule in lists if "GET" in methods_of(rule)]
    assert "/api/webinars" in paths
    for path in [*paths, "/api/webinars?search=Topic", "/api/users?search=host"]:
        query = f"?{QUERIES[path]}" if path in QUERIES else ""
        answer = proxied(tenants, OTHER_PORTAL, "GET", f"{path}{query}")
        assert answer.status_code == 200, path
        for datum in TENANTS_DATA:
            assert datum not in answer.text, path


@pytest.mark.parametrize("path", ["/api/webinars?limit=1", "/api/users?limit=1"])
def test_X1_a_cursor_of_another_tenant_opens_nothing_of_it(tenants: Site, path: str) -> None:
    add_webinar(tenants.engine, "95000000003")
    after = proxied(tenants, PORTAL, "GET", path).json["paging"]["next"]["after"]
    answer = proxied(tenants, OTHER_PORTAL, "GET", f"{path}&after={after}")
    assert answer.status_code == 200
    for datum in TENANTS_DATA:
        assert datum not in answer.text


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_X1_an_export_is_as_closed_as_the_page(tenants: Site, accept: str) -> None:
    path, headers = "/api/webinars/95000000001/people", {"Accept": accept}
    assert "ada@acme" in proxied(tenants, PORTAL, "GET", path, headers=headers).text
    answer = proxied(tenants, OTHER_PORTAL, "GET", path, headers=headers)
    assert answer.status_code == 404 and "ada@acme" not in answer.text


def test_X1_a_tenant_named_in_the_request_is_not_believed(tenants: Site) -> None:
    browser = signed_in(tenants, OTHER_PORTAL)
    names: Any = {"portalId": PORTAL, "portal_id": PORTAL, "tenant_id": PORTAL}
    headers = {f"X-{name}": value for name, value in names.items()}
    browser.client.set_cookie("portal_id", PORTAL)
    answer = browser.get("/api/connection", query_string=names, headers=headers)
    if answer.status_code == 200:
        assert answer.json["portal_id"] == OTHER_PORTAL
    assert PORTAL not in answer.text
