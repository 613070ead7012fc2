"""The guard's own process: one child per chunk, watched while it asks the plugins.

It never looks into what it passes on, runs no plugin itself and has no threads, so it can fork at
any moment. The child names each plugin and hook before it calls it; when it falls silent or dies,
the last name is the suspect and the chunk is repeated without it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NoReturn

from engine.dispatch import (
    Announce,
    PluginFailure,
    Question,
    RecordingQuestion,
    decide,
)
from jobs.follow_up_process import run_call
from jobs.pipe import dumps, loads, read_frame, take_frame, write_frame
from jobs.process import (
    die_with,
    forget_descriptors,
    limit_memory,
    reset_signals,
    silence,
)
from plugins.registry import Registry

CHUNK, PROGRESS, ANSWER, ERROR, SUSPECTS, FOLLOW_UP = b"c", b"p", b"a", b"e", b"s", b"f"
"""Kinds of frames. Parent to guard: CHUNK or FOLLOW_UP. Child to guard: PROGRESS, then
ANSWER or ERROR. Guard to parent: SUSPECTS, then ANSWER or ERROR."""


_OUT_OF_MEMORY = 77


@dataclass(frozen=True, slots=True)
class Chunk:
    """Questions and everything needed to answer them; ``paused`` says of plugins why they are."""

    questions: Sequence[Question | RecordingQuestion]
    settings: Mapping[str, Mapping[str, Any]]
    order: Sequence[str]
    paused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A plugin that took its process down: in which hook, and what it did."""

    plugin: str
    hook: str
    message: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds without a sign of life, and bytes beyond what the guard itself occupies.

    ``follow_up`` are the seconds a follow-up may take, which calls others and waits for them.
    """

    patience: float
    memory: int
    follow_up: float


Work = Callable[[Announce], bytes]
"""What a child does, given a way to name the plugin it is about to call; the body of its answer."""


def serve(requests: int, answers: int, registry: Registry, limits: Limits, parent: int) -> NoReturn:
    """Answer chunks until the parent closes the pipe or ends."""
    die_with(parent)
    reset_signals()
    forget_descriptors((requests, answers))
    gc.freeze()  # children share these pages as long as nobody touches them
    while (frame := read_frame(requests)) is not None:
        answer = _run_call if frame[0] == FOLLOW_UP else _answer
        suspects, kind, body = answer(frame[1], requests, registry, limits)
        write_frame(answers, SUSPECTS, json.dumps([asdict(one) for one in suspects]).encode())
        write_frame(answers, kind, body)
    os._exit(0)


def _answer(
    request: bytes, requests: int, registry: Registry, limits: Limits
) -> tuple[list[Suspect], bytes, bytes]:
    """Try until a child answers, each time without the plugin that stopped the last one."""
    suspects: list[Suspect] = []
    while True:
        outcome = _try(
            partial(_decide, request, suspects, registry), requests, limits, limits.patience
        )
        if not isinstance(outcome, Suspect):
            return suspects, *outcome
        if outcome.plugin in ("", *(one.plugin for one in suspects)):
            return suspects, ERROR, outcome.message.encode()
        suspects.append(outcome)


def _run_call(
    request: bytes, requests: int, registry: Registry, limits: Limits
) -> tuple[list[Suspect], bytes, bytes]:
    """Run one follow-up, once; when it took its process down it is the suspect."""
    outcome = _try(partial(run_call, request, registry), requests, limits, limits.follow_up)
    if not isinstance(outcome, Suspect):
        return [], *outcome
    return ([outcome], ANSWER, b"") if outcome.plugin else ([], ERROR, outcome.message.encode())


def _try(
    work: Work, requests: int, limits: Limits, patience: float
) -> tuple[bytes, bytes] | Suspect:
    reader, writer = os.pipe()
    guard = os.getpid()
    pid = os.fork()
    if pid == 0:
        _run_child(work, writer, limits, guard)
    os.close(writer)
    with suppress(OSError):
        os.setpgid(pid, pid)  # the child does so too; whoever comes first
    watch = _Watch(reader, requests, patience)
    answer = watch.wait()
    # The whole group: a plugin may have started something. Its leader is not reaped yet, so the
    # number cannot be somebody else's.
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(reader)
    if watch.is_orphaned:
        os._exit(0)
    if answer is not None:
        return answer
    return Suspect(*watch.last, watch.describe_end(status))


class _Watch:
    """Reads what a child says until it answers, falls silent, or ends."""

    def __init__(self, reader: int, requests: int, patience: float) -> None:
        self.last = ("", "")
        self.is_orphaned = False
        self._is_silent = False
        self._reader = reader
        self._requests = requests
        self._patience = patience

    def wait(self) -> tuple[bytes, bytes] | None:
        """The child's ANSWER or ERROR, or None when there is none to come."""
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        poll.register(self._requests, 0)  # reports the parent's end and nothing else
        buffer = bytearray()
        deadline = time.monotonic() + self._patience
        while True:
            left = deadline - time.monotonic()
            ready = dict(poll.poll(left * 1000)) if left > 0 else {}
            if self._requests in ready:
                self.is_orphaned = True
                return None
            if self._reader not in ready:
                if left > 0:
                    continue
                self._is_silent = True
                return None
            read = os.read(self._reader, 1 << 20)
            if not read:
                return None
            buffer += read
            deadline = time.monotonic() + self._patience
            while (frame := take_frame(buffer)) is not None:
                kind, body = frame
                if kind != PROGRESS:
                    return frame
                plugin, _, hook = body.decode(errors="replace").partition(" ")
                self.last = (plugin, hook)

    def describe_end(self, status: int) -> str:
        """What became of the child, in words."""
        if self._is_silent:
            return f"gave no sign of life for {self._patience:g} s"
        code = os.waitstatus_to_exitcode(status)
        if code == _OUT_OF_MEMORY:
            return "used up the memory it may use"
        return f"ended its process ({f'signal {-code}' if code < 0 else f'exit code {code}'})"


