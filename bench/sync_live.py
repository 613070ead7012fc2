"""Calls after a webinar whose registrations came live, each by its webhook, before it began."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.journal import Calls
from bench.ratio import Ratio
from bench.size import Size
from bench.stage import PORTAL_ID, Stage, slow_down
from commands.customer import Customer
from commands.trial import Trial, open_trial

ACCOUNT_ID = "bench-zoom-account"
HOST = {"email": "anna@acme.example", "first_name": "Anna", "last_name": "Admin"}
AT_ONCE = 500
"""Registrations sent together; each is a webhook of its own."""

RETRY_SCALE = 0.005
"""Where the machine is too slow to answer in time, Zoom comes again after 1.5 s, not 5 minutes."""

SOON, AGO, HELD_MINUTES = 2 * 3600, -3600, 59
WHOLE, LEFT_AND_BACK = [[60, 3_500]], [[60, 1_500], [1_800, 3_500]]
"""Seconds after the start at which an attendee is there."""


def measure_sync_after_live(size: Size, slowness: float = 1.0) -> list[Ratio]:
    """Register, hold and sync a webinar of that size in a trial of its own.

    Raises `TrialFailed`.
    """
    with open_upcoming(size) as stage:
        register_live(stage)
        slow_down(stage.simulated, slowness)
        return ratios_of(size, sync_after(stage))


@contextmanager
def open_upcoming(size: Size) -> Iterator[Stage]:
    """A webinar that nobody has registered for yet, and Rollcall syncing it."""
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name,
        open_trial(Path(name)) as trial,
    ):
        yield _plan(trial, size)


def register_live(stage: Stage) -> None:
    """Everybody signs up, and Rollcall is told of each; wait until all are in HubSpot."""
    stage.simulated.call("PATCH", "/zoom/webhooks", {"retry_scale": RETRY_SCALE})
    path = f"/zoom/webinars/{stage.webinar_id}/registrants"
    for first in range(0, stage.size.registrants, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, stage.size.registrants))
        stage.simulated.call("POST", path, {"registrants": [_guest(n) for n in numbers]})
        stage.wait("the webhooks to be taken", lambda: not _on_their_way(stage))
    stage.wait("everybody to be in HubSpot", lambda: _is_everybody_there(stage))
    stage.wait_quiet()


def sync_after(stage: Stage) -> Calls:
    """Hold the webinar as if an hour ago, and wait until its attendance is in HubSpot."""
    size, path = stage.size, f"/zoom/webinars/{stage.webinar_id}"
    came = [
        {
            "email": _guest(number)["email"],
            "sessions": LEFT_AND_BACK if number < size.rejoining else WHOLE,
        }
        for number in range(size.attendees)
    ]
    stage.forget_calls()
    stage.simulated.call("PATCH", path, {"start_time": AGO, "silent": True})
    stage.simulated.call("POST", f"{path}/play", {"end_time": 0, "participants": came})
    # The plan was for later, and nothing is read before its end: tell that it is over.
    stage.simulated.call("PATCH", path, {"duration": HELD_MINUTES})
    stage.wait_settled()
    stage.wait_quiet()
    stage.check()
    return stage.hubspot_calls()


def ratios_of(size: Size, calls: Calls) -> list[Ratio]:
    """The line of the table."""
    return [
        Ratio(
            "HubSpot calls after the webinar, registrations came live",
            calls.total,
            "fewest possible",
            size.fewest_calls_afterwards,
            "calls",
            target=1.10,
            is_count=True,
        )
    ]


def _plan(trial: Trial, size: Size) -> Stage:
    simulated = trial.simulated
    simulated.call("POST", "/hubspot/portals", {"id": int(PORTAL_ID)})
    account = simulated.call("POST", "/zoom/accounts", {"account_id": ACCOUNT_ID, "users": [HOST]})
    planned = {"topic": "A webinar to come", "start_time": SOON, "silent": True}
    webinar = simulated.call("POST", f"/zoom/accounts/{ACCOUNT_ID}/webinars", planned)
    customer = Customer(trial.rollcall_url)
    customer.install(PORTAL_ID, ACCOUNT_ID, account["users"][0]["id"])
    stage = Stage(trial, customer, str(webinar["webinar_id"]), size)
    stage.begin()
    stage.wait("the webinar to be found", lambda: customer.webinar(stage.webinar_id))
    stage.wait_quiet()
    return stage


def _guest(number: int) -> dict[str, str]:
    return {
        "email": f"live-guest{number:05d}@northquay.example",
        "first_name": "Live",
        "last_name": f"Guest {number}",
    }


def _on_their_way(stage: Stage) -> int:
    return int(stage.simulated.call("GET", "/zoom/webhooks", entries=0)["pending"])


def _is_everybody_there(stage: Stage) -> Any:
    webinar = stage.customer.webinar(stage.webinar_id)
    counts = [occurrence["counts"] for occurrence in webinar["occurrences"]] if webinar else []
    return sum(count["in_sync"] for count in counts) == stage.size.registrants
