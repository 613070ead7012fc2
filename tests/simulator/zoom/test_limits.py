"""Rate limits: per account and category, in both forms of Retry-After.

https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

import pytest

from tests.simulator.zoom.support import ACCOUNT, Zoom


def test_an_answer_tells_its_category_and_what_is_left(zoom: Zoom) -> None:
    zoom.control("PATCH", "/limits", {"zoom.pro.light": {"calls": 5, "seconds": 60}})
    headers = zoom.call("GET", "/users/me").headers
    assert headers["X-RateLimit-Category"] == "Light"
    assert headers["X-RateLimit-Type"] == "QPS"
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("5", "4")


@pytest.mark.parametrize(
    ("form", "expected"),
    [("date", "2026-11-19T00:00:00Z"), ("seconds", "28800")],
)
def test_a_daily_limit_ends_at_midnight_utc(zoom: Zoom, form: str, expected: str) -> None:
    zoom.control("PATCH", "/switches", {"zoom_retry_after": form})
    zoom.control("PATCH", "/limits", {"zoom.pro.heavy.daily": {"calls": 1, "seconds": 86_400}})
    query = {"from": "2026-11-01", "to": "2026-11-18"}
    assert zoom.call("GET", "/report/history_meetings", **query).status_code == 200
    refused = zoom.call("GET", "/report/history_meetings", **query)
    assert (refused.status_code, refused.json()["code"]) == (429, 429)
    assert "daily rate limit" in refused.json()["message"]
    assert refused.headers["X-RateLimit-Type"] == "Daily-limit"
    assert refused.headers["X-RateLimit-Category"] == "Heavy"
    assert refused.headers["Retry-After"] == expected


@pytest.mark.parametrize(("form", "expected"), [("date", "2026-11-18T16:01:"), ("seconds", "6")])
def test_too_many_a_second(zoom: Zoom, form: str, expected: str) -> None:
    zoom.control("PATCH", "/switches", {"zoom_retry_after": form})
    zoom.control("PATCH", "/limits", {"zoom.pro.light": {"calls": 2, "seconds": 65}})
    answers = [zoom.call("GET", "/users/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "per-second rate limit" in answers[2].json()["message"]
    assert answers[2].headers["X-RateLimit-Type"] == "QPS"
    assert answers[2].headers["Retry-After"].startswith(expected)


def test_a_refused_call_changes_nothing(zoom: Zoom) -> None:
    webinar = zoom.webinar()
    zoom.control("PATCH", "/limits", {"zoom.pro.light": {"calls": 0, "seconds": 1}})
    person = {"email": "a@x.example", "first_name": "A"}
    answer = zoom.call("POST", f"/webinars/{webinar}/registrants", json=person)
    assert answer.status_code == 429
    assert zoom.control("GET", f"/zoom/webinars/{webinar}")["registrants"] == []


def test_accounts_do_not_share_and_the_plan_decides(zoom: Zoom) -> None:
    zoom.control("PATCH", "/limits", {"zoom.pro.light": {"calls": 0, "seconds": 1}})
    assert zoom.call("GET", "/users/me").status_code == 429
    zoom.control("PATCH", f"/zoom/accounts/{ACCOUNT}", {"plan": "business"})
    answer = zoom.call("GET", "/users/me")
    assert (answer.status_code, answer.headers["X-RateLimit-Limit"]) == (200, "80")


def test_a_plan_without_known_limits_is_refused(zoom: Zoom) -> None:
    zoom.control("PATCH", f"/zoom/accounts/{ACCOUNT}", {"plan": "platinum"}, status=400)
