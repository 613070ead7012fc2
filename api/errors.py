"""Refusals as JSON: one shape inside the API, and no say over the pages beside it."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Response, jsonify, request
from flask_smorest import Api, abort
from werkzeug.exceptions import HTTPException, InternalServerError

from rollcall.errors import NeedsAttention, Retryable, RollcallError
from schemas.api import ErrorSchema
from schemas.tenant_settings import list_problems

PREFIX = "/api/"

_CATEGORIES = {
    400: "VALIDATION_ERROR",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    410: "GONE",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    503: "TRY_AGAIN",
}
# webargs files complaints under the place they were found in.
_LOCATIONS = ("json", "query", "json_or_form", "path", "headers")


def refuse(status: int, message: str, errors: list[str] | None = None) -> NoReturn:
    """Answer the request with an error."""
    abort(status, message=message, errors=errors or [])
    raise AssertionError("abort raises")


class RollcallApi(Api):  # type: ignore[misc]
    """flask-smorest's API with our error shape; it handles errors of ``/api/`` alone."""

    ERROR_SCHEMA = ErrorSchema

    def handle_http_exception(self, error: HTTPException) -> Any:
        """JSON for a call of the API; for every other page the error as it was."""
        if not request.path.startswith(PREFIX) or error.response is not None:
            return error
        status = error.code or 500
        given: dict[str, Any] = getattr(error, "data", None) or {}
        errors = given.get("errors", given.get("messages", []))
        message = given.get("message")
        if message is None and "messages" in given:
            message = "Some values are not as they should be."
        if message is None:
            message = error.description or error.name
        if isinstance(error, InternalServerError):
            message = "Something went wrong on our side. Try again; if it stays, tell your admin."
        answer = jsonify(
            message=message,
            category=_CATEGORIES.get(status, "ERROR"),
            errors=_lines(errors),
        )
        answer.status_code = status
        # The body is ours; headers such as Allow are the error's.
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                answer.headers[name] = value
        return answer


def answer_rollcall_error(error: RollcallError) -> tuple[Response, int, dict[str, str]]:
    """An error of ours by its remedy: try again (503), somebody has to act (409), or neither."""
    headers: dict[str, str] = {}
    if isinstance(error, Retryable):
        status = 503
        if error.retry_after is not None:
            headers["Retry-After"] = str(max(1, round(error.retry_after)))
    else:
        status = 409 if isinstance(error, NeedsAttention) else 400
    body = jsonify(message=str(error), category=_CATEGORIES[status], errors=[])
    return body, status, headers


def _lines(errors: Any) -> list[str]:
    if isinstance(errors, dict):
        lines: list[str] = []
        for name, below in errors.items():
            lines += list_problems(below) if name in _LOCATIONS else list_problems({name: below})
        return lines
    return [str(error) for error in errors]
