"""The consent page: what a person sees and decides before the app gets a code.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

if TYPE_CHECKING:
    from simulator.world import World


def add_browser_routes(routes: Blueprint, world: World) -> None:
    """The consent page under `/app`."""

    @routes.get("/app/oauth/authorize")
    @routes.get("/app/oauth/<int:portal_id>/authorize")
    def authorize(portal_id: int | None = None) -> Response | tuple[str, int] | str:
        problem = find_authorize_problem(world, request.args)
        if problem:
            return render_template("hubspot/refused.html", message=problem), 400
        portals = [p for p in world.hubspot.portals.values() if portal_id in (None, p.id)]
        return render_template(
            "hubspot/consent.html",
            portals=portals,
            scopes=request.args.get("scope", "").split(),
            optional_scopes=request.args.get("optional_scope", "").split(),
        )

    @routes.post("/app/oauth/authorize")
    @routes.post("/app/oauth/<int:portal_id>/authorize")
    def decide(portal_id: int | None = None) -> BaseResponse | tuple[str, int]:
        problem = find_authorize_problem(world, request.values)
        if problem:
            return render_template("hubspot/refused.html", message=problem), 400
        if request.values.get("decision") != "approve":
            return _back(error="access_denied", error_description="The user refused access")
        chosen = portal_id or request.values.get("portal_id", type=int) or 0
        return _approve(world, chosen, request.values.get("user_id", type=int))


def find_authorize_problem(world: World, query: Any) -> str:
    """Why the authorize page refuses these parameters; empty when it does not."""
    if query.get("client_id") != world.apps.hubspot_client_id:
        return "The client_id is not that of an app."
    uri = query.get("redirect_uri", "")
    parts = urlsplit(uri)
    registered = world.apps.hubspot_redirect_uris.split()
    if registered and uri not in registered:
        return "The redirect_uri is not one of the app's redirect URLs."
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "localhost"):
        return "The redirect_uri must use https (http is allowed for localhost only)."
    if _is_address(parts.hostname or ""):
        return "The redirect_uri must name a host, not an IP address."
    missing = set(world.apps.hubspot_required_scopes.split()) - set(query.get("scope", "").split())
    if missing:
        return f"The scope parameter lacks required scopes of the app: {', '.join(sorted(missing))}"
    if world.switches["pkce_required"] and not query.get("code_challenge"):
        return "A code_challenge is required."
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _approve(world: World, portal_id: int, user_id: int | None) -> BaseResponse | tuple[str, int]:
    with world.lock:
        portal = world.hubspot.portals.get(portal_id)
        if portal is None:
            message = f"There is no account {portal_id}."
            return render_template("hubspot/refused.html", message=message), 400
        user = portal.users.get(user_id) if user_id else next(iter(portal.users.values()), None)
        if user is None or not user.super_admin:
            message = "Only a super admin can connect this app."
            return render_template("hubspot/refused.html", message=message), 403
        dropped = set(portal.settings.dropped_scopes)
        optional = request.values.get("optional_scope", "").split()
        wanted = request.values.get("scope", "").split()
        wanted += [scope for scope in optional if scope not in dropped]
        code = world.hubspot.issue_code(
            portal,
            user,
            tuple(dict.fromkeys(wanted)),
            request.values["redirect_uri"],
            request.values.get("code_challenge", ""),
        )
    return _back(code=code.code)


def _back(**parameters: str) -> BaseResponse:
    uri = request.values["redirect_uri"]
    if request.values.get("state"):
        parameters["state"] = request.values["state"]
    return redirect(uri + ("&" if "?" in uri else "?") + urlencode(parameters))
