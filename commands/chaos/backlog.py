"""The campaign of the backlog: it is worked off while workers die and Redis forgets.

The web process alone takes the deliveries in; then workers and scheduler start, and are struck.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console
from sqlalchemy import Engine, func, select

import store
from commands.chaos.faults import tell_valkey
from commands.chaos.page import save_figures, table
from commands.customer import Customer
from commands.demo_report import show_second_sync
from commands.processes import descendants
from commands.trial import (
    Process,
    Simulated,
    TrialFailed,
    answers,
    free_port,
    trial_environment,
    wait_for,
)
from config import child_environment
from store.database import open_database, reading
from store.runs import OPEN_STATES
from store.tables import effect, inbox, run

WORKERS_PER_POOL = 2
KILLS, FLUSHES = 20, 3
LONGEST_GAP = 60.0
PATIENCE = 1_800.0
TAKEN_IN_SECONDS = 600.0
LOOK_SECONDS = 0.25
STILL_SECONDS = 5.0
AT_ONCE = 500
KINDS_A_PERSON = 2
"""Everybody is a contact and a registration of the marketing event."""
HEAD = (
    *("webhooks", "workers killed", "Redis emptied", "Redis killed and empty", "lost", "doubled"),
    *("writes of a second sync", "longest gap without progress", "seconds"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the work is: deliveries merged, effects applied, runs that are open."""

    drained: int
    applied: int
    open_runs: int


@dataclass(slots=True)
class Site:
    """Both simulated platforms and Rollcall, its parts started singly, on SQLite."""

    simulated: Simulated
    customer: Customer
    data_dir: Path
    database: Engine
    web: Process
    worker: Process
    scheduler: Process

    def standing(self) -> Standing:
        """How far the work is now."""
        with reading(self.database) as connection:

            def count(*where: object) -> int:
                return int(connection.execute(select(func.count()).where(*where)).scalar_one())  # type: ignore[arg-type]

            return Standing(
                count(inbox.c.source == "zoom", inbox.c.state != "new"),
                count(effect.c.state == "applied"),
                count(run.c.state.in_(OPEN_STATES)),
            )


@dataclass(slots=True)
class Struck:
    """What was done so far."""

    kills: int = 0
    flushes: int = 0
    restarts: int = 0
    longest_gap: float = 0.0
    pending: list[tuple[float, str]] = field(default_factory=list)


