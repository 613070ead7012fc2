"""Replaying a webinar: its stored facts are decided again under today's rules."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from api.replay_facts import get_replay_facts
from api.runs import sync_webinar
from api.webinars import get_webinar
from console.asking import ask, load
from console.blueprint import done, new_blueprint
from console.rule_words import setting_words, written_words
from schemas.api_webinars import SyncRequest

pages = new_blueprint("replay")


@pages.get("/webinars/<webinar_id>/replay")
def replay(webinar_id: str) -> str:
    """What a replay is, which rules are others now, and what could not be withdrawn.

    With ``confirm`` in the query: what will and will not change, and the button that does it.
    """
    is_sure = request.args.get("confirm") == "yes"
    return render_template(
        "replay_confirm.html" if is_sure else "replay.html",
        webinar=ask(get_webinar, webinar_id=webinar_id),
        facts=ask(get_replay_facts, webinar_id=webinar_id),
        occurrence=request.args.get("occurrence", ""),
        is_withdrawal=request.args.get("withdraw") == "yes",
        setting_words=setting_words,
        written_words=written_words,
    )


@pages.post("/webinars/<webinar_id>/replay")
def start(webinar_id: str) -> Response:
    """Preview it, ask once more, or do it: as the form says."""
    form = request.form
    is_withdrawal = form.get("withdraw") == "yes"
    is_preview = form.get("mode", "preview") == "preview"
    if not is_preview and form.get("sure") != "yes":
        names = ("withdraw", "occurrence")
        chosen: dict[str, Any] = {name: form[name] for name in names if form.get(name)}
        where = url_for("console_replay.replay", webinar_id=webinar_id, confirm="yes", **chosen)
        return redirect(where, 303)
    wanted: dict[str, Any] = {"replay": True, "withdraw": is_withdrawal, "dry_run": is_preview}
    wanted |= {"occurrence": form["occurrence"]} if form.get("occurrence") else {}
    started = ask(sync_webinar, load(SyncRequest, wanted), webinar_id=webinar_id)
    return done(
        "Looking at what a replay would change. Nothing is written."
        if is_preview
        else "Deciding again from what is stored; Zoom is not read.",
        url_for("console_runs.run", run_id=started["run_id"]),
    )
