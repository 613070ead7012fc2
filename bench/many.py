"""A trial with many customers: they move in, are synced, alone or all at once, and are watched."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import Engine, func, select

from bench.cpu import parent_of, seconds_of_trees
from bench.size import Size as Webinar
from bench.stage import wait_calmly
from commands.chaos.databases import own_database
from commands.customer import Customer
from commands.embedded import valkey_url
from commands.trial import Trial, TrialFailed, new_keys, open_trial
from store.database import open_database, reading
from store.runs import OPEN_STATES
from store.tables import occurrence, portal, run

LATENCY_SECONDS = 0.2
FIRST_PORTAL = 700_000
AT_ONCE = 8
PATIENCE = 1_200.0
STILL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many tenants with how many people each, the people of the large one, and workers a pool.

    ``alone`` are tenants worked for one at a time, to know what one costs; ``idle_seconds`` how
    long an idle installation is watched.
    """

    tenants: int = 200
    people: int = 500
    large: int = 10_000
    workers: int = 24
    alone: int = 3
    idle_seconds: float = 60.0


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


@contextmanager
def open_play(size: Size, kind: str, workers: int) -> Iterator[Play]:
    """A trial on a database of that kind, with so many workers in each pool."""
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name,
        own_database(kind, Path(name)) as database,
        open_trial(
            Path(name),
            ports=None,
            ROLLCALL_DATABASE_URL=database.url,
            ROLLCALL_WORKERS=str(workers),
            **new_keys(),
        ) as trial,
    ):
        engine = open_database(database.url)
        try:
            yield Play(trial, engine, kind, size)
        finally:
            engine.dispose()


@dataclass(slots=True)
class Play:
    """The trial, its database to look at, and who is installed so far."""

    trial: Trial
    database: Engine
    kind: str
    size: Size
    installed: int = 0

    # --- Moving in ------------------------------------------------------------------------------

    def move_in(self, count: int, people: int) -> list[Tenant]:
        """Install that many; what they hold is known by now, and nothing is synced."""
        numbers = range(self.installed, self.installed + count)
        self.installed += count
        self.trial.simulated.call("PATCH", "/limits", {"latency_seconds": 0})
        with ThreadPoolExecutor(AT_ONCE) as crew:
            tenants = list(crew.map(lambda number: self._move_in(number, people), numbers))
        self.wait("the webinars to be found", self._has_listed_all)
        self._await_rest()
        self.trial.simulated.call("PATCH", "/limits", {"latency_seconds": LATENCY_SECONDS})
        return tenants

    def _move_in(self, number: int, people: int) -> Tenant:
        simulated, portal_id = self.trial.simulated, str(FIRST_PORTAL + number)
        scene = simulated.scene(
            "big",
            registrants=people,
            attendees=Webinar(people).attendees,
            portal_id=int(portal_id),
            account_id=f"account-{number}",
            seed=number,
        )
        customer = Customer(self.trial.rollcall_url)
        customer.install_scene(simulated, scene)
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
        began = self.now()
        self.press(tenants)
        self.await_synced(tenants)
        spent = self.since(began)
        for tenant in tenants:
            self._check(tenant)
        self._await_rest()
        return spent

    def press(self, tenants: Sequence[Tenant]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as crew:
            list(
                crew.map(
                    lambda one: one.customer.api("PATCH", "/settings", {"webinar_sync": "all"}),
                    tenants,
                )
            )

    def await_synced(self, tenants: Sequence[Tenant]) -> None:
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

        self.wait(f"{len(tenants)} tenants to be synced", are_synced)

    def waits(self, tenants: Sequence[Tenant]) -> list[float]:
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
        began = self.now()
        time.sleep(self.size.idle_seconds)
        return self.since(began)

    def calls(self, tenant: Tenant) -> int:
        """How often HubSpot was called for the tenant's people since they moved in."""
        journal = self.trial.simulated.journal(tenant.portal_id)
        return sum(call["count"] for call in journal["calls"] if is_about_people(call["route"]))

    def _check(self, tenant: Tenant) -> None:
        """A sync that left somebody out is no measurement."""
        writes = self.trial.simulated.summary(tenant.portal_id)["writes"]
        expected = (tenant.people, Webinar(tenant.people).attendees)
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
            return before - last < STILL_SECONDS * (0.02 + 0.002 * self.size.workers)

        self.wait("the workers to rest", rests)

    def now(self) -> tuple[float, float, int]:
        return time.monotonic(), self._cpu(), self._commands()

    def since(self, began: tuple[float, float, int]) -> Spent:
        now = self.now()
        return Spent(now[0] - began[0], now[1] - began[1], now[2] - began[2])

    def _cpu(self) -> float:
        return seconds_of_trees(self.trial.rollcall.pid, self.trial.simulator.pid, *self._server())

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

    def wait(self, what: str, is_over: Callable[[], Any]) -> None:
        """As `wait_calmly`, for as long as all of them may take."""
        wait_calmly(self.trial, what, is_over, PATIENCE)


def is_about_people(route: str) -> bool:
    """Whether a call reads or writes people or their event, and not what a portal is like."""
    return "/contacts/batch" in route or "/marketing-events/" in route
