"""The faults of a campaign: what can go wrong, and how it is done to a trial."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError

from commands.embedded import valkey_url
from commands.processes import Running, descendants
from commands.trial import Trial
from store.database import open_database, writing

# What the command line of a child of `serve` contains, and the names of what runs below it.
CHILDREN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "live worker": ("commands.workers live", ("parent", "work-horse", "guard")),
    "bulk worker": ("commands.workers bulk", ("parent", "work-horse", "guard")),
    "scheduler": ("commands.scheduler", ("process",)),
    "web": ("-m gunicorn", ("master", "server")),
    # Valkey writes a title of its own over its command line; both name the socket.
    "valkey": ("unixsocket", ("process",)),
}
HOLLOW, PARTIAL = "empty_success", "partial"
OK = 200


class Fault(Protocol):
    """Something that goes wrong once, at a moment the campaign chooses."""

    @property
    def name(self) -> str:
        """What happens, in a few words."""

    def strike(self, trial: Trial) -> bool:
        """Do it; False when there was nothing to do it to."""


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL for some of the processes of one child of the supervisor."""

    child: str
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Which processes of which child."""
        return f"kill {self.child} ({', '.join(self.parts)})"

    def strike(self, trial: Trial) -> bool:
        """Kill those of the parts that run just now."""
        condemned = self.condemned(descendants(trial.rollcall.pid))
        _send(signal.SIGKILL, condemned)
        return bool(condemned)

    def condemned(self, running: list[Running]) -> list[int]:
        """The ids of the processes meant, children of `serve` being at depth 1."""
        family = _family(self.child, running)
        names = CHILDREN[self.child][1]
        # What the guard forks counts as the guard.
        return [one.pid for one in family if names[min(one.depth, len(names)) - 1] in self.parts]


@dataclass(frozen=True, slots=True)
class Freeze:
    """One worker of a pool stands still, with everything below it, and wakes again."""

    child: str
    seconds: float

    @property
    def name(self) -> str:
        """Which worker, for how long."""
        return f"freeze {self.child} {self.seconds:g} s"

    def strike(self, trial: Trial) -> bool:
        """Stop the worker that is at work, or any, and let it go on after the time."""
        frozen = self.frozen(descendants(trial.rollcall.pid))
        _send(signal.SIGSTOP, frozen)
        time.sleep(self.seconds)
        _send(signal.SIGCONT, frozen)
        return bool(frozen)

    def frozen(self, running: list[Running]) -> list[int]:
        """The ids of the largest of the child's families: a worker at work has a work-horse."""
        family = _family(self.child, running)
        trees = [_below(one, running) for one in family if one.depth == 1]
        return [one.pid for one in max(trees, key=len, default=[])]


@dataclass(frozen=True, slots=True)
class Flush:
    """Valkey forgets everything: queues, permits, sessions."""

    name: str = "FLUSHALL"

    def strike(self, trial: Trial) -> bool:
        """Empty it, if it runs just now."""
        return tell_valkey(trial.data_dir, ["FLUSHALL"])


@dataclass(frozen=True, slots=True)
class EmptyRestart:
    """Valkey is killed, loses its disk and comes back empty."""

    name: str = "valkey killed and back empty"

    def strike(self, trial: Trial) -> bool:
        """Kill it and take its files away before the supervisor starts it again."""
        was_there = Kill("valkey", ("process",)).strike(trial)
        shutil.rmtree(trial.data_dir / "valkey" / "appendonlydir", ignore_errors=True)
        return was_there


@dataclass(frozen=True, slots=True)
class SlowValkey:
    """Valkey answers nobody for a while."""

    seconds: float

    @property
    def name(self) -> str:
        """For how long."""
        return f"valkey silent {self.seconds:g} s"

    def strike(self, trial: Trial) -> bool:
        """Begin the silence; it ends by itself."""
        return tell_valkey(
            trial.data_dir, ["CLIENT", "PAUSE", str(int(self.seconds * 1000)), "ALL"]
        )


