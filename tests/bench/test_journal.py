"""What a journal of the simulator says."""

from __future__ import annotations

from bench.journal import calls_of

JOURNAL = {
    "calls": [
        {"method": "POST", "route": "/hubspot/contacts/batch/read", "status": 429, "count": 2},
        {"method": "POST", "route": "/hubspot/contacts/batch/read", "status": 200, "count": 5},
        {
            "method": "GET",
            "route": "/hubspot/participations/a/b/breakdown",
            "status": 200,
            "count": 3,
        },
        {"method": "GET", "route": "/zoom/v2/webinars/{id}/registrants", "status": 200, "count": 4},
        {"method": "GET", "route": "/zoom/v2/report/webinars/{id}", "status": 200, "count": 1},
    ],
    "writes": 9,
}


def test_calls_are_told_apart_by_what_they_are_for() -> None:
    calls = calls_of(JOURNAL)
    assert calls.total == 15
    assert calls.writes == 9
    assert calls.rate_limited == 2
    assert calls.read_backs == 3
    assert calls.pages == 4
