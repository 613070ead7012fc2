"""What is wrong with a portal's connections and work, what it means, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Platform = Literal["hubspot", "zoom"]
HealthAction = Literal["connect_hubspot", "connect_zoom", "replay_all", "show_webinars", "reload"]

_NAMES: Mapping[str, str] = {"hubspot": "HubSpot", "zoom": "Zoom"}
LONG_WAIT = timedelta(minutes=5)
"""A delivery is worked off within seconds; one that waits so long has nobody who does it."""
SILENCE = timedelta(minutes=15)
"""Zoom delivers that a webinar began at once, and again after 5, 10 and 30 minutes if refused.

https://developers.zoom.us/docs/api/webhooks/
"""
FRESH = timedelta(days=7)
LARGEST_SKEW = 30.0
"""Seconds. HubSpot's signatures are refused at five minutes."""


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """One grant, and what its account delivered; ``began_at``: its newest session's start."""

    platform: Platform
    account_id: str
    status: str
    connected_at: datetime
    is_reduced: bool = False
    outage_since: datetime | None = None
    last_at: datetime | None = None
    waiting: int = 0
    oldest_at: datetime | None = None
    parked: int = 0
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is looked at; ``runs_wait_since`` is None when no run that may go on waits."""

    accounts: Sequence[AccountHealth]
    runs_wait_since: datetime | None = None
    overdue: int = 0
    skew_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HealthWarning:
    """One thing that is wrong; ``action`` is the button that mends it, or leads there."""

    code: str
    title: str
    meaning: str
    remedy: str
    action: HealthAction
    label: str
    account_id: str = field(default="")


def find_health_warnings(facts: HealthFacts, now: datetime) -> list[HealthWarning]:
    """What is wrong now, the worst first: first what stops everything."""
    return [
        *(one for account in facts.accounts for one in _connection(account)),
        *(one for account in facts.accounts for one in _outage(account)),
        *_work(facts, now),
        *(one for account in facts.accounts for one in _silence(account, now)),
        *(one for account in facts.accounts for one in _reduced(account)),
    ]


def _connection(account: AccountHealth) -> Iterator[HealthWarning]:
    if account.status == "connected":
        return
    name = _NAMES[account.platform]
    is_hubspot = account.platform == "hubspot"
    yield HealthWarning(
        f"{account.platform}_reconnect",
        f"{name} has to be connected again",
        (
            "HubSpot ended Rollcall's access, so nothing is written. What Zoom tells is kept and"
            " written once you are back."
            if is_hubspot
            else f"Zoom ended Rollcall's access to account {account.account_id}, so nothing of it"
            " is read. Zoom keeps attendance for six months: it is read once you are back."
        ),
        (
            "A super admin of the HubSpot account connects it again."
            if is_hubspot
            else "An admin of the Zoom account connects it again."
        ),
        "connect_hubspot" if is_hubspot else "connect_zoom",
        f"Connect {name} again",
        account.account_id,
    )


def _outage(account: AccountHealth) -> Iterator[HealthWarning]:
    if account.outage_since is not None:
        name = _NAMES[account.platform]
        yield HealthWarning(
            f"{account.platform}_not_answering",
            f"{name} does not answer",
            f"{name} did not answer the last calls for account {account.account_id}. What is to be"
            " read or written waits; nothing is lost.",
            "Nothing has to be done: Rollcall tries again by itself, at least every quarter of an"
            f" hour. {name}'s own status page says more.",
            "reload",
            "Look again",
            account.account_id,
        )


def _work(facts: HealthFacts, now: datetime) -> Iterator[HealthWarning]:
    parked = sum(account.parked for account in facts.accounts)
    if parked:
        yield HealthWarning(
            "deliveries_parked",
            f"{parked} {'delivery was' if parked == 1 else 'deliveries were'} parked",
            "They could not be made use of, so what they told may be missing until Zoom is read"
            " again, which happens by schedule.",
            "The list below says why, each with what to do. Replay them when that is done.",
            "replay_all",
            "Replay all",
        )
    oldest = min((a.oldest_at for a in facts.accounts if a.oldest_at is not None), default=None)
    waits = [one for one in (oldest, facts.runs_wait_since) if one is not None]
    if waits and now - min(waits) > LONG_WAIT:
        yield HealthWarning(
            "work_waits",
            "Work waits longer than it should",
            "Deliveries or runs of this account could be worked off, and nobody did for more than"
            " five minutes. Nothing is lost; HubSpot is behind.",
            "If it stays so, tell who operates Rollcall that its workers may have stopped.",
            "reload",
            "Look again",
        )
    if facts.overdue:
        yield HealthWarning(
            "numbers_overdue",
            f"{facts.overdue} {'date is' if facts.overdue == 1 else 'dates are'} not final in time",
            "Zoom's numbers should be complete by now, and are not. Operators were told.",
            "Open the webinar: its audit log says what Zoom still owes. Sync now reads it again.",
            "show_webinars",
            "Show the webinars",
        )
    if abs(facts.skew_seconds) > LARGEST_SKEW:
        yield HealthWarning(
            "clock_skew",
            "The server's clock is wrong",
            f"It is {abs(round(facts.skew_seconds))} seconds"
            f" {'ahead of' if facts.skew_seconds > 0 else 'behind'} the database's. From five"
            " minutes on, calls from HubSpot are refused.",
            "Tell who operates Rollcall to set the clock by a time server.",
            "reload",
            "Look again",
        )


def _silence(account: AccountHealth, now: datetime) -> Iterator[HealthWarning]:
    began_at = account.began_at
    if account.platform != "zoom" or account.status != "connected" or began_at is None:
        return
    is_late = SILENCE < now - began_at < FRESH and account.connected_at < began_at
    if is_late and (account.last_at is None or account.last_at < began_at - LONG_WAIT):
        yield HealthWarning(
            "zoom_silent",
            "Zoom delivers nothing",
            f"A webinar of account {account.account_id} began, and Zoom told nothing of it. Sync"
            " goes on by schedule, only later; registrations do not arrive at once.",
            "Connect the Zoom account again: that renews what Zoom delivers. If it stays so, tell"
            " who operates Rollcall that Zoom's event subscription may be off.",
            "connect_zoom",
            "Connect Zoom again",
            account.account_id,
        )


def _reduced(account: AccountHealth) -> Iterator[HealthWarning]:
    if account.platform == "zoom" and account.status == "connected" and account.is_reduced:
        yield HealthWarning(
            "zoom_reduced",
            "Zoom's reports may not be read",
            f"Whoever connected account {account.account_id} has no right to see usage reports, so"
            " people are found by address only and some are missed.",
            "A Zoom admin whose role has Usage Reports connects the account again.",
            "connect_zoom",
            "Connect Zoom again",
            account.account_id,
        )
