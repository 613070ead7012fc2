"""Watches a plugin at work: what it reaches for, what it prints and logs, how long it takes.

Python's own audit events are used, since they are raised below every library. A hook of that kind
can never be taken away again, so this belongs in a process of its own.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

LONGEST_SECONDS = 1.0
"""After this a question is given up; an honest plugin needs a thousandth of it."""

NETWORK = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
    }
)
# https://docs.python.org/3/library/audit_events.html
IMPURE: Mapping[str, str] = {
    "_thread.start_new_thread": "started a thread",
    "os.exec": "started a program",
    "os.fork": "started a process",
    "os.mkdir": "made a folder",
    "os.posix_spawn": "started a program",
    "os.putenv": "changed the environment",
    "os.remove": "removed a file",
    "os.rename": "renamed a file",
    "os.system": "started a program",
    "signal.pthread_kill": "sent a signal",
    "sqlite3.connect": "opened a database",
    "subprocess.Popen": "started a program",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class NotAllowed(OSError):
    """What a plugin gets that reaches for something a hook may not have."""


class TooLong(BaseException):
    """Raised in the middle of a hook that takes longer than anybody would wait."""


class Watch:
    """``reached`` lists what was tried while a block of `over` ran: (is it network?, words)."""

    def __init__(self) -> None:
        self.reached: list[tuple[bool, str]] = []
        self._is_on = False
        self._network_alone = False
        sys.addaudithook(self._audit)

    @contextmanager
    def over(self, *, network_alone: bool = False) -> Iterator[None]:
        """Watch the block; what it reaches for is refused and noted."""
        self.reached.clear()
        self._is_on, self._network_alone = True, network_alone
        try:
            yield
        finally:
            self._is_on = False

    def _audit(self, event: str, details: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        is_network = event in NETWORK
        words = "called the network" if is_network else self._impurity(event, details)
        if words:
            self.reached.append((is_network, words))
            raise NotAllowed(f"a hook may not have {event}")

    def _impurity(self, event: str, details: tuple[Any, ...]) -> str:
        if self._network_alone:
            return ""
        if event == "open":
            flags = details[2] if len(details) > 2 and isinstance(details[2], int) else 0
            return "wrote a file" if flags & _WRITING else ""
        return IMPURE.get(event, "")


@contextmanager
def time_limit(seconds: float = LONGEST_SECONDS) -> Iterator[None]:
    """Raise `TooLong` in the block when it takes longer, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def give_up(number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Ears:
    """Everything that is logged or printed, by whatever means; `said` gives it and forgets it."""

    def __init__(self) -> None:
        self._printed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._heard: list[str] = []
        for stream in (1, 2):
            os.dup2(self._printed.fileno(), stream)
        logging.basicConfig(level=logging.DEBUG, handlers=[_Listener(self._heard)], force=True)
        logging.captureWarnings(True)

    def said(self) -> str:
        """What was said since it was asked last."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._printed.seek(0)
        printed = self._printed.read().decode(errors="replace")
        self._printed.seek(0)
        self._printed.truncate()
        heard = "\n".join(self._heard)
        self._heard.clear()
        return f"{heard}\n{printed}"


class _Listener(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(f"{self.format(record)} {vars(record)}")
