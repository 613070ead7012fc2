"""A customer with a webinar before a whole Rollcall, and the platforms' latencies.

Every measurement of syncs and every flow it is held against has the same people, latencies and
limits. Latencies are assumed, not measured: a quarter of a second a call to HubSpot and four
milliseconds for each record in it, 0.4 s a call to Zoom.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cpu import seconds_below
from bench.journal import Calls, calls_of
from bench.size import Size
from commands.customer import Customer
from commands.trial import Simulated, Trial, TrialFailed, open_trial, wait_for
from store.database import open_database, reading
from store.figures import read_figures

HUBSPOT_SECONDS, RECORD_SECONDS, ZOOM_SECONDS = 0.25, 0.004, 0.4
PORTAL_ID = "4242"
LOOK_SECONDS = 0.5
SYNC_SECONDS, SECONDS_A_PERSON = 600.0, 0.05
"""What is waited for at most, so that a sync which is stuck ends the measurement."""

WORKERS = "commands.workers"


@dataclass(frozen=True, slots=True)
class Stage:
    """A webinar of a customer, not synced yet. ``webinar_id`` is Zoom's."""

    trial: Trial
    customer: Customer
    webinar_id: str
    size: Size

    @property
    def simulated(self) -> Simulated:
        """Both platforms."""
        return self.trial.simulated

    def begin(self) -> None:
        """Let Rollcall sync the customer's webinars from now on."""
        self.customer.api("PATCH", "/settings", {"webinar_sync": "all"})

    def forget_calls(self) -> None:
        """Count calls anew."""
        self.simulated.call("DELETE", "/journal")

    def hubspot_calls(self) -> Calls:
        """What HubSpot was called for the customer since."""
        return calls_of(self.simulated.journal(PORTAL_ID))

    def zoom_calls(self) -> Calls:
        """What Zoom was called since, the address of its consent page aside."""
        return calls_of(self.simulated.call("GET", "/journal", platform="zoom"))

    def worker_seconds(self) -> float:
        """Processor seconds the workers used since they were started, dead ones included."""
        return seconds_below(self.trial.rollcall.pid, WORKERS)

    def sync_again(self) -> None:
        """Press Sync now and wait until that run has ended. Raises `TrialFailed`."""
        path = f"/webinars/{self.webinar_id}/sync"
        run_id = self.customer.api("POST", path)["run_id"]
        self.wait(
            "the second sync",
            lambda: self.customer.api("GET", f"/runs/{run_id}")["state"] in ("done", "failed"),
        )

    def wait_settled(self) -> None:
        """Wait until the webinar's numbers are complete. Raises `TrialFailed`."""
        self.wait("the sync", lambda: self.customer.has_settled(self.webinar_id))

    def wait_quiet(self) -> None:
        """Wait until no run is under way or due. Raises `TrialFailed`."""
        self.wait("the last run to end", self._is_quiet)

    def wait(self, what: str, is_over: Callable[[], Any]) -> None:
        """As `wait_calmly`, for as long as a sync of so many people may take."""
        wait_calmly(
            self.trial, what, is_over, SYNC_SECONDS + self.size.registrants * SECONDS_A_PERSON
        )

    def check(self, app_events: int = 0) -> None:
        """A sync that left somebody out is no measurement. Raises `TrialFailed`."""
        writes = self.simulated.summary(PORTAL_ID)["writes"]
        wanted = {
            "registered": self.size.registrants,
            "attended": self.size.attendees,
            "app_events": app_events,
        }
        found = {name: writes[name] for name in wanted}
        if found != wanted:
            raise TrialFailed(f"HubSpot has {found} after the sync instead of {wanted}")

    def doubled(self) -> int:
        """Effects HubSpot holds twice, contacts that nobody registered as included."""
        held = self.simulated.summary(PORTAL_ID)
        strangers = abs(int(held["contacts"]) - self.size.registrants)
        return int(held["duplicate_effects"]) + strangers

    def _is_quiet(self) -> bool:
        database = open_database(f"sqlite:///{self.trial.data_dir / 'rollcall.db'}")
        try:
            with reading(database) as connection:
                return not any(read_figures(connection, datetime.now(UTC)).runs.values())
        finally:
            database.dispose()


def wait_calmly(trial: Trial, what: str, is_over: Callable[[], Any], seconds: float) -> None:
    """Look now and then only: whoever asks takes time from the machine that is measured.

    Raises `TrialFailed`.
    """

    def looked() -> bool:
        time.sleep(LOOK_SECONDS)
        return bool(is_over())

    wait_for(looked, what, trial.rollcall, trial.simulator, seconds=seconds)


@contextmanager
def open_stage(size: Size, slowness: float = 1.0, **environment: str) -> Iterator[Stage]:
    """A webinar that ended an hour ago, after the last delay: one read is all there is to do.

    Latencies are ``slowness`` times as assumed; ``environment`` changes how Rollcall is configured.
    Raises `TrialFailed`.
    """
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name,
        open_trial(Path(name), ports=None, **environment) as trial,
    ):
        stage = set_stage(trial, size)
        slow_down(trial.simulated, slowness)
        yield stage


def set_stage(trial: Trial, size: Size) -> Stage:
    """Play the webinar and install Rollcall."""
    simulated = trial.simulated
    scene = simulated.scene(
        "big",
        portal_id=PORTAL_ID,
        registrants=size.registrants,
        attendees=size.attendees,
        rejoin=size.rows / size.attendees,
    )
    customer = Customer(trial.rollcall_url)
    customer.install_scene(simulated, scene)
    stage = Stage(trial, customer, str(scene["webinar_id"]), size)
    # What is looked up once after an installation belongs to no sync.
    stage.wait("the webinar to be found", lambda: customer.webinar(stage.webinar_id))
    stage.wait("Zoom to be left alone", lambda: not _is_called(stage))
    return stage


def _is_called(stage: Stage) -> bool:
    """Whether Zoom is called just now."""
    before = stage.zoom_calls().total
    time.sleep(LOOK_SECONDS)
    return stage.zoom_calls().total != before


def slow_down(simulated: Simulated, slowness: float) -> None:
    """Give both platforms their latencies, so many times as long as assumed."""
    latencies = {
        "latency_seconds": HUBSPOT_SECONDS * slowness,
        "latency_per_item_seconds": RECORD_SECONDS * slowness,
    }
    simulated.call("PATCH", "/limits", latencies)
    longer = (ZOOM_SECONDS - HUBSPOT_SECONDS) * slowness
    slower = {"platform": "zoom", "kind": "slow", "seconds": longer}
    simulated.call("POST", "/faults", slower)
