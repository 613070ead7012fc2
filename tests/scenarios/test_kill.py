"""Whole processes are killed and Redis is emptied in the middle of a sync; nothing is lost.

Real processes on a real database and a real Valkey, as `./run serve` starts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from redis import Redis

from commands.chaos.findings import held_by
from commands.chaos.invariants import inversions, repeated_effects
from commands.customer import Customer
from commands.embedded import valkey_url
from commands.trial import Trial, open_trial, wait_for

REGISTRANTS, ATTENDEES = 800, 450
PATIENCE = 110.0


@dataclass
class Sync:
    """A customer whose webinar has just begun to be synced."""

    trial: Trial
    customer: Customer
    portal_id: str
    webinar_id: str

    @property
    def writes(self) -> dict[str, Any]:
        """What has been written to HubSpot so far."""
        written: dict[str, Any] = self.trial.simulated.summary(self.portal_id)["writes"]
        return written

    def wait_until(self, verb: str, at_least: int) -> None:
        """Return once HubSpot has so many of them; there are more to come."""
        wait_for(lambda: self.writes[verb] >= at_least, f"{at_least} {verb}", seconds=PATIENCE)

    def expect_complete(self) -> None:
        """Everybody arrives once, with an outcome, and the balance holds."""
        wait_for(
            lambda: self.customer.has_settled(self.webinar_id),
            "everybody to have an outcome",
            self.trial.rollcall,
            seconds=PATIENCE,
        )
        held = held_by(self.trial.simulated, self.portal_id)
        assert repeated_effects(held) + inversions(held) == []
        assert len(held.contacts) == REGISTRANTS
        (event,) = held.events
        states = [person["verbs"] for person in event["participations"]]
        assert len(states) == REGISTRANTS
        assert sum("attend" in verbs for verbs in states) == ATTENDEES
        webinar = self.customer.webinar(self.webinar_id)
        assert webinar is not None
        assert webinar["occurrences"][0]["counts"]["in_sync"] == REGISTRANTS


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    """A sync that has begun, slow enough to be hit in the middle."""
    with open_trial(tmp_path) as trial:
        simulated = trial.simulated
        scene = simulated.scene("big", registrants=REGISTRANTS, attendees=ATTENDEES)
        customer = Customer(trial.rollcall_url)
        portal_id = str(scene["portal_id"])
        customer.install_scene(simulated, scene)
        simulated.call("PATCH", "/limits", {"latency_seconds": 0.4})
        customer.api("PATCH", "/settings", {"webinar_sync": "all"})
        yield Sync(trial, customer, portal_id, str(scene["webinar_id"]))


def worker_processes(trial: Trial) -> list[psutil.Process]:
    """The worker of the bulk pool, its work-horse and its guard."""
    everything = psutil.Process(trial.rollcall.pid).children(recursive=True)
    workers = [p for p in everything if p.cmdline()[-2:] == ["commands.workers", "bulk"]]
    return [*workers, *(child for p in workers for child in p.children(recursive=True))]


@pytest.mark.slow
def test_a_killed_worker_and_an_emptied_redis_lose_nobody_and_repeat_nothing_F05_F12(
    sync: Sync,
) -> None:
    """Other moments and other faults are tried by `./run chaos`."""
    sync.wait_until("contacts_created", 300)
    killed = worker_processes(sync.trial)
    for process in killed:
        process.kill()
    assert killed

    sync.wait_until("registered", 300)
    redis = Redis.from_url(valkey_url(sync.trial.data_dir))
    redis.flushall()
    redis.close()
    # Sessions are gone too; the work goes on meanwhile.
    sync.customer.sign_in(sync.portal_id)

    sync.expect_complete()
