"""HubSpot's error bodies.

Shapes: https://developers.hubspot.com/docs/api-reference/latest/error-handling
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any


class HubspotError(Exception):
    """An answer other than success: an HTTP status and a body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(body.get("message", status))
        self.status = status
        self.body = dict(body)


def refuse(
    status: int,
    category: str,
    message: str,
    *,
    errors: Iterable[Mapping[str, Any]] = (),
    context: Mapping[str, list[str]] | None = None,
    sub_category: str = "",
) -> HubspotError:
    """An error in the standard shape, to be raised."""
    body: dict[str, Any] = {
        "status": "error",
        "message": message,
        "correlationId": str(uuid.uuid4()),
        "category": category,
    }
    if sub_category:
        body["subCategory"] = sub_category
    listed = [dict(error) for error in errors]
    if listed:
        body["errors"] = listed
    if context:
        body["context"] = dict(context)
    return HubspotError(status, body)


def refuse_older(status: int, error_type: str, message: str, **tokens: list[str]) -> HubspotError:
    """An error in the older shape that marketing events use."""
    return HubspotError(
        status,
        {
            "status": "error",
            "message": message,
            "errorType": error_type,
            "errorTokens": tokens,
            "correlationId": str(uuid.uuid4()),
        },
    )


def batch_entry(error: HubspotError, context: Mapping[str, list[str]]) -> dict[str, Any]:
    """The entry of a partial (207) batch answer for one failed input."""
    entry = {
        "status": "error",
        "category": error.body.get("category", "VALIDATION_ERROR"),
        "message": error.body.get("message", ""),
        "context": {**error.body.get("context", {}), **context},
        "errors": error.body.get("errors", []),
        "links": {},
    }
    if "subCategory" in error.body:
        entry["subCategory"] = error.body["subCategory"]
    return entry
