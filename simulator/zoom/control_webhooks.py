"""Steering webhooks: the target, what befalls them, the log, and sending by hand."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import requests
from flask import Blueprint, Response, request

from simulator.zoom.calls import json_answer
from simulator.zoom.moments import milliseconds
from simulator.zoom.sender import ANSWER_WITHIN, WAITING, compact

if TYPE_CHECKING:
    from simulator.world import World


def add_routes(blue: Blueprint, world: World) -> None:
    """Add the webhook routes to the control blueprint."""

    @blue.route("/webhooks", methods=["GET", "PATCH", "DELETE"])
    def webhooks() -> Response:
        """The target and the log: newest `entries` (default 100) of one `event` or `status`."""
        sender = world.zoom.sender
        if request.method == "PATCH":
            sender.aim(**_body())
        if request.method == "DELETE":
            sender.clear_log()
        return json_answer(_describe(world))

    @blue.post("/webhooks/flush")
    def flush() -> Response:
        """Wait up to `timeout` seconds (30) until nothing is on its way, retries included."""
        is_empty = world.zoom.sender.flush(request.args.get("timeout", 30.0, type=float))
        counts = world.zoom.sender.counts()
        answer = {"empty": is_empty, "counts": counts}
        return json_answer(answer | {"pending": sum(counts.get(name, 0) for name in WAITING)})

    @blue.post("/webhooks/validate")
    def validate() -> Response:
        """Send `endpoint.url_validation` now and judge the answer: `{plain_token?}`."""
        token = str(_body().get("plain_token") or secrets.token_urlsafe(16))
        event = {
            "payload": {"plainToken": token},
            "event_ts": milliseconds(world.clock()),
            "event": "endpoint.url_validation",
        }
        answer = _post(world, compact(event), {})
        secret = world.zoom.sender.secret()
        wanted = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        given = answer["json"] if isinstance(answer["json"], dict) else {}
        is_valid = (
            answer["status"] == 200
            and given.get("plainToken") == token
            and given.get("encryptedToken") == wanted
        )
        return json_answer({"valid": is_valid, "status": answer["status"], "answer": given})

    @blue.post("/webhooks/send")
    def send() -> Response:
        """Send one body by hand and wait: `{body | raw, secret?, headers?, request_id?}`.

        `headers` replace those of a proper delivery; a null value leaves one out.
        """
        wanted = _body()
        raw = str(wanted["raw"]).encode() if "raw" in wanted else compact(wanted["body"])
        return json_answer(_post(world, raw, wanted))


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _describe(world: World) -> dict[str, Any]:
    sender = world.zoom.sender
    event, status = request.args.get("event", ""), request.args.get("status", "")
    chosen = [
        delivery
        for delivery in list(sender.deliveries)
        if event in ("", delivery.event) and status in ("", delivery.status)
    ]
    counts = sender.counts()
    newest = request.args.get("entries", 100, type=int)
    return {
        "target": asdict(sender.target) | {"secret": "(set)" if sender.target.secret else ""},
        "counts": counts,
        "pending": sum(counts.get(name, 0) for name in WAITING),
        "deliveries": [delivery.describe() for delivery in chosen[-newest:]] if newest else [],
    }


def _post(world: World, raw: bytes, wanted: dict[str, Any]) -> dict[str, Any]:
    """Send now; the status is 0 when there was no answer."""
    sender = world.zoom.sender
    request_id = str(wanted.get("request_id") or uuid.uuid4()).replace("-", "_")
    headers = sender.headers(raw, request_id, str(wanted.get("secret") or ""))
    for name, value in (wanted.get("headers") or {}).items():
        headers.pop(name.lower(), None)
        if value is not None:
            headers[name.lower()] = str(value)
    try:
        answer = requests.post(
            sender.target.url,
            data=raw,
            headers=headers,
            timeout=ANSWER_WITHIN,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        return {"status": 0, "error": type(error).__name__, "json": None, "text": ""}
    is_json = "json" in answer.headers.get("content-type", "")
    body = answer.json() if is_json and answer.content else None
    return {"status": answer.status_code, "error": "", "json": body, "text": answer.text[:2000]}
