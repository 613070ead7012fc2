"""Logging: one JSON object a line on standard error, without secrets and addresses."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

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


def configure_logs(level: int = logging.INFO) -> None:
    """Send the logs of our code and of every library through the same formatter."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(),
            ],
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
    return {
        _clean_text(str(name)): REDACTED if str(name).lower() in _SECRET_NAMES else _clean(value)
        for name, value in values.items()
    }


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return _clean_named(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(part) for part in value]
    return _clean_text(str(value))


def _clean_text(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(REDACTED, text)
    return text
