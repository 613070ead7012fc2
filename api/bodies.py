"""The body of a call: JSON as the standard has it, of which every value can be stored."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from flask import Request
from webargs import core

_ZERO_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def read_json(body: bytes) -> Any:
    """The value of a body. Raises JSONDecodeError for whatever is no JSON, or cannot be kept.

    That is: a number without end, nesting deeper than can be read, halves of characters, and zero
    bytes, which PostgreSQL has no place for.
    """
    try:
        value = json.loads(body.decode(), parse_float=_finite, parse_constant=_refuse_constant)
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(f"not to be read ({type(error).__name__})", "{", 0) from error
    if _ZERO_BYTE.search(text):
        raise json.JSONDecodeError("zero bytes cannot be kept", "{", 0)
    return value


def read_sent_json(request: Request) -> Any:
    """The value sent with a call; ``missing`` when it sent none as ``application/json``."""
    return read_json(request.get_data(cache=True)) if request.is_json else core.missing


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
