"""F37-F42, P11: a plugin may hang, crash or hoard; everybody else's decisions still arrive."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.dispatch import decide
from jobs.guard import ChunkAnswer, Guard, GuardError
from plugins.registry import LoadedPlugin, Registry, load_plugins
from rollcall import AuditEntry, Exclusion
from tests.rollcall.values import context, plugin, question, recording_question

PATIENCE = 1.5
EXPECTED = ("good", AuditEntry("attended"))

Ask = Callable[..., ChunkAnswer]


def good(name: str = "good") -> LoadedPlugin:
    return plugin(name, on_attendance=lambda attendance: [AuditEntry("attended")])


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask plugins about people through a guard of this test's own."""
    guards: list[Guard] = []

    def run(*plugins: LoadedPlugin, people: int = 3, **more: Any) -> ChunkAnswer:
        guard = Guard.start(Registry(plugins), patience=PATIENCE, memory=more.pop("memory", 2**28))
        guards.append(guard)
        chunk = [question(f"p{number}@example.com") for number in range(people)]
        return guard.decide(chunk, {}, more.pop("order", [one.name for one in plugins]), **more)

    yield run
    for guard in guards:
        guard.close()


def _sleeps(*subject: object) -> None:
    time.sleep(3600)


def _loops_in_c(*subject: object) -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def _computes_in_c(*subject: object) -> None:
    pow(3, 10**9)


def _swallows_everything(*subject: object) -> None:
    def time_out(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, time_out)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    while True:
        try:
            time.sleep(3600)
        except BaseException:
            continue


def _ignores_signals(*subject: object) -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(3600)


def _loops_without_yielding(*subject: object) -> Iterator[object]:
    while True:
        if not subject:
            yield None


def _stops_itself(*subject: object) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _exits(*subject: object) -> None:
    os._exit(3)


def _exits_as_if_done(*subject: object) -> None:
    os._exit(0)


def _crashes(*subject: object) -> None:
    ctypes.string_at(0)


def _closes_everything(*subject: object) -> None:
    os.closerange(0, 256)


def _scribbles_on_the_pipe(*subject: object) -> None:
    for fd in range(3, 1024):
        try:
            os.write(fd, b"rubbish" * 100)
        except OSError:
            continue
    os._exit(0)


def _forks_and_forgets(*subject: object) -> None:
    if os.fork() == 0:
        return  # the copy goes on as if it were the child
    os.wait()
    os._exit(3)


SILENT = {
    "F38 hangs in sleep": _sleeps,
    "F39 hangs in a C loop": _loops_in_c,
    "F39 computes for ever in C": _computes_in_c,
    "F40 swallows timeouts": _swallows_everything,
    "ignores signals": _ignores_signals,
    "an endless generator": _loops_without_yielding,
    "stops its process": _stops_itself,
}
FATAL = {
    "F42 os._exit": (_exits, "exit code 3"),
    "F42 os._exit as if all were well": (_exits_as_if_done, "exit code 0"),
    "a crash": (_crashes, "signal 11"),
    "closes everything": (_closes_everything, "ended its process"),
    "forks and forgets": (_forks_and_forgets, "exit code 3"),
}


def landed(answer: ChunkAnswer) -> list[list[tuple[str, object]]]:
    return [[(one.plugin, one.effect) for one in decision.effects] for decision in answer.decisions]


def test_p11_an_honest_chunk_gets_what_dispatch_would_say() -> None:
    registry = load_plugins(entry_points=False)
    order = [one.name for one in registry.plugins]
    tenant = {"excluded_contact_domains": ("acme.example",)}
    totals = {"registrations": 2, "attendances": 1, "average_percent": 78.3}
    chunk = [
        question(f"p{number}@{domain}", context_base=context(tenant=tenant, totals=totals))
        for number in range(250)
        for domain in ("example.com", "acme.example")
    ]
    with Guard.start(registry) as guard:
        answer = guard.decide(chunk, {}, order)
    by_name = {one.name: one for one in registry.plugins}
    assert answer.decisions == list(decide(chunk, by_name, {}, order))
    assert answer.suspects == ()


