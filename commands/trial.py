"""A trial: both simulated platforms and a whole Rollcall beside them, in processes of their own.

The demo, the fault campaign and the tests that kill processes start one.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from commands.supervise import die_with_parent, kill_session
from config import child_environment

HOME = Path(__file__).resolve().parent.parent
START_SECONDS = 150.0
STOP_SECONDS = 45.0
LOOK_SECONDS = 0.05


class TrialFailed(Exception):
    """A process of the trial did not start, or did not get somewhere; the message says which."""


@dataclass(slots=True)
class Process:
    """A command of ours that runs beside this one, in a session of its own.

    ``home`` holds the code, this one's unless given.
    """

    command: list[str]
    environment: dict[str, str]
    log_path: Path
    home: Path = HOME
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; what it prints goes to the log."""
        with self.log_path.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(os.getpid()),
            )

    @property
    def pid(self) -> int:
        """Its process id while it runs, else 0."""
        return self._running.pid if self.is_running and self._running is not None else 0

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def status(self) -> int | None:
        """What it ended with; None while it runs, and when it never did."""
        return None if self._running is None else self._running.poll()

    @property
    def last_words(self) -> str:
        """The last lines it printed."""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """Ask it to end, and see that nothing of it is left."""
        if self._running is None:
            return
        self._running.terminate()
        try:
            self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        kill_session(self._running.pid)


@dataclass(frozen=True, slots=True)
class Simulated:
    """The simulator's control API, in a few words."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Call ``/control{path}`` and return its JSON. Raises `TrialFailed` when refused."""
        answer = self.session.request(
            method, f"{self.base}/control{path}", json=body, params=params, timeout=120
        )
        if not answer.ok:
            raise TrialFailed(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def scene(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Play a scene; what it made and what to expect of it."""
        made: dict[str, Any] = self.call("POST", f"/scenes/{name}", parameters)
        return made

    def summary(self, portal_id: str) -> dict[str, Any]:
        """What a portal holds and what was written to it."""
        held: dict[str, Any] = self.call("GET", f"/hubspot/portals/{portal_id}/summary")
        return held

    def journal(self, portal_id: str) -> dict[str, Any]:
        """How often HubSpot was called for a portal: in all, writing, refused for its limits."""
        calls: dict[str, Any] = self.call("GET", "/journal", platform="hubspot", tenant=portal_id)
        return calls

    def contacts(self, portal_id: str) -> dict[str, dict[str, Any]]:
        """The portal's contacts by primary address."""
        found: dict[str, dict[str, Any]] = {}
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = self.call("GET", f"/hubspot/portals/{portal_id}/contacts", **params)
            for contact in page["results"]:
                found[contact["properties"].get("email", contact["id"])] = contact
            after = page.get("paging", {}).get("next", {}).get("after")
            if not after:
                return found
            params["after"] = after


@dataclass(frozen=True, slots=True)
class Trial:
    """The running parts and where to find them."""

    simulated: Simulated
    rollcall_url: str
    data_dir: Path
    simulator: Process
    rollcall: Process


@contextmanager
def open_trial(
    folder: Path, *, ports: tuple[int, int] | None = None, **environment: str
) -> Iterator[Trial]:
    """A trial that keeps everything under ``folder``; its processes end with the block.

    ``ports`` are the simulator's and Rollcall's; taken ones, and none given, are replaced by free
    ones. ``environment`` changes how Rollcall is configured. Raises `TrialFailed`.
    """
    wanted = ports or (0, 0)
    simulator_port, web_port = free_port(wanted[0]), free_port(wanted[1])
    base = f"http://127.0.0.1:{simulator_port}"
    simulator = Process(
        ["simulator", "--bind", f"127.0.0.1:{simulator_port}"],
        child_environment(),
        folder / "simulator.log",
    )
    settings = trial_environment(base, web_port, folder / "data") | environment
    rollcall = Process(
        ["commands", "serve"], child_environment(**settings), folder / "rollcall.log"
    )
    url = f"http://localhost:{web_port}"
    try:
        simulator.start()
        wait_for(lambda: answers(f"{base}/control/health"), "the simulator to start", simulator)
        rollcall.start()
        wait_for(lambda: answers(f"{url}/readyz"), "Rollcall to start", rollcall)
        simulated = Simulated(base)
        simulated.call("PATCH", "/zoom/webhooks", {"url": f"{url}/webhooks/zoom"})
        yield Trial(simulated, url, folder / "data", simulator, rollcall)
    finally:
        rollcall.stop()
        simulator.stop()


def new_keys() -> dict[str, str]:
    """The secrets of an installation that names its own database, which has to give them."""
    return {
        "ROLLCALL_SECRET_KEY": "s" * 48,
        "ROLLCALL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }


def trial_environment(base: str, web_port: int, data_dir: Path) -> dict[str, str]:
    """Rollcall's configuration for a simulator: embedded, and everything due within seconds."""
    return {
        "ROLLCALL_BIND": f"127.0.0.1:{web_port}",
        "ROLLCALL_PUBLIC_URL": f"http://localhost:{web_port}",
        "ROLLCALL_DATA_DIR": str(data_dir),
        "ROLLCALL_DATABASE_URL": "",
        "ROLLCALL_REDIS_URL": "",
        "ROLLCALL_WEB_WORKERS": "1",
        "ROLLCALL_WORKERS": "1",
        "ROLLCALL_TICK_SECONDS": "0.5",
        "ROLLCALL_RECONCILE_AFTER": "1s,3s",
        "ROLLCALL_CONFIRM_AFTER": "1s",
        "ROLLCALL_COALESCE_SECONDS": "0.5",
        "HUBSPOT_CLIENT_ID": "sim-hubspot-app",
        "HUBSPOT_CLIENT_SECRET": "sim-hubspot-secret",
        "HUBSPOT_APP_ID": "1001",
        "HUBSPOT_API_URL": f"{base}/hubspot",
        "HUBSPOT_APP_URL": f"{base}/hubspot/app",
        "HUBSPOT_API_VERSION": "2026-03",
        "HUBSPOT_APP_EVENTS": "off",
        "ZOOM_CLIENT_ID": "sim-zoom-app",
        "ZOOM_CLIENT_SECRET": "sim-zoom-secret",
        "ZOOM_WEBHOOK_SECRET": "sim-zoom-webhook-secret",
        "ZOOM_API_URL": f"{base}/zoom/v2",
        "ZOOM_OAUTH_URL": f"{base}/zoom/oauth",
    }


def wait_for(
    condition: Callable[[], Any], what: str, *needed: Process, seconds: float = START_SECONDS
) -> Any:
    """The condition's first true value. Raises `TrialFailed` when it takes too long, or at once
    when a process it needs has ended."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        for process in needed:
            if not process.is_running:
                raise TrialFailed(
                    f"{what}: {' '.join(process.command)} ended by itself\n{process.last_words}"
                )
        if time.monotonic() > deadline:
            raise TrialFailed(f"waited {seconds:g} s for {what}")
        time.sleep(LOOK_SECONDS)


def answers(url: str) -> bool:
    """Whether a GET succeeds, tried once."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def free_port(wanted: int) -> int:
    """The wanted port of this machine, or another where that one is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise TrialFailed("no port of this machine is free")
