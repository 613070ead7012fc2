"""One seed of the fault campaign: a customer's webinar under faults, until everything is quiet.

A second customer, with a small webinar of its own, is there all the while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from commands.chaos.faults import STOPPING
from commands.chaos.plan import Campaign, Planned
from commands.customer import Customer
from commands.trial import Trial, TrialFailed, wait_for
from store.database import open_database, reading
from store.figures import read_figures

HOUR, HELD_MINUTES = 3600, 55
"""The scene's webinar lasts 55 minutes."""

MINUTES_PLANNED = 180
"""As if it went on for hours: nothing is read as over before it was held."""

MAIN_PORTAL, OTHER_PORTAL = "4242", "4343"
LATENCY_SECONDS = 0.4
RETRY_SCALE = 0.005
"""Zoom comes again after 1.5, 6 and 18 seconds instead of 5, 20 and 60 minutes."""

LIVE_SHARE, LIVE_PREFIX = 4, "live"
PATIENCE_SECONDS = 4.0
PLACED_SECONDS = 400.0
QUIET_SECONDS = 600.0
STILL_SECONDS = 4.0


@dataclass(slots=True)
class Tenant:
    """A customer and the webinar that takes place; ``played`` is what the scene says of it."""

    trial: Trial
    customer: Customer
    played: dict[str, Any]

    @property
    def portal_id(self) -> str:
        """The customer's portal."""
        return str(self.played["portal_id"])

    @property
    def account_id(self) -> str:
        """The customer's Zoom account."""
        return str(self.played["account_id"])

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

    def has_settled(self) -> bool:
        """Whether Rollcall says that it is done with the webinar."""
        settled = self.customer.attempt(
            lambda: self.customer.has_settled(self.webinar_id), self.portal_id
        )
        return bool(settled)


@dataclass(slots=True)
class Play:
    """A trial with two customers: ``main``, whose webinar is held under faults, and ``other``.

    ``done`` are the faults done so far; ``stopped_at`` those that stopped processes, and when.
    """

    trial: Trial
    main: Tenant
    other: Tenant
    campaign: Campaign
    done: list[str]
    stopped_at: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def tenants(self) -> tuple[Tenant, Tenant]:
        """Both customers."""
        return self.main, self.other


def play(trial: Trial, campaign: Campaign, people: int, done: list[str]) -> Play:
    """Install, register, hold the webinar, all under the campaign's faults; then end them.

    Adds each fault to ``done`` as it is done. Raises `TrialFailed` when it gets stuck.
    """
    other = _install_other(trial)
    under_way = Play(trial, _install(trial, campaign, people), other, campaign, done)
    done += [campaign.luck.name] if campaign.luck.name else []
    live = people // LIVE_SHARE
    _register_and_strike(under_way, live)
    _await_first_read(under_way.main)
    _hold_webinar(under_way)
    _count_live(under_way.main.played, live)
    _strike(under_way, campaign.after)
    _calm_down(under_way)
    return under_way


def settle(under_way: Play) -> None:
    """Wait until nothing is left to do. Raises `TrialFailed` when that takes too long."""
    wait_for(
        lambda: _is_quiet(under_way) and _stays_quiet(under_way),
        "everything to be settled and quiet",
        under_way.trial.rollcall,
        seconds=QUIET_SECONDS,
    )


def _install_other(trial: Trial) -> Tenant:
    """The bystander's webinar is over before Rollcall comes."""
    played = trial.simulated.scene("small", portal_id=OTHER_PORTAL, silent=True)
    expected = played["expected"]
    lasting = played["registrants"] - expected["cancelled"]
    in_sync = expected["in_sync"] - expected["cancelled"]
    played["expected"] |= {"zoom_people": lasting, "in_sync": in_sync}
    # Whoever cancelled before that left no trace in Zoom's lists.
    path = f"/zoom/webinars/{played['webinar_id']}"
    for person in trial.simulated.call("GET", path)["registrants"]:
        if person["status"] == "cancelled":
            gone = f"{path}/registrants/{person['id']}"
            trial.simulated.call("DELETE", gone, {"silent": True})
    played["attendance"] = {
        email: {"percent": 100 * seconds / HOUR} for email, seconds in played["attendance"].items()
    }
    customer = Customer(trial.rollcall_url)
    _connect(trial, customer, played)
    return Tenant(trial, customer, played)


