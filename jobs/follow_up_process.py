"""One follow-up, in the child that the guard forks for it: a plugin's own function may call others.

It gets its arguments and the plugin's settings. Tokens and connections are not in that process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pkgutil import resolve_name
from typing import Any

from jobs.pipe import loads
from plugins.registry import Registry
from rollcall.conformance.answers import describe_error
from rollcall.errors import NeedsAttention, Permanent, Retryable, RollcallError


@dataclass(frozen=True, slots=True)
class FollowUpCall:
    """Which plugin's function to call, with what; ``settings`` as the portal stored them."""

    plugin: str
    function: str
    arguments: Mapping[str, str]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FollowUpAnswer:
    """What went wrong in words, "" when nothing did.

    ``is_final``: trying again is of no use. ``retry_after``: seconds, None when nobody said.
    """

    problem: str = ""
    is_final: bool = False
    retry_after: float | None = None


def run_call(request: bytes, registry: Registry, announce: Callable[[str, str], None]) -> bytes:
    """Call the function; the answer as `read_answer` takes it."""
    call = loads(request)
    return json.dumps(asdict(_call(call, registry, announce))).encode()


def read_answer(body: bytes) -> FollowUpAnswer:
    """An answer from a process that has run a plugin. Raises ValueError for anything else."""
    told = json.loads(body)
    if not isinstance(told, dict) or set(told) != {"problem", "is_final", "retry_after"}:
        raise ValueError("no answer to a follow-up")
    after = told["retry_after"]
    return FollowUpAnswer(
        str(told["problem"]), bool(told["is_final"]), None if after is None else float(after)
    )


def _call(
    call: FollowUpCall, registry: Registry, announce: Callable[[str, str], None]
) -> FollowUpAnswer:
    plugin = registry.find(call.plugin)
    if plugin is None:
        return FollowUpAnswer("is not installed", is_final=True)
    announce(plugin.name, "follow-up")
    try:
        settings = plugin.load_settings(call.settings)
        resolve_name(call.function)(dict(call.arguments), settings)
    except Retryable as error:
        return FollowUpAnswer(str(error), retry_after=error.retry_after)
    except (Permanent, NeedsAttention) as error:
        return FollowUpAnswer(str(error), is_final=True)
    except RollcallError as error:
        return FollowUpAnswer(str(error))
    except (Exception, SystemExit) as error:
        return FollowUpAnswer(describe_error(error))
    return FollowUpAnswer()
