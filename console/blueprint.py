"""What every group of pages begins with: somebody signed in, and forms that are our own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from api.callers import Caller
from api.parts import parts
from console.times import show_length, show_moment, zone_of
from console.words import OUTCOMES, STATUSES, reason_words
from oauth.notices import Notice
from oauth.sign_in import csrf_token, is_own_request, signed_in

HOME = "/console/"
HUBSPOT_APP_URL = "ROLLCALL_HUBSPOT_APP_URL"
"""Where the application's configuration has the root of links into HubSpot."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def new_blueprint(name: str) -> Blueprint:
    """An empty group of pages under ``/console`` for signed-in people."""
    pages = Blueprint(f"console_{name}", __name__, url_prefix="/console")
    pages.before_request(let_in)
    pages.context_processor(_common)
    return pages


def let_in() -> Response | None:
    """Know who is calling; strangers go to the start, and forms of others are refused."""
    given = parts()
    who = signed_in(given.engine)
    if who is None and request.method in _SAFE_METHODS:
        return redirect("/")
    if who is None:
        raise sign_in_first()
    require_own_form(given.public_url)
    g.rollcall_who, g.rollcall_caller = who, Caller(who.portal_id, who.user_id)
    return None


def sign_in_first() -> Notice:
    """The page for who sent a form and is signed in no longer."""
    return Notice(
        "Sign in first",
        "Your session has ended, so nothing was changed.",
        status=403,
        link="/oauth/hubspot/install",
        link_text="Sign in with HubSpot",
    )


def require_own_form(public_url: str) -> None:
    """Refuse, with a page that says so, what another site had the browser send."""
    if request.method not in _SAFE_METHODS and not is_own_request(public_url):
        raise Notice(
            "This page was open for too long",
            "What you sent does not belong to your present session, so nothing was changed.",
            status=403,
            link=HOME,
            link_text="Back to the console",
        )


def _common() -> dict[str, Any]:
    return {
        "csrf_token": csrf_token,
        "who": g.get("rollcall_who"),
        "zone": zone_of(g.rollcall_caller.portal_id) if "rollcall_caller" in g else None,
        "show_moment": show_moment,
        "show_length": show_length,
        "reason_words": reason_words,
        "OUTCOMES": OUTCOMES,
        "STATUSES": STATUSES,
    }


def is_fragment() -> bool:
    """Whether a part of the page is asked for, to be put into the one that is open."""
    return request.headers.get("HX-Request") == "true"


def render_panel(part: str, title: str, **values: Any) -> str:
    """The part for the panel at the right; as a page of its own for who opens it as one."""
    if is_fragment():
        return render_template(part, title=title, **values)
    return render_template("panel_page.html", part=part, title=title, **values)


def done(text: str, path: str) -> Response:
    """After a form: say what was done, on the page that shows it."""
    flash(text)
    return redirect(path, 303)
