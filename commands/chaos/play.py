"""One seed of the fault campaign: a customer's webinar under faults, until everything is quiet."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from commands.chaos.faults import Campaign, Planned
from commands.customer import Customer
from commands.trial import Trial, TrialFailed, wait_for
from store.database import open_database, reading
from store.figures import read_figures

PLANNED_END_SECONDS = 150
"""So long after the registrations the webinar is planned to end; nothing is read before that when
the notice of its end is lost."""

LATENCY_SECONDS = 0.4
RETRY_SCALE = 0.005
"""Zoom comes again after 1.5, 6 and 18 seconds instead of 5, 20 and 60 minutes."""

LIVE_SHARE, LIVE_PREFIX = 4, "live"
PATIENCE_SECONDS = 10.0
PLACED_SECONDS = 150.0
QUIET_SECONDS = 300.0
STILL_SECONDS = 4.0


@dataclass(slots=True)
class Play:
    """A trial with one customer. ``played`` is what the scene says of people and attendance."""

    trial: Trial
    customer: Customer
    campaign: Campaign
    played: dict[str, Any]
    done: list[str]

    @property
    def portal_id(self) -> str:
        """The customer's portal."""
        return str(self.played["portal_id"])

    @property
    def webinar_id(self) -> str:
        """The webinar that takes place."""
        return str(self.played["webinar_id"])

    def zoom_truth(self) -> dict[str, Any]:
        """The webinar as Zoom has it."""
        truth: dict[str, Any] = self.trial.simulated.call(
            "GET", f"/zoom/webinars/{self.webinar_id}"
        )
        return truth


