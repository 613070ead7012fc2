"""What the benchmark measures, and with how many people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.arrivals import measure_arrivals
from bench.drain import measure_drain
from bench.intake import measure_intake
from bench.many import Size as Crowd
from bench.memory import measure_memory
from bench.peers import measure_peers
from bench.ratio import Ratio
from bench.size import Size
from bench.stage import open_stage
from bench.sync import measure_sync_with_events, ratios_of, sync_twice
from bench.sync_faults import measure_sync_under_faults
from bench.sync_live import measure_sync_after_live
from bench.tenants import FULL as ALL_TENANTS
from bench.tenants import SMALL as FEW_TENANTS
from bench.tenants import measure_tenants


@dataclass(frozen=True, slots=True)
class Subject:
    """A group of rows measured together. ``has_counts``: some do not depend on the machine's speed.

    ``measure`` gives the rows as they are ready, and may raise `TrialFailed` after some of them.
    """

    name: str
    measure: Callable[[], Iterable[Ratio]]
    has_counts: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: a webinar's people, those of the two whose memory is compared.

    ``tenants`` are those of the subject of many. ``slowness`` stretches the platforms' latencies.
    """

    name: str
    size: Size
    larger: Size
    smaller: Size
    tenants: Crowd = FEW_TENANTS
    only_counts: bool = False
    slowness: float = 1.0


SMALL = Scale("small", Size(1_200), Size(1_200), Size(300), only_counts=True, slowness=0.1)
"""What `./run check` runs: the fewest people at whom two calls too many are not yet 5 %.

The platforms are ten times as quick: counts do not depend on it.
"""

MEDIUM = Scale("medium", Size(3_000), Size(6_000), Size(1_500))
FULL = Scale("full", Size(10_000), Size(100_000), Size(10_000), ALL_TENANTS)


def subjects_of(scale: Scale) -> list[Subject]:
    """The subjects in the order they are measured."""
    size, slowness = scale.size, scale.slowness
    found = [
        Subject("sync", lambda: _measure_sync(size, slowness), has_counts=True),
        Subject("events", lambda: measure_sync_with_events(size, slowness), has_counts=True),
        Subject("faults", lambda: measure_sync_under_faults(size, slowness), has_counts=True),
        Subject("live", lambda: measure_sync_after_live(size, slowness), has_counts=True),
        Subject("memory", lambda: measure_memory(scale.larger, scale.smaller)),
        Subject("intake", measure_intake),
        Subject("drain", measure_drain),
        Subject("arrivals", measure_arrivals),
        Subject("tenants", lambda: measure_tenants(scale.tenants)),
    ]
    return [subject for subject in found if subject.has_counts or not scale.only_counts]


def _measure_sync(size: Size, slowness: float) -> Iterator[Ratio]:
    """Ours, then the peers at the same simulator."""
    with open_stage(size, slowness) as stage:
        ours = sync_twice(stage)
        yield from ratios_of(ours)
        yield from measure_peers(stage, ours)
