"""The workflows' door on a database with two portals, and HubSpot, which signs what it sends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, RowMapping, event, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

import actions.routes
from actions.parts import ActionParts
from simulator.hubspot.signatures import sign_v1, sign_v2, v3_headers
from store.database import open_database, reading, writing
from store.registration_requests import Settled, settle_requests
from store.tables import connection, metadata, portal, portal_zoom, registration_request

SECRET = "client-secret-of-the-app"
PUBLIC_URL = "https://rollcall.example"
PORTAL, OTHER_PORTAL, STRANGER = "1001", "2002", "3003"
ADD, OPTIONS = "/actions/add-to-webinar", "/actions/webinar-options"
EMAIL = "ada@northquay.example"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Two portals; the first has three Zoom accounts, one of them of another business unit."""
    engine = open_database(database_url)
    metadata.create_all(engine)
    now = datetime.now(UTC)
    with writing(engine) as to:
        for portal_id in (PORTAL, OTHER_PORTAL):
            to.execute(
                portal.insert().values(
                    portal_id=portal_id, capabilities={}, time_zone="Europe/Oslo", created_at=now
                )
            )
        grants = [("hubspot", PORTAL), ("zoom", "acme"), ("zoom", "north"), ("zoom", "gone")]
        for pk, (platform, account_id) in enumerate(grants, 1):
            to.execute(
                connection.insert().values(
                    id=pk,
                    platform=platform,
                    account_id=account_id,
                    tokens=b"sealed",
                    expires_at=now,
                    scopes=[],
                    status="disconnected" if account_id == "gone" else "connected",
                    created_at=now,
                )
            )
            if platform == "zoom":
                to.execute(
                    portal_zoom.insert().values(
                        portal_id=PORTAL,
                        connection_id=pk,
                        account_id=account_id,
                        business_unit="North" if account_id == "north" else "",
                    )
                )
    yield engine
    engine.dispose()


def execution(**more: Any) -> dict[str, Any]:
    """What HubSpot sends when a contact reaches the action."""
    return {
        "callbackId": "ap-1001-1",
        "origin": {"portalId": int(PORTAL), "actionDefinitionId": 1, "actionDefinitionVersion": 1},
        "context": {"source": "WORKFLOWS", "workflowId": 1},
        "object": {
            "objectId": 501,
            "objectType": "CONTACT",
            "properties": {"email": EMAIL.title(), "firstname": "Ada", "lastname": None},
        },
        "inputFields": {"webinarId": "950 1234 5678"},
        "fields": {"webinarId": {"type": "STATIC_VALUE", "value": "950 1234 5678"}},
        **more,
    }


@dataclass
class Caller:
    """HubSpot, or somebody who would like to be."""

    client: FlaskClient
    secret: str = SECRET

    def post(
        self,
        body: Any,
        path: str = ADD,
        *,
        versions: str = "v3 v2",
        age: float = 0.0,
        signed_body: bytes | None = None,
        url: str = PUBLIC_URL,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send a body with signatures of these versions; ``age`` in seconds."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed, stamp = signed_body or raw, round((time.time() - age) * 1000)
        given: dict[str, str] = {}
        if "v3" in versions:
            given |= v3_headers(self.secret, "POST", url + path, signed, stamp)
        if "v2" in versions:
            given["X-HubSpot-Signature"] = sign_v2(self.secret, "POST", url + path, signed)
            given["X-HubSpot-Signature-Version"] = "v2"
        elif "v1" in versions:
            given["X-HubSpot-Signature"] = sign_v1(self.secret, signed)
            given["X-HubSpot-Signature-Version"] = "v1"
        return self.client.post(
            path, data=raw, content_type="application/json", headers=given | dict(headers or {})
        )

    def outputs(self, body: Any, **more: Any) -> dict[str, Any]:
        """The output fields of an answer that has to be 200."""
        answer = self.post(body, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json["outputFields"]
        return found


@dataclass
class Door:
    """The door, and what lies behind it."""

    engine: Engine
    rung: list[str] = field(default_factory=list)
    on_ring: Callable[[], None] = lambda: None

    def open(self, patience: float = 0.0) -> Caller:
        """HubSpot at the door; who waits does so for ``patience`` seconds."""
        app = Flask("test")
        app.register_blueprint(
            actions.routes.blueprint(
                ActionParts(self.engine, SECRET, PUBLIC_URL, self._ring, patience)
            )
        )
        return Caller(app.test_client())

    def _ring(self, pool: str) -> None:
        self.rung.append(pool)
        self.on_ring()

    def rows(self) -> list[RowMapping]:
        """The requests, oldest first."""
        with reading(self.engine) as to:
            rows = to.execute(select(registration_request).order_by(registration_request.c.id))
            return list(rows.mappings())

    def settle(self, outcome: str = "registered") -> None:
        """A worker finds out what becomes of every request."""
        with writing(self.engine) as to:
            settled = [
                Settled(row["id"], outcome, "Words.", "reg-1", "https://zoom.us/w/95012345678")
                for row in to.execute(select(registration_request)).mappings()
            ]
            settle_requests(to, settled, datetime.now(UTC))

    def change(self, **values: Any) -> None:
        """Set columns of every request."""
        with writing(self.engine) as to:
            to.execute(registration_request.update().values(**values))

    def lose_database(self) -> Callable[[], None]:
        """The database is away from now on; call the result to bring it back."""

        def refuse(*_: Any) -> None:
            raise OperationalError("SELECT", {}, Exception("away"))

        event.listen(self.engine, "before_cursor_execute", refuse)
        return lambda: event.remove(self.engine, "before_cursor_execute", refuse)


@pytest.fixture
def door(engine: Engine) -> Door:
    """The workflows' door."""
    return Door(engine)


@pytest.fixture
def hubspot(door: Door) -> Caller:
    """HubSpot at a door without patience."""
    return door.open()
