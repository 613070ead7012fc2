"""Webinars with their switches and the balance of each date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.errors import refuse
from api.paging import page, read_cursor, read_moment, write_cursor
from api.parts import parts
from api.webinar_status import (
    count_statuses,
    is_behind,
    read_statuses,
    webinars_with_status,
)
from engine.effective import why_recordings_not, why_webinar_not
from engine.timing import final_at, scheduled_end
from schemas.api import page_of
from schemas.api_attendance import StatusCountsSchema
from schemas.api_webinars import WebinarPatch, WebinarQuery, WebinarSchema
from schemas.tenant_settings import Settings
from store.database import reading, writing
from store.recording_facts import StoredRecording, recordings_of
from store.settings import read_settings
from store.switches import change_webinar, webinars_with_hosts
from store.webinars import (
    WITHOUT_DATE,
    by_outcome,
    count_people,
    find_portal_webinar,
    instances_of_occurrences,
    list_webinars,
    occurrences_of_webinars,
)

blueprint = new_blueprint("webinars", "Webinars and what became of their people.")


@blueprint.get("/webinars")
@blueprint.arguments(WebinarQuery, location="query")
@blueprint.response(200, page_of(WebinarSchema))
def get_webinars(query: dict[str, Any]) -> dict[str, Any]:
    """Webinars, the latest start first."""
    portal_id = caller().portal_id
    cursor = read_cursor(query.get("after"), str, int)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        status = query["sync_status"]
        pks = webinars_with_status(connection, portal_id, status) if status else None
        rows = list_webinars(
            connection, portal_id, query["limit"] + 1, after, query["search"], query["host_id"], pks
        )
        shown = show_webinars(connection, portal_id, rows[: query["limit"]])
    return page(rows, query["limit"], _cursor, lambda row: shown[row["id"]])


@blueprint.get("/webinar-statuses")
@blueprint.response(200, StatusCountsSchema)
def get_webinar_statuses() -> dict[str, Any]:
    """How many of the latest webinars need attention, wait, and are healthy."""
    with reading(parts().engine) as connection:
        return count_statuses(connection, caller().portal_id)


@blueprint.get("/webinars/<webinar_id>")
@blueprint.response(200, WebinarSchema)
def get_webinar(webinar_id: str) -> dict[str, Any]:
    """One webinar."""
    with reading(parts().engine) as connection:
        row = portal_webinar(connection, webinar_id)
        return show_webinars(connection, caller().portal_id, [row])[row["id"]]


@blueprint.patch("/webinars/<webinar_id>")
@blueprint.arguments(WebinarPatch)
@blueprint.response(200, WebinarSchema)
def patch_webinar(changes: dict[str, str], webinar_id: str) -> dict[str, Any]:
    """Change the switches of one webinar."""
    given, portal_id = parts(), caller().portal_id
    with writing(given.engine) as connection:
        row = portal_webinar(connection, webinar_id)
        _, settings = read_settings(connection, portal_id)
        change_webinar(connection, portal_id, row["id"], changes, settings, given.clock())
        row = portal_webinar(connection, webinar_id)
        shown = show_webinars(connection, portal_id, [row])[row["id"]]
    given.ring("bulk")
    return shown


def portal_webinar(connection: Connection, webinar_id: str) -> RowMapping:
    """The caller's webinar with this id; 404 when there is none."""
    row = find_portal_webinar(connection, caller().portal_id, webinar_id)
    if row is None:
        refuse(404, "There is no such webinar in this HubSpot account.")
    return row


def chosen_occurrences(
    connection: Connection, webinar_pk: int, occurrence_id: str | None
) -> list[RowMapping]:
    """The webinar's occurrences, or the one with this id (``0``: without one); 404 when unknown."""
    rows = occurrences_of_webinars(connection, [webinar_pk])[webinar_pk]
    if occurrence_id is None:
        return rows
    wanted = "" if occurrence_id == "0" else occurrence_id
    chosen = [row for row in rows if row["occurrence_id"] == wanted]
    if not chosen:
        refuse(404, "The webinar has no such occurrence.")
    return chosen


