"""How soon single registrations are in HubSpot, and at what cost: one a second, and twenty.

Each is a signed webhook. The clock starts with its 204 and stops when HubSpot has the registration.
Then contacts come to a workflow's action one after the other, and it is counted how many calls tell
HubSpot what became of them.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

from bench.ratio import Ratio
from commands.chaos.bystander import percentile
from commands.chaos.registrations import Sender, Tenant, await_registered, move_in, sign_up
from commands.trial import Simulated, Trial, open_trial, wait_for

LATENCY_SECONDS = 0.2
COALESCE_SECONDS = 2.0
"""What Rollcall has by default, like the pace of the scheduler and the workers below."""
PORTAL = "6001"
ARRIVAL_SECONDS = 60.0
LOOK_SECONDS = 0.5
WAITING_AT_ONCE = 20
CALLS_ALONE = 3
"""Whoever writes each person alone reads the contact, writes it, and registers it."""
WORKFLOW_RATE = 5
QUIET_SECONDS = 12.0
"""Longer than a window of HubSpot's limit, and than a worker waits for what comes next."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Registrations a second for so many seconds, and the bound of their p95 in seconds."""

    rate: int
    seconds: float
    bound: float


PACES = (Pace(1, 90.0, 4.0), Pace(20, 30.0, 5.0))


@dataclass(frozen=True, slots=True)
class Arrived:
    """What became of a pace: seconds until each was there, calls, and when each flight began."""

    pace: Pace
    delays: Sequence[float]
    calls: int
    flights: Sequence[float]

    def ratios(self) -> list[Ratio]:
        """The lines of this pace."""
        rate = f"{self.pace.rate}/s"
        return [
            Ratio(
                f"p95 until a registration is in HubSpot, {rate}",
                percentile(self.delays, 95),
                "bound",
                self.pace.bound,
                "s",
                target=1.0,
            ),
            Ratio(
                f"HubSpot calls per registration, {rate}",
                self.calls / len(self.delays),
                "each person alone",
                CALLS_ALONE,
                "calls",
                target=0.5,
            ),
            Ratio(
                f"shortest time between two flights, {rate}",
                min(gaps_between(self.flights), default=COALESCE_SECONDS),
                "ROLLCALL_COALESCE_SECONDS",
                COALESCE_SECONDS,
                "s",
                is_better_low=False,
            ),
        ]


def measure_arrivals(paces: Sequence[Pace] = PACES, enrolled: int = 60) -> list[Ratio]:
    """Let people sign up at each pace, and contacts be enrolled, in a trial of its own.

    Raises `TrialFailed`.
    """
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name,
        open_trial(
            Path(name),
            ROLLCALL_COALESCE_SECONDS=f"{COALESCE_SECONDS:g}",
            ROLLCALL_TICK_SECONDS="5",
            ROLLCALL_WORKERS="2",
        ) as trial,
    ):
        trial.simulated.call("PATCH", "/limits", {"latency_seconds": LATENCY_SECONDS})
        play = _Play(trial, move_in(trial.simulated, trial.rollcall_url, PORTAL))
        play.warm_up()
        arrived = [play.at(pace) for pace in paces]
        completed = play.workflow(enrolled, WORKFLOW_RATE)
    return [*(ratio for one in arrived for ratio in one.ratios()), completed]


def gaps_between(moments: Sequence[float]) -> list[float]:
    """Seconds between each moment and the next."""
    return [after - before for before, after in pairwise(moments)]


