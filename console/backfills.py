"""Backfills: how far back Zoom reaches, a preview of what it still has, and bringing it in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from api.backfills import (
    delete_backfill,
    get_backfill,
    get_backfill_webinars,
    get_backfills,
    start_backfill,
)
from api.callers import caller
from api.parts import parts
from console.asking import ask, load, read_query
from console.backfill_words import (
    GOING_ON,
    KEPT,
    LEFT_OUT,
    PROGRESS,
    STATES,
    WEBINAR_STATES,
    say_progress,
)
from console.blueprint import done, new_blueprint
from console.horizon import WIDTH, Horizon, draw_horizon
from console.run_words import WRITES
from console.times import zone_of
from engine.backfill import find_horizon
from schemas.api import MAX_LIMIT, PageQuery
from schemas.api_backfills import BackfillRequest

pages = new_blueprint("backfills")

_USUAL = timedelta(days=180)
_DRAWN = MAX_LIMIT


@pages.get("/backfills")
def backfills() -> str:
    """What a backfill is, the form that begins one, and those there were."""
    usual = (parts().clock() - _USUAL).date()
    return _show_start({"since": usual.isoformat(), "quiet": "yes"}, [])


@pages.post("/backfills")
def start() -> Any:
    """Preview a backfill, or begin it; on to its page."""
    form = request.form
    wanted: dict[str, Any] = {
        "since": form.get("since", "").strip(),
        "quiet": form.get("quiet") == "yes",
        "dry_run": form.get("mode", "preview") == "preview",
        "webinars": form.get("webinars", "").replace(",", " ").split(),
    }
    try:
        started = ask(start_backfill, load(BackfillRequest, wanted))
    except HTTPException as error:
        errors: list[str] = (getattr(error, "data", None) or {}).get("errors", [])
        if error.code != 400 or not errors:
            raise
        return Response(_show_start(form, errors), 400)
    return done(
        "Asking Zoom what it still has. Nothing is written."
        if wanted["dry_run"]
        else "The backfill has begun.",
        url_for("console_backfills.backfill", backfill_id=started["backfill_id"]),
    )


@pages.get("/backfills/<backfill_id>")
def backfill(backfill_id: str) -> str:
    """How far it is, the horizon, and the webinars it reaches."""
    found = ask(get_backfill, backfill_id=backfill_id)
    return render_template("backfill.html", **_describe(found), **_webinars(found))


@pages.get("/backfills/<backfill_id>/progress")
def progress(backfill_id: str) -> str:
    """The part of the page that moves; the webinars come along once it has ended."""
    found = ask(get_backfill, backfill_id=backfill_id)
    values = _describe(found)
    values["is_news"] = request.args.get("said") != values["said"]
    has_ended = not values["is_going_on"]
    return render_template(
        "parts/backfill.html",
        **values,
        **(_webinars(found) if has_ended else {}),
        has_ended_just_now=has_ended,
    )


@pages.post("/backfills/<backfill_id>/stop")
def stop(backfill_id: str) -> Response:
    """Begin no further webinar."""
    ask(delete_backfill, backfill_id=backfill_id)
    return done(
        "Stopping: the webinar under way is finished, no other is begun.",
        url_for("console_backfills.backfill", backfill_id=backfill_id),
    )


def _show_start(values: Mapping[str, str], errors: list[str]) -> str:
    found = ask(get_backfills, read_query(PageQuery))
    now = parts().clock()
    day = datetime.combine((now - _USUAL).date(), time(), UTC)
    return render_template(
        "backfills.html",
        backfills=found["results"],
        paging=found["paging"],
        values=values,
        complaints={
            name: [one.partition(": ")[2] for one in errors if one.startswith(name)]
            for name in ("since", "webinars")
        },
        horizon=_draw(find_horizon(now).earliest, find_horizon(now).reports_since, day, []),
        earliest=find_horizon(now).earliest.date(),
        today=now.date(),
        STATES=STATES,
        WIDTH=WIDTH,
    )


def _describe(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "backfill": found,
        "state": STATES[found["state"]],
        "is_going_on": found["state"] in GOING_ON,
        "said": say_progress(found),
        "measure": PROGRESS.get(found["state"], ""),
        "KEPT": KEPT,
        "WEBINAR_STATES": WEBINAR_STATES,
        "LEFT_OUT": LEFT_OUT,
        "WRITES": WRITES,
        "WIDTH": WIDTH,
    }


def _webinars(found: dict[str, Any]) -> dict[str, Any]:
    """The table's page of webinars, and the horizon with the latest of them."""
    listed = ask(get_backfill_webinars, read_query(PageQuery), backfill_id=found["id"])
    drawn = ask(get_backfill_webinars, load(PageQuery, {"limit": _DRAWN}), backfill_id=found["id"])
    starts = [one["start_time"] for one in drawn["results"] if one["start_time"] is not None]
    horizon, since = found["horizon"], datetime.combine(found["since"], time(), UTC)
    return {
        "webinars": listed["results"],
        "paging": listed["paging"],
        "horizon": _draw(horizon.earliest, horizon.reports_since, since, starts),
        "seen_at": parts().clock(),
    }


def _draw(
    earliest: datetime, reports_since: datetime, since: datetime, webinars: list[datetime]
) -> Horizon:
    return draw_horizon(
        earliest=earliest,
        reports_since=reports_since,
        since=since,
        now=parts().clock(),
        webinars=webinars,
        zone=zone_of(caller().portal_id),
    )
