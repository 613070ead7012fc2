"""The campaign of the tokens: many processes find one token run out at the same moment.

One of them renews it and the others go on with what it got, also when the one that renews is
killed. Zoom's refresh tokens are used once, HubSpot's stay.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import Engine, select

from commands.chaos.contestants import Contestants, Heat, Needs, kill_holder, read_holder
from commands.chaos.databases import own_database
from commands.chaos.door import DATABASES
from commands.chaos.page import save_figures, table
from commands.customer import Customer
from commands.trial import Trial, TrialFailed, new_keys, open_trial, trial_environment
from config import Config
from store.connections import Platform, open_tokens, read_grant
from store.database import open_database, reading
from store.sealing import Sealer
from store.tables import connection as connections

PLATFORMS: tuple[Platform, ...] = ("hubspot", "zoom")
KILLED_SHARE = 4
"""In one round of so many the process that renews is killed."""
BETWEEN_ROUNDS = timedelta(hours=2)
"""A round's clock is so far ahead of the last one's: longer than a token lives."""
SETTLED_SECONDS = 0.5
PEOPLE = 40
"""The customer is a webinar's, since such a scene has all that an installation needs."""
HEAD = (
    *("database", "platform", "rounds", "processes", "killed while renewing"),
    *("of them after the platform answered", "most token calls for a generation, nobody killed"),
    *("dead grants after an answer to a killed one", "other dead grants", "seconds"),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One token that ran out. ``successes`` counts the token calls that were answered with tokens,
    ``answered_dead`` those of them whose caller had been killed or was about to be."""

    platform: Platform
    was_killed: bool
    answered_dead: int
    successes: int
    generations: int
    is_dead: bool
    stored: str
    heat: Heat
    seconds: float


@click.command()
@click.option("--processes", type=click.IntRange(2, 200), default=50, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=200, show_default=True)
@click.option("--latency", type=click.FloatRange(0.1, 5.0), default=1.0, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), help="One only; both unless given.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--save", is_flag=True, help="Write the figures into docs/reference/reliability.md.")
def command(
    processes: int, rounds: int, latency: float, database: str | None, seed: int, save: bool
) -> None:
    """Let many processes meet one expired token, round after round, the platforms in turn; in a
    quarter of the rounds the process that renews is killed. Exit status 1 when a token was renewed
    twice, or a grant died that no killed process had used.
    """
    rows, broken = [], []
    for kind in (database,) if database else DATABASES:
        folder = Path(tempfile.mkdtemp(prefix=f"rollcall-chaos-tokens-{kind}-"))
        try:
            with own_database(kind, folder) as own:
                played = play_rounds(folder, own.url, processes, rounds, latency, seed)
        except TrialFailed as error:
            sys.exit(f"{error}\nlogs: {folder}")
        rows += [
            row_of(kind, platform, processes, [one for one in played if one.platform == platform])
            for platform in PLATFORMS
        ]
        told = [
            f"{kind}, round {number}, {one.platform}: {sentence}"
            for number, one in enumerate(played, start=1)
            for sentence in find_broken(one)
        ]
        broken += told
        # The other database may take as long again: what is known is told now.
        click.echo("\n".join([*told, table(HEAD, rows)]))
        if not told:
            shutil.rmtree(folder)
    if broken:
        sys.exit(1)
    if save:
        made_by = f"./run chaos tokens --processes {processes} --rounds {rounds}"
        save_figures("tokens", made_by, table(HEAD, rows))


def play_rounds(
    folder: Path, database_url: str, processes: int, rounds: int, latency: float, seed: int
) -> list[Round]:
    """Connect a customer to both platforms, then let the tokens run out, round after round."""
    secrets = {
        "ROLLCALL_DATABASE_URL": database_url,
        **new_keys(),
    }
    source = random.Random(seed)
    with open_trial(folder, ports=None, **secrets) as trial:
        base = trial.simulated.base
        config = Config.from_env(trial_environment(base, 1, folder / "data") | secrets)
        plan = trial.simulated.scene("demo", people=PEOPLE)
        customer = Customer(trial.rollcall_url)
        customer.install_scene(trial.simulated, plan)
        for platform in PLATFORMS:
            slow = {"kind": "slow", "route_contains": "/token", "seconds": latency}
            trial.simulated.call("POST", "/faults", slow | {"platform": platform})
        # Two calls fit in, and what a killed one got is known before anybody takes over.
        needs = Needs(config, lease_seconds=2 * latency + 2)
        played = []
        with Contestants(processes, needs) as contestants:
            course = Course(trial, config, contestants, latency, source)
            for number in range(1, rounds + 1):
                played.append(course.run(PLATFORMS[number % len(PLATFORMS)], number))
                if played[-1].is_dead:
                    customer.install_scene(trial.simulated, plan)
    return played


@dataclass(frozen=True, slots=True)
class Held:
    """A connection as it is stored. ``fence`` is that of the lease on its renewal."""

    connection_id: int
    generation: int
    is_dead: bool
    token: str
    fence: int


@dataclass(frozen=True, slots=True)
class Course:
    """Where the contests take place."""

    trial: Trial
    config: Config
    contestants: Contestants
    latency: float
    source: random.Random

    def run(self, platform: Platform, number: int) -> Round:
        """One round; whether somebody is killed in it, and when, is drawn by lot."""
        began = time.monotonic()
        before, successes = self._look(platform), self._successes(platform)
        delay = self._draw_delay() if number % (2 * KILLED_SHARE) < 2 else None
        was_killed, answered = False, 0

        def strike(contestants: set[int]) -> None:
            nonlocal was_killed, answered
            if delay is not None and self._kill(before, contestants, delay):
                was_killed = True
                time.sleep(self.latency + SETTLED_SECONDS)
                answered = self._successes(platform) - successes

        heat = self.contestants.ask(before.connection_id, BETWEEN_ROUNDS * number, strike)
        after = self._look(platform)
        return Round(
            platform,
            was_killed=was_killed,
            answered_dead=answered,
            successes=self._successes(platform) - successes,
            generations=after.generation - before.generation,
            is_dead=after.is_dead,
            stored=after.token,
            heat=heat,
            seconds=time.monotonic() - began,
        )

    def _draw_delay(self) -> float:
        """Before the call leaves, while it is on its way, or around its answer."""
        during = self.source.uniform(0, self.latency)
        around = self.latency + self.source.uniform(0, 0.2)
        return self.source.choice((0.0, during, around))

    def _kill(self, before: Held, contestants: set[int], delay: float) -> bool:
        engine = open_database(self.config.database_url)
        try:
            return kill_holder(engine, before.connection_id, before.fence, contestants, delay)
        finally:
            engine.dispose()

    def _look(self, platform: Platform) -> Held:
        engine = open_database(self.config.database_url)
        try:
            return read_held(engine, platform, Sealer(self.config.encryption_keys))
        finally:
            # Nothing may be open when the next process is forked.
            engine.dispose()

    def _successes(self, platform: Platform) -> int:
        calls = self.trial.simulated.call("GET", "/journal", platform=platform)["calls"]
        return sum(
            int(call["count"])
            for call in calls
            if call["route"].endswith("/token") and call["status"] == 200
        )


def read_held(engine: Engine, platform: Platform, sealer: Sealer) -> Held:
    """The platform's only connection."""
    with reading(engine) as connection:
        key = connection.execute(
            select(connections.c.id).where(connections.c.platform == platform)
        ).scalar_one()
        grant = read_grant(connection, key)
        assert grant is not None
        token = open_tokens(connection, sealer, key).access
    fence = read_holder(engine, key)[1]
    return Held(key, grant.generation, grant.status != "connected", token, fence)


def find_broken(one: Round) -> list[str]:
    """A sentence for everything in a round that must not be."""
    told = [f"a process failed: {failure}" for failure in one.heat.failures]
    if one.is_dead:
        if not one.answered_dead:
            told.append("the grant died, though no killed process had used it")
        if one.heat.tokens:
            told.append("tokens were given out for a dead grant")
        return told
    if one.generations != 1:
        told.append(f"{one.generations} new generations")
    if not 1 <= one.successes <= 1 + one.answered_dead:
        told.append(f"{one.successes} token calls for one generation")
    if one.heat.tokens != {one.stored}:
        told.append(f"{len(one.heat.tokens)} different tokens were given out")
    if one.heat.reconnects:
        told.append(f"{one.heat.reconnects} processes asked for a person")
    return told


def row_of(
    kind: str, platform: Platform, processes: int, played: Sequence[Round]
) -> Sequence[object]:
    """The figures of one platform on one database, in the order of the head."""
    killed = [one for one in played if one.was_killed]
    undisturbed = [one.successes for one in played if not one.was_killed]
    dead = [one for one in played if one.is_dead]
    explained = [one for one in dead if one.answered_dead]
    return (
        *(kind, platform, len(played), processes, len(killed)),
        *(sum(1 for one in killed if one.answered_dead), max(undisturbed, default=0)),
        *(len(explained), len(dead) - len(explained)),
        f"{sum(one.seconds for one in played):.0f}",
    )
