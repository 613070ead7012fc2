"""One call of the REST API on its way through the simulator: route, caller, answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flask import Request, Response

from simulator.zoom.errors import ZoomError, invalid, unknown_endpoint
from simulator.zoom.model import Account, User, Webinar

if TYPE_CHECKING:
    from simulator.zoom.state import ZoomState

PREFIX = "/zoom/v2/"


@dataclass(frozen=True, slots=True)
class ZoomCall:
    """A call that may proceed: who calls, what the path names, and what was sent."""

    state: ZoomState
    account: Account
    user: User
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]

    def webinar(self) -> Webinar:
        """The webinar the path names by its number."""
        return self.state.find_numbered_webinar(self.account.id, self.params["webinar_id"])


Handler = Callable[[ZoomCall], "tuple[Any, int]"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its rate category (light, medium, heavy) and the scope it needs.

    `hides_plan_error`: a missing webinar plan is told with code 200 under HTTP 200.
    """

    method: str
    pattern: str
    category: str
    scope: str
    handler: Handler
    needs_report_role: bool = False
    needs_plan: bool = True
    hides_plan_error: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the values its path gave."""

    route: Route
    params: Mapping[str, str]


class Router:
    """Finds routes on the path as it was sent, because encoding it twice has a meaning here."""

    def __init__(self, routes: list[Route]) -> None:
        # Fixed words go before placeholders, so that `/users/me` is not the user "me".
        self._routes = sorted(routes, key=lambda route: route.pattern.count("{"))

    def match(self, method: str, raw_path: str) -> Match | None:
        """The route of a path below `/zoom/v2/`; None when Zoom would not recognise it."""
        segments = [_decode(part) for part in raw_path.split("/")]
        if None in segments:
            return None
        for route in self._routes:
            names = route.pattern.strip("/").split("/")
            if route.method != method or len(names) != len(segments):
                continue
            params = _bind(names, [part or "" for part in segments])
            if params is not None:
                return Match(route, params)
        return None


def _decode(part: str) -> str | None:
    """A path segment; one that begins with an only once encoded slash breaks the path."""
    once = unquote(part)
    if "%" in once:
        return unquote(once)
    if once.startswith("/"):
        return None
    return once.replace("//", "/")


def _bind(names: list[str], segments: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for name, segment in zip(names, segments, strict=True):
        if name.startswith("{"):
            if not segment:
                return None
            params[name.strip("{}")] = segment
        elif name != segment:
            return None
    return params


def raw_path(request: Request) -> str:
    """The path below `/zoom/v2/` as it stood in the request line."""
    uri = str(request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.path)
    path = uri.partition("?")[0]
    return path[path.find(PREFIX) + len(PREFIX) :]


def json_answer(body: Any, status: int = 200) -> Response:
    """Compact JSON; no body at all for 204."""
    text = "" if status == 204 else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, mimetype="application/json")


def error_answer(error: ZoomError) -> Response:
    """A refusal."""
    answer = json_answer(error.body(), error.status)
    answer.headers.update(error.headers)
    return answer


def request_body(request: Request) -> Mapping[str, Any]:
    """The JSON object of a request, empty without one; raises ZoomError 300 for another thing."""
    if not request.get_data():
        return {}
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise invalid(("body", "Request Body should be a valid JSON object."))
    return body


def not_recognized(request: Request) -> ZoomError:
    """No such path."""
    return unknown_endpoint("/v2/" + raw_path(request))
