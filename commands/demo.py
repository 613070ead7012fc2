"""The demo: a customer installs Rollcall, a webinar takes place, and what came of it is told."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from commands.customer import Customer
from commands.demo_plugins import PLUGINS, Channel, open_channel, show_plugins, switch_on
from commands.demo_progress import LONGEST_SECONDS, open_progress, watch
from commands.demo_recordings import find_missing_recordings
from commands.demo_report import find_faults, show_second_sync, show_what_landed
from commands.demo_warnings import TIMING, tell_warnings
from commands.examples import lay_out
from commands.trial import Trial, TrialFailed, open_trial, wait_for

SIMULATOR_PORT, WEB_PORT = 8100, 8000
RECORDING_SECONDS = 60.0
WIDTH = 140
SCENES = {
    "webinar": "Zoom tells of everything by webhook",
    "silent": "Zoom's webhooks are switched off, and everything is found by reading",
    "warnings": "a week of small webinars shows each warning, and what makes it go away",
}


@click.command()
@click.option("--once", is_flag=True, help="Stop afterwards; exit 0, or 1 if anything is missing.")
@click.option(
    "--scene",
    type=click.Choice(list(SCENES)),
    default="webinar",
    show_default=True,
    help="; ".join(f"{name}: {told}" for name, told in SCENES.items()),
)
@click.option(
    "--people",
    type=click.IntRange(20, 20_000),
    default=500,
    show_default=True,
    help="How many register; the scene warnings has people of its own.",
)
def command(once: bool, scene: str, people: int) -> None:
    """Play a webinar through both simulated platforms and show what landed in HubSpot."""
    # Wide enough for the reasons; a narrower terminal folds the lines by itself.
    screen = Console(highlight=False, soft_wrap=True, width=max(WIDTH, Console().width))
    # A terminal that closes, or a supervisor, ends the demo as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ports = None if once else (SIMULATOR_PORT, WEB_PORT)
    with tempfile.TemporaryDirectory(prefix="rollcall-demo-") as name:
        try:
            with ExitStack() as stack:
                if scene == "warnings":
                    trial = stack.enter_context(open_trial(Path(name), ports=ports, **TIMING))
                    faults = tell_warnings(screen, trial)
                else:
                    plugins = lay_out(Path(name) / "plugins", *PLUGINS)
                    channel = stack.enter_context(open_channel())
                    trial = stack.enter_context(
                        open_trial(Path(name), ports=ports, PYTHONPATH=str(plugins))
                    )
                    faults = tell(screen, trial, scene, people, channel)
                for fault in faults:
                    screen.print(f"[red]missing:[/red] {fault}")
                if not once:
                    _stay_open(screen, trial)
        except TrialFailed as error:
            screen.print(f"The demo stopped: {error}", style="red", markup=False)
            sys.exit(1)
        except KeyboardInterrupt:
            screen.print("Stopped.")
            sys.exit(130)
    sys.exit(1 if faults else 0)


def tell(screen: Console, trial: Trial, scene: str, people: int, channel: Channel) -> list[str]:
    """Play the scene and show what came of it; what is missing, a sentence each."""
    simulated = trial.simulated
    simulated.call("PATCH", "/zoom/webhooks", {"enabled": scene != "silent"})
    plan = simulated.scene("demo", people=people, **_schedule(scene, people))
    portal_id, webinar_id = str(plan["portal_id"]), str(plan["webinar_id"])
    screen.print(f"{plan['registrants']} people registered for a webinar. {SCENES[scene]}.")

    customer = Customer(trial.rollcall_url)
    customer.install_scene(simulated, plan)
    switch_on(simulated, customer, portal_id, channel)
    wanted = {"webinar_sync": "all", "recording_sync": "all", **plan["settings"]}
    customer.api("PATCH", "/settings", wanted)
    screen.print(
        "A customer installed Rollcall into HubSpot and Zoom, switched webinars and recordings on, "
        f"and excluded {', '.join(plan['settings']['excluded_contact_domains'])}."
    )
    with open_progress(screen) as progress:
        watch(
            progress,
            trial,
            "Registrations",
            plan["registrants"],
            lambda: _decided(customer.webinar(webinar_id)),
        )
        played = simulated.scene("demo-webinar", silent=scene == "silent")
        watch(
            progress,
            trial,
            "Attendances in HubSpot",
            played["expected"]["attended"],
            lambda: simulated.summary(portal_id)["writes"]["attended"],
        )
        faults = _await_the_end(progress, trial, customer, webinar_id)
        faults += _await_recordings(progress, trial, portal_id, played)
    show_what_landed(screen, simulated, customer, played)
    faults += show_plugins(screen, simulated, portal_id, channel, trial.rollcall)
    faults += find_faults(simulated, customer, played)
    return faults + show_second_sync(screen, simulated, customer, played)


def _schedule(scene: str, people: int) -> dict[str, int]:
    """When the webinar is planned to start, in seconds from now.

    Without webhooks Rollcall reads at the planned end, which must lie behind the registrations.
    """
    planned_seconds = 3600
    return {"starts_in": 40 + people // 50 - planned_seconds} if scene == "silent" else {}


def _decided(webinar: dict[str, Any] | None) -> int:
    """How many people of the webinar have an outcome that does not wait for us."""
    if webinar is None or not webinar["occurrences"]:
        return 0
    (occurrence,) = webinar["occurrences"]
    counts = occurrence["counts"]
    # Whoever waits for the host's approval is the only one left waiting in the end.
    return int(sum(counts.values()) - max(0, counts["waiting"] - 1))


def _await_the_end(
    progress: Progress, trial: Trial, customer: Customer, webinar_id: str
) -> list[str]:
    """Wait until the numbers are settled; a fault when that takes too long."""
    task = progress.add_task("Settled", total=1)
    try:
        wait_for(
            lambda: customer.has_settled(webinar_id),
            "the webinar to be settled and in balance",
            trial.rollcall,
            seconds=LONGEST_SECONDS,
        )
    except TrialFailed as error:
        return [str(error)]
    progress.update(task, completed=1)
    return []


def _await_recordings(
    progress: Progress, trial: Trial, portal_id: str, played: dict[str, Any]
) -> list[str]:
    """Wait until recording and transcript are where they belong; what of them is missing."""
    task = progress.add_task("Recording, transcript", total=2)

    def is_complete() -> bool:
        missing = find_missing_recordings(trial.simulated, portal_id, played)
        progress.update(task, completed=2 - min(2, len(missing)))
        return not missing

    try:
        wait_for(is_complete, "the recording", trial.rollcall, seconds=RECORDING_SECONDS)
    except TrialFailed:
        return find_missing_recordings(trial.simulated, portal_id, played)
    return []


def _stay_open(screen: Console, trial: Trial) -> None:
    portals = trial.simulated.call("GET", "/hubspot/portals")["portals"]
    screen.print(
        f"\nRollcall's console: {trial.rollcall_url}/console/\n"
        f"  signed in with one click: {trial.simulated.base}/portals/{portals[0]['id']}/app\n"
        f"HubSpot and Zoom, simulated: {trial.simulated.base}\n"
        "Ctrl-C stops everything."
    )
    while trial.rollcall.is_running and trial.simulator.is_running:
        time.sleep(0.5)
    raise TrialFailed("a part of it ended by itself")
