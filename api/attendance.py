"""Attendance in figures: one date over time, and the share of those who came over the year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.errors import refuse
from api.parts import parts
from api.webinars import chosen_occurrences, portal_webinar
from engine.presence import STAYED_PERCENT, count_present, share_in_percent
from schemas.api_attendance import AttendanceQuery, AttendanceSchema, ShareListSchema
from store.attendance_figures import (
    Turnout,
    count_turnout,
    latest_held,
    series_of,
    stream_stays,
)
from store.database import reading
from store.person_history import counted_instances

blueprint = new_blueprint("attendance", "Who came, in figures.")

SAMPLES = 120
DATES = 24
YEAR = timedelta(days=366)


@blueprint.get("/webinars/<webinar_id>/attendance")
@blueprint.arguments(AttendanceQuery, location="query")
@blueprint.response(200, AttendanceSchema)
def get_attendance(query: dict[str, Any], webinar_id: str) -> dict[str, Any]:
    """Who was in the room over time on one date, and how many registered, came and stayed."""
    with reading(parts().engine) as connection:
        webinar_row = portal_webinar(connection, webinar_id)
        rows = chosen_occurrences(connection, webinar_row["id"], query["occurrence"])
        row = _latest(rows)
        series_pk = series_of(connection, [webinar_row["id"]]).get(webinar_row["id"])
        return {
            "occurrence_id": row["occurrence_id"] or "0",
            "settled": row["settled_at"] is not None,
            "rooms": _show_rooms(connection, row["id"]),
            "turnout": _show_turnout(count_turnout(connection, row["id"], series_pk)),
        }


@blueprint.get("/attendance")
@blueprint.response(200, ShareListSchema)
def get_shares() -> dict[str, Any]:
    """The share of those registered who came, for the last year's latest dates."""
    portal_id, since = caller().portal_id, parts().clock() - YEAR
    with reading(parts().engine) as connection:
        rows = latest_held(connection, portal_id, since, DATES)
        series = series_of(connection, [row["webinar_pk"] for row in rows])
        turnouts = [
            count_turnout(connection, row["id"], series.get(row["webinar_pk"])) for row in rows
        ]
    shown = [_show_share(row, turnout) for row, turnout in zip(rows, turnouts, strict=True)]
    return {"results": shown[::-1]}


def _latest(rows: Sequence[RowMapping]) -> RowMapping:
    """The latest date that was read; where none was, the first there is."""
    dates = [row for row in rows if not row["is_series"]]
    if not dates:
        refuse(404, "Zoom has not told us any date of this webinar yet.")
    read = [row for row in dates if row["report_rows"] is not None]
    return read[-1] if read else dates[0]


def _show_rooms(connection: Connection, occurrence_pk: int) -> list[dict[str, Any]]:
    return [
        _show_room(connection, row)
        for row in counted_instances(connection, occurrence_pk)
        if row["started_at"] is not None
        and row["ended_at"] is not None
        and row["started_at"] < row["ended_at"]
    ]


def _show_room(connection: Connection, row: RowMapping) -> dict[str, Any]:
    start, end = row["started_at"].timestamp(), row["ended_at"].timestamp()
    present = count_present(stream_stays(connection, row["id"]), start, end, SAMPLES)
    return {
        "uuid": row["uuid"],
        "start_time": row["started_at"],
        "end_time": row["ended_at"],
        "peak": present.peak,
        "points": [
            {"at": datetime.fromtimestamp(at, UTC), "people": people}
            for at, people in zip(present.moments, present.people, strict=True)
        ],
    }


def _show_turnout(turnout: Turnout) -> dict[str, int]:
    return {
        "registered": turnout.registered,
        "attended": turnout.attended,
        "came_registered": turnout.came_registered,
        "stayed": turnout.stayed,
        "stayed_percent": STAYED_PERCENT,
    }


def _show_share(row: RowMapping, turnout: Turnout) -> dict[str, Any]:
    return {
        "webinar_id": row["webinar_id"],
        "topic": row["topic"],
        "occurrence_id": row["occurrence_id"] or "0",
        "start_time": row["start_at"],
        "settled": row["settled_at"] is not None,
        "registered": turnout.registered,
        "attended": turnout.attended,
        "came_registered": turnout.came_registered,
        "percent": share_in_percent(turnout.came_registered, turnout.registered),
    }
