"""Which faults a seed chooses, and when each strikes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from commands.chaos.faults import (
    CHILDREN,
    HOLLOW,
    OK,
    PARTIAL,
    EmptyRestart,
    Fault,
    Flush,
    Freeze,
    Kill,
    Lock,
    Misbehaviour,
    SlowValkey,
    StubbornValkey,
    TokensEnd,
    random_parts,
)

WRITES = ("contacts/batch", "attendance", "marketing-events")
READS = ("contacts/batch/read", "registrants", "participants", "instances")
SWALLOWING = ("contacts/batch/create", "contacts/batch/update", "attendance")
OF_ZOOM = ("registrants", "participants", "instances")
KINDS = (
    "limit",
    "limit",
    "status",
    "lost_answer",
    "cut_answer",
    "refuse_before",
    "hang",
    "slow",
    "html",
    "empty",
    "partial",
)
FAILURES = (500, 502, 503, 504, 521)
REPORTS = (
    ("full",),
    ("full",),
    ("not_ready", "full"),
    ("zero_durations", "full"),
    ("not_ready", "not_ready", "zero_durations", "full"),
)
TAKEOVER_SECONDS = 33
"""Longer than a lease: somebody else takes over from whoever stands still so long."""


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
    """What befalls Zoom's webhooks and its report; rates are 0-1.

    ``report`` is what each read of the attendance report meets, the last for good.
    """

    drop_rate: float
    duplicate_rate: float
    shuffle: bool
    report: tuple[str, ...] = ("full",)

    @property
    def name(self) -> str:
        """The luck in words; empty when all webhooks arrive once and in order, the report too."""
        words = [
            f"{self.drop_rate:.0%} of the webhooks lost" if self.drop_rate else "",
            f"{self.duplicate_rate:.0%} doubled" if self.duplicate_rate else "",
            "shuffled" if self.shuffle else "",
            f"report {len(self.report) - 1} reads late" if len(self.report) > 1 else "",
        ]
        return ", ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything a seed decides: faults while people register, and faults around the webinar."""

    luck: Luck
    before: tuple[Planned, ...]
    after: tuple[Planned, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults, in their order."""
        return tuple(planned.fault for planned in (*self.before, *self.after))


def plan_campaign(seed: int) -> Campaign:
    """The same campaign for the same seed."""
    source = random.Random(seed)
    luck = Luck(
        drop_rate=source.choice((0.0, 0.0, 0.2, 0.6, 1.0)),
        duplicate_rate=source.choice((0.0, 0.3)),
        shuffle=source.random() < 0.5,
        report=source.choice(REPORTS),
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
    """The phases with an emptied Valkey in place of every swallowed write but the first.

    What HubSpot swallows twice is Failing, with a button, as it should be.
    """
    has_swallowed = False
    for phase in phases:
        kept = []
        for planned in phase:
            swallows = isinstance(planned.fault, Misbehaviour) and planned.fault.swallows
            kept.append(replace(planned, fault=Flush()) if swallows and has_swallowed else planned)
            has_swallowed = has_swallowed or swallows
        yield tuple(kept)


def _any_fault(source: random.Random) -> Fault:
    makers: tuple[Callable[[random.Random], Fault], ...] = (
        _kill,
        _freeze,
        _trouble_redis,
        _trouble_database,
        _misbehave,
        _burst,
        _end_tokens,
    )
    (maker,) = source.choices(makers, weights=(10, 1, 3, 1, 9, 2, 2))
    return maker(source)


def _kill(source: random.Random) -> Fault:
    (child,) = source.choices(list(CHILDREN), weights=(4, 2, 1, 2, 2))
    return Kill(child, random_parts(child, source))


def _freeze(source: random.Random) -> Fault:
    child = source.choice(("live worker", "bulk worker"))
    return Freeze(child, source.choice((3, TAKEOVER_SECONDS)))


def _trouble_redis(source: random.Random) -> Fault:
    seconds = source.randint(2, 6)
    return source.choice(
        (
            Flush(),
            Flush(),
            EmptyRestart(),
            SlowValkey(seconds),
            StubbornValkey(seconds, is_full=True),
            StubbornValkey(seconds, is_full=False),
        )
    )


def _trouble_database(source: random.Random) -> Fault:
    return Lock(source.randint(3, 10))


def _end_tokens(source: random.Random) -> Fault:
    return TokensEnd(source.randint(0, 3), source.choice(FAILURES))


def _burst(source: random.Random) -> Fault:
    """HubSpot fails for everybody, whatever is called: from the fifth on once a pause, and each
    pause is twice the last."""
    return Misbehaviour("hubspot", "status", "", source.randint(4, 7), source.choice(FAILURES))


def _misbehave(source: random.Random) -> Fault:
    kind, route = source.choice(KINDS), source.choice((*WRITES, *READS))
    platform = "zoom" if route in OF_ZOOM else "hubspot"
    times = source.randint(1, 3)
    wanted: dict[str, Any] = {"platform": platform, "route_contains": route, "times": times}
    if kind == "limit":
        retry_after = source.choice(("1", "3", None))
        return Misbehaviour(kind="status", status=429, retry_after=retry_after, **wanted)
    if kind == "status":
        return Misbehaviour(kind="status", status=source.choice(FAILURES), **wanted)
    if kind == "slow":
        # Shorter than what a client waits: a call that is applied after its caller has given up
        # and read back is beyond what a confirmation after one second can cover.
        return Misbehaviour(kind="slow", seconds=round(source.uniform(1, 4), 1), **wanted)
    if kind == "hang":
        return Misbehaviour(kind="hang", seconds=source.randint(4, 12), **wanted | {"times": 1})
    if kind == "html":
        if source.random() < 0.5:
            return Misbehaviour(kind="html", status=OK, **wanted | {"times": 1})
        return Misbehaviour(kind="html", status=502, **wanted)
    if kind == "empty":
        # Only there does the vendor answer 200 to what it did not store.
        return Misbehaviour("hubspot", HOLLOW, "attendance", 1)
    if kind == "partial":
        return Misbehaviour("hubspot", PARTIAL, source.choice(SWALLOWING), 1)
    return Misbehaviour(kind=kind, **wanted)