def show_webinars(
    connection: Connection, portal_id: str, rows: Sequence[RowMapping]
) -> dict[int, dict[str, Any]]:
    """The webinars as the API shows them, by their key."""
    pks = [row["id"] for row in rows]
    _, settings = read_settings(connection, portal_id)
    of_zoom_events = {row["id"] for row in rows if row["is_zoom_events"]}
    effective = {
        row["id"]: _show_effective(settings, row, is_zoom_events=row["id"] in of_zoom_events)
        for row in webinars_with_hosts(connection, portal_id, pks)
    }
    occurrences = occurrences_of_webinars(connection, pks)
    occurrence_pks = [row["id"] for group in occurrences.values() for row in group]
    counts = {
        pk: by_outcome(reasons) for pk, reasons in count_people(connection, occurrence_pks).items()
    }
    statuses = read_statuses(connection, portal_id, rows)
    instances = instances_of_occurrences(connection, occurrence_pks)
    recordings = {
        one.row["uuid"]: one
        for found in recordings_of(connection, occurrence_pks).values()
        for one in found
    }
    return {
        row["id"]: {
            "id": row["webinar_id"],
            "topic": row["topic"],
            "host": row["host_email"] or row["host_id"],
            "host_id": row["host_id"],
            "start_time": row["start_at"],
            "status": row["status"],
            "sync_status": statuses[row["id"]],
            "zoom_events": row["is_zoom_events"],
            "sync": row["sync"],
            "recordings": row["recordings"],
            "effective": effective[row["id"]],
            "registrations": _show_registrations(occurrences[row["id"]], counts),
            "occurrences": [
                _show_occurrence(
                    occurrence, counts[occurrence["id"]], instances[occurrence["id"]], recordings
                )
                for occurrence in occurrences[row["id"]]
                if not occurrence["is_series"]
            ],
        }
        for row in rows
    }


def _show_occurrence(
    row: RowMapping,
    counts: Mapping[str, int],
    instances: Sequence[RowMapping],
    recordings: Mapping[str, StoredRecording],
) -> dict[str, Any]:
    ends_at = row["ended_at"] or scheduled_end(row["start_at"], row["duration_seconds"])
    has_begun = any(not instance["is_rehearsal"] for instance in instances)
    return {
        "id": row["occurrence_id"] or "0",
        "instances": [
            {
                "uuid": instance["uuid"],
                "start_time": instance["started_at"],
                "end_time": instance["ended_at"],
                "recording": _show_recording(recordings.get(instance["uuid"])),
            }
            for instance in instances
        ],
        "start_time": row["start_at"],
        "status": row["status"],
        "settled_at": row["settled_at"],
        "final_at": final_at(ends_at, parts().reconcile_after),
        "next_read_at": row["next_read_at"],
        "overdue": is_behind(row, has_begun=has_begun),
        "reduced": row["is_reduced"],
        "read_problem": row["read_problem"],
        **_show_balance(row, counts),
    }


def _show_recording(stored: StoredRecording | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {
        "state": stored.state.state,
        "transcript": stored.state.transcript_state,
        "share_url": stored.row["share_url"],
        "log": stored.row["entries"] or [],
    }


def _show_registrations(
    occurrences: Iterable[RowMapping], counts: Mapping[int, Mapping[str, int]]
) -> dict[str, Any] | None:
    """The registrations for the whole series; None where each date has its own."""
    series = next((row for row in occurrences if row["is_series"]), None)
    return None if series is None else _show_balance(series, counts[series["id"]])


def _show_balance(row: RowMapping, counts: Mapping[str, int]) -> dict[str, Any]:
    people = row["zoom_people"]
    return {
        "counts": counts,
        "zoom_people": people,
        "unexplained": None if people is None else people - sum(counts.values()),
    }


def _show_effective(settings: Settings, row: RowMapping, *, is_zoom_events: bool) -> dict[str, Any]:
    if is_zoom_events:
        why = "zoom_events"
        return {"webinar": False, "why_not": why, "recordings": False, "why_recordings_not": why}
    switches = (
        settings,
        row["host_id"],
        row["host_email"],
        row["sync"],
        row["sync_new_webinars"],
    )
    why_not = why_webinar_not(*switches)
    why_recordings = why_recordings_not(*switches, row["recordings"], row["sync_recordings"])
    return {
        "webinar": why_not is None,
        "why_not": why_not,
        "recordings": why_recordings is None,
        "why_recordings_not": why_recordings,
    }


def _cursor(row: RowMapping) -> str:
    return write_cursor((row["start_at"] or WITHOUT_DATE).isoformat(), row["id"])
