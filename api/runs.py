"""Sync now, previews, and watching runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.paging import page, read_cursor, read_moment, write_cursor
from api.parts import parts
from api.settings import refuse_patch
from api.webinars import chosen_occurrences, portal_webinar
from schemas.api import PageQuery, page_of
from schemas.api_runs import RunDetailSchema
from schemas.api_webinars import ChangeSchema, RunSchema, SyncRequest, SyncStarted
from schemas.tenant_settings import apply_patch, dump_settings
from store.database import reading, writing
from store.people import load_occurrence_details
from store.run_progress import (
    find_run_group,
    list_changes,
    list_run_groups,
    previous_group,
    queued_group,
    runs_of_groups,
)
from store.runs import WRITE_COUNTS, open_preview, open_run
from store.settings import read_settings
from store.webinars import OUTCOMES, by_outcome, count_people

blueprint = new_blueprint("runs", "Sync now, previews and how far they are.")


@blueprint.post("/webinars/<webinar_id>/sync")
@blueprint.arguments(SyncRequest, required=False)
@blueprint.response(202, SyncStarted)
def sync_webinar(wanted: dict[str, Any], webinar_id: str) -> dict[str, str]:
    """Read Zoom and HubSpot again and repair; with `dry_run`, only say what would change.

    `replay` decides about everybody anew from what is stored and asks Zoom nothing. `withdraw`
    takes back what was written for people who are excluded now; for super admins.
    """
    _check(wanted)
    given = parts()
    with writing(given.engine) as connection:
        webinar_row = portal_webinar(connection, webinar_id)
        occurrences = [
            row["id"]
            for row in chosen_occurrences(connection, webinar_row["id"], wanted.get("occurrence"))
            if row["status"] != "deleted" or "occurrence" in wanted
        ]
        if not occurrences:
            refuse(409, "Zoom has not told us any date of this webinar yet. Try again later.")
        if wanted["dry_run"]:
            patch = wanted.get("settings", {})
            _check_settings(connection, patch)
            run_id = _open_previews(connection, occurrences, patch, wanted)
        else:
            run_id = _open_runs(connection, webinar_row["id"], occurrences, wanted)
    given.ring("live" if wanted["dry_run"] else "bulk")
    return {"run_id": run_id}


def _check(wanted: dict[str, Any]) -> None:
    if wanted["withdraw"] and not wanted["dry_run"]:
        require_super_admin()
    if "settings" in wanted and not wanted["dry_run"]:
        refuse(
            400,
            "Settings can only be tried out in a dry run. Change them for good in /api/settings.",
            ["settings: Only together with dry_run."],
        )


def _check_settings(connection: Connection, patch: dict[str, Any]) -> None:
    _, settings = read_settings(connection, caller().portal_id)
    try:
        apply_patch(dump_settings(settings), patch, parts().plugin_forms())
    except ValidationError as error:
        refuse_patch(error, under="settings.")


def _open_runs(
    connection: Connection,
    webinar_pk: int,
    occurrence_pks: Sequence[int],
    wanted: Mapping[str, Any],
) -> str:
    kind = {"is_replay": wanted["replay"], "is_withdrawal": wanted["withdraw"]}
    # A second click joins the Sync now that has not begun: nobody is told an id that goes away.
    group_id = queued_group(connection, webinar_pk, **kind) or str(uuid.uuid4())
    for occurrence_pk in occurrence_pks:
        open_run(
            connection,
            occurrence_pk=occurrence_pk,
            trigger="replay" if wanted["replay"] else "sync_now",
            pool="bulk",
            now=parts().clock(),
            must_read=not wanted["replay"],
            must_verify=True,
            group_id=group_id,
            **kind,
        )
    return group_id


def _open_previews(
    connection: Connection,
    occurrence_pks: Sequence[int],
    patch: dict[str, Any],
    wanted: Mapping[str, Any],
) -> str:
    group_id = str(uuid.uuid4())
    for occurrence_pk in occurrence_pks:
        open_preview(
            connection,
            occurrence_pk=occurrence_pk,
            now=parts().clock(),
            settings_patch=patch,
            is_withdrawal=wanted["withdraw"],
            group_id=group_id,
        )
    return group_id


@blueprint.get("/webinars/<webinar_id>/runs")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(RunSchema))
def get_runs(query: dict[str, Any], webinar_id: str) -> dict[str, Any]:
    """The webinar's runs, newest first."""
    cursor = read_cursor(query.get("after"), str, str)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        webinar_row = portal_webinar(connection, webinar_id)
        groups = list_run_groups(connection, webinar_row["id"], query["limit"] + 1, after)
        rows = runs_of_groups(connection, [group_id for group_id, _ in groups])
        shown = _show_runs(connection, list(rows.values()))
    return page(
        groups,
        query["limit"],
        lambda group: write_cursor(group[1].isoformat(), group[0]),
        lambda group: shown[group[0]],
    )


