"""The benchmark: ratios of what was measured to something measured in the same run."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.chart import draw
from bench.cpu import watching_others
from bench.ratio import Ratio
from bench.report import HEAD, Group, as_json, failed, from_json, lines_of, rows_of
from bench.subjects import FULL, MEDIUM, SMALL, Scale, Subject, subjects_of
from commands.figures import REFERENCE, made_by, save_figures, table
from commands.trial import HOME, TrialFailed

WIDTH, LONGEST_REASON = 190, 100
PAGE, CHART = REFERENCE / "performance.md", REFERENCE / "performance.svg"
RESULTS = HOME / "var" / "bench"


@click.command()
@click.option("--small", "scale", flag_value=SMALL.name, help="Counts only, 1,200 people.")
@click.option("--full", "scale", flag_value=FULL.name, help="10,000 people, and memory at 100,000.")
@click.option("--only", metavar="SUBJECT", multiple=True, help="Leave the other subjects out.")
@click.option(
    "--save",
    is_flag=True,
    help="Write table and chart into docs/reference; subjects left out as they were measured last.",
)
def command(scale: str | None, only: tuple[str, ...], save: bool) -> None:
    """Measure, and print a table of ratios with their targets.

    Without an option everything is measured with 3,000 people, in some minutes. Seconds and memory
    are judged with --full only: below 10,000 people the few calls of any sync outweigh the rest.
    Exit status 1 when a target is missed, unless others kept the machine busy meanwhile; with
    --small counts alone are judged.
    """
    chosen = {SMALL.name: SMALL, FULL.name: FULL}.get(scale or "", MEDIUM)
    subjects = [one for one in subjects_of(chosen) if not only or one.name in only]
    if only and {one.name for one in subjects} != set(only):
        known = ", ".join(one.name for one in subjects_of(chosen))
        raise click.UsageError(f"the subjects of this size are {known}")
    began = time.monotonic()
    groups = [_measure(subject, only_counts=chosen.only_counts) for subject in subjects]
    _show(groups, chosen, time.monotonic() - began)
    if save:
        _save(_whole(chosen), chosen, is_part=bool(only))
    sys.exit(1 if failed(groups) else 0)


def _measure(subject: Subject, *, only_counts: bool) -> Group:
    """Measure a subject; one that gets stuck does not take the others with it."""
    print(f"Measuring {subject.name} …", file=sys.stderr)
    began = time.monotonic()
    ratios: list[Ratio] = []
    stopped = ""
    with watching_others() as foreign:
        try:
            # One by one: what is there before it gets stuck is kept.
            for ratio in subject.measure():
                ratios.append(ratio)
        except TrialFailed as error:
            print(f"{subject.name} could not be measured: {error}", file=sys.stderr)
            stopped = str(error).partition("\n")[0][:LONGEST_REASON]
    print(f"… {time.monotonic() - began:.0f} s", file=sys.stderr)
    kept = [ratio for ratio in ratios if ratio.is_count or not only_counts]
    return Group(subject.name, kept, foreign.cores, stopped)


def _show(groups: Sequence[Group], scale: Scale, seconds: float) -> None:
    screen = Console(highlight=False, width=max(WIDTH, Console().width))
    screen.print(table_of(groups))
    at = datetime.now(UTC)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{at:%Y%m%d-%H%M%S-%f}-{scale.name}.json"
    path.write_text(json.dumps(as_json(scale.name, groups, at, seconds), indent=1))
    screen.print(f"Measured in {seconds:.0f} s; {path.relative_to(HOME)} has it for programs.")


def table_of(groups: Sequence[Group]) -> Table:
    """The rows as a table for a terminal."""
    shown = Table(box=None, pad_edge=False)
    for heading in HEAD:
        shown.add_column(heading, justify="right" if heading in ("measured", "ratio") else "left")
    for line in lines_of(groups):
        shown.add_row(*line)
    return shown


def _whole(scale: Scale) -> list[Group]:
    """Every subject of this size as it was measured last, this run included."""
    newest = {
        group.name: group
        for path in sorted(RESULTS.glob(f"*-{scale.name}.json"))
        for group in from_json(json.loads(path.read_text()))
    }
    names = [subject.name for subject in subjects_of(scale)]
    missing = [name for name in names if name not in newest]
    if missing:
        raise click.UsageError(f"nothing was saved: measure these too: {', '.join(missing)}")
    return [newest[name] for name in names]


def _save(groups: Sequence[Group], scale: Scale, *, is_part: bool) -> None:
    words = "./run bench" if scale is MEDIUM else f"./run bench --{scale.name}"
    part = " --only SUBJECT, one after the other," if is_part else " --save"
    save_page(groups, f"{words}{part}", PAGE, CHART)


def save_page(groups: Sequence[Group], call: str, page: Path, chart: Path) -> None:
    """Write the rows into their place of the page, and the chart beside it."""
    save_figures("bench", call, table(HEAD, list(lines_of(groups))), page)
    ratios = [row.ratio for row in rows_of(groups)]
    chart.write_text(draw(ratios, made_by(call).replace("`", "")))
