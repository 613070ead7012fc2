"""The fault campaign: a webinar is synced while processes die and platforms misbehave.

A seed decides everything that is left to chance, so a campaign that broke something can be
repeated. Moments depend on the machine: a repetition does the same faults at about the same time.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import click

from commands.chaos.faults import Freeze
from commands.chaos.findings import Figures, judge
from commands.chaos.page import save_figures, table
from commands.chaos.plan import Campaign, plan_campaign
from commands.chaos.play import MAIN_PORTAL, play, settle
from commands.chaos.watch import watching
from commands.supervise import die_with_parent
from commands.trial import TrialFailed, open_trial

READS_AFTER = "1s,3s,5s,8s,11s,15s,20s,30s,45s,60s,80s,100s,120s,150s,180s,240s,1h"
"""More reads than a late report takes, on a slow machine too; what is read after the last of them
counts whether it agrees with anything or not."""

HEAD = ("seed", "faults", "seconds", "longest pause", "broken")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one seed: the faults done, and a sentence for each broken invariant."""

    seed: int
    faults: tuple[str, ...]
    seconds: float
    broken: tuple[str, ...]
    figures: Figures = field(default_factory=Figures)
    folder: str = ""


def play_seeds(seeds: int, first_seed: int, people: int, *, together: int, save: bool) -> int:
    """Play the seeds, ``together`` at once, telling of each as it ends; the exit status is 1 when
    an invariant was broken."""
    outcomes = []
    for outcome in _outcomes(range(first_seed, first_seed + seeds), people, together):
        click.echo("\n".join(lines_of(outcome, people)))
        outcomes.append(outcome)
    failed = [outcome for outcome in outcomes if outcome.broken]
    click.echo(totals_of(outcomes))
    if save:
        by = f"./run chaos --seeds {seeds} --first-seed {first_seed} --together {together} --save"
        save_figures("seeds", by, figures_of(outcomes))
    return 1 if failed else 0


def _outcomes(seeds: Sequence[int], people: int, together: int) -> Iterator[Outcome]:
    """As they end. Each is played by a process of its own, with ports and a folder of its own."""
    with ProcessPoolExecutor(
        together,
        multiprocessing.get_context("spawn"),
        initializer=_die_with,
        initargs=(os.getpid(),),
        max_tasks_per_child=1,
    ) as players:
        playing = [players.submit(play_seed, seed, people) for seed in seeds]
        for one in as_completed(playing):
            yield one.result()


def _die_with(parent: int) -> None:
    """Whoever ends the campaign ends the seeds it plays, and each of them its trial."""
    if ask := die_with_parent(parent):
        ask()


def play_seed(seed: int, people: int) -> Outcome:
    """Play one seed in a new folder, which stays if something was broken."""
    folder = Path(tempfile.mkdtemp(prefix=f"rollcall-chaos-{seed}-"))
    outcome = run_seed(seed, people, folder)
    if not outcome.broken:
        shutil.rmtree(folder)
    return outcome


def run_seed(seed: int, people: int, folder: Path) -> Outcome:
    """Play one seed in a trial of its own."""
    campaign = plan_campaign(seed)
    began = time.monotonic()
    faults: list[str] = []
    broken: tuple[str, ...] = ()
    figures = Figures()
    try:
        with open_trial(
            folder,
            ROLLCALL_WORKERS=_workers(campaign),
            ROLLCALL_RECONCILE_AFTER=READS_AFTER,
        ) as trial:
            with watching(trial.data_dir, MAIN_PORTAL) as watch:
                played = play(trial, campaign, people, faults)
                settle(played)
            findings = judge(played, watch)
            figures, broken = findings.figures, tuple(findings.broken)
    except TrialFailed as error:
        broken = (str(error),)
    seconds = time.monotonic() - began
    return Outcome(seed, tuple(faults), seconds, broken, figures, str(folder))


def _workers(campaign: Campaign) -> str:
    """Two for each pool where one of them stands still: the other has to take over."""
    return "2" if any(isinstance(fault, Freeze) for fault in campaign.faults) else "1"


def lines_of(outcome: Outcome, people: int) -> list[str]:
    """A line for the seed; for a broken one also what is broken, and how to repeat it."""
    verdict = "broken" if outcome.broken else "ok"
    faults = " · ".join(outcome.faults) or "no fault"
    lines = [f"seed {outcome.seed:<4} {verdict:<6} {outcome.seconds:4.0f} s   {faults}"]
    lines += [f"  broken: {sentence}" for sentence in outcome.broken]
    if outcome.broken:
        lines.append(
            f"  again: ./run chaos --seeds 1 --first-seed {outcome.seed} --people {people}"
        )
        lines += [f"  logs and database: {outcome.folder}"] if outcome.folder else []
    return lines


def totals_of(outcomes: Sequence[Outcome]) -> str:
    """All seeds in one line."""
    unbroken = sum(not outcome.broken for outcome in outcomes)
    all_of = reduce(Figures.plus, (outcome.figures for outcome in outcomes), Figures())
    return (
        f"{unbroken} of {len(outcomes)} seeds ok: {all_of.acknowledged} webhooks acknowledged, "
        f"{all_of.lost} lost; {all_of.effects} effects, {all_of.duplicates} twice, "
        f"{all_of.missing} missing; {all_of.crossed} writes across customers; sending resumed "
        f"{all_of.pause:.0f} s after a stop at the latest; {all_of.unconfirmed} left unconfirmed"
    )


def figures_of(outcomes: Sequence[Outcome]) -> str:
    """The totals and a table of the seeds, in Markdown."""
    rows = [
        (
            outcome.seed,
            " · ".join(outcome.faults) or "none",
            f"{outcome.seconds:.0f}",
            f"{outcome.figures.pause:.0f} s",
            "; ".join(outcome.broken) or "nothing",
        )
        for outcome in sorted(outcomes, key=lambda outcome: outcome.seed)
    ]
    return f"{totals_of(outcomes)}.\n\n{table(HEAD, rows)}"
