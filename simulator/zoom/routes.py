"""The door of the simulated Zoom: who calls, may they, how often, and then the handler."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request
from werkzeug.routing import Rule

from simulator.zoom import (
    calls,
    downloads,
    limits,
    oauth,
    rest_past,
    rest_recordings,
    rest_registrants,
    rest_reports,
    rest_webinars,
)
from simulator.zoom.calls import Match, Route, Router, ZoomCall
from simulator.zoom.errors import PLAN_MISSING, ZoomError, no_permission
from simulator.zoom.grants import Grant
from simulator.zoom.model import Account, User

if TYPE_CHECKING:
    from simulator.world import World
    from simulator.zoom.state import ZoomState

ROUTES: list[Route] = [
    *rest_webinars.ROUTES,
    *rest_registrants.ROUTES,
    *rest_past.ROUTES,
    *rest_reports.ROUTES,
    *rest_recordings.ROUTES,
]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def blueprint(world: World) -> Blueprint:
    """REST under `/v2`, OAuth under `/oauth`, files under `/rec`."""
    blue = Blueprint("zoom", __name__)
    router = Router(ROUTES)
    oauth.add_routes(blue, world)
    downloads.add_routes(blue, world)

    @blue.before_app_request
    def name_the_route() -> None:
        # The path is matched by us, not by Flask; the journal and the faults see our pattern.
        if request.path.startswith(calls.PREFIX):
            g.zoom_match = router.match(request.method, calls.raw_path(request))
            if g.zoom_match is not None:
                pattern = "/zoom/v2" + g.zoom_match.route.pattern
                request.url_rule = Rule(pattern, endpoint=f"{blue.name}.call_api")

    @blue.route("/v2/<path:rest>", methods=METHODS)
    def call_api(rest: str) -> Response:
        headers = {"x-zm-trackingid": f"v=2.0;clid=us02;rid=WEB_{uuid.uuid4().hex}"}
        try:
            with world.lock:
                body, status = _answer(world.zoom, g.zoom_match, headers)
        except ZoomError as error:
            # A refused call tells its own limit, or nothing: not the one that it kept.
            answer = calls.error_answer(error)
            for name, value in headers.items():
                if error.status != 429 or name == "x-zm-trackingid":
                    answer.headers.setdefault(name, value)
            return answer
        answer = calls.json_answer(body, status)
        answer.headers.update(headers)
        return answer

    return blue


def _answer(state: ZoomState, match: Match | None, headers: dict[str, str]) -> tuple[object, int]:
    if match is None:
        raise calls.not_recognized(request)
    grant, account, user = _caller(state)
    g.tenant = account.id
    headers.update(limits.take(state, account, match.route.category))
    _check_permission(state, match.route, grant, user)
    if account.plan_missing and match.route.needs_plan:
        raise ZoomError(200 if match.route.hides_plan_error else 400, 200, PLAN_MISSING)
    query = request.args.to_dict()
    call = ZoomCall(state, account, user, match.params, query, calls.request_body(request))
    return match.route.handler(call)


def _caller(state: ZoomState) -> tuple[Grant, Account, User]:
    """The grant behind the bearer token, its account and the person who installed."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    token = state.grants.find_access(text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise ZoomError(401, 124, "Invalid access token.")
    if state.now() >= token.expires_at:
        raise ZoomError(401, 124, "Access token is expired.")
    account = state.accounts.get(token.grant.account_id)
    user = account.users.get(token.grant.user_id) if account else None
    if account is None or user is None:
        raise ZoomError(401, 124, "Invalid access token.")
    return token.grant, account, user


def _check_permission(state: ZoomState, route: Route, grant: Grant, user: User) -> None:
    if route.scope not in grant.scopes:
        code = int(state.switch("missing_scope_code"))
        text = f"Invalid access token, does not contain scopes:[{route.scope}]."
        raise ZoomError(400 if code == 4711 else 401, code, text)
    if route.needs_report_role and not user.role_report:
        raise no_permission()
