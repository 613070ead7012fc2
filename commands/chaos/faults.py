"""The faults of a campaign: what there is, which of them a seed chooses, and how each is done."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from redis import Redis
from redis.exceptions import RedisError

from commands.embedded import valkey_url
from commands.processes import Running, descendants
from commands.trial import Trial

# What the command line of a child of `serve` contains, and the names of what runs below it.
CHILDREN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "live worker": ("commands.workers live", ("parent", "work-horse", "guard")),
    "bulk worker": ("commands.workers bulk", ("parent", "work-horse", "guard")),
    "scheduler": ("commands.scheduler", ("process",)),
    "web": ("-m gunicorn", ("master", "server")),
    # Valkey writes a title of its own over its command line; both name the socket.
    "valkey": ("unixsocket", ("process",)),
}
WRITES = ("contacts/batch", "attendance", "marketing-events")
HOLLOW = "empty_success"
READS = ("contacts/batch/read", "registrants", "participants")


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
        for pid in condemned:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(condemned)

    def condemned(self, running: list[Running]) -> list[int]:
        """The ids of the processes meant, children of `serve` being at depth 1."""
        mark, names = CHILDREN[self.child]
        roots = [one for one in running if one.depth == 1 and mark in one.command]
        family = {root.pid for root in roots}
        for one in running:
            if one.parent in family:
                family.add(one.pid)
        # What the guard forks counts as the guard.
        return [
            one.pid
            for one in running
            if one.pid in family and names[min(one.depth, len(names)) - 1] in self.parts
        ]


@dataclass(frozen=True, slots=True)
class Flush:
    """Valkey forgets everything: queues, permits, sessions."""

    name: str = "FLUSHALL"

    def strike(self, trial: Trial) -> bool:
        """Empty it, if it runs just now."""
        return self.empty(trial.data_dir)

    def empty(self, data_dir: Path) -> bool:
        """Empty the one of a data folder."""
        client = Redis.from_url(valkey_url(data_dir), socket_timeout=5.0)
        try:
            client.flushall()
        except RedisError:
            return False
        finally:
            client.close()
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

    @property
    def name(self) -> str:
        """What how many calls of which route meet with."""
        what = {"status": str(self.status), "slow": f"slow by {self.seconds:g} s"}
        return f"{what.get(self.kind, self.kind)} ×{self.times} {self.route_contains}"

    def strike(self, trial: Trial) -> bool:
        """Tell the simulator."""
        trial.simulated.call("POST", "/faults", asdict(self))
        return True


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault and its moment: after so many more calls to the platforms, and then so many seconds.

    A fault strikes between two calls or in the middle of one, whatever the speed of the machine.
    """

    fault: Fault
    after_calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Luck:
    """What befalls Zoom's webhooks; rates are 0-1."""

    drop_rate: float
    duplicate_rate: float
    shuffle: bool

    @property
    def name(self) -> str:
        """The luck in words; empty when all webhooks arrive once and in order."""
        words = [
            f"{self.drop_rate:.0%} of the webhooks lost" if self.drop_rate else "",
            f"{self.duplicate_rate:.0%} doubled" if self.duplicate_rate else "",
            "shuffled" if self.shuffle else "",
        ]
        return ", ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything a seed decides: faults while people register, and faults around the webinar."""

    luck: Luck
    before: tuple[Planned, ...]
    after: tuple[Planned, ...]


def plan_campaign(seed: int) -> Campaign:
    """The same campaign for the same seed."""
    source = random.Random(seed)
    luck = Luck(
        drop_rate=source.choice((0.0, 0.0, 0.2, 0.6)),
        duplicate_rate=source.choice((0.0, 0.3)),
        shuffle=source.random() < 0.5,
    )
    before, after = (
        tuple(
            Planned(_any_fault(source), source.randint(0, 5), round(source.random() * 0.6, 2))
            for _ in range(source.randint(2, 3))
        )
        for _ in range(2)
    )
    return Campaign(luck, *_swallowing_once(before, after))


def _swallowing_once(*phases: tuple[Planned, ...]) -> Iterator[tuple[Planned, ...]]:
    """The phases with an emptied Valkey in place of every hollow success but the first.

    What HubSpot swallows twice is Failing, with a button, as it should be.
    """
    has_swallowed = False
    for phase in phases:
        kept = []
        for planned in phase:
            is_hollow = getattr(planned.fault, "kind", "") == HOLLOW
            kept.append(replace(planned, fault=Flush()) if is_hollow and has_swallowed else planned)
            has_swallowed = has_swallowed or is_hollow
        yield tuple(kept)


def _any_fault(source: random.Random) -> Fault:
    makers: tuple[Callable[[random.Random], Fault], ...] = (_kill, _flush, _misbehave)
    (maker,) = source.choices(makers, weights=(5, 1, 4))
    return maker(source)


def _kill(source: random.Random) -> Fault:
    children = list(CHILDREN)
    (child,) = source.choices(children, weights=(4, 2, 1, 2, 2))
    names = CHILDREN[child][1]
    parts = tuple(name for name in names if source.random() < 0.5)
    return Kill(child, parts or (source.choice(names),))


def _flush(source: random.Random) -> Fault:
    return Flush()


def _misbehave(source: random.Random) -> Fault:
    kind = source.choice(
        ("status 429", "status 500", "lost_answer", "refuse_before", "slow", "html", "empty")
    )
    route = source.choice((*WRITES, *READS))
    platform = "zoom" if route in ("registrants", "participants") else "hubspot"
    times = source.randint(1, 3)
    wanted: dict[str, Any] = {"platform": platform, "route_contains": route, "times": times}
    if kind == "status 429":
        return Misbehaviour(kind="status", status=429, retry_after="1", **wanted)
    if kind == "slow":
        # Shorter than what a client waits: a call that is applied after its caller has given up
        # and read back is beyond what a confirmation after one second can cover.
        return Misbehaviour(kind="slow", seconds=round(source.uniform(1, 4), 1), **wanted)
    if kind == "html":
        return Misbehaviour(kind="html", status=502, **wanted)
    if kind == "empty":
        # Only there does the vendor answer 200 to what it did not store.
        return Misbehaviour("hubspot", HOLLOW, "attendance", 1)
    return Misbehaviour(kind=kind.split()[0], **wanted)
