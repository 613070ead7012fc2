"""The decision log as a CSV file, streamed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response
from sqlalchemy import Engine

from store.database import reading
from store.decisions import PeopleFilter, list_people

COLUMNS = (
    "occurrence_id",
    "email",
    "first_name",
    "last_name",
    "outcome",
    "reason",
    "detail",
    "decided_by",
    "decided_by_version",
    "decided_at",
    "status",
    "registered_at",
    "attended_seconds",
    "attended_percent",
    "contact_id",
)
_PAGE = 1000
# A spreadsheet takes a cell that begins with one of these for a formula and may run it:
# https://owasp.org/www-community/attacks/CSV_Injection
# Some read the full-width forms alike, and in much of Europe a semicolon begins another cell.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INNER_START = re.compile("(?<=[;\t\r\n])(?=[=+@\uff1d\uff0b\uff0d\uff20-])")


def stream_csv(
    engine: Engine, webinar_id: str, occurrences: Mapping[int, str], wanted: PeopleFilter
) -> Response:
    """All matching people of the occurrences (ids by key), one row each below a header."""
    name = "".join(c for c in webinar_id if c.isalnum()) or "webinar"
    return Response(
        _lines(engine, occurrences, wanted),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="people-{name}.csv"'},
    )


def _lines(engine: Engine, occurrences: Mapping[int, str], wanted: PeopleFilter) -> Iterator[str]:
    yield _line(COLUMNS)
    after: tuple[int, str] | None = None
    while True:
        # A page at a time: no transaction stays open while a slow reader takes its time.
        with reading(engine) as connection:
            rows = list_people(connection, list(occurrences), wanted, _PAGE, after)
        for row in rows:
            cells = {**row, "occurrence_id": occurrences[row["occurrence_pk"]]}
            yield _line(tuple(_cell(cells[column]) for column in COLUMNS))
        if len(rows) < _PAGE:
            return
        after = (rows[-1]["occurrence_pk"], rows[-1]["identity_key"])


def _line(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = _INNER_START.sub("'", str(value))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
