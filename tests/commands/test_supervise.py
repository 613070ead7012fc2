"""Children that die come back; a stop is orderly, bounded, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]

# A child notes its pid, and its name when it is told to stop.
PATIENT = "trap 'echo {name} >>stopped; exit 0' TERM; echo $$ >>{name}.pids; "
STUBBORN = "trap '' TERM; echo $$ >>{name}.pids; "
FOREVER = "while :; do sleep 0.05; done"


def script(*children: str) -> str:
    return (
        "import logging, os\n"
        "from commands.supervise import Child, Supervisor\n"
        "logging.basicConfig(level='INFO')\n"
        f"raise SystemExit(Supervisor([{', '.join(children)}]).run())\n"
    )


def child(name: str, shell: str, **options: object) -> str:
    extra = "".join(f", {key}={value!r}" for key, value in options.items())
    command = ["sh", "-c", shell.replace("{name}", name)]
    return f"Child({name!r}, {command!r}, dict(os.environ){extra})"


class Running:
    """A supervisor in a process of its own, in the test's folder."""

    def __init__(self, source: str, folder: Path) -> None:
        self.folder = folder
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", source],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stderr=log,
                start_new_session=True,
            )

    def pids(self, name: str) -> list[int]:
        """All the processes a child has had, oldest first."""
        file = self.folder / f"{name}.pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def stopped(self) -> list[str]:
        file = self.folder / "stopped"
        return file.read_text().split() if file.exists() else []

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*children: str) -> Running:
        started.append(Running(script(*children), tmp_path))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()
        for file in tmp_path.glob("*.pids"):
            for pid in map(int, file.read_text().split()):
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)


class TestLiving:
    @pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "terminate"])
    def test_a_child_that_dies_is_started_again(self, supervise, wait_until, blow):
        running = supervise(child("web", PATIENT + FOREVER))
        [first] = wait_until(lambda: running.pids("web"), what="the first start")

        os.kill(first, blow)

        wait_until(lambda: len(running.pids("web")) == 2, what="the second start")
        assert is_alive(running.pids("web")[1])
        assert "web ended" in running.log()

    def test_what_a_killed_child_left_behind_does_not_hold_its_address_P10(
        self, supervise, wait_until
    ):
        """The workers of a killed gunicorn answer open connections for a while, and listen."""
        shell = "echo $$ >>{name}.pids; sleep 600 & echo $! >>left.pids; wait"
        running = supervise(child("web", shell, holds_address=True))
        wait_until(lambda: len(running.pids("left")) == 1, what="the first start")

        os.kill(running.pids("web")[0], signal.SIGKILL)

        wait_until(lambda: len(running.pids("web")) == 2, what="the second start")
        assert not is_alive(running.pids("left")[0])

    def test_a_neighbour_does_not_notice(self, supervise, wait_until):
        running = supervise(child("web", PATIENT + FOREVER), child("worker", PATIENT + FOREVER))
        wait_until(lambda: running.pids("web") and running.pids("worker"))

        os.kill(running.pids("web")[0], signal.SIGKILL)

        wait_until(lambda: len(running.pids("web")) == 2)
        assert len(running.pids("worker")) == 1
        assert is_alive(running.pids("worker")[0])

    def test_a_child_that_can_never_start_ends_the_whole_with_status_1(self, supervise):
        running = supervise(
            child("web", "exit 7"), child("worker", PATIENT + FOREVER, stop_seconds=5)
        )

        assert running.process.wait(60) == 1
        assert "web cannot be started (exit code 7)" in running.log()
        assert not any(is_alive(pid) for pid in running.pids("worker"))

    def test_the_next_child_waits_until_the_one_before_is_ready(self, supervise, wait_until):
        ready = "ready=lambda: os.path.exists('go')"
        first = child("valkey", PATIENT + FOREVER).removesuffix(")") + f", {ready})"
        running = supervise(first, child("web", PATIENT + FOREVER))
        wait_until(lambda: running.pids("valkey"))
        assert running.pids("web") == []

        (running.folder / "go").touch()

        wait_until(lambda: running.pids("web"), what="the second child")


class TestStopping:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
    def test_children_stop_in_order_and_none_is_left_F15(self, supervise, wait_until, number):
        names = {"valkey": 3, "web": 1, "worker": 0, "scheduler": 2}
        running = supervise(
            *(child(name, PATIENT + FOREVER, stop_order=order) for name, order in names.items())
        )
        wait_until(lambda: all(running.pids(name) for name in names))

        running.signal(number)

        assert running.process.wait(20) == 0
        assert running.stopped() == ["worker", "web", "scheduler", "valkey"]
        assert not any(is_alive(pid) for name in names for pid in running.pids(name))

    def test_a_child_that_does_not_listen_is_killed_after_its_time(self, supervise, wait_until):
        running = supervise(child("worker", STUBBORN + FOREVER, stop_seconds=0.3))
        [pid] = wait_until(lambda: running.pids("worker"))

        running.signal(signal.SIGTERM)

        assert running.process.wait(20) == 0
        assert not is_alive(pid)
        assert "worker did not stop in time" in running.log()

    def test_a_second_signal_does_not_wait(self, supervise, wait_until):
        running = supervise(child("worker", STUBBORN + FOREVER, stop_seconds=600))
        [pid] = wait_until(lambda: running.pids("worker"))

        running.signal(signal.SIGTERM)
        assert is_alive(pid)
        running.signal(signal.SIGINT)

        assert running.process.wait(20) == 0
        assert not is_alive(pid)

    def test_a_grandchild_in_a_group_of_its_own_does_not_survive(self, supervise, wait_until):
        # Like an RQ work-horse: own process group, deaf to SIGTERM, its parent killed before.
        grandchild = (
            "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.setpgrp(); "
            "open('horse.pids', 'a').write('%d\\n' % os.getpid()); time.sleep(600)"
        )
        start = f'{sys.executable} -c "{grandchild}" & '
        running = supervise(child("worker", start + PATIENT + FOREVER))
        wait_until(lambda: running.pids("worker") and running.pids("horse"))
        os.kill(running.pids("worker")[0], signal.SIGKILL)
        wait_until(lambda: len(running.pids("worker")) == 2 and len(running.pids("horse")) == 2)
        horses = running.pids("horse")
        assert all(is_alive(pid) for pid in horses)

        running.signal(signal.SIGTERM)

        assert running.process.wait(20) == 0
        wait_until(lambda: not any(is_alive(pid) for pid in horses), what="the work-horses' end")

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a kernel feature of Linux")
    def test_children_do_not_outlive_a_killed_supervisor(self, supervise, wait_until):
        running = supervise(child("web", PATIENT + FOREVER))
        [pid] = wait_until(lambda: running.pids("web"))

        running.signal(signal.SIGKILL)

        wait_until(lambda: not is_alive(pid), what="the child's end")