def play(trial: Trial, campaign: Campaign, people: int, done: list[str]) -> Play:
    """Install, register, hold the webinar, all under the campaign's faults; then end them.

    Adds each fault to ``done`` as it is done. Raises `TrialFailed` when it gets stuck.
    """
    under_way = _install(trial, campaign, people, done)
    _register_and_strike(under_way, people // LIVE_SHARE)
    _await_first_read(under_way)
    live = under_way.played["live"]
    under_way.played |= trial.simulated.scene("demo-webinar")
    _count_live(under_way.played, live)
    _strike(under_way, campaign.after)
    _calm_down(under_way)
    return under_way


def find_unrest(under_way: Play) -> list[str]:
    """Wait until nothing is left to do; broken when that takes too long."""
    try:
        wait_for(
            lambda: _is_quiet(under_way) and _stays_quiet(under_way),
            "everything to be settled and quiet",
            under_way.trial.rollcall,
            seconds=QUIET_SECONDS,
        )
    except TrialFailed as error:
        return [str(error)]
    return []


def _install(trial: Trial, campaign: Campaign, people: int, done: list[str]) -> Play:
    simulated = trial.simulated
    simulated.call("PATCH", "/limits", {"latency_seconds": LATENCY_SECONDS})
    # The planned duration is an hour.
    plan = simulated.scene(
        "demo", people=people - people // LIVE_SHARE, starts_in=PLANNED_END_SECONDS - 3600
    )
    account = simulated.call("GET", f"/zoom/accounts/{plan['account_id']}")
    customer = Customer(trial.rollcall_url)
    customer.install(str(plan["portal_id"]), plan["account_id"], account["users"][0]["id"])
    luck = campaign.luck
    simulated.call(
        "PATCH",
        "/zoom/webhooks",
        {
            "drop_rate": luck.drop_rate,
            "duplicate_rate": luck.duplicate_rate,
            "shuffle": luck.shuffle,
            "retry_scale": RETRY_SCALE,
        },
    )
    customer.api("PATCH", "/settings", {"webinar_sync": "all", **plan["settings"]})
    done += [luck.name] if luck.name else []
    return Play(trial, customer, campaign, plan, done)


def _register_and_strike(under_way: Play, live: int) -> None:
    """More people sign up, in as many waves as there are faults, and one more at the end."""
    planned = under_way.campaign.before
    waves = len(planned) + 1
    for number in range(waves):
        guests = range(number * live // waves, (number + 1) * live // waves)
        under_way.trial.simulated.call(
            "POST",
            f"/zoom/webinars/{under_way.webinar_id}/registrants",
            {"registrants": [_guest(number) for number in guests]},
        )
        _strike(under_way, planned[number : number + 1])
    under_way.played["live"] = live


def _guest(number: int) -> dict[str, str]:
    return {
        "email": f"{LIVE_PREFIX}{number:04d}@fjordline.example",
        "first_name": "Live",
        "last_name": f"Guest {number}",
    }


def _count_live(played: dict[str, Any], live: int) -> None:
    """Those who signed up live did not come; they are in sync like everybody else."""
    played["expected"]["in_sync"] += live
    played["expected"]["zoom_people"] += live


def _await_first_read(under_way: Play) -> None:
    """Until Rollcall has placed everybody who was registered before it came.

    Somebody who cancels before that leaves no trace in Zoom's lists, and a contact that is deleted
    before that was never known as one.
    """
    customer = under_way.customer
    wanted = {
        person["email"].lower()
        for person in under_way.zoom_truth()["registrants"]
        if person["status"] == "approved" and not person["email"].startswith(LIVE_PREFIX)
    }

    def are_placed() -> bool:
        people = customer.attempt(
            lambda: customer.people(under_way.webinar_id), under_way.portal_id
        )
        placed = {person["email"] for person in people or () if person["outcome"] != "waiting"}
        return wanted <= placed

    wait_for(are_placed, "those registered before to be placed", seconds=PLACED_SECONDS)


def _strike(under_way: Play, planned: Sequence[Planned]) -> None:
    """Do faults, each at its moment; a moment that does not come is not waited for long."""
    simulated = under_way.trial.simulated

    def calls() -> int:
        return int(simulated.call("GET", "/journal")["total"])

    for one in planned:
        wanted = calls() + one.after_calls
        _wait_at_most(PATIENCE_SECONDS, lambda wanted=wanted: calls() >= wanted)  # type: ignore[misc]
        time.sleep(one.seconds)
        was_done = one.fault.strike(under_way.trial)
        under_way.done.append(one.fault.name if was_done else f"{one.fault.name}: nothing there")


def _wait_at_most(seconds: float, condition: Callable[[], bool]) -> None:
    try:
        wait_for(condition, "a moment", seconds=seconds)
    except TrialFailed:
        return


def _calm_down(under_way: Play) -> None:
    simulated = under_way.trial.simulated
    simulated.call("DELETE", "/faults")
    calm = {"drop_rate": 0.0, "duplicate_rate": 0.0, "shuffle": False}
    simulated.call("PATCH", "/zoom/webhooks", calm)
    simulated.call("PATCH", "/limits", {"latency_seconds": 0.0})


def _is_quiet(under_way: Play) -> bool:
    """Whether Zoom has nothing on its way, nothing is queued here, and the webinar is settled."""
    simulated, customer = under_way.trial.simulated, under_way.customer
    if simulated.call("GET", "/zoom/webhooks", entries=0)["pending"]:
        return False
    database = open_database(f"sqlite:///{under_way.trial.data_dir / 'rollcall.db'}")
    try:
        with reading(database) as connection:
            figures = read_figures(connection, datetime.now(UTC))
    finally:
        database.dispose()
    if figures.deliveries["new"] or any(figures.runs.values()):
        return False
    settled = customer.attempt(
        lambda: customer.has_settled(under_way.webinar_id), under_way.portal_id
    )
    return bool(settled)


def _stays_quiet(under_way: Play) -> bool:
    """Whether it is still quiet, and nothing was written, a little later."""

    def writes() -> int:
        return int(under_way.trial.simulated.journal(under_way.portal_id)["writes"])

    before = writes()
    time.sleep(STILL_SECONDS)
    return writes() == before and _is_quiet(under_way)
