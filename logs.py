"""Logging: one JSON object a line on standard error, without secrets and addresses."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections import deque
from collections.abc import Mapping, MutableMapping
from contextlib import nullcontext
from functools import lru_cache
from threading import Lock
from typing import Any, TextIO

import structlog

REDACTED = "[redacted]"
_SECRET_NAMES = frozenset(
    {
        "access_token",
        "authorization",
        "body",
        "client_secret",
        "code_verifier",
        "cookie",
        "email",
        "password",
        "refresh_token",
        "secret",
        "signature",
        "token",
        "tokens",
    }
)
_IN_TEXTS = (
    "access_token|refresh_token|client_secret|code_verifier|code|state|token|signature|password|tk"
)
_PATTERNS = (
    # addresses, also percent-encoded; bounded, since an unbounded one takes minutes on long texts
    re.compile(r"[^\s@<>\"'(),;:\[\]=/]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(r"(?<=Bearer )[^\s\"',]+", re.IGNORECASE),
    re.compile(r"(?<=Basic )[A-Za-z0-9+/=]{8,}", re.IGNORECASE),
    re.compile(rf"(?<![\w-])(?:{_IN_TEXTS})=[^&\s\"']+"),
    re.compile(rf"(?<=[\"'])(?:{_IN_TEXTS})[\"']\s*:\s*[\"'][^\"']*(?=[\"'])"),
    # the links of ours that open something to whoever holds them
    re.compile(r"(?<=/sign-in/)[\w-]+|(?<=/recordings/)[\w.-]{20,}"),
    re.compile(r"(?<=://)[^/\s@:]*:[^/\s@]+(?=@)"),
)
# Each pattern needs a blank, a quotation mark, or one of @ % = /: most values have none of them.
_HARMLESS = re.compile(r"[\w.:+-]*")


class _Stream:
    """Where finished lines go. Who finds somebody writing leaves the line to them and goes on.

    So threads that log at once make one call to the system, and none waits for a slow disk.
    """

    def __init__(self, handler: logging.StreamHandler[TextIO]) -> None:
        self._handler = handler
        self._start_anew()
        # Whoever was writing when a process forked, and what was left to them, stays behind.
        os.register_at_fork(after_in_child=self._start_anew)

    def _start_anew(self) -> None:
        self._lines: deque[str] = deque()
        self._is_being_written = Lock()

    def write(self, line: str) -> None:
        """Write the line soon; what goes wrong with that stops no work."""
        self._lines.append(line)
        # Asked again at the end: a line may have come between the last look and the release.
        while self._lines and self._is_being_written.acquire(blocking=False):
            try:
                self._write_all()
            except (OSError, ValueError):
                pass  # a full disk, a closed stream
            finally:
                self._is_being_written.release()

    def _write_all(self) -> None:
        taken = []
        while self._lines:
            taken.append(self._lines.popleft())
        with self._handler.lock or nullcontext():
            self._handler.stream.write("\n".join([*taken, ""]))
            self._handler.flush()


class _Logger:
    """A logger of finished lines."""

    def __init__(self, stream: _Stream, name: str) -> None:
        self.name = name
        self.msg = stream.write
        self.debug = self.info = self.warning = self.msg
        self.error = self.critical = self.fatal = self.exception = self.msg


def configure_logs(level: int = logging.INFO) -> None:
    """Send the logs of our code and of every library to the same place in the same form.

    Our own lines are finished at once and do not travel through `logging` (measured: 23 instead of
    105 microseconds a line): a webhook's answer waits for its line.
    """
    handler = logging.StreamHandler(sys.stderr)
    stream = _Stream(handler)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    finish: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, *finish],
        logger_factory=lambda name="rollcall": _Logger(stream, name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These write whole URLs, with whatever stands in their queries.
    for name in ("authlib", "urllib3", "werkzeug", "rq"):
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets and addresses out of one event: by the name of a value, then by its looks."""
    return _clean_named(event)


def _clean_named(values: Mapping[Any, Any]) -> dict[str, Any]:
    cleaned = {}
    for name, value in values.items():
        shown, is_secret = _name(str(name))
        cleaned[shown] = REDACTED if is_secret else _clean(value)
    return cleaned


@lru_cache(maxsize=512)
def _name(name: str) -> tuple[str, bool]:
    """A name as it may be shown, and whether its value may not."""
    return _clean_text(name), name.lower() in _SECRET_NAMES


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return _clean_named(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(part) for part in value]
    return _clean_text(str(value))


def _clean_text(text: str) -> str:
    if _HARMLESS.fullmatch(text):
        return text
    for pattern in _PATTERNS:
        text = pattern.sub(REDACTED, text)
    return text
