"""S18-S21, S28, Q1-Q4, Q9, Q11, B8, B19: who is left out, and the reason given."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.exclusions import should_exclude
from rollcall import EXCLUSION_REASONS
from tests.rollcall.values import context, person

ACME = {"excluded_contact_domains": ("acme.example", "*.acme.example")}
SECONDARY = {"contact_id": "7", "match": "secondary"}


def ask(about: dict[str, Any], **given: Any) -> tuple[str, bool] | None:
    exclusion = should_exclude(person(**about), context(**given))
    return None if exclusion is None else (exclusion.reason, exclusion.hold)


@pytest.mark.parametrize(
    ("about", "given", "expected"),
    [
        pytest.param({}, {}, None, id="an ordinary attendee"),
        pytest.param({"email": ""}, {}, "no_email", id="S05 no address"),
        pytest.param({"email": "", "has_zoom_identity": True}, {}, "unmatched", id="B19 unmatched"),
        pytest.param({"email": "ada@nowhere"}, {}, "invalid_email", id="S28-3 not valid"),
        pytest.param({"role": "host"}, {}, "role", id="Q9 host"),
        pytest.param({"role": "panelist"}, {}, "role", id="Q9 panelist"),
        pytest.param({"status": "denied"}, {}, "denied", id="denied"),
        pytest.param({"status": "pending"}, {}, None, id="pending waits elsewhere"),
        pytest.param({"status": "cancelled"}, {}, None, id="cancelled is still synced"),
        pytest.param({"status": None}, {}, None, id="came without registering"),
        pytest.param({"is_hubspot_user": True}, {}, "hubspot_user", id="S18, S28-1 user"),
        pytest.param(
            {"is_hubspot_user": True},
            {"contact": {"contact_id": "7", "match": "primary"}},
            "hubspot_user",
            id="S19 user who is a contact",
        ),
        pytest.param(
            {"email": "x@acme.example"}, {"tenant": ACME}, "excluded_domain", id="S28-2 domain"
        ),
        pytest.param(
            {"email": "x@acme.example"},
            {"tenant": ACME, "contact": {"contact_id": "7", "match": "primary"}},
            "excluded_domain",
            id="Q2 full exclusion of an existing contact",
        ),
        pytest.param(
            {"email": "x@acme.example"},
            {
                "tenant": {**ACME, "contact_exclusion": "update_only"},
                "contact": {"contact_id": "7", "match": "primary"},
            },
            None,
            id="Q2 update only, contact exists",
        ),
        pytest.param(
            {"email": "x@acme.example"},
            {"tenant": {**ACME, "contact_exclusion": "update_only"}},
            "excluded_domain",
            id="Q2 update only, no contact",
        ),
        pytest.param({}, {"contact": SECONDARY}, "secondary_email", id="S20, S28-4, S40 secondary"),
        pytest.param(
            {},
            {"contact": SECONDARY, "tenant": {"secondary_email": "resolve"}},
            None,
            id="B8 resolve to the owner",
        ),
        pytest.param({}, {"contact": {"is_deleted": True}}, "deleted_contact", id="S21 deleted"),
        pytest.param(
            {},
            {"contact": {"is_deleted": True}, "tenant": {"recreate_deleted": True}},
            None,
            id="S21 the portal wants them back",
        ),
    ],
)
def test_each_rule_names_its_own_reason(
    about: dict[str, Any], given: dict[str, Any], expected: str | None
) -> None:
    assert ask(about, **given) == (None if expected is None else (expected, False))


def test_B8_a_held_secondary_address_waits_for_a_decision() -> None:
    given = {"contact": SECONDARY, "tenant": {"secondary_email": "hold"}}
    assert ask({}, **given) == ("held_secondary", True)


@pytest.mark.parametrize(
    ("email", "rule"), [("x@acme.example", "acme.example"), ("x@hr.acme.example", "*.acme.example")]
)
def test_Q3_the_detail_says_which_domain_rule_it_was(email: str, rule: str) -> None:
    exclusion = should_exclude(person(email), context(tenant=ACME))
    assert exclusion is not None
    assert exclusion.detail == f"domain {rule} in Contact exclusions"


ORDER = (
    ({"email": "x@acme"}, {}, "invalid_email"),
    ({"role": "host"}, {}, "role"),
    ({"status": "denied"}, {}, "denied"),
    ({"is_hubspot_user": True}, {}, "hubspot_user"),
    ({}, {"tenant": ACME}, "excluded_domain"),
    ({}, {"contact": {**SECONDARY, "is_deleted": True}}, "secondary_email"),
    ({}, {"contact": {"is_deleted": True}}, "deleted_contact"),
)


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[reason for *_, reason in ORDER])
def test_S28_when_several_rules_hold_the_earliest_names_the_reason(first: int) -> None:
    about: dict[str, Any] = {"email": "x@acme.example"}
    given: dict[str, Any] = {}
    for some_about, some_given, _ in reversed(ORDER[first:]):
        about |= some_about
        given |= some_given
    assert ask(about, **given) == (ORDER[first][2], False)


def test_Q7_every_reason_given_is_one_people_know() -> None:
    assert {reason for *_, reason in ORDER} | {"no_email", "unmatched"} <= EXCLUSION_REASONS
