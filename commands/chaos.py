"""The fault campaign: a webinar is synced while processes die and platforms misbehave.

A seed decides everything that is left to chance, so a campaign that broke something can be
repeated. Moments depend on the machine: a repetition does the same faults at about the same time.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from commands.chaos_faults import plan_campaign
from commands.chaos_invariants import find_broken, find_late_writes
from commands.chaos_play import find_unrest, play
from commands.chaos_webhooks import play_webhooks
from commands.trial import TrialFailed, open_trial


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one seed: the faults done, and a sentence for each broken invariant."""

    seed: int
    faults: tuple[str, ...]
    seconds: float
    broken: tuple[str, ...]


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=6, show_default=True)
@click.option("--first-seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--people", type=click.IntRange(40, 20_000), default=120, show_default=True)
@click.option("--webhooks", type=click.IntRange(0), default=0, help="Play the door instead.")
def command(seeds: int, first_seed: int, people: int, webhooks: int) -> None:
    """Sync webinars under faults and check that nothing was lost, doubled or left unexplained.

    Each seed takes one to five minutes. Exit status 1 when an invariant was broken. With
    --webhooks so many deliveries (10000, say) arrive while web processes are killed and the
    database is locked twice, and nothing else is played.
    """
    if webhooks:
        sys.exit(_play_the_door(webhooks, first_seed))
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
    sys.exit(1 if failed else 0)


def _play_the_door(count: int, seed: int) -> int:
    folder = Path(tempfile.mkdtemp(prefix="rollcall-chaos-webhooks-"))
    url = f"sqlite:///{folder / 'rollcall.db'}"
    try:
        broken = play_webhooks(folder, url, count, kill_every=0.5, cuts=2, seed=seed)
    except TrialFailed as error:
        broken = [str(error)]
    if broken:
        click.echo("\n".join([*broken, f"logs and database: {folder}"]))
        return 1
    shutil.rmtree(folder)
    click.echo(f"{count} webhooks were answered 2xx and are kept, each once")
    return 0


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
