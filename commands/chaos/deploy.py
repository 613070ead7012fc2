"""A rolling restart from an older version to this one and back, while registrations arrive.

The database is migrated with the new code while the old one works on it; then both work side by
side. The sender is the load balancer of the how-to: a version gets nothing before it is ready, and
nothing any more before it is stopped.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click
from sqlalchemy import func, select

from commands.chaos.page import save_figures, table
from commands.chaos.registrations import Sender, SignUp, Tenant, await_registered, move_in, sign_up
from commands.chaos.versions import (
    NoHistory,
    Version,
    describe,
    newest_migration,
    revision_before_newest_migration,
    unpack,
)
from commands.embedded import start_valkey, stop_process, valkey_url
from commands.trial import (
    HOME,
    Process,
    Simulated,
    TrialFailed,
    answers,
    free_port,
    new_keys,
    trial_environment,
    wait_for,
)
from config import child_environment
from store.database import open_database, reading
from store.tables import inbox

PORTAL = "6001"
SENDERS = 4
BLOCK = 50
GIVE_UP_SECONDS, PAUSE = 60.0, 0.02
ARRIVAL_PATIENCE = 600.0
QUIET_SECONDS, DRAIN_SECONDS = 5.0, 3.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the webhooks of a rolling restart. ``longest`` is in seconds."""

    old: str
    migrations: tuple[str, str]
    sent: int
    answered: int
    longest: float
    kept: int
    unfinished: int
    registered: int
    contacts: int
    duplicates: int
    late_writes: int

    def broken(self) -> list[str]:
        """A sentence for each promise that did not hold."""
        promises = {
            f"{self.sent - self.answered} webhooks were never answered 2xx": self.answered
            < self.sent,
            f"of {self.answered} answered webhooks {self.kept} are kept": self.kept
            != self.answered,
            f"{self.unfinished} deliveries were not worked off": self.unfinished > 0,
            f"HubSpot has {self.registered} registrations of {self.sent}": self.registered
            != self.sent,
            f"HubSpot has {self.contacts} contacts for {self.sent} people": self.contacts
            != self.sent,
            f"{self.duplicates} effects are there twice": self.duplicates > 0,
            f"the second sync wrote {self.late_writes} times": self.late_writes > 0,
        }
        return [sentence for sentence, is_broken in promises.items() if is_broken]

    def row(self) -> tuple[str, ...]:
        """The figures as a row of the page's table."""
        return (
            f"{self.old} ({self.migrations[0]}) → this ({self.migrations[1]}) → {self.old}",
            f"{self.sent:,}",
            f"{self.answered:,}",
            f"{self.longest:.2f} s",
            str(self.sent - min(self.kept, self.registered)),
            str(max(0, self.kept - self.sent) + self.duplicates),
            str(self.late_writes),
        )


HEAD = (
    "versions (newest migration)",
    "webhooks",
    "answered 2xx",
    "longest until taken in",
    "lost",
    "doubled",
    "writes of a second sync",
)


