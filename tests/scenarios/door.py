"""The web application beside a stage: its real doors, and callers who sign as the platforms do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

import app
from api.parts import EXTENSION
from store.runs import Pool
from tests.scenarios.stage import PORTAL, Stage


class _NoBell:
    def ring(self, pool: Pool = "live") -> None:
        """Nobody has to be woken: the test runs the jobs."""


@contextmanager
def open_doors(stage: Stage) -> Iterator[Doors]:
    """The application on the stage's database."""
    engines: list[Engine] = []

    def kept(open_engine: Callable[..., Engine]) -> Callable[..., Engine]:
        def open_and_keep(*arguments: Any, **more: Any) -> Engine:
            engines.append(open_engine(*arguments, **more))
            return engines[-1]

        return open_and_keep

    with (
        patch.object(app, "open_database", kept(app.open_database)),
        patch.object(app, "open_inbox", kept(app.open_inbox)),
    ):
        application = app.create_app(stage.config, doorbell=_NoBell())
    # The API lives in the stage's present, with its plugins, as the jobs do.
    application.extensions[EXTENSION] = replace(
        application.extensions[EXTENSION], clock=stage.now, registry=stage.registry
    )
    client = application.test_client()
    try:
        yield Doors(stage, client)
    finally:
        for engine in engines:
            engine.dispose()


@dataclass
class Doors:
    """Rollcall's web side as Zoom and HubSpot reach it."""

    stage: Stage
    client: FlaskClient
    heard: int = 0

    # --- Zoom

    def notices(self) -> list[dict[str, Any]]:
        """What Zoom had to tell since the last time, in the order it happened."""
        log = self.stage.simulator.call("GET", "/zoom/webhooks", entries=1000)["deliveries"]
        fresh = [entry["body"] for entry in log][self.heard :]
        self.heard += len(fresh)
        shift = int(self.stage.late_by.total_seconds() * 1000)
        return [{**body, "event_ts": body["event_ts"] + shift} for body in fresh]

    def deliver(self, notices: Iterable[dict[str, Any]]) -> None:
        """Have Zoom send them, signed; each has to be taken."""
        secret = self.stage.config.zoom.webhook_secrets[0]
        for notice in notices:
            raw, stamp = json.dumps(notice).encode(), str(int(time.time()))
            message = b"v0:" + stamp.encode() + b":" + raw
            signature = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
            answer = self.client.post(
                "/webhooks/zoom",
                data=raw,
                content_type="application/json",
                headers={"x-zm-signature": f"v0={signature}", "x-zm-request-timestamp": stamp},
            )
            assert answer.status_code == 204, answer.text

    # --- HubSpot

    def api(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of an API call signed by HubSpot for the portal's first user."""
        answer = self._call(method, f"/api{path}", body, query)
        assert answer.status_code < 300, answer.text
        return answer.json

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All rows of a list of the API."""
        rows: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = self.api("GET", path, limit=200, **query, **after)
            rows += page["results"]
            if "next" not in page["paging"]:
                return rows
            after = {"after": page["paging"]["next"]["after"]}

    def _call(self, method: str, path: str, body: Any, query: dict[str, Any]) -> TestResponse:
        portals = self.stage.simulator.call("GET", "/hubspot/portals")["portals"]
        user = next(p for p in portals if str(p["id"]) == PORTAL)["users"][0]["id"]
        address = f"{path}?{urlencode({**query, 'userId': user, 'portalId': PORTAL}, safe='@,')}"
        raw = b"" if body is None else json.dumps(body).encode()
        stamp = str(int(self.stage.now().timestamp() * 1000))
        public_url = self.stage.config.web.public_url
        text = method.encode() + (public_url + address).encode() + raw + stamp.encode()
        secret = self.stage.config.hubspot.client_secret
        signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest())
        return self.client.open(
            address,
            method=method,
            data=raw,
            content_type="application/json" if body is not None else None,
            headers={
                "X-HubSpot-Signature-v3": signature.decode(),
                "X-HubSpot-Request-Timestamp": stamp,
            },
        )