def _run_child(work: Work, writer: int, limits: Limits, guard: int) -> NoReturn:
    """Work, answer, and leave without running anything on the way out."""
    try:
        os.setpgid(0, 0)
        die_with(guard)
        forget_descriptors((writer,))
        silence()  # what a plugin prints may be about people
        gc.disable()  # it will not live long enough to need it
        owner = os.getpid()

        def tell(kind: bytes, body: bytes) -> None:
            if os.getpid() != owner:
                os._exit(1)  # a fork that a plugin made and lost
            write_frame(writer, kind, body)

        def announce(plugin: str, hook: str) -> None:
            tell(PROGRESS, f"{plugin} {hook}".encode())
            limit_memory(limits.memory)  # anew each time: nobody pays for a neighbour's hoard

        try:
            tell(ANSWER, work(announce))
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)  # the plugin named last is the suspect
        except Exception as error:
            tell(ERROR, f"{type(error).__name__} in the guard".encode())
    finally:
        os._exit(0)


def _decide(
    request: bytes, suspects: list[Suspect], registry: Registry, announce: Announce
) -> bytes:
    """The decisions about a chunk, without the suspects."""
    chunk: Chunk = loads(request)
    plugins = {plugin.name: plugin for plugin in registry.plugins}
    paused = [Suspect(name, "", why) for name, why in chunk.paused.items()]
    left_out = {
        one.plugin: PluginFailure(one.plugin, plugins[one.plugin].version, one.hook, one.message)
        for one in (*paused, *suspects)
        if one.plugin in plugins
    }
    out = {name: failure.message for name, failure in left_out.items()}
    out |= {name: "is not installed" for name in chunk.order if name not in plugins}
    decisions = list(
        decide(
            chunk.questions,
            plugins,
            chunk.settings,
            chunk.order,
            unavailable={name: why for name, why in out.items() if registry.may_exclude(name)},
            left_out=left_out,
            announce=announce,
        )
    )
    announce("", "")
    return dumps(decisions)
