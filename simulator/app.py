"""The simulator as a Flask app: both platforms, their control, and the pages for people."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

import simulator.hubspot
import simulator.zoom
from simulator import control, pages
from simulator.faults import FaultRule
from simulator.journal import NO_ANSWER, Call
from simulator.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLATFORMS = ("hubspot", "zoom")
BREAK_CONNECTION = "simulator.break_connection"
CUT_ANSWER = "simulator.cut_answer"
LOSING = {"lost_answer": BREAK_CONNECTION, "cut_answer": CUT_ANSWER}
"""Faults after which the caller cannot know that its call was applied."""
REFUSING = ("refuse_before", "hang")


def create_simulator(world: World | None = None) -> Flask:
    """The whole simulator around one world; `app.config["WORLD"]` is that world."""
    world = world or World()
    app = Flask("simulator")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["WORLD"] = world
    for platform in (simulator.hubspot, simulator.zoom):
        app.register_blueprint(platform.blueprint(world), url_prefix=_prefix(platform))
        app.register_blueprint(
            platform.control_blueprint(world), url_prefix=f"/control{_prefix(platform)}"
        )
    app.register_blueprint(control.blueprint(world), url_prefix="/control")
    app.register_blueprint(pages.blueprint(world))
    app.before_request(lambda: _before_platform_call(world))
    app.after_request(lambda response: _after_platform_call(world, response))
    app.register_error_handler(404, _answer_unknown)
    app.register_error_handler(405, _answer_unknown)
    app.wsgi_app = _breaking_connections(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _prefix(platform: Any) -> str:
    return "/" + str(platform.__name__).rpartition(".")[2]


def _platform_of(path: str) -> str:
    """The platform an API path belongs to; empty for control, pages and HubSpot's browser part."""
    first, _, rest = path.lstrip("/").partition("/")
    if first not in PLATFORMS or rest == "app" or rest.startswith("app/"):
        return ""
    return first


def _before_platform_call(world: World) -> Response | None:
    platform = _platform_of(request.path)
    if not platform:
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    g.tenant = world.tenants_by_token.get(token, "") if scheme.lower() == "bearer" else ""
    g.fault = world.faults.choose(platform, g.tenant, request.method, request.path)
    _be_slow(world, g.fault)
    return _strike(g.fault) if g.fault is not None else None


def _be_slow(world: World, fault: FaultRule | None) -> None:
    seconds = world.limits.latency_seconds
    if world.limits.latency_per_item_seconds and request.is_json:
        body = request.get_json(silent=True)
        items = body.get("inputs") if isinstance(body, dict) else None
        if isinstance(items, list):
            seconds += world.limits.latency_per_item_seconds * len(items)
    if fault is not None and fault.kind in ("slow", "hang"):
        seconds += fault.seconds
    if seconds > 0:
        time.sleep(seconds)


def _strike(fault: FaultRule) -> Response | None:
    """The answer of a fault that applies nothing; None when the call goes on."""
    if fault.kind == "partial":
        _leave_out_half()
    if fault.kind in ("slow", "partial", *LOSING):
        return None
    if fault.kind in REFUSING:
        request.environ[BREAK_CONNECTION] = True
        return Response(status=503)
    if fault.kind == "html":
        page = fault.body or "<html><body><h1>Bad gateway</h1></body></html>"
        return Response(str(page), fault.status, mimetype="text/html")
    if fault.kind == "empty_success":
        empty = {"status": "COMPLETE", "results": []}
        return jsonify(empty if fault.body is None else fault.body)
    failed = {"status": "error", "message": "Something went wrong", "category": "INTERNAL_ERROR"}
    answer = jsonify(failed if fault.body is None else fault.body)
    answer.status_code = fault.status
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _leave_out_half() -> None:
    """Take inputs away before the route sees them: what it reads is this very body."""
    body = request.get_json(silent=True, force=True)
    if isinstance(body, dict) and isinstance(body.get("inputs"), list):
        del body["inputs"][(len(body["inputs"]) + 1) // 2 :]


def _after_platform_call(world: World, response: Response) -> Response:
    if _platform_of(request.path):
        fault: FaultRule | None = g.get("fault")
        is_lost = fault is not None and fault.kind in LOSING
        if fault is not None and is_lost:
            request.environ[LOSING[fault.kind]] = True
        is_refused = fault is not None and fault.kind in REFUSING
        _record(world, NO_ANSWER if is_refused else response.status_code, lost=is_lost)
    return response


def _record(world: World, status: int, *, lost: bool) -> None:
    fault: FaultRule | None = g.get("fault")
    world.journal.record(
        Call(
            at=world.clock(),
            platform=_platform_of(request.path),
            tenant=str(g.get("tenant") or ""),
            method=request.method,
            route=request.url_rule.rule if request.url_rule else "(not implemented)",
            path=request.path,
            status=status,
            is_write=bool(g.get("is_write", request.method not in ("GET", "HEAD"))),
            fault=fault.kind if fault else "",
            lost=lost,
        )
    )


def _breaking_connections(inner: WSGIApplication) -> WSGIApplication:
    """Close the caller's connection instead of answering where a fault rule asked for it."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = inner(environ, start_response)
        if environ.get(CUT_ANSWER):
            return _half_of(answer, environ)
        if not environ.get(BREAK_CONNECTION):
            return answer
        raise _closed(environ)

    return serve


def _half_of(answer: Iterable[bytes], environ: WSGIEnvironment) -> Iterator[bytes]:
    """Less than the headers announced, and then nothing more."""
    whole = b"".join(answer)
    yield whole[: len(whole) // 2]
    raise _closed(environ)


def _closed(environ: WSGIEnvironment) -> ConnectionAbortedError:
    """Close the caller's connection; the error that ends its request."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
    return ConnectionAbortedError("a fault rule closed the connection")


def _answer_unknown(error: HTTPException) -> Response | HTTPException:
    if not _platform_of(request.path) or (request.url_rule and error.code == 404):
        return error
    message = f"the simulator does not implement {request.method} {request.path}"
    answer = jsonify({"status": "error", "category": "NOT_IMPLEMENTED", "message": message})
    answer.status_code = 501
    return answer


class _QuietHandler(WSGIRequestHandler):
    """Serves without writing a line per request."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        if type == "error":
            super().log(type, message, *args)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return None


def make_simulator_server(world: World, host: str, port: int) -> BaseWSGIServer:
    """A threaded server, bound but not yet serving; port 0 takes a free one."""
    return make_server(
        host, port, create_simulator(world), threaded=True, request_handler=_QuietHandler
    )


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that answers at `base_url`; `world` is its state, for looking and setting up."""

    base_url: str
    world: World


@contextmanager
def serve_in_thread(
    world: World | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[RunningSimulator]:
    """Serve a simulator from a background thread until the block ends."""
    world = world or World()
    server = make_simulator_server(world, host, port)
    world.base_url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield RunningSimulator(world.base_url, world)
    finally:
        world.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