@click.command()
@click.option("--old", multiple=True, help="Older commit; the one before the newest migration.")
@click.option("--rate", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--seconds", type=click.IntRange(5), default=15, show_default=True)
@click.option("--save", is_flag=True, help="Write the figures into docs/reference/reliability.md.")
def command(old: tuple[str, ...], rate: int, seconds: int, save: bool) -> None:
    """Go from an older version to this one and back, both side by side in between, while webhooks
    arrive. Each stage lasts so many seconds. Exit status 1 when anything was lost or doubled.
    """
    try:
        revisions = [describe(one) for one in old or (revision_before_newest_migration(),)]
    except NoHistory as error:
        raise click.ClickException(str(error)) from None
    rows, is_broken = [], False
    for revision in revisions:
        folder = Path(tempfile.mkdtemp(prefix="rollcall-chaos-deploy-"))
        try:
            figures = play(folder, revision, rate, seconds)
        except (NoHistory, TrialFailed) as error:
            click.echo(f"{error}\nlogs and database: {folder}")
            sys.exit(1)
        rows.append(figures.row())
        click.echo(table(HEAD, [figures.row()]))
        if broken := figures.broken():
            is_broken = True
            click.echo("\n".join([*broken, f"logs and database: {folder}"]))
        else:
            shutil.rmtree(folder)
    if is_broken:
        sys.exit(1)
    if save:
        names = " ".join(f"--old {revision}" for revision in revisions)
        save_figures("deploy", f"./run chaos deploy {names}", table(HEAD, rows))


def play(folder: Path, revision: str, rate: int, seconds: int) -> Figures:
    """One rolling restart there and back. Raises NoHistory, `TrialFailed`."""
    home = folder / "old-code"
    unpack(revision, home)
    with _platforms(folder) as simulated, _redis(folder):
        old, new = _versions(folder, simulated, home)
        try:
            old.migrate()
            old.start()
            tenant = _install(simulated, old)
            with _sending(simulated, tenant, [old.url, new.url], rate) as load:
                load.rest(new.url)
                _roll(old, new, load, seconds)
            people = load.sent
            await_registered(simulated, tenant, people, ARRIVAL_PATIENCE)
            late_writes = _sync_again(simulated, tenant)
            summary = simulated.summary(PORTAL)
            kept, unfinished = _count_inbox(folder / "data")
            return Figures(
                revision,
                (newest_migration(home), newest_migration(HOME)),
                people,
                load.answered,
                load.longest,
                kept,
                unfinished,
                summary["writes"]["registered"],
                summary["contacts"],
                summary["duplicate_effects"],
                late_writes,
            )
        finally:
            old.stop()
            new.stop()


def _roll(old: Version, new: Version, load: Load, seconds: int) -> None:
    """Old, tables of the new one, both, new alone, both again, old alone."""
    stages: list[tuple[str, Callable[[], None]]] = [
        ("the new version's tables under the old one", new.migrate),
        ("both side by side", partial(_bring_in, new, load)),
        ("the new version", partial(_take_out, old, load)),
        ("both again", partial(_bring_in, old, load)),
        ("the old version, on the new tables", partial(_take_out, new, load)),
    ]
    click.echo("the old version …", err=True)
    time.sleep(seconds)
    for name, begin in stages:
        click.echo(f"{name} …", err=True)
        begin()
        time.sleep(seconds)


def _bring_in(version: Version, load: Load) -> None:
    version.start()
    load.serve(version.url)


def _take_out(version: Version, load: Load) -> None:
    load.rest(version.url)
    time.sleep(DRAIN_SECONDS)  # what is under way is answered
    version.stop()


# --- the parts ----------------------------------------------------------------------------------


@contextmanager
def _platforms(folder: Path) -> Iterator[Simulated]:
    port = free_port(0)
    base = f"http://127.0.0.1:{port}"
    simulator = Process(
        ["simulator", "--bind", f"127.0.0.1:{port}"], child_environment(), folder / "simulator.log"
    )
    try:
        simulator.start()
        wait_for(lambda: answers(f"{base}/control/health"), "the simulator to start", simulator)
        yield Simulated(base)
    finally:
        simulator.stop()


@contextmanager
def _redis(folder: Path) -> Iterator[None]:
    server = start_valkey(folder / "data")
    try:
        yield
    finally:
        stop_process(server)


def _versions(folder: Path, simulated: Simulated, home: Path) -> tuple[Version, Version]:
    """Both versions: one database, one Redis, the same keys and public address, two ports."""
    data_dir = folder / "data"
    ports = free_port(0), free_port(0)
    shared = trial_environment(simulated.base, ports[0], data_dir) | {
        "ROLLCALL_DATABASE_URL": f"sqlite:///{data_dir / 'rollcall.db'}",
        "ROLLCALL_REDIS_URL": valkey_url(data_dir),
        **new_keys(),
    }
    old, new = (shared | {"ROLLCALL_BIND": f"127.0.0.1:{port}"} for port in ports)
    return Version("old", home, old, folder), Version("new", HOME, new, folder)


def _install(simulated: Simulated, version: Version) -> Tenant:
    public = version.settings["ROLLCALL_PUBLIC_URL"]
    tenant = move_in(simulated, public, PORTAL)
    tenant.customer.api("PATCH", "/settings", {"webinar_sync": "all"})
    return tenant


def _sync_again(simulated: Simulated, tenant: Tenant) -> int:
    """How many writing calls a Sync now makes when everything has been there for a while."""
    customer, path = tenant.customer, f"/webinars/{tenant.webinar_id}/sync"

    def writes() -> int:
        return int(simulated.journal(PORTAL)["writes"])

    before = -1
    while before != writes():
        before = writes()
        time.sleep(QUIET_SECONDS)
    run_id = customer.api("POST", path)["run_id"]
    wait_for(
        lambda: customer.api("GET", f"/runs/{run_id}")["state"] in ("done", "failed"),
        "the second sync",
        seconds=120,
    )
    return writes() - before


def _count_inbox(data_dir: Path) -> tuple[int, int]:
    """Registrations kept, and those of them not worked off."""
    database = open_database(f"sqlite:///{data_dir / 'rollcall.db'}")
    told = select(inbox.c.state, func.count().label("deliveries")).where(
        inbox.c.event == "webinar.registration_created"
    )
    try:
        with reading(database) as connection:
            rows = connection.execute(told.group_by(inbox.c.state)).all()
    finally:
        database.dispose()
    states = {row.state: int(row.deliveries) for row in rows}
    return sum(states.values()), sum(n for state, n in states.items() if state != "done")


# --- the load -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Load:
    """Registrations on their way; ``longest`` is the longest any of them was kept waiting.

    ``resting`` are the versions that get none.
    """

    resting: set[str] = field(default_factory=set)
    sent: int = 0
    answered: int = 0
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rest(self, url: str) -> None:
        """Send nothing there from now on."""
        with self.lock:
            self.resting.add(url)

    def serve(self, url: str) -> None:
        """Send there again."""
        with self.lock:
            self.resting.discard(url)

    def open_doors(self, doors: dict[str, Sender]) -> list[Sender]:
        """Those of the versions in service."""
        with self.lock:
            return [door for url, door in doors.items() if url not in self.resting]

    def note(self, seconds: float | None) -> None:
        """Count one that was taken in after so long, or never."""
        with self.lock:
            self.sent += 1
            if seconds is not None:
                self.answered += 1
                self.longest = max(self.longest, seconds)


@contextmanager
def _sending(simulated: Simulated, tenant: Tenant, urls: list[str], rate: int) -> Iterator[Load]:
    """People sign up at a steady rate until the block ends; nobody is given up before."""
    load, over = Load(), threading.Event()
    doors = [{url: Sender(url) for url in urls} for _ in range(SENDERS)]

    def send_some(share: int, people: list[SignUp], begins_at: float) -> None:
        for place, person in list(enumerate(people))[share::SENDERS]:
            time.sleep(max(0.0, begins_at + place / rate - time.monotonic()))
            load.note(_deliver(load, doors[share], person.body, place))

    def send() -> None:
        due, block = time.monotonic(), 0
        with ThreadPoolExecutor(SENDERS) as senders:
            while not over.is_set():
                names = [f"guest{block * BLOCK + number:06d}" for number in range(BLOCK)]
                people = sign_up(simulated, tenant, names)
                due = max(due, time.monotonic())
                busy = [senders.submit(send_some, n, people, due) for n in range(SENDERS)]
                for one in busy:
                    one.result()
                due, block = due + BLOCK / rate, block + 1

    with ThreadPoolExecutor(1) as background:
        sending = background.submit(send)
        try:
            yield load
        finally:
            over.set()
            sending.result()
            for sender in (one for pair in doors for one in pair.values()):
                sender.close()


def _deliver(load: Load, doors: dict[str, Sender], body: bytes, number: int) -> float | None:
    """Try the versions in service in turn until one takes it; after how long, None for never."""
    began, turn = time.monotonic(), number
    while time.monotonic() - began < GIVE_UP_SECONDS:
        for _ in doors:
            in_service = load.open_doors(doors)
            if in_service[turn % len(in_service)].send(body) == 204:
                return time.monotonic() - began
            turn += 1
        time.sleep(PAUSE)
    return None
