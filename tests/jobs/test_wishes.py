"""What a contact is written, and what tells a write of a backfill from others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.backfill import HISTORICAL
from jobs.gathering import PersonPlan
from jobs.wishes import due_changes

COUNT = "rollcall_registration_count"
ONE_MORE, SAME = {COUNT: "2"}, {COUNT: "1"}
UNMARKED: dict[str, str] = {COUNT: "1"}
MARKED = {COUNT: "1", HISTORICAL: "true"}


def plan(held: dict[str, str] | None, wanted: dict[str, str], **facts: Any) -> PersonPlan:
    """Somebody who holds this in HubSpot (None: is no contact yet) and should hold that."""
    row = {"decided": 0 if facts.pop("is_new_there", False) else 1, "dirty": 2}
    person = {
        "id": 1,
        "email": "ada@northquay.example",
        "contact_id": None if held is None else "501",
        "is_deleted": False,
        "contact": held or {},
    }
    return PersonPlan(
        person,
        cast(Any, (SimpleNamespace(row=row),)),
        wants_contact=True,
        properties=wanted,
        **facts,
    )


@pytest.mark.parametrize(
    ("held", "wanted", "is_new_there", "due"),
    [
        pytest.param(None, ONE_MORE, True, {COUNT: "2", HISTORICAL: "true"}, id="B14 new contact"),
        pytest.param(UNMARKED, ONE_MORE, True, {COUNT: "2", HISTORICAL: "true"}, id="B14 figures"),
        pytest.param(MARKED, ONE_MORE, True, {COUNT: "2", HISTORICAL: "true"}, id="B14 once more"),
        pytest.param(UNMARKED, SAME, True, {HISTORICAL: "true"}, id="B14 timeline only"),
        pytest.param(MARKED, SAME, True, {}, id="B14 timeline only, marked before"),
        pytest.param(UNMARKED, SAME, False, {}, id="B14 nothing new"),
    ],
)
def test_a_write_of_a_backfill_is_marked(
    held: dict[str, str] | None, wanted: dict[str, str], is_new_there: bool, due: dict[str, str]
) -> None:
    asked = plan(held, wanted, is_historical=True, is_new_there=is_new_there)
    assert due_changes(asked) == due


@pytest.mark.parametrize(
    ("held", "wanted", "due"),
    [
        pytest.param(None, ONE_MORE, {COUNT: "2"}, id="B14 new contact"),
        pytest.param(UNMARKED, ONE_MORE, {COUNT: "2"}, id="B14 never marked"),
        pytest.param(MARKED, ONE_MORE, {COUNT: "2", HISTORICAL: ""}, id="B14 marked before"),
        pytest.param(MARKED, SAME, {}, id="B14 nothing else to write"),
    ],
)
def test_the_next_write_that_is_none_of_a_backfills_takes_the_mark_back(
    held: dict[str, str] | None, wanted: dict[str, str], due: dict[str, str]
) -> None:
    assert due_changes(plan(held, wanted)) == due
