"""A running simulator with one Zoom account, a token for it, and somewhere to send webhooks."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.app import RunningSimulator, serve_in_thread
from simulator.world import World
from tests.simulator.zoom.support import ACCOUNT, HOST, NOW, MovableClock, Receiver, Zoom, receiving

PEOPLE = [
    {"id": HOST, "email": "host@acme.example", "first_name": "Hanna", "last_name": "Host"},
    {
        "id": "helper-user",
        "email": "helper@acme.example",
        "first_name": "Henk",
        "role_report": False,
    },
]


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    """One simulator for all these tests, its clock to be moved."""
    with serve_in_thread(World(clock=MovableClock())) as simulator:
        yield simulator
        simulator.world.zoom.sender.close()


@pytest.fixture
def clock(running: RunningSimulator) -> MovableClock:
    """The simulator's clock, standing at 2026-11-18 16:00 UTC."""
    clock = running.world.clock
    assert isinstance(clock, MovableClock)
    clock.now = NOW
    return clock


@pytest.fixture
def zoom(running: RunningSimulator, clock: MovableClock) -> Iterator[Zoom]:
    """A caller with a token of the account's host; per-second limits are wide."""
    running.world.reset()
    caller = Zoom(running.base_url, running.world)
    for category in ("light", "medium", "heavy"):
        running.world.limits.change(f"zoom.pro.{category}", 100_000, 1.0)
    caller.control("POST", "/zoom/accounts", {"account_id": ACCOUNT, "users": PEOPLE})
    caller.sign_in()
    with caller.session:
        yield caller


@pytest.fixture
def receiver(zoom: Zoom) -> Iterator[Receiver]:
    """An endpoint the simulator's webhooks go to."""
    with receiving() as listening:
        zoom.control("PATCH", "/zoom/webhooks", {"url": listening.url, "retry_scale": 0.0001})
        yield listening
        zoom.world.zoom.sender.close()


@pytest.fixture(scope="session")
def rivet() -> Path:
    """The folder of scripts that use Zoom's own client library; skips without node or npm."""
    folder = Path(__file__).parent / "rivet"
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"@zoom/rivet needs {' and '.join(missing)}, not installed here")
    if not (folder / "node_modules" / "@zoom" / "rivet").is_dir():
        made = subprocess.run(["npm", "ci"], cwd=folder, capture_output=True, text=True)
        if made.returncode:
            pytest.skip(f"@zoom/rivet could not be installed: {made.stderr.strip()[-300:]}")
    return folder
