"""CRM search over what the index knows.

https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.hubspot.contacts import addresses_of
from simulator.hubspot.errors import refuse
from simulator.hubspot.models import Record

MOST_PER_PAGE = 200
QUERY_FIELDS = ("email", "hs_additional_emails", "firstname", "lastname", "phone", "company")
OPERATORS = {
    "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN",
    "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN",
}  # fmt: skip


def search_records(
    indexed: Iterable[tuple[Record, Mapping[str, str]]], body: Mapping[str, Any]
) -> list[Record]:
    """The records that satisfy any filter group and the query, sorted as asked."""
    groups = body.get("filterGroups") or []
    for group in groups:
        for condition in group.get("filters") or []:
            if condition.get("operator") not in OPERATORS:
                message = f"Invalid operator: {condition.get('operator')}"
                raise refuse(400, "VALIDATION_ERROR", message)
    query = str(body.get("query") or "").lower()
    hits = [
        (record, values)
        for record, values in indexed
        if _matches_groups(values, groups) and _matches_query(values, query)
    ]
    for sort in reversed(body.get("sorts") or []):
        name, descending = _read_sort(sort)
        hits.sort(key=lambda hit: _sort_key(hit[1].get(name, "")), reverse=descending)
    return [record for record, _ in hits]


def _read_sort(sort: object) -> tuple[str, bool]:
    if isinstance(sort, Mapping):
        return str(sort.get("propertyName", "")), sort.get("direction") == "DESCENDING"
    return str(sort).lstrip("-"), str(sort).startswith("-")


def _matches_groups(values: Mapping[str, str], groups: Iterable[Mapping[str, Any]]) -> bool:
    listed = list(groups)
    return not listed or any(
        all(_matches(values, condition) for condition in group.get("filters") or [])
        for group in listed
    )


def _matches_query(values: Mapping[str, str], query: str) -> bool:
    return not query or any(query in values.get(name, "").lower() for name in QUERY_FIELDS)


def _matches(values: Mapping[str, str], condition: Mapping[str, Any]) -> bool:
    name, operator = str(condition.get("propertyName")), str(condition["operator"])
    # An address filter sees secondary addresses too.
    known = addresses_of(values) if name == "email" else [values.get(name, "").lower()]
    known = [value for value in known if value]
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return bool(known) == (operator == "HAS_PROPERTY")
    wanted = [str(value).lower() for value in condition.get("values") or []]
    single = str(condition.get("value", "")).lower()
    if operator in ("EQ", "NEQ"):
        return (single in known) == (operator == "EQ")
    if operator in ("IN", "NOT_IN"):
        return bool(set(known) & set(wanted)) == (operator == "IN")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        contained = any(single.strip("*") in value for value in known)
        return contained == (operator == "CONTAINS_TOKEN")
    high = str(condition.get("highValue", "")).lower()
    return any(_compares(value, operator, single, high) for value in known)


def _compares(value: str, operator: str, bound: str, high: str) -> bool:
    left, right = _sort_key(value), _sort_key(bound)
    if operator == "BETWEEN":
        return right <= left <= _sort_key(high)
    if operator == "LT":
        return left < right
    if operator == "LTE":
        return left <= right
    return left > right if operator == "GT" else left >= right


def _sort_key(value: str) -> tuple[int, float, str]:
    """Numbers by size, before text by letters."""
    try:
        return (0, float(value), "")
    except ValueError:
        return (1, 0.0, value.lower())
