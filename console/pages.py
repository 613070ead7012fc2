"""The ways in and out: what this is, links that sign in, and setting up again."""

from __future__ import annotations

import structlog
from flask import Blueprint, redirect, render_template
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine
from werkzeug.wrappers import Response

from console.blueprint import HOME, require_own_form, sign_in_first
from oauth.access import Access
from oauth.discovery import discover_portal
from oauth.notices import Notice
from oauth.sign_in import (
    csrf_token,
    sign_in,
    sign_out,
    signed_in,
    take_sign_in_link,
)
from rollcall.errors import RollcallError

log = structlog.get_logger(__name__)


def blueprint(access: Access, *, public_url: str) -> Blueprint:
    """``/``, signing in and out, the static files, and HubSpot's setting up once more."""
    pages = Blueprint(
        "console",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/console/static",
    )
    pages.context_processor(lambda: {"csrf_token": csrf_token})
    pages.before_request(lambda: require_own_form(public_url))
    _add_ways_in(pages, access.engine, access.redis)
    _add_setting_up(pages, access)
    return pages


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


def _add_setting_up(pages: Blueprint, access: Access) -> None:
    @pages.post("/console/discover")
    def discover() -> Response:
        who = signed_in(access.engine)
        if who is None:
            raise sign_in_first()
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
