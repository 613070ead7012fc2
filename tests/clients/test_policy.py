"""What each answer of a vendor means, as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from clients import errors
from clients.policy import Call, Platform, Rate, judge, read_rate, retry_after
from rollcall.errors import NeedsAttention, Permanent, Retryable, RollcallError

NOW = datetime(2026, 12, 23, 22, 0, tzinfo=UTC)
TO_MIDNIGHT = 7200.0


def judged(
    platform: Platform,
    status: int,
    body: Any = None,
    headers: dict[str, str] | None = None,
    *,
    method: str = "POST",
    route: str = "/things",
    is_read: bool = False,
) -> RollcallError | None:
    return judge(Call(platform, "4711", method, route, is_read), status, headers or {}, body, NOW)


@pytest.mark.parametrize("platform", ["hubspot", "zoom"])
class TestBothPlatforms:
    @pytest.mark.parametrize("status", [200, 201, 202, 204, 207])
    def test_a_success_is_no_error(self, platform: Platform, status: int) -> None:
        assert judged(platform, status, {}) is None

    @pytest.mark.parametrize("status", [408, 502, 504, 520, 524])
    def test_a_gateways_word_leaves_a_write_unconfirmed(
        self, platform: Platform, status: int
    ) -> None:
        assert type(judged(platform, status)) is errors.Unconfirmed

    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526])
    def test_a_read_is_merely_unavailable(self, platform: Platform, status: int) -> None:
        assert type(judged(platform, status, is_read=True)) is errors.Unavailable

    @pytest.mark.parametrize("status", [500, 503, 521, 522, 523, 525, 526])
    def test_a_write_the_vendor_refused_for_now_is_unavailable(
        self, platform: Platform, status: int
    ) -> None:
        assert type(judged(platform, status)) is errors.Unavailable

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 405, 409, 413, 414, 415, 422])
    def test_everything_else_is_refused_for_good(self, platform: Platform, status: int) -> None:
        fault = judged(platform, status, {"message": "no"})
        assert type(fault) is errors.Rejected
        assert fault.status == status

    def test_the_message_says_what_was_asked_of_whom(self, platform: Platform) -> None:
        fault = str(judged(platform, 422, {"message": "bad value"}))
        assert "POST /things" in fault and "4711" in fault and "bad value" in fault

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
    def test_the_message_never_holds_an_address(self, platform: Platform, status: int) -> None:
        body = {"message": "ann@thyme.example is wrong", "code": 300}
        assert "ann@" not in str(judged(platform, status, body))


class TestHubSpot:
    @pytest.mark.parametrize(
        ("status", "error", "remedy", "seconds"),
        [
            (401, errors.Unauthorized, Retryable, None),
            (403, errors.ScopeMissing, NeedsAttention, None),
            (404, errors.NotFound, Permanent, None),
            (423, errors.Unavailable, Retryable, 2.0),
            (429, errors.RateLimited, Retryable, 1.0),
            (477, errors.Unavailable, Retryable, 300.0),
        ],
    )
    def test_a_status_has_its_remedy_F25(
        self, status: int, error: type, remedy: type, seconds: float | None
    ) -> None:
        fault = judged("hubspot", status, {"message": "m"})
        assert type(fault) is error
        assert isinstance(fault, remedy)
        assert getattr(fault, "retry_after", None) == seconds

    @pytest.mark.parametrize(
        ("status", "header", "seconds"),
        [
            (423, "1", 2.0),
            (423, "7", 7.0),
            (429, "4", 4.0),
            (477, "86400", 86400.0),
            (503, "9", 9.0),
        ],
    )
    def test_retry_after_is_obeyed(self, status: int, header: str, seconds: float) -> None:
        fault = judged("hubspot", status, {}, {"Retry-After": header})
        assert isinstance(fault, Retryable)
        assert fault.retry_after == seconds

    @pytest.mark.parametrize(
        ("name", "policy", "seconds"),
        [
            ("TEN_SECONDLY_ROLLING", "window", 1.0),
            ("SECONDLY", "window", 1.0),
            ("DAILY", "daily", 3600.0),
            ("", "window", 1.0),
        ],
    )
    def test_a_429_says_which_limit_F19(self, name: str, policy: str, seconds: float) -> None:
        fault = judged("hubspot", 429, {"errorType": "RATE_LIMIT", "policyName": name})
        assert isinstance(fault, errors.RateLimited)
        assert (fault.policy, fault.retry_after) == (policy, seconds)

    def test_a_conflict_names_the_existing_record(self) -> None:
        body = {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 909"}
        fault = judged("hubspot", 409, body)
        assert isinstance(fault, errors.Rejected)
        assert (fault.existing_id, fault.category) == ("909", "CONFLICT")


class TestZoom:
    @pytest.mark.parametrize(
        ("status", "code", "message", "error"),
        [
            (401, 124, "Access token is expired.", errors.Unauthorized),
            (400, 124, "Invalid access token.", errors.Unauthorized),
            (401, 0, "", errors.Unauthorized),
            (400, 4711, "Invalid access token, does not contain scopes:[x]", errors.ScopeMissing),
            (401, 104, "Invalid access token, does not contain scopes:[x]", errors.ScopeMissing),
            (400, 201, "Invalid access token, does not contain scopes:[x]", errors.ScopeMissing),
            (400, 201, "No permission for the resource.", errors.PermissionMissing),
            (400, 200, "Webinar plan is missing.", errors.PermissionMissing),
            (200, 200, "Webinar plan is missing.", errors.PermissionMissing),
            (403, 12703, "No permission for the group.", errors.PermissionMissing),
            (400, 300, "The next page token is invalid or expired.", errors.PageTokenExpired),
            (400, 300, "Validation Failed.", errors.Rejected),
            (404, 3001, "Webinar does not exist: 1.", errors.NotFound),
            (404, 1001, "User does not exist: x.", errors.NotFound),
            (400, 1010, "User not in this account.", errors.NotFound),
            (400, 3079, "Registrant does not exist.", errors.NotFound),
            (404, 3301, "There is no recording for this meeting.", errors.NotFound),
            (404, 3322, "No transcript.", errors.NotFound),
            (404, 2300, "This API endpoint is not recognized.", errors.Rejected),
            (400, 3000, "You have been invited as a panelist.", errors.Rejected),
            (400, 3027, "Host cannot register.", errors.Rejected),
            (400, 3038, "Webinar is over.", errors.Rejected),
            (400, 12702, "Older than a year.", errors.Rejected),
        ],
    )
    def test_a_code_has_its_remedy(self, status: int, code: int, message: str, error: type) -> None:
        fault = judged("zoom", status, {"code": code, "message": message})
        assert type(fault) is error

    def test_the_code_and_fields_of_a_refusal_are_kept(self) -> None:
        body = {"code": 300, "message": "Validation Failed.", "errors": [{"field": "email"}]}
        fault = judged("zoom", 400, body)
        assert isinstance(fault, errors.Rejected)
        assert (fault.code, fault.fields) == ("300", ("email",))

    def test_a_success_with_a_code_of_its_own_is_still_one(self) -> None:
        assert judged("zoom", 200, {"code": 200}) is None

    @pytest.mark.parametrize(
        ("headers", "message", "policy", "seconds"),
        [
            ({"X-RateLimit-Type": "QPS"}, "You have reached the per-second limit", "window", 1.0),
            ({"X-RateLimit-Type": "QPS", "Retry-After": "3"}, "", "window", 3.0),
            ({"X-RateLimit-Type": "Daily-limit"}, "", "daily", TO_MIDNIGHT),
            (
                {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-12-24T00:00:05Z"},
                "",
                "daily",
                TO_MIDNIGHT + 5,
            ),
            ({"x-ratelimit-type": "Daily-limit", "retry-after": "60"}, "", "daily", 60.0),
            ({}, "You have reached the maximum daily rate limit", "daily", TO_MIDNIGHT),
            ({}, "", "window", 1.0),
        ],
    )
    def test_a_429_says_which_limit_F19(
        self, headers: dict[str, str], message: str, policy: str, seconds: float
    ) -> None:
        body = {"code": 429, "message": message}
        fault = judged("zoom", 429, body, headers, method="GET", is_read=True)
        assert isinstance(fault, errors.RateLimited)
        assert (fault.policy, fault.retry_after) == (policy, seconds)

    @pytest.mark.parametrize(
        ("headers", "message", "policy"),
        [
            (
                {},
                "You have exceeded the daily rate limit of (3) for the registrant (x).",
                "registrant",
            ),
            ({}, "Too many requests", "registrant"),
            ({"X-RateLimit-Type": "QPS"}, "You have reached the per-second limit", "window"),
            ({"X-RateLimit-Type": "Daily-limit"}, "", "daily"),
        ],
        ids=["by words", "no type header", "per second", "the account's day"],
    )
    def test_an_addition_may_have_met_the_limit_of_that_person(
        self, headers: dict[str, str], message: str, policy: str
    ) -> None:
        route = "/webinars/{webinar}/registrants"
        fault = judged("zoom", 429, {"code": 429, "message": message}, headers, route=route)
        assert isinstance(fault, errors.RateLimited)
        assert fault.policy == policy


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("2026-12-23T22:01:00Z", 60.0),
        ("2026-12-23T22:01:00", 60.0),
        ("2026-12-23T21:00:00Z", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_moment(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("platform", "headers", "rate"),
    [
        (
            "hubspot",
            {
                "X-HubSpot-RateLimit-Max": "110",
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            },
            Rate(110, 10.0),
        ),
        ("hubspot", {"x-hubspot-ratelimit-max": "190"}, Rate(190, 10.0)),
        ("hubspot", {"X-HubSpot-RateLimit-Max": "many"}, None),
        ("hubspot", {}, None),
        ("zoom", {"X-RateLimit-Type": "QPS", "X-RateLimit-Limit": "80"}, Rate(80, 1.0)),
        ("zoom", {"X-RateLimit-Type": "Daily-limit", "X-RateLimit-Limit": "30000"}, None),
        ("zoom", {"X-RateLimit-Limit": "30"}, None),
    ],
)
def test_the_stated_limit_is_read(
    platform: Platform, headers: dict[str, str], rate: Rate | None
) -> None:
    assert read_rate(platform, headers) == rate


@pytest.mark.parametrize("status", range(100, 600))
@pytest.mark.parametrize("platform", ["hubspot", "zoom"])
def test_every_status_but_success_has_a_remedy(platform: Platform, status: int) -> None:
    fault = judged(platform, status)
    if 200 <= status < 300:
        assert fault is None
    else:
        assert isinstance(fault, Retryable | Permanent | NeedsAttention)
