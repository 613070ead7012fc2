"""The pages: what this is, the way in and out, and a signed-in portal's home."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, redirect, render_template, request
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine
from werkzeug.wrappers import Response

from console.home import read_home
from oauth.access import Access
from oauth.discovery import discover_portal
from oauth.notices import Notice
from oauth.sign_in import (
    SignedIn,
    csrf_token,
    is_own_request,
    sign_in,
    sign_out,
    signed_in,
    take_sign_in_link,
)
from rollcall.errors import RollcallError

HOME = "/console/"

log = structlog.get_logger(__name__)


def blueprint(access: Access, *, public_url: str) -> Blueprint:
    """``/`` and everything under ``/console``."""
    pages = Blueprint(
        "console",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/console/static",
    )
    pages.context_processor(lambda: {"csrf_token": csrf_token})
    pages.before_request(lambda: _require_own_form(public_url))
    _add_ways_in(pages, access.engine, access.redis)
    _add_home(pages, access)
    return pages


def _require_own_form(public_url: str) -> None:
    if request.method not in ("GET", "HEAD", "OPTIONS") and not is_own_request(public_url):
        raise Notice(
            "This page was open for too long",
            "What you sent does not belong to your present session, so nothing was changed.",
            status=403,
            link=HOME,
            link_text="Back to the console",
        )


def _add_ways_in(pages: Blueprint, engine: Engine, redis: Redis) -> None:
    @pages.get("/")
    def landing() -> str:
        return render_template("landing.html", who=signed_in(engine))

    @pages.get("/console/sign-in/<token>")
    def follow_link(token: str) -> Response:
        try:
            who = take_sign_in_link(redis, token)
        except RedisError as error:
            raise Notice(
                "Signing in is not possible right now",
                "Rollcall cannot read its sessions at the moment. Try again shortly.",
                status=503,
            ) from error
        if who is None:
            raise Notice(
                "This link is not good any more",
                "A sign-in link works once, within a minute. Ask for another one in HubSpot.",
                link="/oauth/hubspot/install",
                link_text="Sign in with HubSpot instead",
            )
        sign_in(who.portal_id, who.user_id)
        return redirect(HOME)

    @pages.post("/console/sign-out")
    def leave() -> Response:
        sign_out()
        return redirect("/")


def _add_home(pages: Blueprint, access: Access) -> None:
    @pages.get(HOME)
    def home() -> Any:
        who = signed_in(access.engine)
        if who is None:
            return redirect("/")
        return render_template("home.html", who=who, home=read_home(access.engine, who.portal_id))

    @pages.post("/console/discover")
    def discover() -> Response:
        who = _require_signed_in(access.engine)
        try:
            discover_portal(access, who.portal_id)
        except RollcallError as error:
            log.warning("discovery_failed", portal=who.portal_id, reason=str(error))
            raise Notice(
                "HubSpot did not let Rollcall finish",
                f"{error}.",
                link=HOME,
                link_text="Back to the console",
            ) from error
        return redirect(HOME)


def _require_signed_in(engine: Engine) -> SignedIn:
    who = signed_in(engine)
    if who is None:
        raise Notice(
            "Sign in first",
            "Your session has ended, so nothing was changed.",
            status=403,
            link="/oauth/hubspot/install",
            link_text="Sign in with HubSpot",
        )
    return who
