"""Warnings: causes are told apart, and a fact is told once (Q7)."""

from __future__ import annotations

from typing import Any

import pytest

from engine import read_problems
from engine.warnings import SyncWarning, WebinarFacts, find_warnings
from engine.write_warnings import TRANSCRIPT_NOT_FOUND, RefusedWrite, WriteFacts
from tests.engine.test_warnings import occurrence, warnings


def facts_of(warnings: list[SyncWarning]) -> list[tuple[str, str, int, str]]:
    """Warning, fact, count and button of each."""
    return [(one.code, one.reason, one.count, one.action.name) for one in warnings]


READ = "participants_missing"


@pytest.mark.parametrize(
    ("values", "code", "reason", "button"),
    [
        pytest.param(
            {"report_rows": 0}, READ, "nobody_joined", "open_zoom", id="S26 nobody joined"
        ),
        pytest.param(
            {"read_problem": read_problems.NOT_STARTED}, READ, "never_started", "sync_now", id="S26"
        ),
        pytest.param(
            {"read_problem": read_problems.INCOMPLETE},
            READ,
            "report_incomplete",
            "open_zoom",
            id="S26 an error in the data",
        ),
        pytest.param(
            {"read_problem": read_problems.SHRUNK},
            READ,
            "report_incomplete",
            "open_zoom",
            id="S26 fewer rows than before",
        ),
        pytest.param(
            {"read_problem": read_problems.NOT_READY},
            READ,
            "report_not_ready",
            "sync_now",
            id="S26 late",
        ),
        pytest.param(
            {"read_problem": read_problems.NO_RIGHT},
            READ,
            "report_not_allowed",
            "reconnect",
            id="S26 no right to reports",
        ),
        pytest.param(
            {"read_problem": read_problems.REFUSED},
            READ,
            "report_refused",
            "sync_now",
            id="S26 report refused",
        ),
        pytest.param(
            {"read_problem": read_problems.REFUSED, "is_too_old": True, "is_settled": False},
            READ,
            "report_expired",
            "show_people",
            id="S26 Q8 registrants only",
        ),
        pytest.param(
            {"read_problem": read_problems.LIST_REFUSED},
            "data_not_synced",
            "list_refused",
            "sync_now",
            id="S27 registrants not available",
        ),
        pytest.param(
            {"read_problem": read_problems.LIST_INCOMPLETE, "zoom_people": 4},
            "data_not_synced",
            "list_incomplete",
            "sync_now",
            id="S27 registrants not whole",
        ),
        pytest.param(
            {"read_problem": read_problems.WEBINAR_GONE},
            "sync_error",
            "webinar_gone",
            "sync_now",
            id="S29 not in the connected account",
        ),
        pytest.param(
            {"run_problem": "HubSpot answered 403"},
            "sync_error",
            "run_failed",
            "sync_now",
            id="S29",
        ),
        pytest.param(
            {"counts": {("waiting", "retrying"): 4}},
            "sync_error",
            "not_answering",
            "show_people",
            id="S29 an outage",
        ),
    ],
)
def test_what_zoom_did_not_show_is_one_fact_in_one_warning(
    values: dict[str, Any], code: str, reason: str, button: str
) -> None:
    (warning,) = warnings(**values)
    assert (warning.code, warning.reason, warning.action.name) == (code, reason, button)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"read_problem": read_problems.LIVE}, id="still on"),
        pytest.param(
            {"read_problem": read_problems.NOT_STARTED, "has_ended": False}, id="about to begin"
        ),
        pytest.param({"is_series": True, "report_rows": 0}, id="a series has no report"),
    ],
)
def test_S26_what_is_as_it_should_be_is_no_warning(values: dict[str, Any]) -> None:
    assert warnings(**values) == []


def test_S26_Q8_the_horizon_says_what_is_lost_and_for_how_many() -> None:
    counts = {("in_sync", ""): 3, ("excluded", "role"): 1}
    values = {"counts": counts, "is_too_old": True, "is_settled": False}
    (warning,) = warnings(read_problem=read_problems.REFUSED, **values)
    assert "registrants only" in warning.meaning
    assert "six months" in warning.meaning
    assert warning.count == 3


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (1, "The webinar ended more than six months ago"),
        (3, "3 dates ended more than six months ago"),
    ],
)
def test_S24_Q8_before_it_is_switched_on_a_webinar_says_what_cannot_catch_up(
    dates: int, words: str
) -> None:
    places = tuple(occurrence(is_settled=False, is_too_old=True) for _ in range(dates))
    (warning,) = find_warnings(WebinarFacts("global_off", "global_off", places))
    assert words in warning.remedy
    assert "registrants only" in warning.remedy


def test_S24_what_was_known_before_sync_was_switched_off_is_no_warning() -> None:
    stale = {"read_problem": read_problems.REFUSED, "zoom_people": 7, "run_problem": "x"}
    assert [one.code for one in warnings("webinar_off", "webinar_off", **stale)] == [
        "sync_disabled"
    ]


