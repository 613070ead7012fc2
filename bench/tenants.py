"""Many customers on one machine: all at once, a small one beside a large one, and idle ones.

Every portal has a Zoom account and a webinar of its own that is over. All that is compared runs in
one trial, one after the other, so that the machine is the same.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from redis import Redis
from sqlalchemy import Engine, func, select

from bench.processor import cpu_seconds, parent_of
from bench.ratio import Ratio
from commands.chaos.databases import own_database
from commands.customer import Customer
from commands.embedded import valkey_url
from commands.trial import Trial, TrialFailed, open_trial, wait_for
from store.database import open_database, reading
from store.runs import OPEN_STATES
from store.tables import occurrence, portal, run

LATENCY_SECONDS = 0.2
ATTENDING_SHARE = 0.6
FIRST_PORTAL = 700_000
LOOK_SECONDS = 0.25
AT_ONCE = 8
PATIENCE = 1_200.0
STILL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many tenants with how many people each, the people of the large one, and workers.

    ``alone`` are tenants worked for one at a time, to know what one costs; ``idle_seconds`` how
    long an idle installation is watched.
    """

    tenants: int = 200
    people: int = 500
    large: int = 10_000
    workers: int = 24
    alone: int = 3
    idle_seconds: float = 60.0


FULL = Size()
SMALL = Size(tenants=10, people=50, large=1_000, workers=4, alone=1, idle_seconds=10.0)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer who is installed, and the webinar that waits for being synced."""

    customer: Customer
    portal_id: str
    webinar_id: str
    people: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of time took: seconds, of processors too, and commands to Redis."""

    seconds: float
    cpu: float
    commands: int

    @property
    def cpu_a_minute(self) -> float:
        """Seconds of processor time a minute."""
        return self.cpu * 60 / self.seconds

    @property
    def commands_a_minute(self) -> float:
        """Commands to Redis a minute."""
        return self.commands * 60 / self.seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured; ``alone`` is without what the idle installation takes.

    ``waits`` are seconds from being due until the first step, ``calls`` to HubSpot of each tenant.
    """

    size: Size
    database: str
    cores: int
    alone: float
    together: Spent
    calls: Sequence[int]
    small_wait: float
    large_seconds: float
    idle_few: Spent
    idle_many: Spent

    @property
    def fewest_calls(self) -> int:
        """Read, write and register everybody in hundreds, attend in hundreds, put and complete."""
        return 3 * ceil(self.size.people / 100) + ceil(attending(self.size.people) / 100) + 2

    def ratios(self) -> list[Ratio]:
        """The lines of the table."""
        size = self.size
        name = f"{size.tenants} tenants of {size.people} people at once, {self.database}"
        return [
            Ratio(
                f"{name}: wall",
                self.together.seconds,
                f"processor time of one alone × {size.tenants} / {self.cores} cores",
                self.alone * size.tenants / self.cores,
                "s",
                target=1.5,
            ),
            Ratio(
                f"{name}: processor time of each",
                self.together.cpu / size.tenants,
                "of one alone",
                self.alone,
                "s",
            ),
            Ratio(
                f"{name}: HubSpot calls",
                sum(self.calls),
                "fewest possible",
                self.fewest_calls * size.tenants,
                "calls",
                target=1.2,
                is_count=True,
            ),
            Ratio(
                f"longest wait of a small tenant beside one with {size.large:,} people",
                self.small_wait,
                "that one's sync",
                self.large_seconds,
                "s",
                target=0.5,
            ),
            Ratio(
                f"processor time of serve a minute, {size.tenants} idle tenants more",
                self.idle_many.cpu_a_minute,
                "without them",
                self.idle_few.cpu_a_minute,
                "s",
                target=1.2,
            ),
            Ratio(
                f"commands to Redis a minute, {size.tenants} idle tenants more",
                self.idle_many.commands_a_minute,
                "without them",
                self.idle_few.commands_a_minute,
                "commands",
                target=1.2,
            ),
        ]


def measure_tenants(size: Size = FULL, database: str = "sqlite") -> list[Ratio]:
    """Measure all of it in one trial; ``database`` is ``sqlite`` or ``postgresql``.

    Raises `TrialFailed`.
    """
    return measure(size, database).ratios()


def measure(size: Size, kind: str) -> Measured:
    """As `measure_tenants`, the figures themselves."""
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name,
        own_database(kind, Path(name)) as database,
        open_trial(
            Path(name),
            ROLLCALL_DATABASE_URL=database.url,
            ROLLCALL_WORKERS=str(size.workers),
            # Whoever names a database has to give the keys as well.
            ROLLCALL_SECRET_KEY="s" * 48,
            ROLLCALL_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        ) as trial,
    ):
        engine = open_database(database.url)
        try:
            return Play(trial, engine, kind, size).measure()
        finally:
            engine.dispose()


@dataclass(slots=True)
class Play:
    """The trial, its database to look at, and who is installed so far."""

    trial: Trial
    database: Engine
    kind: str
    size: Size
    installed: int = field(default=0)

    def measure(self) -> Measured:
        """One after the other: some alone, idle, all at once, idle again, a large one."""
        size = self.size
        [first] = self.move_in(1, size.people)
        few = self.idle()
        alone = [self.alone(one, few) for one in [first, *self.move_in(size.alone, size.people)]]
        crowd = self.move_in(size.tenants, size.people)
        together = self.sync(crowd)
        calls = [self.calls(one) for one in crowd]
        many = self.idle()
        small_wait, large_seconds = self.beside_a_large_one()
        return Measured(
            size,
            self.kind,
            os.cpu_count() or 1,
            # The very first one pays for what every process does once.
            statistics.median(alone[1:]),
            together,
            calls,
            small_wait,
            large_seconds,
            few,
            many,
        )

    # --- Moving in ------------------------------------------------------------------------------

    def move_in(self, count: int, people: int) -> list[Tenant]:
        """Install that many; what they hold is known by now, and nothing is synced."""
        numbers = range(self.installed, self.installed + count)
        self.installed += count
        self.trial.simulated.call("PATCH", "/limits", {"latency_seconds": 0})
        with ThreadPoolExecutor(AT_ONCE) as crew:
            tenants = list(crew.map(lambda number: self._move_in(number, people), numbers))
        self._wait("the webinars to be found", self._has_listed_all)
        self._await_rest()
        self.trial.simulated.call("PATCH", "/limits", {"latency_seconds": LATENCY_SECONDS})
        return tenants

    def _move_in(self, number: int, people: int) -> Tenant:
        simulated, portal_id = self.trial.simulated, str(FIRST_PORTAL + number)
        scene = simulated.scene(
            "big",
            registrants=people,
            attendees=attending(people),
            portal_id=int(portal_id),
            account_id=f"account-{number}",
            seed=number,
        )
        account = simulated.call("GET", f"/zoom/accounts/{scene['account_id']}")
        customer = Customer(self.trial.rollcall_url)
        customer.install(portal_id, scene["account_id"], account["users"][0]["id"])
        return Tenant(customer, portal_id, str(scene["webinar_id"]), people)

    def _has_listed_all(self) -> bool:
        with reading(self.database) as connection:
            listed = select(func.count()).where(portal.c.webinars_listed_at.is_not(None))
            return bool(connection.execute(listed).scalar_one() >= self.installed)

    # --- Working --------------------------------------------------------------------------------

    def alone(self, tenant: Tenant, idle: Spent) -> float:
        """Processor time of the tenant's sync, without what an idle installation takes."""
        spent = self.sync([tenant])
        return spent.cpu - idle.cpu / idle.seconds * spent.seconds

    def sync(self, tenants: Sequence[Tenant]) -> Spent:
        """Have all of them due at once, and wait until everybody is in HubSpot."""
        began = self._now()
        self._press(tenants)
        self._await_synced(tenants)
        spent = self._since(began)
        for tenant in tenants:
            self._check(tenant)
        self._await_rest()
        return spent

    def _press(self, tenants: Sequence[Tenant]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as crew:
            list(
                crew.map(
                    lambda one: one.customer.api("PATCH", "/settings", {"webinar_sync": "all"}),
                    tenants,
                )
            )

    def _await_synced(self, tenants: Sequence[Tenant]) -> None:
        ids = [one.portal_id for one in tenants]
        settled = select(func.count()).where(
            occurrence.c.portal_id.in_(ids), occurrence.c.settled_at.is_not(None)
        )
        unfinished = select(func.count()).where(
            run.c.portal_id.in_(ids), run.c.state.in_(OPEN_STATES)
        )

        def are_synced() -> bool:
            with reading(self.database) as connection:
                if connection.execute(settled).scalar_one() < len(ids):
                    return False
                return not connection.execute(unfinished).scalar_one()

        self._wait(f"{len(tenants)} tenants to be synced", are_synced)

    def beside_a_large_one(self) -> tuple[float, float]:
        """Longest wait of small tenants that are due while a large one is worked for, and its own.

        There is one small tenant for every worker, and one more.
        """
        [large] = self.move_in(1, self.size.large)
        small = self.move_in(self.size.workers + 1, self.size.people)
        began = self._now()
        self._press([large])
        self._wait("the large sync to begin", lambda: self._started([large]))
        self._press(small)
        self._await_synced(small)
        waits = self._waits(small)
        self._await_synced([large])
        return max(waits), self._since(began).seconds

    def _started(self, tenants: Sequence[Tenant]) -> bool:
        return len(self._waits(tenants)) >= len(tenants)

    def _waits(self, tenants: Sequence[Tenant]) -> list[float]:
        """Seconds each tenant's first run waited for its first step."""
        ids = [one.portal_id for one in tenants]
        with reading(self.database) as connection:
            rows = connection.execute(
                select(run.c.portal_id, run.c.created_at, run.c.started_at)
                .where(run.c.portal_id.in_(ids), run.c.started_at.is_not(None))
                .order_by(run.c.created_at.desc())
            ).all()
        first = {row.portal_id: (row.started_at - row.created_at).total_seconds() for row in rows}
        return list(first.values())

    # --- Watching -------------------------------------------------------------------------------

    def idle(self) -> Spent:
        """What serve takes while nothing is to be done."""
        self._await_rest()
        began = self._now()
        time.sleep(self.size.idle_seconds)
        return self._since(began)

    def calls(self, tenant: Tenant) -> int:
        """How often HubSpot was called for the tenant's people since they moved in."""
        journal = self.trial.simulated.journal(tenant.portal_id)
        return sum(call["count"] for call in journal["calls"] if is_about_people(call["route"]))

    def _check(self, tenant: Tenant) -> None:
        """A sync that left somebody out is no measurement."""
        writes = self.trial.simulated.summary(tenant.portal_id)["writes"]
        expected = (tenant.people, attending(tenant.people))
        if (writes["registered"], writes["attended"]) != expected:
            raise TrialFailed(
                f"portal {tenant.portal_id}: {writes['registered']} registered and "
                f"{writes['attended']} attended in HubSpot instead of {expected}"
            )

    def _await_rest(self) -> None:
        """Until no process has anything left to do: jobs end some seconds after their work."""
        before = self._cpu()

        def rests() -> bool:
            nonlocal before
            time.sleep(STILL_SECONDS)
            last, before = before, self._cpu()
            return before - last < 0.05 * STILL_SECONDS * self.size.workers

        self._wait("the workers to rest", rests)

    def _now(self) -> tuple[float, float, int]:
        return time.monotonic(), self._cpu(), self._commands()

    def _since(self, began: tuple[float, float, int]) -> Spent:
        now = self._now()
        return Spent(now[0] - began[0], now[1] - began[1], now[2] - began[2])

    def _cpu(self) -> float:
        return cpu_seconds(self.trial.rollcall.pid, self.trial.simulator.pid, *self._server())

    def _server(self) -> list[int]:
        """The database server's process, where it is one: the parent of whoever answers us."""
        if self.database.dialect.name == "sqlite":
            return []
        with reading(self.database) as connection:
            backend = connection.execute(select(func.pg_backend_pid())).scalar_one()
        return [parent_of(backend)]

    def _commands(self) -> int:
        with closing(Redis.from_url(valkey_url(self.trial.data_dir))) as redis:
            told: Any = redis.info("stats")
        return int(told["total_commands_processed"])

    def _wait(self, what: str, is_over: Any) -> None:
        """Look now and then only: whoever asks takes time from the machine that is measured."""

        def looked() -> bool:
            time.sleep(LOOK_SECONDS)
            return bool(is_over())

        wait_for(looked, what, self.trial.rollcall, self.trial.simulator, seconds=PATIENCE)


def attending(people: int) -> int:
    """How many of a webinar's people come."""
    return round(people * ATTENDING_SHARE)


def is_about_people(route: str) -> bool:
    """Whether a call reads or writes people or their event, and not what a portal is like."""
    return "/contacts/batch" in route or "/marketing-events/" in route
