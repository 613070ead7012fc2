"""POST /webhooks/hubspot: deletions, privacy deletions and merges of contacts.

https://developers.hubspot.com/docs/apps/developer-platform/add-features/configure-webhooks
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from schemas.hubspot_signatures import SignedRequest, public_uri, verify
from webhooks.door import Door, read_name


def add_route(routes: Blueprint, door: Door, secret: str, public_url: str) -> None:
    """Let HubSpot in; ``secret`` is the app's client secret."""

    @routes.post("/webhooks/hubspot")
    def hubspot_delivery() -> Response:
        body = door.read_body(request, "hubspot")
        signed = SignedRequest(
            request.method, public_uri(public_url, request.environ), body, dict(request.headers)
        )
        if verify(secret, signed, door.now(), accept=("v3", "v1")) is None:
            return door.refuse("hubspot", "bad_signature", 401)
        events = read_events(body)
        first = events[0] if events else {}
        return door.store(
            "hubspot",
            body,
            identity=identify(events) or body,
            event=read_name(first.get("subscriptionType")),
            account_id=read_name(first.get("portalId")),
        )


def read_events(body: bytes) -> list[dict[str, Any]]:
    """The events of a delivery (one POST may hold many); empty when it holds anything else."""
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        return []
    events = events if isinstance(events, list) else [events]
    return events if all(isinstance(event, dict) for event in events) else []


def identify(events: list[dict[str, Any]]) -> bytes:
    """What stays the same when HubSpot sends the events again: all but the number of attempts."""
    same = [
        {name: value for name, value in event.items() if name != "attemptNumber"}
        for event in events
    ]
    return json.dumps(same, sort_keys=True).encode() if same else b""
