"""A whole sync of a webinar that is over: calls, seconds, memory; then the same again."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from bench.memory import watching_workers
from commands.customer import Customer
from commands.trial import Simulated, Trial, TrialFailed, open_trial, wait_for

LATENCY_SECONDS = 0.2
ATTENDING_SHARE = 0.6
SYNC_SECONDS = 120.0
LOOK_SECONDS = 0.2
SAMPLED_CALLS = 10
BATCH = 100


@dataclass(frozen=True, slots=True)
class Sync:
    """One work-off: calls to HubSpot, seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A first sync, a second one, memory in MiB, and seconds of a single batch call."""

    registrants: int
    attendees: int
    first: Sync
    second: Sync
    memory_before: float
    memory: float
    call_seconds: float

    @property
    def fewest_calls(self) -> int:
        """Read, write and register everybody in hundreds, attend in hundreds, put and complete."""
        return 3 * ceil(self.registrants / BATCH) + ceil(self.attendees / BATCH) + 2

    @property
    def limit_seconds(self) -> float:
        """How long HubSpot's limit alone (110 calls in any 10 s) makes that many calls last."""
        return (self.first.calls - 1) // 110 * 10.0

    @property
    def serial_seconds(self) -> float:
        """How long that many batch calls last one after the other, without a limit."""
        return self.first.calls * self.call_seconds


def measure_sync(registrants: int) -> Measured:
    """Sync a webinar of that size in a trial of its own. Raises `TrialFailed`."""
    attendees = round(registrants * ATTENDING_SHARE)
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name,
        open_trial(Path(name)) as trial,
    ):
        simulated = trial.simulated
        scene = simulated.scene("big", registrants=registrants, attendees=attendees)
        portal_id, webinar_id = str(scene["portal_id"]), str(scene["webinar_id"])
        account = simulated.call("GET", f"/zoom/accounts/{scene['account_id']}")
        customer = Customer(trial.rollcall_url)
        customer.install(portal_id, scene["account_id"], account["users"][0]["id"])
        simulated.call("PATCH", "/limits", {"latency_seconds": LATENCY_SECONDS})
        with watching_workers(trial.rollcall.pid) as peak:
            first = _first_sync(trial, customer, portal_id, webinar_id)
        _check(simulated, portal_id, registrants, attendees)
        return Measured(
            registrants,
            attendees,
            first,
            _second_sync(trial, customer, portal_id, webinar_id),
            peak.before,
            peak.highest,
            _seconds_of_a_call(simulated, portal_id),
        )


def _first_sync(trial: Trial, customer: Customer, portal_id: str, webinar_id: str) -> Sync:
    trial.simulated.call("DELETE", "/journal")
    began = time.monotonic()
    customer.api("PATCH", "/settings", {"webinar_sync": "all"})
    _await(trial, "the first sync", lambda: customer.has_settled(webinar_id))
    return Sync(_calls(trial.simulated, portal_id), time.monotonic() - began)


def _second_sync(trial: Trial, customer: Customer, portal_id: str, webinar_id: str) -> Sync:
    # What the first sync used of the limit is forgotten after ten seconds.
    time.sleep(10)
    trial.simulated.call("DELETE", "/journal")
    began = time.monotonic()
    run_id = customer.api("POST", f"/webinars/{webinar_id}/sync")["run_id"]
    _await(
        trial,
        "the second sync",
        lambda: customer.api("GET", f"/runs/{run_id}")["state"] in ("done", "failed"),
    )
    return Sync(_calls(trial.simulated, portal_id), time.monotonic() - began)


def _await(trial: Trial, what: str, is_over: Any) -> None:
    """Look now and then only: whoever asks takes time from the machine that is measured."""

    def looked() -> bool:
        time.sleep(LOOK_SECONDS)
        return bool(is_over())

    wait_for(looked, what, trial.rollcall, seconds=SYNC_SECONDS)


def _calls(simulated: Simulated, portal_id: str) -> int:
    return int(simulated.journal(portal_id)["total"])


def _check(simulated: Simulated, portal_id: str, registrants: int, attendees: int) -> None:
    """A sync that left somebody out is no measurement."""
    writes = simulated.summary(portal_id)["writes"]
    if (writes["registered"], writes["attended"]) != (registrants, attendees):
        raise TrialFailed(
            f"{writes['registered']} of {registrants} registered and {writes['attended']} of "
            f"{attendees} attended in HubSpot after the sync"
        )


def _seconds_of_a_call(simulated: Simulated, portal_id: str) -> float:
    """The mean of a few reads of a hundred contacts, one after the other."""
    headers = {"Authorization": f"Bearer {_token(simulated, portal_id)}"}
    inputs = [{"id": f"big-guest{number:05d}@northquay.example"} for number in range(BATCH)]
    body = {"idProperty": "email", "properties": ["email"], "inputs": inputs}
    began = time.monotonic()
    for _ in range(SAMPLED_CALLS):
        answer = simulated.session.post(
            f"{simulated.base}/hubspot/crm/objects/2026-03/contacts/batch/read",
            json=body,
            headers=headers,
            timeout=30,
        )
        if answer.status_code not in (200, 207):
            raise TrialFailed(f"a batch read was answered {answer.status_code}")
    return (time.monotonic() - began) / SAMPLED_CALLS


def _token(simulated: Simulated, portal_id: str) -> str:
    redirect = "http://localhost/callback"
    scope = "oauth crm.objects.contacts.read"
    granted = simulated.call(
        "POST",
        f"/hubspot/portals/{portal_id}/code",
        {"redirect_uri": redirect, "scope": scope},
    )
    answer = simulated.session.post(
        f"{simulated.base}/hubspot/oauth/2026-03/token",
        data={
            "grant_type": "authorization_code",
            "client_id": "sim-hubspot-app",
            "client_secret": "sim-hubspot-secret",
            "redirect_uri": redirect,
            "code": granted["code"],
        },
        timeout=30,
    )
    if not answer.ok:
        raise TrialFailed(f"no token for portal {portal_id}: {answer.status_code}")
    return str(answer.json()["access_token"])
