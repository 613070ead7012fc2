"""How many webhooks a second are taken in, beside a route that does nothing and one that does more.

All three run under the product's own gunicorn line, with one sender and one database; no worker
competes for the machine, and nothing is worked off.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.ratio import Ratio
from bench.servers import Place, Servers, cores, has_postgresql, open_servers

CONNECTIONS = 32
BARE, ENQUEUE = "a Flask route that does nothing", "one that inserts and enqueues a job"


@dataclass(frozen=True, slots=True)
class Setting:
    """A place to measure in, its name in the table, and what the ratios have to reach there."""

    name: str
    kind: str
    is_apart: bool
    against_bare: float
    against_enqueue: float = 1.6


SETTINGS = (
    Setting("PostgreSQL, database on the other core", "postgresql", True, 0.45),
    Setting("SQLite, synchronous=FULL", "sqlite", True, 0.40),
    Setting("PostgreSQL, everything on 2 cores", "postgresql", False, 0.28),
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second: the product's webhooks, and the other two."""

    product: float
    bare: float
    enqueue: float


def measure_intake(*, rounds: int = 5, requests: int = 2_000) -> list[Ratio]:
    """Two ratios a setting; 0 against 0 for one that cannot be had here. Raises `TrialFailed`."""
    available = cores()
    ratios: list[Ratio] = []
    for setting in SETTINGS:
        why_not = missing(setting, len(available), has_postgresql())
        if why_not:
            ratios += not_measured(setting, why_not)
            continue
        with open_servers(place_of(setting, available)) as servers:
            rates = medians(measure_rounds(servers, rounds, requests))
        ratios += ratios_of(setting, rates)
    return ratios


def missing(setting: Setting, core_count: int, is_postgresql_here: bool) -> str:
    """Why the setting cannot be measured here, "" when it can."""
    if core_count < 2:
        return "processes cannot be kept to two cores here"
    if setting.kind == "postgresql" and not is_postgresql_here:
        return "no PostgreSQL here"
    return ""


def place_of(setting: Setting, available: Sequence[int]) -> Place:
    """One web process and everything else on the other core, or a web process a core."""
    first, second = available[0], available[1]
    if setting.is_apart:
        return Place(setting.kind, 1, {first}, {second})
    return Place(setting.kind, 2, {first, second}, {first, second})


def measure_rounds(servers: Servers, rounds: int, requests: int) -> list[Rates]:
    """In turn, so that a slow moment of the machine meets all; a first round warms up."""
    measured = []
    for number in range(rounds + 1):
        counted = {"requests": requests, "connections": CONNECTIONS}
        first = number * requests
        product = servers.send("product", first=first, **counted)
        bare = servers.send("bare", path="/nothing", **counted)
        enqueue = servers.send("enqueue", first=first, **counted)
        measured.append(
            Rates(requests / product.seconds, requests / bare.seconds, requests / enqueue.seconds)
        )
    return measured[1:]


def medians(measured: Sequence[Rates]) -> Rates:
    """The median of each rate."""
    return Rates(
        statistics.median(one.product for one in measured),
        statistics.median(one.bare for one in measured),
        statistics.median(one.enqueue for one in measured),
    )


def ratios_of(setting: Setting, rates: Rates) -> list[Ratio]:
    """The lines of one setting."""
    against: Mapping[str, tuple[float, float]] = {
        BARE: (rates.bare, setting.against_bare),
        ENQUEUE: (rates.enqueue, setting.against_enqueue),
    }
    return [
        Ratio(
            f"webhooks taken in ({setting.name})",
            rates.product,
            basis,
            rate,
            "a second",
            is_better_low=False,
            target=target,
        )
        for basis, (rate, target) in against.items()
    ]


def not_measured(setting: Setting, why: str) -> list[Ratio]:
    """A line that says what is missing."""
    what = f"webhooks taken in ({setting.name}): not measured, {why}"
    return [Ratio(what, 0, BARE, 0, "a second", is_better_low=False, target=setting.against_bare)]