def test_recordings_are_decided_too(ask: Ask) -> None:
    registry = load_plugins(entry_points=False)
    with Guard.start(registry) as guard:
        answer = guard.decide([recording_question()], {}, [one.name for one in registry.plugins])
    assert len(answer.decisions[0].effects) == 3


@pytest.mark.parametrize("hook", SILENT.values(), ids=SILENT)
def test_p11_a_plugin_that_never_returns_is_cut_and_the_rest_lands(
    ask: Ask, hook: Callable[..., object]
) -> None:
    bad = plugin(
        "bad",
        on_registrant=lambda registrant: [AuditEntry("mine")],
        on_attendance=lambda attendance: hook(attendance),
    )
    answer = ask(good(), bad, good("last"))
    assert landed(answer) == [[EXPECTED, ("last", AuditEntry("attended"))]] * 3
    (suspect,) = answer.suspects
    assert (suspect.plugin, suspect.hook) == ("bad", "on_attendance")
    assert suspect.message == "gave no sign of life for 1.5 s"
    for decision in answer.decisions:
        (failure,) = decision.failures
        assert (failure.plugin, failure.version, failure.hook) == ("bad", "1.0.0", "on_attendance")


@pytest.mark.parametrize(("hook", "how"), FATAL.values(), ids=FATAL)
def test_p11_a_plugin_that_takes_its_process_down_is_left_out_and_the_rest_lands(
    ask: Ask, hook: Callable[..., object], how: str
) -> None:
    bad = plugin("bad", on_attendance=lambda attendance: hook(attendance))
    answer = ask(good(), bad)
    assert landed(answer) == [[EXPECTED]] * 3
    assert [one.plugin for one in answer.suspects] == ["bad"]
    assert how in answer.suspects[0].message


def test_p11_a_plugin_that_may_exclude_and_dies_holds_its_people(ask: Ask) -> None:
    bad = plugin("bad", should_exclude=lambda person: os._exit(3))
    other = plugin(
        "other",
        should_exclude=lambda person: (
            Exclusion("role") if person.email == "p1@example.com" else None
        ),
    )
    answer = ask(good(), bad, other)
    assert landed(answer) == [[], [], []]
    held, excluded, _ = answer.decisions
    assert held.held_by is not None
    assert (held.held_by.plugin, held.held_by.reason) == ("bad", "plugin_unavailable")
    assert excluded.excluded_by is not None
    assert excluded.excluded_by.plugin == "other"


def test_several_bad_plugins_are_left_out_one_after_the_other(ask: Ask) -> None:
    bad = [plugin(f"bad{n}", on_attendance=lambda attendance: os._exit(3)) for n in range(3)]
    answer = ask(*bad[:2], good(), bad[2])
    assert landed(answer) == [[EXPECTED]] * 3
    assert [one.plugin for one in answer.suspects] == ["bad0", "bad1", "bad2"]


def test_a_plugin_is_asked_again_about_the_next_chunk() -> None:
    """Leaving it out for longer is for the breaker to decide, which sees more than one chunk."""
    bad = plugin(
        "bad",
        on_attendance=lambda attendance: (
            os._exit(3) if attendance.person.email == "a@example.com" else [AuditEntry("fine")]
        ),
    )
    with Guard.start(Registry((bad,))) as guard:
        first = guard.decide([question("a@example.com")], {}, ["bad"])
        second = guard.decide([question("b@example.com")], {}, ["bad"])
    assert (len(first.suspects), landed(first)) == (1, [[]])
    assert (len(second.suspects), landed(second)) == (0, [[("bad", AuditEntry("fine"))]])


@pytest.mark.parametrize("may_exclude", [True, False])
def test_a_paused_plugin_is_not_asked_and_holds_people_only_if_it_may_exclude(
    ask: Ask, may_exclude: bool
) -> None:
    hook = "should_exclude" if may_exclude else "on_attendance"
    paused = plugin("paused", **{hook: lambda: os._exit(3)})
    answer = ask(good(), paused, paused={"paused": "is paused after three failures"})
    assert answer.suspects == ()
    if may_exclude:
        assert landed(answer) == [[]] * 3
        held = answer.decisions[0].held_by
        assert held is not None
        assert held.detail == "is paused after three failures"
    else:
        assert landed(answer) == [[EXPECTED]] * 3


