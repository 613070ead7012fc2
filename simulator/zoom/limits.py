"""Zoom's rate limits: per account and category, by plan, a second and a day.

https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from simulator.limits import Allowance, Limits
from simulator.zoom.errors import ZoomError
from simulator.zoom.moments import stamp

if TYPE_CHECKING:
    from simulator.zoom.model import Account
    from simulator.zoom.state import ZoomState

DAY_SECONDS = 86_400.0
CALLS_A_SECOND: Mapping[str, Mapping[str, int]] = {
    "free": {"light": 4, "medium": 2, "heavy": 1},
    "pro": {"light": 30, "medium": 20, "heavy": 10},
    "business": {"light": 80, "medium": 60, "heavy": 40},
}
CALLS_A_DAY: Mapping[str, Mapping[str, int]] = {
    "free": {"light": 6_000, "medium": 2_000, "heavy": 1_000},
    "pro": {"heavy": 30_000},
    "business": {"heavy": 60_000},
}


def check_plan(plan: str) -> str:
    """The plan itself; raises ValueError when no limits are known for it."""
    if plan not in CALLS_A_SECOND:
        raise ValueError(f"a plan is {', '.join(CALLS_A_SECOND)}, not {plan!r}")
    return plan


def define_limits(limits: Limits) -> None:
    """Name every limit: `zoom.pro.heavy` for a second, `zoom.pro.heavy.daily` for a day."""
    for plan, rates in CALLS_A_SECOND.items():
        for category, calls in rates.items():
            limits.define(f"zoom.{plan}.{category}", calls, 1.0)
    for plan, rates in CALLS_A_DAY.items():
        for category, calls in rates.items():
            limits.define(f"zoom.{plan}.{category}.daily", calls, DAY_SECONDS)


def next_midnight(now: datetime) -> datetime:
    """The coming 00:00 UTC, when daily limits start anew."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def retry_after(state: ZoomState, moment: datetime) -> str:
    """`Retry-After` for a moment, as a date or in seconds: both forms are seen."""
    if state.switch("retry_after") == "seconds":
        return str(max(1, round((moment - state.now()).total_seconds())))
    # Whole seconds, rounded up: the named second must not come too early.
    return stamp(moment + timedelta(seconds=1) if moment.microsecond else moment)


def take(state: ZoomState, account: Account, category: str) -> dict[str, str]:
    """Count a call; gives the rate headers of its answer. Raises ZoomError 429."""
    name = f"zoom.{account.plan}.{category}"
    limits = state.world.limits
    if category in CALLS_A_DAY[account.plan]:
        daily = limits.take(f"{name}.daily", account.id)
        if not daily.allowed:
            raise _too_many(state, category, daily, "Daily-limit", next_midnight(state.now()))
    allowance = limits.take(name, account.id)
    if not allowance.allowed:
        wait = timedelta(seconds=max(1.0, allowance.retry_after))
        raise _too_many(state, category, allowance, "QPS", state.now() + wait)
    return _headers(category, "QPS", allowance)


def _headers(category: str, kind: str, allowance: Allowance) -> dict[str, str]:
    return {
        "X-RateLimit-Category": category.capitalize(),
        "X-RateLimit-Type": kind,
        "X-RateLimit-Limit": str(allowance.limit.calls),
        "X-RateLimit-Remaining": str(allowance.remaining),
    }


def _too_many(
    state: ZoomState, category: str, allowance: Allowance, kind: str, until: datetime
) -> ZoomError:
    words = "per-second" if kind == "QPS" else "daily"
    return ZoomError(
        429,
        429,
        f"You have reached the maximum {words} rate limit for this API. "
        "Refer to the response header for details on when you can make another request.",
        headers={
            **_headers(category, kind, allowance),
            "X-RateLimit-Reset": stamp(until),
            "Retry-After": retry_after(state, until),
        },
    )
