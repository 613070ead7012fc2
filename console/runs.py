"""A run: how far it is, what it changes, who fails for what, and trying those again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from api.callers import caller
from api.parts import parts
from api.run_failures import get_errors, retry_failed
from api.runs import get_changes, get_run
from api.settings import get_settings
from api.webinars import get_webinar
from console.asking import ask, load, read_query
from console.blueprint import done, new_blueprint
from console.rule_words import setting_words
from console.run_words import (
    STATES,
    TRIGGERS,
    WRITES,
    is_going_on,
    is_measured,
    say_progress,
    seconds_left,
    seconds_so_far,
    show_change,
)
from console.times import zone_of
from schemas.api import PageQuery
from schemas.api_runs import RetryRequest

pages = new_blueprint("runs")


@pages.get("/runs/<run_id>")
def run(run_id: str) -> str:
    """The run, and the webinar it is of."""
    found = ask(get_run, run_id)
    return render_template(
        "run.html",
        webinar=ask(get_webinar, webinar_id=found["webinar_id"]),
        **_describe(found),
        **_results(found),
    )


@pages.get("/runs/<run_id>/progress")
def progress(run_id: str) -> str:
    """The part of the page that moves: asked for every two seconds while the run goes on."""
    found = ask(get_run, run_id)
    values = _describe(found)
    values["is_news"] = request.args.get("said") != values["said"]
    return render_template("parts/run.html", **values, **_results(found))


@pages.post("/runs/<run_id>/retry")
def retry(run_id: str) -> Response:
    """Try again all who fail for a cause; on to the run that does it."""
    wanted = load(RetryRequest, {"cause": request.form.get("cause", "")})
    started = ask(retry_failed, wanted, run_id=run_id)
    return done(
        "What failed is tried again.", url_for("console_runs.run", run_id=started["run_id"])
    )


def _describe(found: dict[str, Any]) -> dict[str, Any]:
    now = parts().clock()
    return {
        "run": found,
        "state": STATES[found["state"]],
        "begun_by": TRIGGERS.get(found["trigger"], found["trigger"]),
        "WRITES": WRITES,
        "setting_words": setting_words,
        "is_going_on": is_going_on(found),
        "is_measured": is_measured(found),
        "said": say_progress(found),
        "so_far": seconds_so_far(found, now),
        "left": seconds_left(found, now),
    }


def _results(found: dict[str, Any]) -> dict[str, Any]:
    """What there is to look at once the run has ended: its changes, and who fails."""
    if is_going_on(found):
        return {}
    zone, kept_days = zone_of(caller().portal_id), ask(get_settings)["raw_retention_days"]
    query = read_query(PageQuery)
    changes = ask(get_changes, query, run_id=found["id"])
    errors = None if found["dry_run"] else ask(get_errors, load(PageQuery, {}), run_id=found["id"])
    return {
        "changes": [show_change(one, zone) for one in changes["results"]],
        "paging": changes["paging"],
        "is_first_page": "after" not in query,
        "kept_days": kept_days,
        "is_forgotten": found["finished_at"] < parts().clock() - timedelta(days=kept_days),
        "errors": errors,
    }
