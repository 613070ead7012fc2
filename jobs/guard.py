"""Plugins at arm's length: they run in a process that may hang or die without taking us along.

It contains faults, not malice: a plugin runs with this application's rights and is code that
somebody here chose to install.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from engine.dispatch import Decision, Question, RecordingQuestion
from jobs.follow_up_process import FollowUpAnswer, FollowUpCall, read_answer
from jobs.guard_process import ANSWER, CHUNK, FOLLOW_UP, Chunk, Limits, Suspect, serve
from jobs.pipe import BrokenFrame, dumps, loads_decisions, read_frame, write_frame
from plugins.registry import Registry
from rollcall import Retryable

PATIENCE = 10.0
FOLLOW_UP_PATIENCE = 30.0
MEMORY = 256 * 1024 * 1024


class GuardError(Retryable):
    """No decision could be had. The job ends, and another one begins with a guard of its own."""


@dataclass(frozen=True, slots=True)
class ChunkAnswer:
    """A decision per question, in order, and the plugins that had to be left out to get them.

    Decisions that lack a suspect's effects have it among their ``failures``.
    """

    decisions: list[Decision]
    suspects: tuple[Suspect, ...]


class Guard:
    """Decides chunks of questions in a child of a guard process. Safe to share between threads.

    Use as a context manager, or call `close`.
    """

    def __init__(self, pid: int, requests: int, answers: int) -> None:
        self.pid = pid
        self._requests = requests
        self._answers = answers
        self._is_open = True
        self._lock = threading.Lock()

    @classmethod
    def start(
        cls,
        registry: Registry,
        *,
        patience: float = PATIENCE,
        memory: int = MEMORY,
        follow_up: float = FOLLOW_UP_PATIENCE,
    ) -> Guard:
        """Fork the guard process. Call it from the main thread, before anything opens a thread,
        a connection or a lock: a fork copies them in whatever state they are.

        ``patience`` is the number of seconds a plugin may take with one hook for a whole chunk;
        ``memory`` the bytes that deciding a chunk may take; ``follow_up`` the seconds for one
        follow-up.
        """
        requests, requests_end = os.pipe()
        answers, answers_end = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                serve(requests, answers_end, registry, Limits(patience, memory, follow_up), parent)
            finally:
                os._exit(1)
        os.close(requests)
        os.close(answers_end)
        return cls(pid, requests_end, answers)

    def decide(
        self,
        questions: Sequence[Question | RecordingQuestion],
        settings: Mapping[str, Mapping[str, Any]],
        order: Sequence[str],
        paused: Mapping[str, str] | None = None,
    ) -> ChunkAnswer:
        """Ask the enabled plugins about a chunk of people (about 500) or recordings.

        ``settings`` are each plugin's own as the portal stored them, ``order`` the enabled plugins
        as declared. ``paused`` says of plugins that must not be asked why, in words. People are
        held where a plugin that may exclude is paused, not installed, or has to be left out.
        Raises `GuardError` when the guard itself is gone.
        """
        request = dumps(Chunk(list(questions), dict(settings), list(order), dict(paused or {})))
        with self._lock:
            suspects, kind, body = self._exchange(CHUNK, request)
        if kind != ANSWER:
            raise GuardError(f"plugins could not be asked: {body.decode(errors='replace')}")
        try:
            decisions = loads_decisions(body)
        except BrokenFrame as error:
            raise GuardError("a plugin spoilt the answer of the guard process") from error
        asked = [question.reference for question in questions]
        if [decision.reference for decision in decisions] != asked:
            raise GuardError("the guard process answered about others than it was asked")
        return ChunkAnswer(decisions, tuple(Suspect(**one) for one in json.loads(suspects)))

    def run(self, call: FollowUpCall) -> FollowUpAnswer:
        """Run a plugin's follow-up and say what came of it, however it ended.

        Raises `GuardError` when the guard itself is gone.
        """
        with self._lock:
            suspects, kind, body = self._exchange(FOLLOW_UP, dumps(call))
        if kind != ANSWER:
            raise GuardError(f"the follow-up could not be run: {body.decode(errors='replace')}")
        for suspect in json.loads(suspects):
            return FollowUpAnswer(suspect["message"])
        try:
            return read_answer(body)
        except ValueError as error:
            raise GuardError("a plugin spoilt the answer of the guard process") from error

    def close(self) -> None:
        """End the guard process and wait for it. Closing twice does nothing."""
        with self._lock:
            self._hang_up()
            with suppress(ChildProcessError):  # closed before, or reaped by somebody else
                os.waitpid(self.pid, 0)

    def _exchange(self, kind: bytes, request: bytes) -> tuple[bytes, bytes, bytes]:
        """The suspects, and the kind and body of the answer."""
        if not self._is_open:
            raise GuardError("the guard process has ended")
        try:
            write_frame(self._requests, kind, request)
            suspects, answer = read_frame(self._answers), read_frame(self._answers)
            if suspects is None or answer is None:
                raise BrokenFrame
        except (OSError, BrokenFrame) as error:
            self._hang_up()
            raise GuardError("the guard process ended while plugins were deciding") from error
        except BaseException:
            # A job's time-out, say. The answer still to come must not be taken for the next one's.
            self._hang_up()
            raise
        return suspects[1], *answer

    def _hang_up(self) -> None:
        """Close the pipes, upon which the guard process kills its child and ends."""
        if self._is_open:
            self._is_open = False
            os.close(self._requests)
            os.close(self._answers)

    def __enter__(self) -> Guard:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
