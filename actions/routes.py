"""The two routes HubSpot's workflows call."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from actions.add_to_webinar import answer_execution
from actions.callers import read_verified_body
from actions.options import list_options
from actions.parts import ActionParts
from schemas.hubspot_actions import (
    UnreadableAction,
    options_answer,
    read_execution,
    read_options_request,
)

log = structlog.get_logger(__name__)


def blueprint(parts: ActionParts) -> Blueprint:
    """The routes under ``/actions``, which signatures guard and nothing else."""
    routes = Blueprint("actions", __name__)

    @routes.post("/actions/add-to-webinar")
    def add_to_webinar() -> Response:
        execution = read_execution(read_verified_body(parts, request))
        return jsonify(answer_execution(parts, execution))

    @routes.post("/actions/webinar-options")
    def webinar_options() -> Response:
        asked = read_options_request(read_verified_body(parts, request))
        options, after = list_options(parts, asked)
        return jsonify(options_answer(options, after))

    @routes.errorhandler(UnreadableAction)
    def refuse(error: UnreadableAction) -> tuple[Response, int]:
        log.warning("action_refused", reason="unreadable", why=str(error))
        return jsonify({"message": str(error)}), 400

    @routes.errorhandler(SQLAlchemyError)
    def ask_again(error: SQLAlchemyError) -> Response:
        # HubSpot asks again for up to three days after a 5xx, and never after a 4xx.
        log.error("action_not_taken", error=type(error).__name__, what_happens="answered 503")
        return Response(status=503, headers={"Retry-After": "30"})

    return routes