@click.command()
@click.option("--webhooks", type=click.IntRange(100), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--save", is_flag=True, help="Write the figures into docs/reference/reliability.md.")
def command(webhooks: int, seed: int, save: bool) -> None:
    """Work off a backlog while 20 workers are killed, Redis is emptied three times and killed once.

    Exit status 1 when anybody is missing or there twice in HubSpot, or nothing went on for longer
    than a minute.
    """
    folder = Path(tempfile.mkdtemp(prefix="rollcall-chaos-backlog-"))
    try:
        figures, broken = play_backlog(folder, webhooks, seed)
    except TrialFailed as error:
        sys.exit(f"{error}\nlogs and database: {folder}")
    click.echo(figures)
    if broken:
        click.echo("\n".join([*broken, f"logs and database: {folder}"]))
        sys.exit(1)
    shutil.rmtree(folder)
    if save:
        save_figures("backlog", f"./run chaos backlog --webhooks {webhooks}", figures)


def play_backlog(folder: Path, count: int, seed: int) -> tuple[str, list[str]]:
    """Take in ``count`` deliveries, work them off under faults; the figures, and what is broken."""
    with open_site(folder) as site:
        plan = site.simulated.scene("demo", people=15)
        portal_id, webinar_id = str(plan["portal_id"]), str(plan["next_webinar_id"])
        site.simulated.call("DELETE", f"/zoom/webinars/{plan['webinar_id']}")
        site.customer.install_scene(site.simulated, plan)
        site.customer.api("PATCH", "/settings", {"webinar_sync": "all"})
        _take_in(site, webinar_id, count)
        began = time.monotonic()
        site.worker.start()
        site.scheduler.start()
        struck = Struck(pending=plan_faults(seed))
        _work_off(site, count, struck, random.Random(seed))
        seconds = time.monotonic() - began
        lost, doubled = _compare(site.simulated, portal_id, webinar_id, count)
        before = int(site.simulated.journal(portal_id)["writes"])
        site.customer.sign_in(portal_id)
        ids = {"portal_id": portal_id, "webinar_id": webinar_id}
        late = show_second_sync(Console(quiet=True), site.simulated, site.customer, ids)
        writes = int(site.simulated.journal(portal_id)["writes"]) - before
    row = (
        *(count, struck.kills, struck.flushes, struck.restarts, lost, doubled, writes),
        *(f"{struck.longest_gap:.0f} s", f"{seconds:.0f}"),
    )
    broken = list(late)
    if lost or doubled:
        broken.append(f"{lost} people are missing in HubSpot, {doubled} are there twice")
    if struck.longest_gap > LONGEST_GAP:
        broken.append(f"nothing went on for {struck.longest_gap:.0f} s")
    broken += [f"{name} at {share:.0%} was not done" for share, name in struck.pending]
    return table(HEAD, [row]), broken


def plan_faults(seed: int) -> list[tuple[float, str]]:
    """Faults, each at a share (0-1) of the work, in that order."""
    source = random.Random(seed)
    names = ["kill"] * KILLS + ["flush"] * FLUSHES + ["restart"]
    return sorted((source.uniform(0.02, 0.95), name) for name in names)


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """The platforms and the web process; workers and scheduler are ready to be started."""
    simulator_port, port = free_port(0), free_port(0)
    base, url = f"http://127.0.0.1:{simulator_port}", f"http://localhost:{port}"
    settings = trial_environment(base, port, folder / "data") | {
        "ROLLCALL_WORKERS": str(WORKERS_PER_POOL)
    }
    environment = child_environment(**settings)
    words = ["simulator", "--bind", f"127.0.0.1:{simulator_port}"]
    simulator = Process(words, child_environment(), folder / "simulator.log")
    web, worker, scheduler = (
        Process(["commands", name], environment, folder / f"{name}.log")
        for name in ("web", "worker", "scheduler")
    )
    (folder / "data").mkdir()
    database_url = f"sqlite:///{folder / 'data' / 'rollcall.db'}"
    store.migrate(database_url)
    database = open_database(database_url)
    try:
        simulator.start()
        wait_for(lambda: answers(f"{base}/control/health"), "the simulator to start", simulator)
        web.start()
        wait_for(lambda: answers(f"{url}/readyz"), "the web process to start", web)
        simulated = Simulated(base)
        simulated.call("PATCH", "/zoom/webhooks", {"url": f"{url}/webhooks/zoom"})
        yield Site(simulated, Customer(url), folder / "data", database, web, worker, scheduler)
    finally:
        scheduler.stop()
        worker.stop()
        web.stop()
        simulator.stop()
        database.dispose()


def _take_in(site: Site, webinar_id: str, count: int) -> None:
    """Register so many people in Zoom, and wait until every notice of it is in the inbox."""
    site.simulated.call("PATCH", "/zoom/webhooks", {"retry_scale": 0.005})
    for first in range(0, count, AT_ONCE):
        people = [
            {"email": address_of(number), "first_name": "Guest", "last_name": f"No {number}"}
            for number in range(first, min(first + AT_ONCE, count))
        ]
        path = f"/zoom/webinars/{webinar_id}/registrants"
        site.simulated.call("POST", path, {"registrants": people})
    wait_for(
        lambda: site.simulated.call("POST", "/zoom/webhooks/flush", timeout=5)["empty"],
        "the deliveries to be taken in",
        site.web,
        seconds=TAKEN_IN_SECONDS,
    )


def address_of(number: int) -> str:
    """The address of a guest."""
    return f"guest{number:05d}@fjordline.example"


def _work_off(site: Site, count: int, struck: Struck, source: random.Random) -> None:
    """Watch the work until it is done and stays so, strike at its moments, measure the gaps."""
    began = changed = time.monotonic()
    last = site.standing()
    while time.monotonic() - began < PATIENCE:
        time.sleep(LOOK_SECONDS)
        standing, now = site.standing(), time.monotonic()
        is_done = standing.drained >= count and not standing.open_runs
        if standing != last:
            last, changed = standing, now
        elif is_done and now - changed > STILL_SECONDS:
            return
        if not is_done:
            struck.longest_gap = max(struck.longest_gap, now - changed)
        share = (standing.drained + standing.applied) / (count * (1 + KINDS_A_PERSON))
        while struck.pending and struck.pending[0][0] <= share:
            if not _strike(site, struck, struck.pending[0][1], source):
                break  # there was nothing to strike just now
            struck.pending.pop(0)
    raise TrialFailed(f"the backlog was not worked off in {PATIENCE:g} s: {last}")


def _strike(site: Site, struck: Struck, name: str, source: random.Random) -> bool:
    """Do one fault; False when there was nothing to do it to."""
    if name == "kill":
        was_done = _kill_one(site.worker, source)
        struck.kills += was_done
    elif name == "flush":
        was_done = tell_valkey(site.data_dir, ["FLUSHALL"])
        struck.flushes += was_done
    else:
        was_done = _lose_redis(site)
        struck.restarts += was_done
    return was_done


def _kill_one(worker: Process, source: random.Random) -> bool:
    """SIGKILL for one of the workers, its work-horse or its guard; False when none runs."""
    running = [one.pid for one in descendants(worker.pid)]
    with suppress(IndexError, ProcessLookupError):
        os.kill(source.choice(running), signal.SIGKILL)
        return True
    return False


def _lose_redis(site: Site) -> bool:
    """Kill the embedded Valkey and remove what it wrote; its supervisor starts it again, empty."""
    servers = [one for one in descendants(site.web.pid) if "unixsocket" in one.command]
    for one in servers:
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
    shutil.rmtree(site.data_dir / "valkey" / "appendonlydir", ignore_errors=True)
    return bool(servers)


def _compare(simulated: Simulated, portal_id: str, webinar_id: str, count: int) -> tuple[int, int]:
    """How many of the guests HubSpot lacks as contact or as registered, and what it has twice."""
    contacts = simulated.contacts(portal_id)
    summary = simulated.summary(portal_id)
    events = simulated.call("GET", f"/hubspot/portals/{portal_id}/marketing-events")["results"]
    registered = {
        person["contact_id"]
        for event in events
        if event["external_event_id"] == f"{webinar_id}-0"
        for person in event["participations"]
        if person["state"] == "REGISTERED"
    }
    lost = sum(
        1
        for number in range(count)
        if contacts.get(address_of(number), {}).get("id") not in registered
    )
    twice = int(summary["contacts"]) - len(contacts) + int(summary["duplicate_effects"])
    return lost, twice
