"""The benchmark: ratios of what was measured to something measured in the same run."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from bench.intake import measure_intake
from bench.ratio import Ratio
from bench.sync import Measured, measure_sync
from commands.trial import TrialFailed

WIDTH = 150
SMALLER = 5
"""The smaller webinar has a fifth of the people."""


@click.command()
@click.option("--people", type=click.IntRange(500, 20_000), default=5_000, show_default=True)
def command(people: int) -> None:
    """Sync a webinar of that many people, and one of a fifth, and print a table of ratios.

    Nothing is judged: a ratio is as good as its row says, and the machine is part of the seconds.
    """
    began = time.monotonic()
    progress = Console(stderr=True, highlight=False)
    try:
        progress.print(f"Syncing {people // SMALLER:,} people …")
        small = measure_sync(people // SMALLER)
        progress.print(f"Syncing {people:,} people …")
        large = measure_sync(people)
        progress.print("Taking in webhooks …")
        intake = measure_intake()
    except TrialFailed as error:
        print(f"The benchmark stopped: {error}", file=sys.stderr)
        sys.exit(1)
    screen = Console(highlight=False, width=max(WIDTH, Console().width))
    screen.print(table_of([*ratios_of(small, large), *intake]))
    screen.print(f"Measured in {time.monotonic() - began:.0f} s.")


def ratios_of(small: Measured, large: Measured) -> list[Ratio]:
    """The lines of the two syncs."""
    return [
        *(_calls(measured) for measured in (small, large)),
        Ratio(
            f"memory a sync of {large.registrants:,} adds to a worker",
            large.memory - large.memory_before,
            f"of {small.registrants:,}",
            small.memory - small.memory_before,
            "MiB",
        ),
        Ratio(
            f"seconds of a sync of {large.registrants:,}",
            large.first.seconds,
            "HubSpot's limit alone, for as many calls",
            large.limit_seconds,
            "s",
        ),
        Ratio(
            f"seconds of a sync of {large.registrants:,}",
            large.first.seconds,
            "the same calls one after the other",
            large.serial_seconds,
            "s",
        ),
        Ratio(
            f"seconds of a second Sync now of {large.registrants:,}",
            large.second.seconds,
            "the first",
            large.first.seconds,
            "s",
        ),
        Ratio(
            f"calls of a second Sync now of {large.registrants:,}",
            large.second.calls,
            "the first",
            large.first.calls,
            "calls",
        ),
    ]


def _calls(measured: Measured) -> Ratio:
    return Ratio(
        f"HubSpot calls for {measured.registrants:,} registrants, {measured.attendees:,} attendees",
        measured.first.calls,
        "fewest possible",
        measured.fewest_calls,
        "calls",
    )


def table_of(ratios: Sequence[Ratio]) -> Table:
    """The ratios as a table for a terminal."""
    table = Table(box=None, pad_edge=False)
    for heading in ("measured", "", "against", "ratio"):
        table.add_column(heading, justify="right" if heading == "" else "left")
    for ratio in ratios:
        table.add_row(*ratio.cells())
    return table
