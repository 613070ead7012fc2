"""Other ways to the same webinar, at the simulator that ours has just been measured at."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from math import ceil

from bench.flows import batch_peer, per_contact, per_contact_fair
from bench.flows.platforms import Platforms, sign_in
from bench.journal import calls_of
from bench.ratio import Ratio
from bench.size import PAGE, WINDOW_CALLS, WINDOW_SECONDS, Size
from bench.stage import Stage
from bench.sync import Measured

PART, SMALL_PART = 0.03, 0.01
"""The share of the people a flow that goes one by one is measured with."""

FLOWS = {"one": "4301", "fair": "4302", "batch": "4303"}
"""Each flow's portal."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Calls that HubSpot and Zoom let pass, seconds; of a part of the people below 1."""

    calls: int
    zoom_calls: int
    seconds: float
    part: float = 1.0


def measure_peers(stage: Stage, ours: Measured) -> list[Ratio]:
    """Run the flows with the stage's webinar, after ours was measured there.

    Raises `TrialFailed`.
    """
    part = PART if stage.size.is_judged_by_seconds else SMALL_PART
    one = _run_part(stage, FLOWS["one"], part, per_contact.run)
    fair = _run_part(stage, FLOWS["fair"], part, per_contact_fair.run)
    batch = _run(stage, FLOWS["batch"], batch_peer.run)
    return ratios_of(stage.size, ours, one, fair, batch)


def ratios_of(size: Size, ours: Measured, one: Flow, fair: Flow, batch: Flow) -> list[Ratio]:
    """The lines of the table. What was measured with a part of the people says so."""
    calls = whole_calls(size, one)
    return [
        Ratio(
            f"HubSpot calls of n8n's (extrapolated from {one.part:.0%})",
            calls,
            "ours",
            ours.first.total,
            "calls",
            is_better_low=False,
            target=80.0,
            is_count=True,
        ),
        Ratio(
            f"seconds of n8n's (extrapolated from {one.part:.0%})",
            whole_seconds(one, calls),
            "ours",
            ours.seconds,
            "s",
            is_better_low=False,
        ),
        Ratio(
            f"seconds of the same, eight at once (extrapolated from {fair.part:.0%})",
            whole_seconds(fair, whole_calls(size, fair)),
            "ours",
            ours.seconds,
            "s",
            is_better_low=False,
        ),
        Ratio(
            "HubSpot calls of Airbyte's, contacts only, no attendance",
            batch.calls,
            "ours, all of it",
            ours.first.total,
            "calls",
            is_better_low=False,
            is_count=True,
        ),
        Ratio(
            "Zoom calls of Airbyte's, pages of 30",
            batch.zoom_calls,
            "ours",
            ours.zoom.total,
            "calls",
            is_better_low=False,
            is_count=True,
        ),
        Ratio(
            "seconds of Airbyte's, contacts only",
            batch.seconds,
            "ours, all of it",
            ours.seconds,
            "s",
            is_better_low=False,
        ),
    ]


def whole_calls(size: Size, flow: Flow) -> int:
    """Calls for everybody: so many a registrant and so many a row, whoever it is."""
    people, rows = _shares(size, flow.part)
    measured = per_contact.CALLS_A_REGISTRANT * people + per_contact.CALLS_A_ROW * rows
    if flow.calls != measured:
        raise ValueError(f"{flow.calls} calls for {people} registrants and {rows} rows")
    return per_contact.CALLS_A_REGISTRANT * size.registrants + per_contact.CALLS_A_ROW * size.rows


def whole_seconds(flow: Flow, calls: int) -> float:
    """Seconds for everybody: as slow as the part was, and never over HubSpot's limit."""
    limit = (ceil(calls / WINDOW_CALLS) - 1) * WINDOW_SECONDS
    return max(flow.seconds / flow.calls * calls, limit)


def _shares(size: Size, part: float) -> tuple[int, int]:
    return ceil(size.registrants * part), ceil(size.rows * part)


def _run_part(stage: Stage, portal_id: str, part: float, run: Callable[..., None]) -> Flow:
    """Read full pages, as somebody's own pager would, as far as the part goes, and write it."""
    people, rows = _shares(stage.size, part)

    def write_part(platforms: Platforms) -> None:
        run(
            platforms,
            list(islice(platforms.registrants(PAGE), people)),
            list(islice(platforms.participants(PAGE), rows)),
        )

    return _run(stage, portal_id, write_part, part)


def _run(stage: Stage, portal_id: str, run: Callable[[Platforms], None], part: float = 1.0) -> Flow:
    account_id = stage.simulated.call("GET", f"/zoom/webinars/{stage.webinar_id}")["account_id"]
    platforms = sign_in(stage.simulated, portal_id, account_id, stage.webinar_id)
    stage.forget_calls()
    began = time.monotonic()
    with closing(platforms):
        run(platforms)
    seconds = time.monotonic() - began
    hubspot, zoom = calls_of(stage.simulated.journal(portal_id)), stage.zoom_calls()
    calls, zoom_calls = (one.total - one.rate_limited for one in (hubspot, zoom))
    return Flow(calls, zoom_calls, seconds, part)