def _connect(trial: Trial, customer: Customer, plan: dict[str, Any]) -> None:
    customer.install_scene(trial.simulated, plan)
    customer.api("PATCH", "/settings", {"webinar_sync": "all", **plan["settings"]})


def _install(trial: Trial, campaign: Campaign, people: int) -> Tenant:
    simulated = trial.simulated
    simulated.call("PATCH", "/limits", {"latency_seconds": LATENCY_SECONDS})
    plan = simulated.scene(
        "demo",
        portal_id=MAIN_PORTAL,
        people=people - people // LIVE_SHARE,
    )
    longer = {"duration": MINUTES_PLANNED, "silent": True}
    simulated.call("PATCH", f"/zoom/webinars/{plan['webinar_id']}", longer)
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
    customer = Customer(trial.rollcall_url)
    _connect(trial, customer, plan)
    return Tenant(trial, customer, plan)


def _register_and_strike(under_way: Play, live: int) -> None:
    """More people sign up, in as many waves as there are faults, and one more at the end."""
    planned = under_way.campaign.before
    waves = len(planned) + 1
    for number in range(waves):
        guests = range(number * live // waves, (number + 1) * live // waves)
        under_way.trial.simulated.call(
            "POST",
            f"/zoom/webinars/{under_way.main.webinar_id}/registrants",
            {"registrants": [_guest(number) for number in guests]},
        )
        _strike(under_way, planned[number : number + 1])


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


def _hold_webinar(under_way: Play) -> None:
    """The webinar takes place and ends now, and its plan is corrected to the time it took.

    The notice of its end may be lost, and nothing is read before the planned end then; so the
    notice of the new plan never is.
    """
    simulated, main = under_way.trial.simulated, under_way.main
    luck = under_way.campaign.luck
    path = f"/zoom/webinars/{main.webinar_id}"
    simulated.call("PATCH", path, {"start_time": -60 * HELD_MINUTES, "silent": True})
    main.played |= simulated.scene("demo-webinar", report=list(luck.report))
    simulated.call("PATCH", "/zoom/webhooks", {"drop_rate": 0.0})
    simulated.call("PATCH", path, {"duration": HELD_MINUTES})
    simulated.call("PATCH", "/zoom/webhooks", {"drop_rate": luck.drop_rate})


def _await_first_read(tenant: Tenant) -> None:
    """Until Rollcall has placed everybody who was registered before it came.

    Somebody who cancels before that leaves no trace in Zoom's lists, and a contact that is deleted
    before that was never known as one.
    """
    customer = tenant.customer
    wanted = {
        person["email"].lower()
        for person in tenant.zoom_truth()["registrants"]
        if person["status"] == "approved" and not person["email"].startswith(LIVE_PREFIX)
    }

    def are_placed() -> bool:
        people = customer.attempt(lambda: customer.people(tenant.webinar_id), tenant.portal_id)
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
        struck_at = datetime.now(UTC)
        was_done = one.fault.strike(under_way.trial)
        if was_done and isinstance(one.fault, STOPPING):
            under_way.stopped_at.append((one.fault.name, struck_at))
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
    simulated = under_way.trial.simulated
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
    return all(tenant.has_settled() for tenant in under_way.tenants)


def _stays_quiet(under_way: Play) -> bool:
    """Whether it is still quiet, and nothing was written, a little later."""

    def writes() -> int:
        simulated = under_way.trial.simulated
        return sum(
            int(simulated.journal(tenant.portal_id)["writes"]) for tenant in under_way.tenants
        )

    before = writes()
    time.sleep(STILL_SECONDS)
    return writes() == before and _is_quiet(under_way)