@pytest.mark.parametrize(
    ("facts", "code", "reason"),
    [
        pytest.param(
            WriteFacts({"invalid_email": 2}),
            "data_not_synced",
            "contact_invalid_email",
            id="S27-Q4",
        ),
        pytest.param(
            WriteFacts({"contact_not_created": 2}),
            "data_not_synced",
            "contact_not_created",
            id="S27 contact",
        ),
        pytest.param(
            WriteFacts(shared=(RefusedWrite("marketing_event", error="no"),) * 2),
            "data_not_synced",
            "event_not_created",
            id="S27 marketing event",
        ),
        pytest.param(
            WriteFacts(shared=(RefusedWrite("call", error="no"),) * 2),
            "data_not_synced",
            "call_not_created",
            id="S27 call record",
        ),
        pytest.param(
            WriteFacts({"contact_not_updated": 2}),
            "sync_error",
            "contact_not_updated",
            id="S29 contact properties",
        ),
        pytest.param(
            WriteFacts({"timeline": 2}), "sync_error", "timeline_not_created", id="S29 timeline"
        ),
        pytest.param(
            WriteFacts(shared=(RefusedWrite("complete"), RefusedWrite("marketing_event", False))),
            "sync_error",
            "event_not_updated",
            id="S29 marketing event",
        ),
        pytest.param(
            WriteFacts(shared=(RefusedWrite("call", False),) * 2),
            "sync_error",
            "call_not_updated",
            id="S29 call record",
        ),
        pytest.param(
            WriteFacts(
                shared=(RefusedWrite("transcript", True, f"{TRANSCRIPT_NOT_FOUND}: 404"),) * 2
            ),
            "sync_error",
            "transcript_not_found",
            id="S29 transcript not found",
        ),
        pytest.param(
            WriteFacts(shared=(RefusedWrite("transcript", error="too long"),) * 2),
            "sync_error",
            "transcript_not_added",
            id="S29 transcript refused",
        ),
    ],
)
def test_Q7_each_refused_write_is_one_fact_with_its_count(
    facts: WriteFacts, code: str, reason: str
) -> None:
    failing = sum(facts.people.values())
    found = warnings(counts={("failing", "rejected"): failing} if failing else {}, writes=facts)
    assert [(one.code, one.reason, one.count) for one in found] == [(code, reason, 2)]
    assert found[0].action.name == ("show_people" if failing else "sync_now")


def test_S29_Q7_failing_people_are_told_apart_and_each_counted_once() -> None:
    counts = {
        ("failing", "rejected"): 6,
        ("failing", "not_confirmed"): 2,
        ("failing", "plugin_failed"): 1,
    }
    found = warnings(counts=counts, writes=WriteFacts({"invalid_email": 1, "timeline": 3}))
    assert facts_of(found) == [
        ("data_not_synced", "contact_invalid_email", 1, "show_people"),
        ("sync_error", "rejected", 2, "show_people"),
        ("sync_error", "not_confirmed", 2, "show_people"),
        ("sync_error", "plugin_failed", 1, "show_people"),
        ("sync_error", "timeline_not_created", 3, "show_people"),
    ]
    assert sum(one.count for one in found) == sum(counts.values())


def test_P11_a_paused_plugin_is_named_with_what_it_did_and_how_to_go_on() -> None:
    words = "failed 3 times in a row, last in should_exclude: gave no sign of life for 10 s"
    found = warnings(
        counts={("waiting", "plugin_unavailable"): 4, ("failing", "plugin_failed"): 1},
        blamed={
            "plugin_unavailable": {"gate": words, "other": ""},
            "plugin_failed": {"points": words},
        },
    )
    by_code = {one.code: one for one in found}
    held, failed = by_code["plugin_unavailable"], by_code["sync_error"]
    assert "so 4 people wait. “gate” is paused" in held.meaning
    assert "other" not in held.meaning
    assert "“points” is paused" in failed.meaning
    for one in (held, failed):
        assert f"not asked any more: it {words}." in one.meaning
        assert "retry it under Plugins, or switch it off there" in one.remedy


def test_S27_S05_nobodys_address_and_nobodys_registration_are_told_apart() -> None:
    found = warnings(counts={("excluded", "no_email"): 2, ("excluded", "unmatched"): 1})
    assert [(one.reason, one.count) for one in found] == [("no_email", 2), ("unmatched", 1)]
    assert [one.action.filters["reason"] for one in found] == ["no_email", "unmatched"]


def test_S28_the_list_of_excluded_addresses_is_one_click_away_and_holds_no_others() -> None:
    counts = {
        ("excluded", "secondary_email"): 1,
        ("excluded", "hubspot_user"): 1,
        ("excluded", "no_email"): 5,
        ("excluded", "denied"): 5,
    }
    warning = next(one for one in warnings(counts=counts) if one.code == "emails_excluded")
    assert warning.action.name == "show_people"
    assert warning.action.filters == {
        "outcome": "excluded",
        "reason": "hubspot_user,secondary_email",
    }


@pytest.mark.parametrize(
    "told_otherwise",
    [
        {"counts": {("waiting", "reconnect"): 1}},
        {"is_disconnected": True},
        {"writes": WriteFacts(shared=(RefusedWrite("marketing_event"),))},
    ],
    ids=["people wait", "no connection", "no marketing event"],
)
def test_Q7_a_run_that_broke_off_for_a_reason_told_already_is_not_told_again(
    told_otherwise: dict[str, Any],
) -> None:
    found = warnings(run_problem="it broke off", **told_otherwise)
    assert len(found) == 1
    assert "run_failed" not in {one.reason for one in found}
