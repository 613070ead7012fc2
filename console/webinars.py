"""The list of webinars, and the audit log of each in the panel at the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from api.audit import get_audit
from api.runs import sync_webinar
from api.webinars import get_webinar, get_webinars
from console.asking import ask, load, read_query
from console.blueprint import done, new_blueprint, render_panel
from schemas.api_webinars import AuditQuery, SyncRequest, WebinarQuery

pages = new_blueprint("webinars")


@pages.get("/webinars")
def webinars() -> str:
    """Webinars, the latest start first; found by topic or number."""
    query = read_query(WebinarQuery)
    listed = ask(get_webinars, query)
    return render_template(
        "webinars.html",
        webinars=[(one, status_of(one)) for one in listed["results"]],
        paging=listed["paging"],
        query={name: value for name, value in query.items() if name == "search" and value},
    )


@pages.get("/webinars/<webinar_id>/audit")
def audit(webinar_id: str) -> str:
    """What went wrong with the webinar's sync, and what mends it."""
    return render_panel(
        "parts/audit.html",
        "Audit log",
        webinar=ask(get_webinar, webinar_id=webinar_id),
        warnings=ask(get_audit, read_query(AuditQuery), webinar_id=webinar_id),
    )


@pages.post("/webinars/<webinar_id>/sync")
def sync(webinar_id: str) -> Response:
    """Sync now: read Zoom and HubSpot again, and repair; on to the run's page."""
    wanted = {name: request.form[name] for name in ("occurrence",) if request.form.get(name)}
    started = ask(sync_webinar, load(SyncRequest, wanted), webinar_id=webinar_id)
    return done(
        "Reading Zoom and HubSpot again.", url_for("console_runs.run", run_id=started["run_id"])
    )


def status_of(webinar: Mapping[str, Any]) -> str:
    """How the webinar stands, by its worst date: a key of `console.words.STATUSES`."""
    if not webinar["effective"]["webinar"]:
        return "off"
    dates = [one for one in webinar["occurrences"] if one["status"] not in ("cancelled", "deleted")]
    if any(_needs_attention(one) for one in dates):
        return "attention"
    if any(one["counts"]["waiting"] for one in dates):
        return "syncing"
    if any(one["instances"] and one["settled_at"] is None for one in dates):
        return "waiting"
    return "healthy" if any(one["settled_at"] for one in dates) else "planned"


def _needs_attention(date: Mapping[str, Any]) -> bool:
    return bool(
        date["counts"]["failing"] or date["unexplained"] or date["overdue"] or date["reduced"]
    )
