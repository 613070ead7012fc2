"""One customer's HubSpot hangs, with a queue behind it; then the customer floods the door.

Another customer, the bystander, must not notice: its registrations reach its own HubSpot as fast as
before.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from math import ceil
from pathlib import Path

import click
from sqlalchemy import func, select

from commands.chaos.page import save_figures, table
from commands.chaos.registrations import (
    Sender,
    Tenant,
    await_registered,
    move_in,
    sign_up,
)
from commands.trial import Trial, TrialFailed, open_trial, wait_for
from store.database import open_database, reading
from store.tables import occurrence_person

HANGING, BYSTANDER = "5001", "5002"
WORKERS = 2
HANG_SECONDS = 60.0
"""Longer than Rollcall waits for an answer."""
QUEUE_PATIENCE = 1_200.0
ARRIVAL_PATIENCE = 300.0
FLOOD_SENDERS = 8
MOST_RATIO = 1.2


@dataclass(frozen=True, slots=True)
class Phase:
    """The bystander's registrations of a while: seconds until HubSpot had each, and until the door
    took each in; how often it refused one meanwhile."""

    name: str
    arrivals: Sequence[float]
    answers: Sequence[float]
    refused: int

    def row(self) -> tuple[str, ...]:
        """The phase in figures."""
        return (
            self.name,
            str(len(self.arrivals)),
            f"{percentile(self.arrivals, 50):.2f} s",
            f"{percentile(self.arrivals, 95):.2f} s",
            f"{max(self.arrivals):.2f} s",
            f"{percentile(self.answers, 99) * 1000:.0f} ms",
            str(self.refused),
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """The phases, and how much of Rollcall the hanging customer held meanwhile."""

    alone: Phase
    beside_hanging: Phase
    beside_flood: Phase | None
    queued: int
    flooded: int
    calls: int
    calls_at_once: int
    workers_at_once: int

    @property
    def ratio(self) -> float:
        """The bystander's p95 beside the hanging customer, to its own before."""
        return percentile(self.beside_hanging.arrivals, 95) / percentile(self.alone.arrivals, 95)

    def broken(self) -> list[str]:
        """A sentence for each promise that did not hold."""
        told = []
        if self.ratio > MOST_RATIO:
            told.append(f"the bystander's p95 became {self.ratio:.2f} times what it was")
        if self.workers_at_once > 1:
            told.append(f"{self.workers_at_once} workers of one pool called for the hanging portal")
        return told

    def text(self) -> str:
        """The figures for the page."""
        head = (
            "bystander's registrations",
            "",
            "p50",
            "p95",
            "longest",
            "p99 until taken in",
            "refused",
        )
        phases = [self.alone, self.beside_hanging]
        phases += [self.beside_flood] if self.beside_flood else []
        told = (
            f"The bystander's p95 was {self.ratio:.2f} times its own (at most {MOST_RATIO}). "
            f"{self.queued:,} people were queued for the portal that hangs. Of {self.calls:,} "
            f"calls made for it at most {self.calls_at_once} were under way at once, never by "
            f"more than {self.workers_at_once} of the {WORKERS} workers of a pool."
        )
        if self.beside_flood:
            told += f" The flood: {self.flooded:,} webhooks were taken in."
        return f"{table(head, [phase.row() for phase in phases])}\n\n{told}"


@click.command()
@click.option("--queued", type=click.IntRange(1), default=50_000, show_default=True)
@click.option("--seconds", type=click.IntRange(10), default=120, show_default=True)
@click.option("--rate", type=click.FloatRange(0.1, 20), default=1.5, show_default=True)
@click.option("--flood", type=click.IntRange(0), default=500, show_default=True)
@click.option("--flood-seconds", type=click.IntRange(0), default=30, show_default=True)
@click.option("--hang", type=click.FloatRange(1), default=HANG_SECONDS, show_default=True)
@click.option("--save", is_flag=True, help="Write the figures into docs/reference/reliability.md.")
def command(
    queued: int,
    seconds: int,
    rate: float,
    flood: int,
    flood_seconds: int,
    hang: float,
    save: bool,
) -> None:
    """Let one customer's HubSpot hang with thousands of people queued, and measure another's delay
    before and meanwhile. Exit status 1 when it became more than 1.2 times what it was.
    """
    folder = Path(tempfile.mkdtemp(prefix="rollcall-chaos-bystander-"))
    try:
        with open_trial(folder, ROLLCALL_WORKERS=str(WORKERS)) as trial:
            play = Play(trial, seconds, rate)
            measured = play.measure(queued, hang, flood, flood_seconds)
    except TrialFailed as error:
        click.echo(f"{error}\nlogs and database: {folder}")
        sys.exit(1)
    click.echo(measured.text())
    if broken := measured.broken():
        click.echo("\n".join([*broken, f"logs and database: {folder}"]))
        sys.exit(1)
    shutil.rmtree(folder)
    if save:
        save_figures("bystander", f"./run chaos bystander --queued {queued}", measured.text())


