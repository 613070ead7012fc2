"""Logging: one JSON object a line on standard error, without secrets and addresses."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
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
_IN_URLS = (
    "access_token|refresh_token|client_secret|code_verifier|code|state|token|signature|password|tk"
)
_PATTERNS = (
    # addresses, also percent-encoded
    re.compile(r"[^\s@<>\"'(),;:\[\]=/]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<=Bearer )[^\s\"',]+", re.IGNORECASE),
    re.compile(r"(?<=Basic )[A-Za-z0-9+/=]{8,}"),
    re.compile(rf"(?<=[?&\s\"'])(?:{_IN_URLS})=[^&\s\"']+"),
    re.compile(rf"(?<=[\"'])(?:{_IN_URLS})[\"']\s*:\s*[\"'][^\"']*(?=[\"'])"),
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
    return {
        name: REDACTED if name.lower() in _SECRET_NAMES else _clean(value)
        for name, value in event.items()
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        for pattern in _PATTERNS:
            value = pattern.sub(REDACTED, value)
        return value
    if isinstance(value, dict):
        return redact(None, "", value)
    if isinstance(value, (list, tuple)):
        return [_clean(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, float)) else _clean(str(value))
