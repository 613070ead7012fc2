"""What an answer means: pure functions from status, headers and body to an error, or to none.

Decided on the status first, then on headers, and on words only where one code has many meanings.
https://developers.hubspot.com/docs/api-reference/latest/error-handling
https://developers.zoom.us/docs/api/errors/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from clients.errors import (
    LimitPolicy,
    NotFound,
    PageTokenExpired,
    PermissionMissing,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unauthorized,
    Unavailable,
    Unconfirmed,
)
from rollcall.errors import RollcallError
from schemas import hubspot_api, zoom_api
from schemas.zoom_api import ZoomError

Platform = Literal["hubspot", "zoom"]

GATEWAY_STATUSES = frozenset({408, 502, 504, 520, 524})
"""Something between us and the vendor gave up: a write may have been applied all the same."""

LOCKED, MIGRATING = 423, 477
"""HubSpot's "locked, wait at least 2 s" and "the account is moving to another data center"."""

_DAILY_WAIT = 3600.0
_MIGRATION_WAIT = 300.0
_SCOPE_CODES = frozenset({104, 201, 4711})
_ABSENT_CODES = frozenset({1001, 1010, 3001, 3079, 3301, 3322})
_PERMISSION_CODES = frozenset({200, 201, 12703})
_TOKEN_CODES = frozenset({124})
_ENDPOINT_UNKNOWN = 2300
_VALIDATION = 300


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked. ``route`` is the path with its names instead of ids; ``is_read`` says that
    repeating the call changes nothing.
    """

    platform: Platform
    tenant: str
    method: str
    route: str
    is_read: bool

    def __str__(self) -> str:
        name = "HubSpot" if self.platform == "hubspot" else "Zoom"
        return f"{name}, {self.method} {self.route} for {self.tenant}"


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit the vendor states: so many calls in ``window`` seconds."""

    limit: int
    window: float


def is_failure(status: int) -> bool:
    """Whether the vendor's side failed to answer, whatever was asked of it."""
    return status >= 500 or status == 408


def judge(
    call: Call, status: int, headers: Mapping[str, str], body: Any, now: datetime
) -> RollcallError | None:
    """Return the error an answer stands for, or None when it is a success.

    ``body`` is the decoded JSON or None; ``now`` is aware.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    if status in GATEWAY_STATUSES and not call.is_read:
        return Unconfirmed(f"{call}: answered {status}; it may have been applied")
    if is_failure(status):
        after = retry_after(lowered, now)
        return Unavailable(f"{call}: answered {status}; tried again later", retry_after=after)
    if call.platform == "hubspot":
        return _judge_hubspot(call, status, lowered, body, now)
    return _judge_zoom(call, status, lowered, body, now)


def _judge_hubspot(
    call: Call, status: int, headers: Mapping[str, str], body: Any, now: datetime
) -> RollcallError | None:
    if 200 <= status < 300:
        return None
    error = hubspot_api.read_error(body)
    after = retry_after(headers, now)
    text = f"{call}: answered {status} {error.message}".rstrip()
    if status == 401:
        return Unauthorized(text)
    if status == 403:
        return ScopeMissing(f"{text}; the portal has to grant it")
    if status == LOCKED:
        return Unavailable(f"{text}; tried again later", retry_after=max(2.0, after or 0.0))
    if status == MIGRATING:
        return Unavailable(f"{text}; tried again later", retry_after=after or _MIGRATION_WAIT)
    if status == 429:
        if error.policy == "DAILY":
            return RateLimited(text, retry_after=after or _DAILY_WAIT, policy="daily")
        return RateLimited(text, retry_after=after or 1.0)
    refusal = NotFound if status == 404 else Rejected
    return refusal(
        text,
        status=status,
        category=error.category,
        code=error.sub_category,
        existing_id=error.existing_id,
        fields=error.fields,
    )


def _judge_zoom(
    call: Call, status: int, headers: Mapping[str, str], body: Any, now: datetime
) -> RollcallError | None:
    error = zoom_api.read_error(body)
    if 200 <= status < 300 and not (error.code and error.message):
        return None
    text = f"{call}: answered {status}, code {error.code}: {error.message}"
    if status == 429:
        policy, after = _zoom_limit(call, headers, error.message, now)
        return RateLimited(text, retry_after=after, policy=policy)
    if error.code in _SCOPE_CODES and "scopes" in error.message.lower():
        return ScopeMissing(f"{text}; the account has to authorise it")
    if status == 401 or error.code in _TOKEN_CODES:
        return Unauthorized(text)
    if error.code in _PERMISSION_CODES or status == 403:
        return PermissionMissing(f"{text}; an administrator of the account has to act")
    if error.code == _VALIDATION and "page token" in error.message.lower():
        return PageTokenExpired(f"{text}; the list is read again")
    return _zoom_refusal(text, status, error)


def _zoom_refusal(text: str, status: int, error: ZoomError) -> Rejected:
    # An unknown endpoint is a fault of ours; taken for "deleted" it would cost the customer data.
    absent = error.code in _ABSENT_CODES or (status == 404 and error.code != _ENDPOINT_UNKNOWN)
    refusal = NotFound if absent else Rejected
    code = str(error.code or "")
    return refusal(text, status=status, category=code, code=code, fields=error.fields)


def _zoom_limit(
    call: Call, headers: Mapping[str, str], message: str, now: datetime
) -> tuple[LimitPolicy, float]:
    """Return which limit it was and the seconds to wait; Zoom's days end at 00:00 UTC.

    https://developers.zoom.us/docs/api/rate-limits/
    """
    words = message.lower()
    kind = headers.get("x-ratelimit-type", "").lower()
    after = retry_after(headers, now)
    is_addition = call.method == "POST" and call.route.endswith("/registrants")
    if "for the registrant" in words or (is_addition and not kind and "per-second" not in words):
        return "registrant", after or _until_midnight(now)
    if "daily" in kind or "daily" in words:
        return "daily", after or _until_midnight(now)
    return "window", after or 1.0


def _until_midnight(now: datetime) -> float:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1) - now).total_seconds()


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds ``Retry-After`` asks for, given as seconds or (Zoom) as an ISO moment.

    None when it is absent or unreadable; never less than 0. Header names are lower-case.
    """
    text = headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def read_rate(platform: Platform, headers: Mapping[str, str]) -> Rate | None:
    """Return the short-term limit the headers state, or None."""
    lowered = {name.lower(): value for name, value in headers.items()}
    if platform == "hubspot":
        limit = _whole(lowered.get("x-hubspot-ratelimit-max"))
        interval = _whole(lowered.get("x-hubspot-ratelimit-interval-milliseconds")) or 10_000
        return Rate(limit, interval / 1000) if limit else None
    if lowered.get("x-ratelimit-type", "").lower() != "qps":
        return None
    limit = _whole(lowered.get("x-ratelimit-limit"))
    return Rate(limit, 1.0) if limit else None


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 0