@dataclass(slots=True)
class Play:
    """A trial, and how long and how often the bystander's people sign up in each phase."""

    trial: Trial
    seconds: int
    rate: float
    signed_up: int = 0

    def measure(self, queued: int, hang: float, flood: int, flood_seconds: int) -> Measured:
        """All phases one after the other. Raises `TrialFailed`."""
        bystander, hanging = self._move_in(BYSTANDER), self._move_in(HANGING)
        bystander.customer.api("PATCH", "/settings", {"webinar_sync": "all"})
        self._warm_up(bystander)
        alone = self._watch("alone", bystander)
        count = self._queue(hanging, queued, hang)
        with self._trickle(hanging):
            beside_hanging = self._watch("beside one whose HubSpot hangs", bystander)
        beside_flood, flooded = None, 0
        if flood and flood_seconds:
            with self._flood(hanging, flood, flood_seconds) as taken:
                name = f"beside its {flood} webhooks a second"
                beside_flood = self._watch(name, bystander, flood_seconds)
            flooded = len(taken)
        calls = list(read_calls(self.trial.rollcall.log_path, HANGING))
        return Measured(
            alone,
            beside_hanging,
            beside_flood,
            count,
            flooded,
            len(calls),
            most_at_once((call.began, call.ended) for call in calls),
            most_workers(calls),
        )

    def _move_in(self, portal_id: str) -> Tenant:
        return move_in(self.trial.simulated, self.trial.rollcall_url, portal_id)

    def _await_arrivals(self, tenant: Tenant, count: int) -> None:
        trial = self.trial
        await_registered(trial.simulated, tenant, count, ARRIVAL_PATIENCE, trial.rollcall)

    def _warm_up(self, bystander: Tenant) -> None:
        """The first registration brings the first read of everything; it is not measured."""
        sender = Sender(self.trial.rollcall_url)
        for one in sign_up(self.trial.simulated, bystander, ["first"]):
            sender.insist(one.body)
        sender.close()
        self._await_arrivals(bystander, 1)
        self.signed_up = 1

    def _watch(self, name: str, bystander: Tenant, seconds: int | None = None) -> Phase:
        """Let people sign up at a steady pace; when each arrived. Raises `TrialFailed`."""
        click.echo(f"{name} …", err=True)
        sender = Sender(self.trial.rollcall_url)
        sent: dict[str, float] = {}
        answers: list[float] = []
        refused = 0
        count = ceil((seconds or self.seconds) * self.rate)
        due = time.monotonic()
        for number in range(self.signed_up, self.signed_up + count):
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / self.rate
            [person] = sign_up(self.trial.simulated, bystander, [f"guest{number:05d}"])
            sent[person.email] = began = time.time()
            refused += sender.insist(person.body)
            answers.append(time.time() - began)
        sender.close()
        self.signed_up += count
        self._await_arrivals(bystander, self.signed_up)
        arrived = self._arrivals(bystander)
        return Phase(
            name, [arrived[email] - began for email, began in sent.items()], answers, refused
        )

    def _arrivals(self, tenant: Tenant) -> dict[str, float]:
        """When HubSpot recorded each person's registration, by address."""
        contacts = self.trial.simulated.contacts(tenant.portal_id)
        emails = {contact["id"]: email for email, contact in contacts.items()}
        path = f"/hubspot/portals/{tenant.portal_id}/marketing-events"
        return {
            emails[person["contact_id"]]: datetime.fromisoformat(person["recorded_at"]).timestamp()
            for event in self.trial.simulated.call("GET", path)["results"]
            for person in event["participations"]
        }

    def _queue(self, hanging: Tenant, people: int, hang: float) -> int:
        """Let the customer's HubSpot hang, and everybody of its webinar wait for it; how many."""
        click.echo(f"queueing {people:,} people …", err=True)
        sign_up(self.trial.simulated, hanging, [f"queued{number:05d}" for number in range(people)])
        fault = {"platform": "hubspot", "kind": "slow", "tenant": HANGING, "seconds": hang}
        self.trial.simulated.call("POST", "/faults", fault)
        hanging.customer.api("PATCH", "/settings", {"webinar_sync": "all"})
        database = open_database(f"sqlite:///{self.trial.data_dir / 'rollcall.db'}")
        waiting = select(func.count()).where(
            occurrence_person.c.portal_id == HANGING,
            occurrence_person.c.dirty != occurrence_person.c.decided,
        )

        def count() -> int:
            time.sleep(0.5)
            with reading(database) as connection:
                return int(connection.execute(waiting).scalar_one())

        try:
            what = f"{people} people to be queued"
            wait_for(lambda: count() >= people, what, self.trial.rollcall, seconds=QUEUE_PATIENCE)
            return count()
        finally:
            database.dispose()

    @contextmanager
    def _trickle(self, hanging: Tenant) -> Iterator[None]:
        """People go on signing up with the customer whose HubSpot hangs, one a second."""
        people = sign_up(
            self.trial.simulated, hanging, [f"late{number}" for number in range(self.seconds)]
        )
        over = threading.Event()

        def send() -> None:
            sender = Sender(self.trial.rollcall_url)
            for person in people:
                if over.wait(1.0):
                    break
                sender.insist(person.body)
            sender.close()

        with ThreadPoolExecutor(1) as background:
            sending = background.submit(send)
            yield
            over.set()
            sending.result()

    @contextmanager
    def _flood(self, hanging: Tenant, rate: int, seconds: int) -> Iterator[list[int]]:
        """The customer's webhooks at a steady rate; the answers' list grows meanwhile."""
        people = sign_up(
            self.trial.simulated, hanging, [f"flood{n:06d}" for n in range(rate * seconds)]
        )
        taken: list[int] = []
        over = threading.Event()

        def send(share: int) -> None:
            sender, due = Sender(self.trial.rollcall_url), time.monotonic()
            for person in people[share::FLOOD_SENDERS]:
                due += FLOOD_SENDERS / rate
                if over.wait(max(0.0, due - time.monotonic())):
                    break
                if sender.send(person.body) == 204:
                    taken.append(1)
            sender.close()

        with ThreadPoolExecutor(FLOOD_SENDERS) as background:
            sending = [background.submit(send, share) for share in range(FLOOD_SENDERS)]
            yield taken
            over.set()
            for one in sending:
                one.result()


