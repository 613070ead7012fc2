"""X2: no statement leaves without its tenant, told by what every route really sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from store.tables import metadata
from tests.api.conftest import OTHER_PORTAL, PORTAL
from tests.oauth.support import Site
from tests.security.callers import methods_of, proxied, rules
from tests.security.test_tenants import cases

_TABLES = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)")
_KEYED = re.compile(
    r"\bWHERE\b.*?\b(?:(?:\w+\.)?(?:id|\w+_pk|group_id|run_id|backfill_id)|inbox\.account_id)"
    r"\s*(?:=|IN)",
    re.DOTALL,
)
"""A row by our own key, or an account's deliveries, which are no single portal's: only a statement
that named the tenant can have told either."""


@contextmanager
def statements() -> Iterator[list[tuple[str, str]]]:
    """Every statement about our tables in the block, and its parameters."""
    found: list[tuple[str, str]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if set(_TABLES.findall(statement)) & set(metadata.tables) - {"lease"}:
            found.append((statement, str(parameters)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def names_tenant(parameters: str, portal_id: str) -> bool:
    return f"'{portal_id}'" in parameters


def test_X2_whoever_asks_for_anothers_object_is_in_every_statement(tenants: Site) -> None:
    """An id alone opens nothing: all of them are looked up together with the caller's portal."""
    for method, path, body in cases(tenants):
        with statements() as sent:
            assert proxied(tenants, OTHER_PORTAL, method, path, body).status_code == 404
        assert sent, path
        for statement, parameters in sent:
            assert names_tenant(parameters, OTHER_PORTAL), f"{method} {path}: {statement}"
            assert not names_tenant(parameters, PORTAL), f"{method} {path}: {statement}"


@pytest.mark.parametrize("portal_id", [PORTAL, OTHER_PORTAL], ids=["its own objects", "its lists"])
def test_X2_every_statement_names_the_tenant_or_a_row_of_theirs(
    tenants: Site, portal_id: str
) -> None:
    calls = [(method, path, body) for method, path, body in cases(tenants) if method != "DELETE"]
    if portal_id == OTHER_PORTAL:
        lists = [rule for rule in rules(tenants, "/api/") if not rule.arguments]
        calls = [("GET", rule.rule, b"") for rule in lists if "GET" in methods_of(rule)]
    for method, path, body in calls:
        with statements() as sent:
            assert proxied(tenants, portal_id, method, path, body).status_code < 500
        is_known = False
        for statement, parameters in sent:
            is_named = names_tenant(parameters, portal_id)
            is_by_key = is_known and _KEYED.search(statement) is not None
            assert is_named or is_by_key, f"{method} {path}: {statement}"
            is_known = is_known or is_named


def test_X2_a_statement_without_its_tenant_is_found_out(tenants: Site) -> None:
    with statements() as sent, tenants.engine.connect() as connection:
        connection.exec_driver_sql("SELECT email FROM person WHERE email LIKE '%'")
    ((statement, parameters),) = sent
    assert not names_tenant(parameters, PORTAL)
    assert _KEYED.search(statement) is None
