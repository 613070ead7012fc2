"""POST /webhooks/zoom: every event, the endpoint check, and the end of an authorisation.

https://developers.zoom.us/docs/api/webhooks/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request

from webhooks.door import Door, read_name
from webhooks.signatures import answer_validation, find_secret

PATH = "/webhooks/zoom"
VALIDATION = "endpoint.url_validation"

log = structlog.get_logger(__name__)


def add_route(routes: Blueprint, door: Door, secrets: Sequence[str]) -> None:
    """Let Zoom in; a delivery signed with any of the secrets is Zoom's."""

    @routes.post(PATH)
    def zoom_delivery() -> Response:
        body = door.read_body(request, "zoom")
        secret = find_secret(
            secrets,
            request.headers.get("x-zm-signature", ""),
            request.headers.get("x-zm-request-timestamp", ""),
            body,
            door.now(),
        )
        if secret is None:
            return door.refuse("zoom", "bad_signature", 401)
        envelope = read_envelope(body)
        if envelope.get("event") == VALIDATION:
            return _validate(door, secret, payload_of(envelope))
        return door.store("zoom", body, identity=body, **describe(envelope))


def _validate(door: Door, secret: str, payload: Mapping[str, Any]) -> Response:
    answer = answer_validation(secret, payload.get("plainToken"))
    if answer is None:
        return door.refuse("zoom", "bad_validation", 400)
    door.count("zoom", "validation")
    log.info("endpoint_validated", source="zoom")
    return jsonify(answer)


def read_envelope(body: bytes) -> dict[str, Any]:
    """The body's JSON object; empty when it is anything else, however strange."""
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return envelope if isinstance(envelope, dict) else {}


def payload_of(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of an event; empty when it has none."""
    payload = envelope.get("payload")
    return payload if isinstance(payload, dict) else {}


def describe(envelope: Mapping[str, Any]) -> dict[str, str]:
    """What an event is and whose, as the inbox notes it."""
    return {
        "event": read_name(envelope.get("event")),
        "account_id": read_name(payload_of(envelope).get("account_id")),
    }
