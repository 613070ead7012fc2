"""Deliveries as the platforms make them, signed by code that is not ours."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, select, text
from werkzeug.test import TestResponse

from simulator.hubspot.signatures import sign_v1, v3_headers
from simulator.zoom.sender import sign
from store.database import reading
from store.inbox import place_of
from store.sealing import Sealer
from store.tables import inbox
from tests.oauth.support import PUBLIC_URL, Site

ZOOM, HUBSPOT = "/webhooks/zoom", "/webhooks/hubspot"
ZOOM_SECRET, HUBSPOT_SECRET = "sim-zoom-webhook-secret", "sim-hubspot-secret"
EMAIL = "ada.attends@northquay.example"


def as_bytes(body: Any) -> bytes:
    """A body as it is; anything else as compact JSON."""
    if isinstance(body, bytes):
        return body
    return json.dumps(body, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Delivery:
    """One POST to a door. ``age`` is in seconds; ``headers`` replace those of a proper one."""

    body: Any
    secret: str = ""
    age: float = 0.0
    headers: Mapping[str, str | None] = field(default_factory=dict)
    signed_body: Any = None
    method: str = "POST"
    url: str = PUBLIC_URL

    def to_zoom(self, site: Site, app: Any = None) -> TestResponse:
        """Deliver as Zoom does."""
        raw = as_bytes(self.body)
        stamp = str(int(time.time() - self.age))
        signed = raw if self.signed_body is None else as_bytes(self.signed_body)
        return self._send(
            app or site.app,
            ZOOM,
            {
                "x-zm-request-timestamp": stamp,
                "x-zm-signature": sign(self.secret or ZOOM_SECRET, stamp, signed),
                "x-zm-request-id": "request-1",
            },
        )

    def to_hubspot(self, site: Site, app: Any = None) -> TestResponse:
        """Deliver as HubSpot does, with the signatures of versions 3 and 1."""
        secret, stamp = self.secret or HUBSPOT_SECRET, round((time.time() - self.age) * 1000)
        raw = as_bytes(self.body if self.signed_body is None else self.signed_body)
        return self._send(
            app or site.app,
            HUBSPOT,
            {
                **v3_headers(secret, "POST", self.url + HUBSPOT, raw, stamp),
                "X-HubSpot-Signature": sign_v1(secret, raw),
                "X-HubSpot-Signature-Version": "v1",
            },
        )

    def _send(self, app: Any, path: str, proper: dict[str, str]) -> TestResponse:
        headers = {name.lower(): value for name, value in proper.items()}
        headers |= {name.lower(): value for name, value in self.headers.items()}
        return app.test_client().open(
            path,
            method=self.method,
            base_url=PUBLIC_URL,
            data=as_bytes(self.body),
            content_type="application/json",
            headers={name: value for name, value in headers.items() if value is not None},
        )


def stored(site: Site) -> list[RowMapping]:
    """What the inbox holds."""
    with reading(site.engine) as connection:
        return list(connection.execute(select(inbox).order_by(inbox.c.id)).mappings())


def body_of(site: Site, row: RowMapping) -> bytes:
    """The body of a stored delivery."""
    return Sealer(site.config.encryption_keys).open(row["body"], place_of(row["digest"]))


@contextmanager
def refusing_database(site: Site) -> Iterator[None]:
    """Somebody else keeps the inbox to themselves for the length of the block."""
    is_sqlite = site.engine.dialect.name == "sqlite"
    with site.engine.connect() as connection, connection.begin():
        if not is_sqlite:  # On SQLite beginning to write is enough.
            connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        yield