@dataclass(slots=True)
class _Play:
    trial: Trial
    tenant: Tenant
    signed_up: int = 0

    def warm_up(self) -> None:
        """The first registration brings the first read of everything; it is not measured."""
        self.tenant.customer.api("PATCH", "/settings", {"webinar_sync": "all"})
        self._send([0.0])
        self._await_all()

    def at(self, pace: Pace) -> Arrived:
        """People sign up at this pace, by chance; when each was there."""
        time.sleep(QUIET_SECONDS)
        self.trial.simulated.call("DELETE", "/journal")
        source = random.Random(pace.rate)
        pauses = [source.expovariate(pace.rate) for _ in range(ceil(pace.rate * pace.seconds))]
        taken_in = self._send(pauses)
        self._await_all()
        there = registered_at(self.trial.simulated, self.tenant)
        calls = self.trial.simulated.call(
            "GET", "/journal", platform="hubspot", tenant=PORTAL, entries=50_000
        )
        return Arrived(
            pace,
            [there[email] - began for email, began in taken_in.items()],
            int(calls["total"]),
            [_moment(call) for call in calls["entries"] if call["route"].endswith("batch/read")],
        )

    def workflow(self, count: int, rate: int) -> Ratio:
        """Contacts come to the action at this pace; calls that tell HubSpot what became of them.

        The webinar is asked for by several at a time, so most of them have to wait for an answer.
        """
        time.sleep(QUIET_SECONDS)
        simulated, tenant = self.trial.simulated, self.tenant
        people = [
            {"email": f"enrolled{n:04d}@northquay.example", "firstname": "Ingrid"}
            for n in range(count)
        ]
        path = f"/hubspot/portals/{PORTAL}/contacts"
        ids = simulated.call("POST", path, {"contacts": people})["ids"]
        simulated.call("DELETE", "/journal")
        wanted = {
            "portal_id": int(PORTAL),
            "url": f"{self.trial.rollcall_url}/actions/add-to-webinar",
            "input_fields": {"webinarId": tenant.webinar_id},
        }
        began = time.monotonic()
        with ThreadPoolExecutor(WAITING_AT_ONCE) as crew:
            for number, contact_id in enumerate(ids):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                one = wanted | {"contact_id": contact_id}
                crew.submit(simulated.call, "POST", "/hubspot/workflow-action", one)
        wait_for(self._has_told_all, "every workflow to go on", self.trial.rollcall)
        seconds = time.monotonic() - began
        told = simulated.call("GET", "/hubspot/callbacks")["completed"]
        return Ratio(
            f"calls that tell workflows what became of {len(told)} of {count} contacts, {rate}/s",
            count_calls(simulated, "/actions/callbacks/"),
            f"one every {COALESCE_SECONDS:g} s, and the first",
            1 + ceil(seconds / COALESCE_SECONDS),
            "calls",
            target=1.0,
            is_count=True,
        )

    def _has_told_all(self) -> bool:
        time.sleep(LOOK_SECONDS)
        asked = self.trial.simulated.call("GET", "/hubspot/callbacks")["executions"]
        return all(one["state"] == "done" for one in asked)

    def _send(self, pauses: Sequence[float]) -> dict[str, float]:
        """Somebody signs up after each pause; when the door had taken in each, by address."""
        sender = Sender(self.trial.rollcall_url)
        taken_in: dict[str, float] = {}
        due = time.monotonic()
        for number, pause in enumerate(pauses, self.signed_up):
            due += pause
            time.sleep(max(0.0, due - time.monotonic()))
            [person] = sign_up(self.trial.simulated, self.tenant, [f"guest{number:05d}"])
            sender.insist(person.body)
            taken_in[person.email] = time.time()
        sender.close()
        self.signed_up += len(pauses)
        return taken_in

    def _await_all(self) -> None:
        trial = self.trial
        await_registered(
            trial.simulated, self.tenant, self.signed_up, ARRIVAL_SECONDS, trial.rollcall
        )


def registered_at(simulated: Simulated, tenant: Tenant) -> dict[str, float]:
    """When HubSpot recorded each person's registration (epoch seconds), by address."""
    contacts = simulated.contacts(tenant.portal_id)
    emails = {contact["id"]: email for email, contact in contacts.items()}
    events = simulated.call("GET", f"/hubspot/portals/{tenant.portal_id}/marketing-events")
    return {
        emails[person["contact_id"]]: datetime.fromisoformat(person["recorded_at"]).timestamp()
        for event in events["results"]
        for person in event["participations"]
    }


def count_calls(simulated: Simulated, part: str) -> int:
    """How often HubSpot was called for the portal at routes with this in them."""
    calls = simulated.journal(PORTAL)["calls"]
    return sum(call["count"] for call in calls if part in call["route"])


def _moment(call: dict[str, Any]) -> float:
    return datetime.fromisoformat(call["at"]).timestamp()
