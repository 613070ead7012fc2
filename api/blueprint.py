"""The blueprint every group of calls begins with: signed in, and errors as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser

from api.bodies import read_sent_json
from api.callers import authenticate
from api.errors import answer_rollcall_error
from rollcall.errors import RollcallError

Route = TypeVar("Route", bound=Callable[..., Any])


class Group(Protocol):
    """A group of calls: the decorators of flask-smorest's blueprint that routes are made with."""

    def get(self, rule: str) -> Callable[[Route], Route]: ...
    def post(self, rule: str) -> Callable[[Route], Route]: ...
    def patch(self, rule: str) -> Callable[[Route], Route]: ...
    def delete(self, rule: str) -> Callable[[Route], Route]: ...
    def arguments(
        self, schema: type[Schema], *, location: str = "json", required: bool = True
    ) -> Callable[[Route], Route]: ...
    def response(
        self, status_code: int, schema: type[Schema] | None = None
    ) -> Callable[[Route], Route]: ...
    def alt_response(
        self, status_code: int, *, description: str, content_type: str
    ) -> Callable[[Route], Route]: ...
    def doc(self, **documentation: Mapping[str, Any]) -> Callable[[Route], Route]: ...


class _Parser(FlaskParser):
    DEFAULT_VALIDATION_STATUS = 400

    def _raw_load_json(self, req: Request) -> Any:
        return read_sent_json(req)


class _ApiBlueprint(Blueprint):  # type: ignore[misc]
    ARGUMENTS_PARSER = _Parser()


def new_blueprint(name: str, description: str) -> Group:
    """An empty group of calls under ``/api``; nobody gets in unverified."""
    blueprint = _ApiBlueprint(f"api_{name}", __name__, url_prefix="/api", description=description)
    blueprint.before_request(authenticate)
    blueprint.register_error_handler(RollcallError, answer_rollcall_error)
    return cast(Group, blueprint)
