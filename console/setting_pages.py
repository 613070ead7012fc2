"""What the pages of the settings share: who may change them, and trying changes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for
from werkzeug.wrappers import Response

from api.bodies import read_json
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.parts import parts
from api.runs import sync_webinar
from api.settings import save_patch
from api.webinars import get_webinars
from console.asking import ask, load
from console.blueprint import done
from schemas.api_webinars import SyncRequest, WebinarQuery
from store.callers import is_super_admin
from store.database import reading

LOOKED_THROUGH = 20


def render_settings(template: str, **values: Any) -> str:
    """A page under the settings; says so where the person may only look."""
    return render_template(template, may_change=may_change(), **values)


def may_change() -> bool:
    """Whether the API will let the person change anything here."""
    who = caller()
    with reading(parts().engine) as connection:
        return is_super_admin(connection, who.portal_id, who.user_id)


def save(patch: Mapping[str, Any]) -> None:
    """Change the settings as ``PATCH /api/settings`` does."""
    require_super_admin()
    save_patch(_as_sent(patch))


def _as_sent(patch: Mapping[str, Any]) -> dict[str, Any]:
    """The patch as it arrives when it is sent as JSON: with nothing in it that cannot be kept."""
    try:
        values: dict[str, Any] = read_json(json.dumps(patch).encode())
    except (ValueError, RecursionError):
        refuse(400, "Something in it cannot be kept; nothing was changed.")
    return values


def try_on_last_webinar(patch: Mapping[str, Any]) -> Response:
    """A dry run of the last webinar under the patch; on to the run's page."""
    webinar = _last_webinar()
    wanted = load(SyncRequest, {"dry_run": True, "settings": _as_sent(patch)})
    started = ask(sync_webinar, wanted, webinar_id=webinar["id"])
    topic = webinar["topic"] or webinar["id"]
    return done(
        f"Trying this on “{topic}”. Nothing is saved, and nothing is written to HubSpot.",
        url_for("console_runs.run", run_id=started["run_id"]),
    )


def _last_webinar() -> dict[str, Any]:
    """The latest webinar that has begun; of those to come the last when none has."""
    query = load(WebinarQuery, {"limit": LOOKED_THROUGH})
    webinars: list[dict[str, Any]] = ask(get_webinars, query)["results"]
    if not webinars:
        refuse(409, "There is no webinar yet that this could be tried on.")
    now = parts().clock()
    begun = (one for one in webinars if one["start_time"] and one["start_time"] <= now)
    return next(begun, webinars[0])
