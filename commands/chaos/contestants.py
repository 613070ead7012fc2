"""Processes that ask for the token of one connection at the same moment, and one that is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection, wait
from typing import Any

from sqlalchemy import Engine, select

from clients.errors import ReconnectNeeded
from config import Config
from oauth.endpoints import hubspot_endpoint, zoom_endpoint
from oauth.tokens import TokenKeeper
from store.database import open_database, reading
from store.sealing import Sealer
from store.tables import lease

PATIENCE = 120.0
LOOK_SECONDS = 0.002
RECONNECT = "reconnect"


@dataclass(frozen=True, slots=True)
class Needs:
    """What every process renews tokens with."""

    config: Config
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Heat:
    """What one contest came to: the tokens that were given, how often a person was asked for
    instead, and whatever else happened."""

    tokens: frozenset[str]
    reconnects: int
    failures: tuple[str, ...]


class Contestants:
    """Processes forked from this one, each with its own connection to the database.

    Nothing of the database may be open here while one is forked.
    """

    def __init__(self, count: int, needs: Needs) -> None:
        self._context = multiprocessing.get_context("fork")
        self._count, self._needs = count, needs
        self._barrier: Any = self._context.Barrier(count)
        self._running: dict[int, tuple[Any, Connection]] = {}

    def __enter__(self) -> Contestants:
        return self

    def __exit__(self, *_error: object) -> None:
        for process, pipe in self._running.values():
            process.kill()
            process.join()
            pipe.close()

    def ask(self, connection_id: int, ahead: timedelta, strike: Callable[[set[int]], None]) -> Heat:
        """Let all of them ask at once, ``ahead`` of the clock; ``strike`` may kill meanwhile."""
        self._fill()
        for _, pipe in self._running.values():
            pipe.send((connection_id, ahead))
        strike(set(self._running))
        return _judge(self._collect())

    def _fill(self) -> None:
        while len(self._running) < self._count:
            ours, theirs = self._context.Pipe()
            process = self._context.Process(
                target=_contend, args=(self._needs, self._barrier, theirs), daemon=True
            )
            process.start()
            theirs.close()
            assert process.pid is not None
            self._running[process.pid] = (process, ours)

    def _collect(self) -> list[tuple[str, str]]:
        """The answers of those that live; the others are buried."""
        answers = []
        awaited = {pipe: pid for pid, (_, pipe) in self._running.items()}
        deadline = time.monotonic() + PATIENCE
        while awaited and time.monotonic() < deadline:
            ready = [pipe for pipe in wait(list(awaited), 1.0) if isinstance(pipe, Connection)]
            dead = [pipe for pipe, pid in awaited.items() if not self._running[pid][0].is_alive()]
            for pipe in {*ready, *dead}:
                pid = awaited.pop(pipe)
                with suppress(EOFError, OSError):
                    if pipe.poll():
                        answers.append(pipe.recv())
        answers += [("failed", "no answer")] * len(awaited)
        for pid in [pid for pid, (process, _) in self._running.items() if not process.is_alive()]:
            process, pipe = self._running.pop(pid)
            process.join()
            pipe.close()
        return answers


def kill_holder(
    engine: Engine, connection_id: int, fence: int, contestants: set[int], delay: float
) -> bool:
    """SIGKILL for whoever takes the lease on the renewal next, so many seconds after that."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        holder, newest = read_holder(engine, connection_id)
        if newest > fence:
            time.sleep(delay)
            if holder not in contestants:
                return False
            os.kill(holder, signal.SIGKILL)
            return True
        time.sleep(LOOK_SECONDS)
    return False


def read_holder(engine: Engine, connection_id: int) -> tuple[int, int]:
    """The process that took the lease on a renewal last, and the lease's fence."""
    with reading(engine) as connection:
        row = connection.execute(
            select(lease.c.owner, lease.c.fence).where(lease.c.name == f"refresh:{connection_id}")
        ).first()
    return (int(row.owner.partition("-")[0]), int(row.fence)) if row else (0, 0)


def _contend(needs: Needs, barrier: Any, pipe: Connection) -> None:
    """Be one of them until killed."""
    config = needs.config
    engine = open_database(config.database_url, pool_size=1)
    endpoints = {
        "hubspot": hubspot_endpoint(config.hubspot),
        "zoom": zoom_endpoint(config.zoom),
    }
    sealer = Sealer(config.encryption_keys)
    while True:
        connection_id, ahead = pipe.recv()
        keeper = TokenKeeper(
            engine,
            sealer,
            endpoints,  # type: ignore[arg-type]
            now=lambda ahead=ahead: datetime.now(UTC) + ahead,  # type: ignore[misc]
            lease_seconds=needs.lease_seconds,
        )
        barrier.wait(PATIENCE)
        try:
            answer = ("token", keeper.access_token(connection_id).token)
        except ReconnectNeeded:
            answer = (RECONNECT, "")
        except Exception as error:
            answer = ("failed", repr(error))
        pipe.send(answer)


def _judge(answers: Sequence[tuple[str, str]]) -> Heat:
    said = [kind for kind, _ in answers]
    return Heat(
        frozenset(value for kind, value in answers if kind == "token"),
        said.count(RECONNECT),
        tuple(value for kind, value in answers if kind == "failed"),
    )
