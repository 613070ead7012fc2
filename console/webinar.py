"""A webinar's own pages: what became of a date, its runs, its recordings and its switches."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from api.attendance import get_attendance
from api.audit import get_audit
from api.callers import caller
from api.parts import parts
from api.runs import get_runs
from api.webinars import get_webinar, patch_webinar
from console.asking import ask, load, read_query
from console.blueprint import done, new_blueprint
from console.dates import choose_date, has_begun, say_settling
from console.pictures import draw_funnel, draw_rooms
from console.run_words import STATES as RUN_STATES
from console.run_words import TRIGGERS
from console.times import zone_of
from console.words import RECORDING_STATES, TRANSCRIPT_STATES
from engine.switch_warnings import SWITCHES
from schemas.api import PageQuery
from schemas.api_attendance import AttendanceQuery
from schemas.api_webinars import AuditQuery, WebinarPatch

pages = new_blueprint("webinar")


@pages.get("/webinars/<webinar_id>")
def summary(webinar_id: str) -> str:
    """Does it balance, when is it final, what is wrong, who was there when."""
    found = open_webinar(webinar_id)
    date, webinar = found["date"], found["webinar"]
    values: dict[str, Any] = {}
    if date is not None:
        zone = zone_of(caller().portal_id)
        values["settling"] = say_settling(date, parts().clock(), zone)
        if has_begun(date):
            values |= _pictures(webinar_id, date["id"])
    chosen = date["id"] if date is not None and found["has_dates"] else found["occurrence"]
    asked = load(AuditQuery, {"occurrence": chosen} if chosen else {})
    return render_template(
        "webinar/summary.html",
        tab="summary",
        warnings=ask(get_audit, asked, webinar_id=webinar_id)["results"],
        counted=webinar["registrations"] if date is None else date,
        **found,
        **values,
    )


@pages.get("/webinars/<webinar_id>/runs")
def runs(webinar_id: str) -> str:
    """The webinar's runs, the newest first."""
    found = open_webinar(webinar_id)
    listed = ask(get_runs, read_query(PageQuery), webinar_id=webinar_id)
    return render_template(
        "webinar/runs.html",
        tab="runs",
        runs=listed["results"],
        paging=listed["paging"],
        RUN_STATES=RUN_STATES,
        TRIGGERS=TRIGGERS,
        **found,
    )


@pages.get("/webinars/<webinar_id>/recording")
def recording(webinar_id: str) -> str:
    """What became of the recording and transcript of each session."""
    return render_template(
        "webinar/recording.html",
        tab="recording",
        RECORDING_STATES=RECORDING_STATES,
        TRANSCRIPT_STATES=TRANSCRIPT_STATES,
        SWITCHES=SWITCHES,
        **open_webinar(webinar_id),
    )


@pages.get("/webinars/<webinar_id>/settings")
def settings(webinar_id: str) -> str:
    """The webinar's own switches, and what they come to."""
    return render_template(
        "webinar/settings.html", tab="settings", SWITCHES=SWITCHES, **open_webinar(webinar_id)
    )


@pages.post("/webinars/<webinar_id>/settings")
def save_settings(webinar_id: str) -> Response:
    """Set the webinar's own switches."""
    given = {name: request.form[name] for name in ("sync", "recordings") if name in request.form}
    ask(patch_webinar, load(WebinarPatch, given), webinar_id=webinar_id)
    return done(
        "Saved. What is missing now syncs by itself.",
        url_for("console_webinar.settings", webinar_id=webinar_id),
    )


def open_webinar(webinar_id: str) -> dict[str, Any]:
    """What every tab of the webinar's page needs; 404 for a date it does not have.

    ``0`` stands for the registrations for a whole series, where there are any; no date then.
    """
    webinar = ask(get_webinar, webinar_id=webinar_id)
    wanted = request.args.get("occurrence") or None
    date = choose_date(webinar, parts().clock(), wanted)
    is_series = wanted == "0" and webinar["registrations"] is not None
    if wanted and date is None and not is_series:
        abort(404)
    return {
        "webinar": webinar,
        "date": date,
        "occurrence": wanted,
        "has_dates": len(webinar["occurrences"]) > 1,
        "where": f"/console/webinars/{webinar['id']}",
    }


def _pictures(webinar_id: str, occurrence_id: str) -> dict[str, Any]:
    query = load(AttendanceQuery, {"occurrence": occurrence_id})
    attendance = ask(get_attendance, query, webinar_id=webinar_id)
    return {
        "attendance": attendance,
        "rooms": draw_rooms(attendance["rooms"], zone_of(caller().portal_id)),
        "funnel": draw_funnel(attendance["turnout"]),
    }
