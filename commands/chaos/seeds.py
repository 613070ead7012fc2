"""The fault campaign: a webinar is synced while processes die and platforms misbehave.

A seed decides everything that is left to chance, so a campaign that broke something can be
repeated. Moments depend on the machine: a repetition does the same faults at about the same time.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from commands.chaos.faults import plan_campaign
from commands.chaos.invariants import find_broken, find_late_writes
from commands.chaos.play import find_unrest, play
from commands.trial import TrialFailed, open_trial


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one seed: the faults done, and a sentence for each broken invariant."""

    seed: int
    faults: tuple[str, ...]
    seconds: float
    broken: tuple[str, ...]


def play_seeds(seeds: int, first_seed: int, people: int, *, save: bool) -> int:
    """Play seed after seed, telling of each; the exit status, 1 when an invariant was broken."""
    outcomes = []
    for seed in range(first_seed, first_seed + seeds):
        folder = Path(tempfile.mkdtemp(prefix=f"rollcall-chaos-{seed}-"))
        outcome = run_seed(seed, people, folder)
        click.echo("\n".join(lines_of(outcome, people)))
        if outcome.broken:
            click.echo(f"  logs and database: {folder}")
        else:
            shutil.rmtree(folder)
        outcomes.append(outcome)
    failed = [outcome.seed for outcome in outcomes if outcome.broken]
    click.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} seeds ok")
    return 1 if failed else 0


def run_seed(seed: int, people: int, folder: Path) -> Outcome:
    """Play one seed in a trial of its own."""
    campaign = plan_campaign(seed)
    began = time.monotonic()
    faults: list[str] = []
    broken: list[str] = []
    try:
        with open_trial(folder) as trial:
            played = play(trial, campaign, people, faults)
            for look in (find_unrest, find_broken, find_late_writes):
                broken += look(played)
    except TrialFailed as error:
        broken.append(str(error))
    return Outcome(seed, tuple(faults), time.monotonic() - began, tuple(broken))


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
    return lines