@dataclass(frozen=True, slots=True)
class StubbornValkey:
    """Valkey refuses to write for a while: its memory is full, or it has become a replica."""

    seconds: float
    is_full: bool

    @property
    def name(self) -> str:
        """Why and for how long."""
        return f"valkey {'full' if self.is_full else 'read-only'} {self.seconds:g} s"

    def strike(self, trial: Trial) -> bool:
        """Refuse and relent; one that died meanwhile comes back as it was before."""
        refuse, relent = ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")
        if not self.is_full:
            refuse, relent = ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")
        was_there = tell_valkey(trial.data_dir, refuse.split())
        time.sleep(self.seconds)
        tell_valkey(trial.data_dir, relent.split())
        return was_there


@dataclass(frozen=True, slots=True)
class Lock:
    """Somebody else writes to the database and takes their time."""

    seconds: float

    @property
    def name(self) -> str:
        """For how long."""
        return f"database locked {self.seconds:g} s"

    def strike(self, trial: Trial) -> bool:
        """Hold the only writer's place."""
        database = open_database(f"sqlite:///{trial.data_dir / 'rollcall.db'}")
        try:
            with writing(database):
                time.sleep(self.seconds)
        finally:
            database.dispose()
        return True


@dataclass(frozen=True, slots=True)
class TokensEnd:
    """Every access token ends at once, and the platforms' token endpoints fail a few times."""

    failures: int
    status: int

    @property
    def name(self) -> str:
        """How often the renewal fails."""
        trouble = f", renewal {self.status} ×{self.failures}" if self.failures else ""
        return f"access tokens end{trouble}"

    def strike(self, trial: Trial) -> bool:
        """Tell the simulator."""
        if self.failures:
            for platform in ("hubspot", "zoom"):
                trouble = Misbehaviour(platform, "status", "/oauth/", self.failures, self.status)
                trouble.strike(trial)
        trial.simulated.call("POST", "/tokens/expire")
        return True


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """A platform answers some calls of one kind badly, `times` of them at most."""

    platform: str
    kind: str
    route_contains: str
    times: int
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.0
    method: str = ""

    @property
    def name(self) -> str:
        """What how many calls of which route meet with."""
        waits = f", wait {self.retry_after} s" if self.retry_after else ""
        what = {
            "status": f"{self.status}{waits}",
            "html": f"html {self.status}",
            "slow": f"slow by {self.seconds:g} s",
            "hang": f"hang {self.seconds:g} s",
        }
        where = self.route_contains or f"all of {self.platform}"
        return f"{what.get(self.kind, self.kind)} ×{self.times} {where}"

    @property
    def swallows(self) -> bool:
        """Whether a write is answered as if it were done, and is not."""
        return self.kind in (HOLLOW, PARTIAL) or (self.kind == "html" and self.status == OK)

    def strike(self, trial: Trial) -> bool:
        """Tell the simulator."""
        trial.simulated.call("POST", "/faults", asdict(self))
        return True


STOPPING = (Kill, Freeze, EmptyRestart)
"""Faults that stop processes: sending has to go on by itself soon after."""


def random_parts(child: str, source: random.Random) -> tuple[str, ...]:
    """Some of the processes of a child, one at least."""
    names = CHILDREN[child][1]
    parts = tuple(name for name in names if source.random() < 0.5)
    return parts or (source.choice(names),)


def _family(child: str, running: list[Running]) -> list[Running]:
    """All processes of that kind of child, parents before children."""
    mark = CHILDREN[child][0]
    roots = [one for one in running if one.depth == 1 and mark in one.command]
    return [one for root in roots for one in _below(root, running)]


def _below(root: Running, running: list[Running]) -> list[Running]:
    family = {root.pid}
    for one in running:
        if one.parent in family:
            family.add(one.pid)
    return [one for one in running if one.pid in family]


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def tell_valkey(data_dir: Path, command: list[str]) -> bool:
    """Give the Valkey of a data folder a command; whether it runs just now and obeyed."""
    client = Redis.from_url(valkey_url(data_dir), socket_timeout=5.0)
    try:
        client.execute_command(*command)  # type: ignore[no-untyped-call]
    except RedisError:
        return False
    finally:
        client.close()
    return True
