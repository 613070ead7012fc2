"""The list of webinars, and the audit log of each in the panel at the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from api.audit import get_audit
from api.parts import parts
from api.runs import sync_webinar
from api.webinars import get_webinar, get_webinar_statuses, get_webinars
from console.asking import ask, load, read_query
from console.blueprint import done, new_blueprint, render_panel
from console.dates import choose_date
from schemas.api_webinars import AuditQuery, SyncRequest, WebinarQuery

pages = new_blueprint("webinars")


@pages.get("/webinars")
def webinars() -> str:
    """Webinars, the latest start first; by status, and found by topic or number."""
    query = read_query(WebinarQuery)
    listed = ask(get_webinars, query)
    now = parts().clock()
    return render_template(
        "webinars.html",
        webinars=[(one, choose_date(one, now), _counts(one)) for one in listed["results"]],
        paging=listed["paging"],
        statuses=ask(get_webinar_statuses),
        now=now,
        query={
            name: query[name] for name in ("search", "host_id", "sync_status") if query.get(name)
        },
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


def _counts(webinar: Mapping[str, Any]) -> dict[str, int]:
    """People of all dates, registrations for the whole series among them."""
    places = [*webinar["occurrences"], *filter(None, [webinar["registrations"]])]
    names = ("in_sync", "excluded", "failing", "waiting")
    return {name: sum(one["counts"][name] for one in places) for name in names}
