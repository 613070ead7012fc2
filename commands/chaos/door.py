"""The campaign at the door: signed webhooks arrive while web processes are killed.

Whatever was answered 2xx has to be in the inbox, and everything is there once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import click
from sqlalchemy import select

import store
from commands.chaos.databases import Database, own_database
from commands.chaos.page import save_figures, table
from commands.chaos.sender import Sender
from commands.processes import descendants
from commands.trial import (
    Process,
    TrialFailed,
    answers,
    free_port,
    new_keys,
    trial_environment,
    wait_for,
)
from config import child_environment
from store.database import open_database, reading
from store.inbox import place_of
from store.sealing import Sealer
from store.tables import inbox

DATABASES = ("sqlite", "postgresql")
KILL_SECONDS = 0.5
CUTS = 2
SENDERS, WEB_PROCESSES = 8, 4
PATIENCE = 120.0
PAUSE = 0.05
HEAD = (
    *("database", "webhooks", "answered 2xx", "kept", "lost", "doubled", "sent again"),
    *("processes killed", "database taken away", "p99 of an answer", "seconds"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the senders were told, and what is there. ``answer_seconds`` are those of the 2xx."""

    webhooks: int
    answered: list[int]
    kept: Counter[int]
    answer_seconds: list[float]
    repeated: int
    kills: int
    cuts: int
    seconds: float

    @property
    def broken(self) -> list[str]:
        """A sentence for whatever is lost or there twice."""
        return find_lost(self.answered, self.kept, self.webhooks)


@click.command()
@click.option("--webhooks", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--database", type=click.Choice(DATABASES), help="One only; both unless given.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--save", is_flag=True, help="Write the figures into docs/reference/reliability.md.")
def command(webhooks: int, database: str | None, seed: int, save: bool) -> None:
    """Deliver signed webhooks at full speed while a web process is killed every 500 ms and the
    database is taken away twice: PostgreSQL is restarted as after a crash, SQLite is locked for 3
    seconds. Exit status 1 when one that was answered 2xx is not kept once.
    """
    rows, is_broken = [], False
    for kind in (database,) if database else DATABASES:
        folder = Path(tempfile.mkdtemp(prefix=f"rollcall-chaos-door-{kind}-"))
        try:
            with own_database(kind, folder) as own:
                outcome = play_webhooks(folder, own, webhooks, cuts=CUTS, seed=seed)
        except TrialFailed as error:
            sys.exit(f"{error}\nlogs: {folder}")
        rows.append(row_of(kind, outcome))
        if outcome.broken:
            is_broken = True
            click.echo("\n".join([*outcome.broken, f"logs: {folder}"]))
        else:
            shutil.rmtree(folder)
    figures = table(HEAD, rows)
    click.echo(figures)
    if is_broken:
        sys.exit(1)
    if save:
        save_figures("door", f"./run chaos door --webhooks {webhooks}", figures)


def play_webhooks(
    folder: Path,
    database: Database,
    count: int,
    *,
    kill_every: float = KILL_SECONDS,
    cuts: int,
    seed: int = 1,
) -> Outcome:
    """Deliver ``count`` numbered webhooks; one that is not answered 2xx is sent again.

    Every ``kill_every`` seconds a web process is killed; ``cuts`` times the database is taken away.
    """
    store.migrate(database.url)
    keys, port = new_keys(), free_port(0)
    settings = trial_environment("http://127.0.0.1:9", port, folder / "data") | {
        "ROLLCALL_DATABASE_URL": database.url,
        **keys,
        "ROLLCALL_WEB_WORKERS": str(WEB_PROCESSES),
    }
    web = Process(["commands", "web"], child_environment(**settings), folder / "web.log")
    url = f"http://localhost:{port}"
    sender = Sender(
        f"{url}/webhooks/zoom", settings["ZOOM_WEBHOOK_SECRET"], folder / "answered", PATIENCE
    )
    try:
        web.start()
        wait_for(lambda: answers(f"{url}/healthz"), "the web processes to start", web)
        began = time.monotonic()
        with sender, Killer(web, kill_every, seed) as killer:
            _send_all(sender, database, count, cuts)
        seconds = time.monotonic() - began
    finally:
        web.stop()
    return Outcome(
        count,
        sender.read_answered(),
        read_numbers(database.url, keys["ROLLCALL_ENCRYPTION_KEYS"]),
        sender.answer_seconds,
        sender.repeated,
        killer.kills,
        cuts,
        seconds,
    )


def _send_all(sender: Sender, database: Database, count: int, cuts: int) -> None:
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = [pool.submit(sender.deliver, number) for number in range(count)]
        for cut in range(1, cuts + 1):
            _wait_for_share(sender, count * cut // (cuts + 1))
            database.take_away()
        for one in sent:
            one.result()


def _wait_for_share(sender: Sender, share: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(sender.answer_seconds) < share and time.monotonic() < deadline:
        time.sleep(PAUSE)


class Killer:
    """Kills one of gunicorn's servers every so often while the block lasts; its master starts
    another. ``kills`` counts those that died of it.
    """

    def __init__(self, web: Process, every: float, seed: int) -> None:
        self._web, self._every, self._source = web, every, random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.kills = 0

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            running = [one for one in descendants(self._web.pid) if "gunicorn" in one.command]
            masters = {one.parent for one in running}
            servers = [one.pid for one in running if one.depth > 1 and one.pid not in masters]
            if servers:
                with suppress(ProcessLookupError):
                    os.kill(self._source.choice(servers), signal.SIGKILL)
                    self.kills += 1


def find_lost(answered: Iterable[int], kept: Counter[int], count: int) -> list[str]:
    """What of the numbers answered 2xx is missing, never was answered, or is there twice."""
    acknowledged = set(answered)
    told = {
        "answered 2xx and not kept": acknowledged - kept.keys(),
        "kept more than once": doubled(kept),
        "never answered 2xx": set(range(count)) - acknowledged,
    }
    return [
        f"{len(numbers)} webhooks were {what}, number {min(numbers)} first"
        for what, numbers in told.items()
        if numbers
    ]


def doubled(kept: Counter[int]) -> set[int]:
    """The numbers that are there more than once."""
    return {number for number, times in kept.items() if times > 1}


def row_of(kind: str, outcome: Outcome) -> Sequence[object]:
    """The figures on one database, in the order of the head."""
    answered = set(outcome.answered)
    return (
        *(kind, outcome.webhooks, len(answered), len(outcome.kept)),
        *(len(answered - outcome.kept.keys()), len(doubled(outcome.kept)), outcome.repeated),
        *(outcome.kills, outcome.cuts),
        f"{percentile(outcome.answer_seconds, 99) * 1000:.0f} ms",
        f"{outcome.seconds:.0f}",
    )


def percentile(values: Sequence[float], share: int) -> float:
    """The value that ``share`` percent of them do not exceed."""
    return sorted(values)[ceil(len(values) * share / 100) - 1] if values else 0.0


def read_numbers(database_url: str, key: str) -> Counter[int]:
    """How often each number is in the inbox, by the stored bodies themselves."""
    sealer, database = Sealer([key]), open_database(database_url)
    try:
        with reading(database) as connection:
            rows = connection.execute(select(inbox.c.body, inbox.c.digest)).all()
        bodies = (sealer.open(row.body, place_of(row.digest)) for row in rows)
        return Counter(int(json.loads(body)["event_ts"]) for body in bodies)
    finally:
        database.dispose()