def test_a_plugin_that_is_not_installed_holds_everybody(ask: Ask) -> None:
    answer = ask(good(), order=["gone", "good"])
    held = answer.decisions[0].held_by
    assert held is not None
    assert (held.plugin, held.detail) == ("gone", "is not installed")


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
@pytest.mark.parametrize("catches", [True, False])
def test_F42_a_plugin_that_hoards_memory_pays_for_it_alone(ask: Ask, catches: bool) -> None:
    hoard: list[bytes] = []

    def hoards(attendance: object) -> list[object]:
        try:
            hoard.append(bytes(50_000_000))
        except MemoryError:
            if not catches:
                raise
        return [AuditEntry("hoarded")]

    answer = ask(plugin("hoarder", on_attendance=hoards), good(), people=10, memory=150_000_000)
    assert [EXPECTED in effects for effects in landed(answer)] == [True] * 10
    if not catches:
        failed = [one for one in answer.decisions if one.failures]
        assert failed or answer.suspects
    assert hoard == []


def test_F41_what_a_plugin_changes_stays_in_its_child(ask: Ask) -> None:
    def spoils(attendance: Any) -> None:
        object.__setattr__(attendance.person, "email", "somebody@else.example")
        os.environ["ROLLCALL_SPOILT"] = "1"

    answer = ask(good(), plugin("bad", on_attendance=spoils), good("last"))
    assert landed(answer) == [[EXPECTED, ("last", AuditEntry("attended"))]] * 3
    assert "ROLLCALL_SPOILT" not in os.environ
    assert "changed the values" in answer.decisions[0].failures[0].message


def test_what_a_plugin_prints_about_people_reaches_no_log(
    ask: Ask, capfd: pytest.CaptureFixture[str]
) -> None:
    def prints(attendance: Any) -> None:
        print(attendance.person.email)
        os.write(2, b"p0@example.com\n")

    ask(plugin("chatty", on_attendance=prints))
    assert capfd.readouterr() == ("", "")


def test_a_plugin_finds_none_of_our_files_open(ask: Ask, tmp_path: Path) -> None:
    """Descriptors opened before the guard, say a queue's connection, lead nowhere."""
    secret = tmp_path / "secret"
    secret.write_text("token")
    with secret.open() as file:
        fd = file.fileno()

        def peeks(attendance: object) -> list[object]:
            return [AuditEntry(os.read(fd, 10).decode() or "nothing")]

        answer = ask(plugin("nosy", on_attendance=peeks), people=1)
    assert landed(answer) == [[("nosy", AuditEntry("nothing"))]]


def test_a_plugin_that_scribbles_on_the_pipe_harms_this_chunk_only(ask: Ask) -> None:
    bad = plugin("bad", on_attendance=lambda attendance: _scribbles_on_the_pipe(attendance))
    with Guard.start(Registry((good(), bad)), patience=PATIENCE) as guard:
        answer = guard.decide([question()], {}, ["good", "bad"])
        assert landed(answer) == [[EXPECTED]]
        assert landed(guard.decide([question()], {}, ["good"])) == [[EXPECTED]]


def test_a_forged_answer_runs_no_code(tmp_path: Path) -> None:
    """A plugin that finds the pipe can spoil the answer, never reach into the worker."""
    trap = tmp_path / "trap"

    def forges(attendance: object) -> None:
        import pickle
        import struct

        class Trap:
            def __reduce__(self) -> tuple[object, ...]:
                return os.mkdir, (str(trap),)

        body = pickle.dumps(Trap())
        for fd in range(3, 1024):
            try:
                os.write(fd, struct.pack("!cQ", b"a", len(body)) + body)
            except OSError:
                continue
        time.sleep(3600)

    with (
        Guard.start(
            Registry((plugin("forger", on_attendance=forges),)), patience=PATIENCE
        ) as guard,
        pytest.raises(GuardError, match="spoilt"),
    ):
        guard.decide([question()], {}, ["forger"])
    assert not trap.exists()


def test_threads_may_share_a_guard(ask: Ask) -> None:
    answers: list[ChunkAnswer] = []
    with Guard.start(Registry((good(),))) as guard:

        def work(number: int) -> None:
            answers.append(guard.decide([question(f"t{number}@example.com")], {}, ["good"]))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {answer.decisions[0].reference for answer in answers} == {
        f"ref-t{number}@example.com" for number in range(8)
    }


