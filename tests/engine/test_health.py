"""What is wrong with a portal's connections and work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.health import AccountHealth, HealthFacts, find_health_warnings

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=90)
HUBSPOT = AccountHealth("hubspot", "1001", "connected", LONG_AGO)
ZOOM = AccountHealth("zoom", "z", "connected", LONG_AGO)


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def codes(**facts: Any) -> list[str]:
    return [one.code for one in find_health_warnings(HealthFacts(**facts), NOW)]


@pytest.mark.parametrize(
    ("zoom", "expected"),
    [
        ({}, []),
        ({"status": "reconnect"}, ["zoom_reconnect"]),
        ({"status": "disconnected"}, ["zoom_reconnect"]),
        ({"is_reduced": True}, ["zoom_reduced"]),
        ({"is_reduced": True, "status": "reconnect"}, ["zoom_reconnect"]),
        ({"outage_since": ago(minutes=1)}, ["zoom_not_answering"]),
        ({"parked": 2}, ["deliveries_parked"]),
        ({"waiting": 1, "oldest_at": ago(minutes=4)}, []),
        ({"waiting": 1, "oldest_at": ago(minutes=6)}, ["work_waits"]),
        ({"began_at": ago(minutes=10)}, []),
        ({"began_at": ago(minutes=20)}, ["zoom_silent"]),
        ({"began_at": ago(minutes=20), "last_at": ago(minutes=19)}, []),
        ({"began_at": ago(minutes=20), "last_at": ago(days=2)}, ["zoom_silent"]),
        ({"began_at": ago(days=8), "last_at": ago(days=9)}, []),
        ({"began_at": ago(minutes=20), "connected_at": ago(minutes=19)}, []),
        ({"began_at": ago(minutes=20), "status": "reconnect"}, ["zoom_reconnect"]),
    ],
    ids=lambda value: "+".join(value) or "well",
)
def test_each_thing_that_is_wrong_with_an_account_is_one_warning(
    zoom: dict[str, Any], expected: list[str]
) -> None:
    assert codes(accounts=[HUBSPOT, replace(ZOOM, **zoom)]) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"runs_wait_since": ago(minutes=6)}, ["work_waits"]),
        ({"runs_wait_since": ago(minutes=4)}, []),
        ({"overdue": 1}, ["numbers_overdue"]),
        ({"skew_seconds": -31.0}, ["clock_skew"]),
        ({"skew_seconds": 30.0}, []),
    ],
)
def test_what_waits_is_late_or_runs_wrong_is_told(
    facts: dict[str, Any], expected: list[str]
) -> None:
    assert codes(accounts=[HUBSPOT], **facts) == expected


def test_every_warning_says_what_it_means_how_to_mend_it_and_has_a_button() -> None:
    broken = replace(ZOOM, status="reconnect", parked=1, oldest_at=LONG_AGO)
    late = replace(ZOOM, is_reduced=True, began_at=ago(days=1), outage_since=LONG_AGO)
    facts = HealthFacts(
        [replace(HUBSPOT, status="reconnect"), broken, late], LONG_AGO, overdue=2, skew_seconds=90.0
    )
    found = find_health_warnings(facts, NOW)
    assert [one.code for one in found] == [
        "hubspot_reconnect",
        "zoom_reconnect",
        "zoom_not_answering",
        "deliveries_parked",
        "work_waits",
        "numbers_overdue",
        "clock_skew",
        "zoom_silent",
        "zoom_reduced",
    ]
    assert all(one.title and one.meaning and one.remedy and one.label for one in found)
    assert "90 seconds ahead of" in found[6].meaning