@dataclass(frozen=True, slots=True)
class Call:
    """A call to HubSpot as our own log tells of it; moments in epoch seconds."""

    began: float
    ended: float
    pool: str
    worker: str


def read_calls(log: Path, portal_id: str) -> Iterator[Call]:
    """The calls made for a portal by runs, as they ended."""
    with log.open(errors="replace") as lines:
        for line in lines:
            if '"event": "call"' not in line or f'"tenant": "{portal_id}"' not in line:
                continue
            told = json.loads(line)
            ended = datetime.fromisoformat(told["at"]).timestamp()
            began = ended - told["ms"] / 1000
            yield Call(began, ended, told.get("pool", ""), told.get("worker", ""))


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many of the spans overlap at most."""
    moments = [(moment, step) for span in spans for moment, step in zip(span, (1, -1), strict=True)]
    return max(accumulate(step for _, step in sorted(moments)), default=0)


def most_workers(calls: Sequence[Call]) -> int:
    """How many workers of one pool had a call under way at once, at most."""
    most = 0
    for pool in {call.pool for call in calls}:
        mine = [call for call in calls if call.pool == pool]
        moments = [(call.began, 1, call.worker) for call in mine]
        moments += [(call.ended, -1, call.worker) for call in mine]
        busy: Counter[str] = Counter()
        for _, step, worker in sorted(moments):
            busy[worker] += step
            most = max(most, sum(count > 0 for count in busy.values()))
    return most


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent (0-100) do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]