class TestLifetime:
    def test_closing_leaves_no_process_and_no_descriptor(self) -> None:
        process = psutil.Process()
        descriptors, children = process.num_fds(), len(process.children())
        guard = Guard.start(Registry((good(),)))
        guard.decide([question()], {}, ["good"])
        guard.close()
        guard.close()
        assert (process.num_fds(), len(process.children())) == (descriptors, children)

    def test_many_chunks_leave_nothing_behind(self) -> None:
        with Guard.start(Registry((good(),))) as guard:
            process = psutil.Process(guard.pid)
            guard.decide([question()], {}, ["good"])
            before = process.num_fds()
            for _ in range(50):
                guard.decide([question()], {}, ["good"])
            assert process.num_fds() == before
            assert process.children() == []

    def test_a_guard_that_was_killed_is_an_error_to_try_again(self) -> None:
        with Guard.start(Registry((good(),))) as guard:
            os.kill(guard.pid, signal.SIGKILL)
            with pytest.raises(GuardError, match="guard process ended"):
                guard.decide([question()] * 2000, {}, ["good"])

    def test_a_question_that_was_interrupted_is_not_answered_late(
        self, wait_until: Callable[..., Any]
    ) -> None:
        class JobTimedOut(BaseException):
            pass

        def time_out(*_: object) -> None:
            raise JobTimedOut

        us = os.getpid()
        before = signal.signal(signal.SIGUSR1, time_out)

        def interrupts(attendance: object) -> None:
            os.kill(us, signal.SIGUSR1)
            time.sleep(3600)

        registry = Registry((good(), plugin("bad", on_attendance=interrupts)))
        try:
            with Guard.start(registry, patience=600) as guard:
                with pytest.raises(JobTimedOut):
                    guard.decide([question()], {}, ["bad"])
                with pytest.raises(GuardError, match="has ended"):
                    guard.decide([question()], {}, ["good"])
                wait_until(lambda: not is_running(guard.pid), what="the guard to end")
        finally:
            signal.signal(signal.SIGUSR1, before)

    def test_a_plugins_own_processes_go_with_it(
        self, tmp_path: Path, wait_until: Callable[..., Any]
    ) -> None:
        note = tmp_path / "pid"

        def spawns(attendance: object) -> None:
            started = subprocess.Popen(["sleep", "3600"])
            note.write_text(str(started.pid))
            os._exit(3)

        with Guard.start(Registry((plugin("bad", on_attendance=spawns),))) as guard:
            guard.decide([question()], {}, ["bad"])
        pid = int(note.read_text())
        wait_until(lambda: not is_running(pid), what="the plugin's process to end")

    def test_nothing_outlives_a_worker_that_is_killed(
        self, tmp_path: Path, wait_until: Callable[..., Any]
    ) -> None:
        note = tmp_path / "pids"
        script = tmp_path / "worker.py"
        script.write_text(
            "import os, sys, time\n"
            "from jobs.guard import Guard\n"
            "from plugins.registry import Registry\n"
            "from tests.rollcall.values import plugin, question\n"
            "def hangs(attendance):\n"
            "    with open(sys.argv[1] + '.part', 'w') as note:\n"
            "        note.write(f'{os.getpid()} {os.getppid()}')\n"
            "    os.rename(sys.argv[1] + '.part', sys.argv[1])\n"
            "    time.sleep(3600)\n"
            "guard = Guard.start(Registry((plugin('bad', on_attendance=hangs),)), patience=600)\n"
            "guard.decide([question()], {}, ['bad'])\n"
        )
        worker = subprocess.Popen(
            [sys.executable, str(script), str(note)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        try:
            wait_until(note.exists, seconds=30, what="the plugin to hang")
            child, guard = (int(pid) for pid in note.read_text().split())
            assert is_running(child) and is_running(guard)
        finally:
            worker.kill()
            worker.wait()
        wait_until(
            lambda: not is_running(child) and not is_running(guard),
            what="guard and child to end with their worker",
        )


def is_running(pid: int) -> bool:
    """Whether the process still does anything; a zombie that nobody has reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
