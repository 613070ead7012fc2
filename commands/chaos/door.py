"""The campaign at the door: signed webhooks arrive while web processes are killed.

Whatever was answered 2xx has to be in the inbox, and everything is there once.
"""

from __future__ import annotations

import hashlib
import hmac
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
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import click
import requests
from cryptography.fernet import Fernet
from sqlalchemy import select, text

import store
from commands.processes import descendants
from commands.trial import Process, TrialFailed, answers, free_port, trial_environment, wait_for
from config import child_environment
from store.database import open_database, reading
from store.inbox import place_of
from store.sealing import Sealer
from store.tables import inbox

SENDERS, WEB_PROCESSES = 8, 4
PATIENCE = 120.0
PAUSE = 0.05
LOCKED_SECONDS = 3.0
BETWEEN_KILLS = 40
"""Webhooks answered between two kills: a process takes seconds to start, and while none of them
serves a kill would hit nobody."""


@click.command()
@click.option("--webhooks", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def command(webhooks: int, seed: int) -> None:
    """Deliver signed webhooks at full speed while web processes are killed every 500 ms and the
    database is taken away twice. Exit status 1 when one that was answered 2xx is not kept once.
    """
    folder = Path(tempfile.mkdtemp(prefix="rollcall-chaos-door-"))
    url = f"sqlite:///{folder / 'rollcall.db'}"
    try:
        broken = play_webhooks(folder, url, webhooks, kill_every=0.5, cuts=2, seed=seed)
    except TrialFailed as error:
        broken = [str(error)]
    if broken:
        click.echo("\n".join([*broken, f"logs and database: {folder}"]))
        sys.exit(1)
    shutil.rmtree(folder)
    click.echo(f"{webhooks} webhooks were answered 2xx and are kept, each once")


def play_webhooks(
    folder: Path, database_url: str, count: int, *, kill_every: float, cuts: int, seed: int = 1
) -> list[str]:
    """Deliver ``count`` numbered webhooks; a sentence for whatever is lost or there twice.

    Every ``kill_every`` seconds a web process is killed, if there was progress since the last.
    ``cuts`` times the database is taken away: PostgreSQL loses every connection, SQLite is locked
    for 3 seconds. A webhook that is not answered 2xx is sent again, byte for byte.
    """
    store.migrate(database_url)
    key, port = Fernet.generate_key().decode(), free_port(0)
    settings = trial_environment("http://127.0.0.1:9", port, folder / "data") | {
        "ROLLCALL_DATABASE_URL": database_url,
        "ROLLCALL_SECRET_KEY": "s" * 48,
        "ROLLCALL_ENCRYPTION_KEYS": key,
        "ROLLCALL_WEB_WORKERS": str(WEB_PROCESSES),
    }
    web = Process(["commands", "web"], child_environment(**settings), folder / "web.log")
    url, over = f"http://localhost:{port}", threading.Event()
    answered: list[int] = []
    try:
        web.start()
        wait_for(lambda: answers(f"{url}/healthz"), "the web processes to start", web)
        killer = threading.Thread(
            target=_kill, args=(web, kill_every, random.Random(seed), answered, over)
        )
        killer.start()
        try:
            with ThreadPoolExecutor(SENDERS) as senders:
                secret = settings["ZOOM_WEBHOOK_SECRET"]
                sent = [
                    senders.submit(_deliver, f"{url}/webhooks/zoom", secret, number, answered)
                    for number in range(count)
                ]
                for cut in range(1, cuts + 1):
                    _wait_for_share(answered, count * cut // (cuts + 1))
                    cut_off(database_url)
                for one in sent:
                    one.result()
        finally:
            over.set()
            killer.join()
    finally:
        web.stop()
    return find_lost(answered, read_numbers(database_url, key), count)


def find_lost(answered: Iterable[int], kept: Counter[int], count: int) -> list[str]:
    """What of the numbers answered 2xx is missing, never was answered, or is there twice."""
    acknowledged = set(answered)
    told = {
        "answered 2xx and not kept": acknowledged - kept.keys(),
        "kept more than once": {number for number, times in kept.items() if times > 1},
        "never answered 2xx": set(range(count)) - acknowledged,
    }
    return [
        f"{len(numbers)} webhooks were {what}, number {min(numbers)} first"
        for what, numbers in told.items()
        if numbers
    ]


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


def cut_off(database_url: str) -> None:
    """Take the database away from everybody for a moment."""
    database = open_database(database_url)
    with database.connect() as connection, connection.begin():
        if database.dialect.name == "postgresql":
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        else:  # The transaction has begun to write, and nobody else may.
            time.sleep(LOCKED_SECONDS)
    database.dispose()


def _deliver(url: str, secret: str, number: int, answered: list[int]) -> None:
    """Send until it is answered 2xx; note the number then."""
    body = json.dumps(
        {"event": "webinar.ended", "event_ts": number, "payload": {"account_id": "nobody"}}
    ).encode()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        stamp = str(int(time.time()))
        signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        headers = {
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": f"v0={signed.hexdigest()}",
            "Content-Type": "application/json",
        }
        with suppress(requests.RequestException):
            if requests.post(url, data=body, headers=headers, timeout=10).ok:
                answered.append(number)
                return
        time.sleep(PAUSE)


def _kill(
    web: Process,
    every: float,
    source: random.Random,
    answered: list[int],
    over: threading.Event,
) -> None:
    """Kill one of gunicorn's servers every so often; its master starts another."""
    due = BETWEEN_KILLS
    while not over.wait(every):
        if len(answered) < due:
            continue
        due = len(answered) + BETWEEN_KILLS
        running = [one for one in descendants(web.pid) if "gunicorn" in one.command]
        masters = {one.parent for one in running}
        servers = [one.pid for one in running if one.pid not in masters]
        if servers and len(running) > 1:
            with suppress(ProcessLookupError):
                os.kill(source.choice(servers), signal.SIGKILL)


def _wait_for_share(answered: list[int], share: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(answered) < share and time.monotonic() < deadline:
        time.sleep(PAUSE)