@blueprint.get("/runs/<run_id>")
@blueprint.response(200, RunDetailSchema)
def get_run(run_id: str) -> dict[str, Any]:
    """How far a run is, what it came from, and what it came to."""
    with reading(parts().engine) as connection:
        rows = portal_run(connection, run_id)
        shown = _show_runs(connection, [rows])[rows[0]["group_id"]]
        return {
            **shown,
            "source": _show_source(connection, rows),
            "settings": rows[0]["settings_patch"] or {},
            "previous": previous_group(connection, rows[0]),
        }


@blueprint.get("/runs/<run_id>/changes")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(ChangeSchema))
def get_changes(query: dict[str, Any], run_id: str) -> dict[str, Any]:
    """What a run changed, or a dry run would change."""
    after = read_cursor(query.get("after"), int)
    with reading(parts().engine) as connection:
        ids = [row["id"] for row in portal_run(connection, run_id)]
        rows = list_changes(connection, ids, query["limit"] + 1, after[0] if after else 0)
    return page(rows, query["limit"], lambda row: write_cursor(row["id"]), _show_change)


def portal_run(connection: Connection, run_id: str) -> list[RowMapping]:
    """The rows of the caller's run with this id; 404 when there is none."""
    rows = find_run_group(connection, caller().portal_id, run_id)
    if not rows:
        refuse(404, "There is no such run in this HubSpot account.")
    return rows


def _show_runs(
    connection: Connection, groups: Sequence[Sequence[RowMapping]]
) -> dict[str, dict[str, Any]]:
    pks = {row["occurrence_pk"] for rows in groups for row in rows}
    counts = count_people(connection, list(pks))
    details = load_occurrence_details(connection, pks)
    shown = {}
    for rows in groups:
        mine = {row["occurrence_pk"] for row in rows}
        outcomes = [by_outcome(counts[pk]) for pk in mine]
        finished = [row["finished_at"] for row in rows]
        started = [row["started_at"] for row in rows if row["started_at"] is not None]
        shown[rows[0]["group_id"]] = {
            "id": rows[0]["group_id"],
            "webinar_id": details[rows[0]["occurrence_pk"]][1]["webinar_id"],
            "occurrences": sorted({details[pk][0]["occurrence_id"] or "0" for pk in mine}),
            "trigger": rows[0]["trigger"],
            "state": _state([row["state"] for row in rows]),
            "dry_run": rows[0]["is_dry"],
            "replay": rows[0]["is_replay"],
            "withdraw": rows[0]["is_withdrawal"],
            "message": " ".join(dict.fromkeys(row["message"] for row in rows if row["message"])),
            "progress": {name: sum(row[name] for row in rows) for name in ("done", "total")},
            "counts": {name: sum(each[name] for each in outcomes) for name in OUTCOMES},
            "writes": {name: sum(row[name] for row in rows) for name in WRITE_COUNTS},
            "created_at": rows[0]["created_at"],
            "started_at": min(started, default=None),
            "finished_at": None if None in finished else max(finished),
        }
    return shown


def _show_source(connection: Connection, rows: Sequence[RowMapping]) -> dict[str, Any]:
    begun = {row["occurrence_pk"]: row["started_at"] for row in rows}
    details = load_occurrence_details(connection, begun)
    places = [place for place, _ in details.values()]
    figures = [place["zoom_people"] for place in places]
    reads = [place["read_at"] for place in places]
    return {
        "people": None if None in figures else sum(figures),
        "report_rows": sum(place["report_rows"] or 0 for place in places),
        "read_at": None if None in reads else min(reads),
        "read_by_run": not (rows[0]["is_dry"] or rows[0]["is_replay"])
        and all(
            place["read_at"] is not None
            and begun[place["id"]] is not None
            and place["read_at"] >= begun[place["id"]]
            for place in places
        ),
    }


def _state(states: Sequence[str]) -> str:
    """One word for the runs of several dates: under way until the last of them has ended."""
    if "running" in states or ("queued" in states and set(states) != {"queued"}):
        return "running"
    return next(name for name in ("queued", "failed", "done", "superseded") if name in states)


def _show_change(row: RowMapping) -> dict[str, Any]:
    return {
        "email": row["email"],
        "effect": row["effect"],
        "property": row["property"] or None,
        "before": row["before"],
        "after": row["after"],
    }
