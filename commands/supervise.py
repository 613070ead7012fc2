"""Start child processes, restart those that die, and leave none behind.

Each child has a session of its own, so Ctrl-C reaches only the supervisor, which stops the children
in order. Whatever a child left in its session (a work-horse, a guard) is killed last.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

log = logging.getLogger("rollcall.supervise")

LOOK_SECONDS = 0.1
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 10.0
# A child that has lived this long has started: its later deaths are always answered by a restart.
STARTED_SECONDS = 10.0
FAILED_STARTS = 4


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running.

    Children of a lower `stop_order` are stopped first. `stop_seconds` is how long SIGTERM may take
    before SIGKILL. `ready` is asked before the next child is started, for `start_seconds` at most.
    `holds_address`: what it leaves when it dies is killed before it is started again, for its
    address is taken otherwise.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_order: int = 0
    stop_seconds: float = 30.0
    ready: Callable[[], bool] | None = None
    start_seconds: float = 10.0
    holds_address: bool = False


@dataclass(slots=True)
class _Life:
    """What has become of one child: its present process and all the sessions it has had."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    failed_starts: int = 0
    has_started: bool = False
    sessions: set[int] = field(default_factory=set)


class Supervisor:
    """Runs children until SIGTERM or SIGINT. A second signal kills what has not ended yet."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._lives = [_Life(child) for child in children]
        self._signals = 0
        self._gave_up = False

    def run(self) -> int:
        """Block until told to stop; 0, or 1 when a child could never be started."""
        previous = {
            number: signal.signal(number, self._count_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            for life in self._lives:
                self._start(life)
                self._wait_until_ready(life)
            while not self._is_stopping():
                for life in self._lives:
                    self._look_after(life)
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 1 if self._gave_up else 0

    def _count_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _is_stopping(self) -> bool:
        return self._signals > 0 or self._gave_up

    # --- Living ---------------------------------------------------------------------------------

    def _start(self, life: _Life) -> None:
        if self._is_stopping():
            return
        life.process = subprocess.Popen(
            list(life.child.command),
            env=dict(life.child.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),
        )
        life.started_at = time.monotonic()
        life.sessions.add(life.process.pid)
        log.info("%s started (pid %d)", life.child.name, life.process.pid)

    def _clear_way(self, life: _Life) -> None:
        if life.child.holds_address:
            while life.sessions:
                kill_session(life.sessions.pop())

    def _wait_until_ready(self, life: _Life) -> None:
        deadline = time.monotonic() + life.child.start_seconds
        while life.child.ready and not self._is_stopping() and not life.child.ready():
            self._look_after(life)
            if time.monotonic() > deadline:
                log.error("%s is not ready after %g s", life.child.name, life.child.start_seconds)
                self._gave_up = True
            time.sleep(LOOK_SECONDS)

    def _look_after(self, life: _Life) -> None:
        now = time.monotonic()
        if life.process is None:
            if now >= life.restart_at:
                self._clear_way(life)
                self._start(life)
            return
        code = life.process.poll()
        life.has_started = life.has_started or now - life.started_at >= STARTED_SECONDS
        if code is None:
            return
        life.process = None
        # Short lives in a row back off; a child that ran for a while starts again at once.
        lived = now - life.started_at
        life.failed_starts = 0 if lived >= STARTED_SECONDS else life.failed_starts + 1
        backoff = min(FIRST_BACKOFF_SECONDS * 2**life.failed_starts / 2, LONGEST_BACKOFF_SECONDS)
        if not life.has_started and life.failed_starts >= FAILED_STARTS:
            log.error("%s cannot be started (%s): stopping", life.child.name, _describe(code))
            self._gave_up = True
            return
        log.warning("%s ended (%s); again in %g s", life.child.name, _describe(code), backoff)
        life.restart_at = now + backoff

    # --- Stopping -------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        for order in sorted({life.child.stop_order for life in self._lives}):
            self._stop([life for life in self._lives if life.child.stop_order == order])

    def _stop(self, lives: Sequence[_Life]) -> None:
        for life in lives:
            if life.process is not None:
                life.process.terminate()
        for life in lives:
            if life.process is not None:
                self._wait_until_ended(life, life.process)
            for session in life.sessions:
                kill_session(session)
        log.info("%s stopped", ", ".join(life.child.name for life in lives))

    def _wait_until_ended(self, life: _Life, process: subprocess.Popen[bytes]) -> None:
        deadline = life.child.stop_seconds + time.monotonic()
        while process.poll() is None and time.monotonic() < deadline and self._signals < 2:
            time.sleep(LOOK_SECONDS)
        if process.poll() is None:
            log.warning("%s did not stop in time and is killed", life.child.name)
            process.kill()
        process.wait()


def kill_session(session: int) -> None:
    """SIGKILL every process of a session, process groups of their own included."""
    for pid in _all_pids():
        try:
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _all_pids() -> list[int]:
    proc = Path("/proc")
    if (proc / "self").exists():
        return [int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()]
    listing = subprocess.run(["ps", "-axo", "pid="], check=True, capture_output=True, text=True)
    return [int(line) for line in listing.stdout.split()]


def die_with_parent(parent: int) -> Callable[[], None] | None:
    """On Linux, SIGTERM for the child when the supervisor dies without stopping it (kill -9)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1

    def ask_for_signal() -> None:
        libc.prctl(set_parent_death_signal, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_for_signal


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
