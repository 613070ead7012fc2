"""Opaque cursors, and pages made from one row more than asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from api.errors import refuse

Row = TypeVar("Row")


def write_cursor(*values: str | int) -> str:
    """The values as one opaque text."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def read_cursor(text: str | None, *types: type) -> tuple[Any, ...] | None:
    """The values of a cursor, None when there is no cursor; anything else is answered with 400."""
    if not text:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        values = json.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
    except (ValueError, RecursionError):
        values = None
    is_ours = (
        type(values) is list
        and [type(value) for value in values] == list(types)
        and all(abs(value) < 2**63 for value in values if type(value) is int)
    )
    if not is_ours:
        _refuse_cursor()
    return tuple(values)


def read_moment(text: str) -> datetime:
    """A moment out of a cursor."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        _refuse_cursor()
    return moment


def _refuse_cursor() -> NoReturn:
    refuse(400, "The cursor `after` is not one of ours.", ["after: Not a cursor of this list."])


def page(
    rows: Sequence[Row],
    limit: int,
    cursor: Callable[[Row], str],
    show: Callable[[Row], Any] = lambda row: row,
) -> dict[str, Any]:
    """The first ``limit`` rows as shown, with a cursor if there are more."""
    shown = rows[:limit]
    paging = {"next": {"after": cursor(shown[-1])}} if len(rows) > limit else {}
    return {"results": [show(row) for row in shown], "paging": paging}
