"""How a HubSpot route is declared: its versions, its scope, its rate limit, its answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, jsonify, request

from simulator.hubspot.errors import HubspotError, refuse
from simulator.hubspot.models import AccessToken
from simulator.hubspot.shapes import check_shapes
from simulator.limits import Allowance

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal
    from simulator.world import World

DATED_VERSIONS = ("2026-03", "2026-09")

Answer = tuple[Any, int]
View = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One authenticated call: who calls, with what body, under which API version."""

    world: World
    portal: Portal
    token: AccessToken
    body: dict[str, Any]
    version: str

    def arg(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return request.args.get(name, default)

    def flag(self, name: str) -> bool:
        """Whether a query parameter says true."""
        return request.args.get(name, "").lower() == "true"

    def limit(self, default: int, most: int) -> int:
        """The page size asked for, at most `most`; raises 400 when it is not a number."""
        given = request.args.get("limit", str(default))
        if not given.isdigit():
            raise refuse(400, "VALIDATION_ERROR", f"Invalid limit: {given}")
        return min(int(given), most)

    def arg_list(self, name: str) -> list[str]:
        """A query parameter given several times, or once with commas."""
        given = ",".join(request.args.getlist(name)).split(",")
        return [part.strip() for part in given if part.strip()]

    def inputs(self, most: int = 100) -> list[dict[str, Any]]:
        """The inputs of a batch; raises 400 when they are missing or too many."""
        inputs = self.body.get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
            raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: inputs must be a list")
        if len(inputs) > most:
            message = f"The maximum number of inputs per batch is {most}, received {len(inputs)}"
            raise refuse(400, "VALIDATION_ERROR", message)
        return inputs


class Endpoints:
    """Adds authenticated routes to the HubSpot blueprint, each under every API version."""

    def __init__(self, routes: Blueprint, world: World) -> None:
        self._routes = routes
        self._world = world

    def add(
        self,
        method: str,
        dated: str,
        legacy: str | None = None,
        *,
        scopes: tuple[str, ...] = (),
        write: bool = False,
        limit: str = "hubspot.api",
    ) -> Callable[[View], View]:
        """Serve `dated` (with `{V}`) under each dated version and `legacy` as it stands.

        The token needs one of `scopes`. `write` tells the journal that records may change.
        """

        def register(view: View) -> View:
            paths = [(version, dated.replace("{V}", version)) for version in DATED_VERSIONS]
            if legacy:
                paths.append(("v3", legacy))
            for version, path in paths:
                self._routes.add_url_rule(
                    path,
                    endpoint=f"{method} {path}".replace(".", "_"),
                    view_func=self._serve(view, version, scopes, write, limit),
                    methods=[method],
                    strict_slashes=False,
                )
            return view

        return register

    def _serve(
        self, view: View, version: str, scopes: tuple[str, ...], write: bool, limit: str
    ) -> Callable[..., Response]:
        world = self._world

        def serve(**arguments: str) -> Response:
            g.is_write = write
            allowance: Allowance | None = None
            try:
                with world.lock:
                    token = authenticate(world)
                g.tenant = str(token.portal_id)
                allowance = _take(world, limit, token)
                _check_scopes(token, scopes)
                body = _read_body(method=request.method)
                with world.lock:
                    portal = world.hubspot.portals[token.portal_id]
                    content, status = view(
                        ApiCall(world, portal, token, body, version), **arguments
                    )
                answer = Response(status=status) if content is None else jsonify(content)
                answer.status_code = status
            except HubspotError as error:
                answer = jsonify(error.body)
                answer.status_code = error.status
            if allowance is not None and limit == "hubspot.api":
                _add_rate_headers(answer, allowance)
            return answer

        return serve


def authenticate(world: World) -> AccessToken:
    """The access token of the request; raises 401 when it is missing, unknown or over."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = world.hubspot.access_tokens.get(value) if scheme.lower() == "bearer" else None
    if token is None or token.portal_id not in world.hubspot.portals:
        raise refuse(
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
        )
    if token.expires_at <= world.clock():
        message = "The OAuth token used to make this call expired."
        raise refuse(401, "EXPIRED_AUTHENTICATION", message)
    return token


def _take(world: World, limit: str, token: AccessToken) -> Allowance:
    allowance = world.limits.take(limit, str(token.portal_id))
    if allowance.allowed:
        return allowance
    policy = "TEN_SECONDLY_ROLLING" if limit == "hubspot.api" else "SECONDLY"
    correlation = str(uuid.uuid4())
    refused = HubspotError(
        429,
        {
            "status": "error",
            "message": f"You have reached your {policy.lower()} limit.",
            "errorType": "RATE_LIMIT",
            "correlationId": correlation,
            "policyName": policy,
            "requestId": correlation,
        },
    )
    raise refused


def _check_scopes(token: AccessToken, scopes: tuple[str, ...]) -> None:
    if scopes and not set(scopes) & set(token.scopes):
        message = (
            "This app hasn't been granted all required scopes to make this call. "
            "Read more about required scopes here: https://developers.hubspot.com/scopes."
        )
        context = {"requiredGranularScopes": list(scopes)}
        detail = {
            "message": "One or more of the following scopes are required.",
            "context": context,
        }
        raise refuse(403, "MISSING_SCOPES", message, errors=[detail])


def _read_body(method: str) -> dict[str, Any]:
    if method in ("GET", "DELETE") or not request.get_data():
        return {}
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise refuse(400, "VALIDATION_ERROR", "Invalid input JSON: unable to parse the body")
    check_shapes(body)
    return body


def _add_rate_headers(answer: Response, allowance: Allowance) -> None:
    answer.headers["X-HubSpot-RateLimit-Max"] = str(allowance.limit.calls)
    answer.headers["X-HubSpot-RateLimit-Remaining"] = str(allowance.remaining)
    interval = int(allowance.limit.seconds * 1000)
    answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(interval)
