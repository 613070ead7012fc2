"""A whole sync while HubSpot fails now and then, and what is there twice afterwards."""

from __future__ import annotations

from bench.journal import Calls
from bench.ratio import Ratio
from bench.size import Size
from bench.stage import Stage, open_stage

FAULTS = 0.02
"""Share of the calls that fail: half before anything is done, half after all of it is."""

_RULES = [
    {"platform": "hubspot", "kind": "status", "status": 502, "rate": FAULTS / 2, "seed": 1},
    {"platform": "hubspot", "kind": "lost_answer", "rate": FAULTS / 2, "seed": 2},
]


def measure_sync_under_faults(size: Size, slowness: float = 1.0) -> list[Ratio]:
    """Sync a webinar of that size in a trial of its own. Raises `TrialFailed`."""
    with open_stage(size, slowness) as stage:
        calls = sync_under_faults(stage)
        return ratios_of(size, calls, stage.doubled())


def sync_under_faults(stage: Stage) -> Calls:
    """Sync under faults, then once more without. The calls are those of the first."""
    rules = stage.simulated.call("GET", "/faults")["faults"]
    stage.simulated.call("POST", "/faults", _RULES)
    stage.forget_calls()
    stage.begin()
    stage.wait_settled()
    stage.wait_quiet()
    calls = stage.hubspot_calls()
    stage.check()
    stage.simulated.call("DELETE", "/faults")
    stage.simulated.call("POST", "/faults", rules)
    stage.sync_again()
    stage.wait_quiet()
    return calls


def ratios_of(size: Size, calls: Calls, doubled: int) -> list[Ratio]:
    """The lines of the table."""
    return [
        Ratio(
            f"HubSpot calls with {FAULTS:.0%} faults, read-backs apart",
            calls.total - calls.read_backs,
            "fewest possible",
            size.fewest_calls,
            "calls",
            target=1.15,
            is_count=True,
        ),
        Ratio(
            "read-backs of what HubSpot did not confirm",
            calls.read_backs,
            "everybody registered and everybody there, and 20",
            size.most_read_backs,
            "calls",
            target=1.0,
            is_count=True,
        ),
        Ratio(
            "effects or contacts twice in HubSpot after faults and another sync",
            doubled,
            "people and participations",
            2 * size.registrants + size.attendees,
            "",
            target=0.0,
            is_count=True,
        ),
    ]
