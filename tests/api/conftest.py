"""An application with the API on it, a portal to ask about, and callers signed as HubSpot signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from api import ApiParts, create_api
from clients.breaker import Outage
from plugins.registry import load_plugins
from store.database import open_database
from store.sealing import Sealer
from store.tables import (
    connection,
    hubspot_user,
    metadata,
    occurrence,
    occurrence_person,
    person,
    portal,
    portal_zoom,
    webinar,
    zoom_user,
)

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SECRET = "client-secret-of-the-app"
PUBLIC_URL = "https://rollcall.example"
PORTAL = "1001"
OTHER_PORTAL = "2002"
ADMIN = "7"
MEMBER = "8"
# What HubSpot decodes before signing is sent as it is, so both sides sign the same text.
_NOT_ENCODED = ":/?@!$'()*,;"
ENDED = NOW - timedelta(hours=1)


@dataclass
class Calls:
    """What the API asked of its surroundings, and the outages it is told of."""

    rung: list[str] = field(default_factory=list)
    disconnected: list[tuple[str, ...]] = field(default_factory=list)
    outages: dict[tuple[str, str], Outage] = field(default_factory=dict)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with two portals; the first has users, a Zoom account and one webinar."""
    engine = open_database(database_url)
    metadata.create_all(engine)
    seed(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def calls() -> Calls:
    """What the API asks of its surroundings during this test."""
    return Calls()


@pytest.fixture
def app(engine: Engine, calls: Calls) -> Flask:
    """The API beside one HTML page."""
    app = Flask("test")
    app.secret_key = "a-secret-key-for-sessions"
    create_api(
        app,
        ApiParts(
            engine=engine,
            sealer=Sealer([Fernet.generate_key().decode()]),
            registry=load_plugins(entry_points=False),
            hubspot_secret=SECRET,
            public_url=PUBLIC_URL,
            reconcile_after=(timedelta(minutes=5), timedelta(hours=72)),
            clock=lambda: NOW,
            ring=calls.rung.append,
            disconnect_portal=lambda portal_id: calls.disconnected.append((portal_id,)),
            disconnect_zoom=lambda portal_id, account: calls.disconnected.append(
                (portal_id, account)
            ),
            console_link=lambda portal_id, user_id: f"{PUBLIC_URL}/in/{portal_id}/{user_id}",
            outage=lambda platform, account: calls.outages.get((platform, account)),
        ),
    )
    return app


@dataclass
class HubSpotCaller:
    """Calls the API as HubSpot does for a user of a portal: everything in the query is signed."""

    client: FlaskClient
    portal_id: str = PORTAL
    user_id: str = ADMIN
    secret: str = SECRET
    age: timedelta = timedelta()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> TestResponse:
        """The answer to a signed call."""
        asked = {**query, "userId": self.user_id, "portalId": self.portal_id}
        address = f"{path}?{urlencode(asked, safe=_NOT_ENCODED)}"
        if isinstance(body, bytes):
            raw = body
        else:
            raw = b"" if body is None else json.dumps(body).encode()
        stamp = str(int((NOW - self.age).timestamp() * 1000))
        text = method.encode() + (PUBLIC_URL + address).encode() + raw + stamp.encode()
        signature = base64.b64encode(
            hmac.new(self.secret.encode(), text, hashlib.sha256).digest()
        ).decode()
        return self.client.open(
            address,
            method=method,
            data=raw,
            content_type="application/json" if body is not None else None,
            headers={
                "X-HubSpot-Signature-v3": signature,
                "X-HubSpot-Request-Timestamp": stamp,
                **(headers or {}),
            },
        )

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a call that has to succeed."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def all(self, path: str, **query: Any) -> list[Any]:
        """All rows of a list, page by page."""
        rows: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **after)
            rows += page["results"]
            if "next" not in page["paging"]:
                return rows
            after = {"after": page["paging"]["next"]["after"]}


@pytest.fixture
def admin(app: Flask) -> HubSpotCaller:
    """A super admin of the portal."""
    return HubSpotCaller(app.test_client())


@pytest.fixture
def member(app: Flask) -> HubSpotCaller:
    """A user of the portal who is no super admin."""
    return HubSpotCaller(app.test_client(), user_id=MEMBER)


@pytest.fixture
def stranger(app: Flask) -> HubSpotCaller:
    """A super admin of another portal that installed Rollcall too."""
    return HubSpotCaller(app.test_client(), portal_id=OTHER_PORTAL)


def seed(engine: Engine) -> None:
    """Two portals; the first with a webinar of one settled occurrence and nobody in it."""
    with engine.begin() as to:
        for portal_id in (PORTAL, OTHER_PORTAL):
            to.execute(
                portal.insert().values(
                    portal_id=portal_id,
                    capabilities={"marketing_events": "on"},
                    created_at=NOW,
                )
            )
            for user_id, is_super_admin in ((ADMIN, True), (MEMBER, False)):
                to.execute(
                    hubspot_user.insert().values(
                        portal_id=portal_id,
                        user_id=user_id,
                        email=f"user{user_id}@acme.example",
                        is_super_admin=is_super_admin,
                    )
                )
        for platform, account_id in (("hubspot", PORTAL), ("zoom", "zoom-account")):
            to.execute(
                connection.insert().values(
                    platform=platform,
                    account_id=account_id,
                    tokens=b"sealed",
                    expires_at=NOW,
                    scopes=["crm.objects.contacts.write"],
                    created_at=NOW,
                )
            )
        to.execute(
            portal_zoom.insert().values(
                portal_id=PORTAL, connection_id=2, account_id="zoom-account"
            )
        )
        for number in range(3):
            to.execute(
                zoom_user.insert().values(
                    portal_id=PORTAL,
                    account_id="zoom-account",
                    user_id=f"host{number}",
                    email=f"host{number}@acme.example",
                    name=f"Host {number}",
                )
            )
    add_webinar(engine, "95000000001")


def add_webinar(
    engine: Engine,
    webinar_id: str,
    *,
    portal_id: str = PORTAL,
    host: int = 0,
    occurrences: tuple[str, ...] = ("",),
    **values: Any,
) -> list[int]:
    """A webinar with settled occurrences (``values`` change their columns); their keys."""
    with engine.begin() as to:
        webinar_pk = to.execute(
            webinar.insert()
            .values(
                portal_id=portal_id,
                account_id="zoom-account",
                webinar_id=webinar_id,
                topic=f"Topic {webinar_id[-3:]}",
                host_id=f"host{host}",
                host_email=f"host{host}@acme.example",
                start_at=ENDED - timedelta(hours=1),
                panelists=[],
            )
            .returning(webinar.c.id)
        ).scalar_one()
        columns = {
            "start_at": ENDED - timedelta(hours=1),
            "ended_at": ENDED,
            "settled_at": ENDED,
            "read_at": NOW,
            "report_rows": 1,
            **values,
        }
        return [
            to.execute(
                occurrence.insert()
                .values(
                    portal_id=portal_id,
                    webinar_pk=webinar_pk,
                    occurrence_id=occurrence_id,
                    **columns,
                )
                .returning(occurrence.c.id)
            ).scalar_one()
            for occurrence_id in occurrences
        ]


def add_people(
    engine: Engine, occurrence_pk: int, people: list[dict[str, Any]], portal_id: str = PORTAL
) -> None:
    """People of the occurrence, decided upon; each needs ``email`` or ``identity_key``."""
    with engine.begin() as to:
        rows = []
        named = [
            {"portal_id": portal_id, "email": each["email"], "contact": {}, "contact_id": "501"}
            for each in people
            if each.get("email")
        ]
        if named:
            to.execute(person.insert(), named)
        keys = {
            row.email: row.id
            for row in to.execute(person.select().where(person.c.portal_id == portal_id))
        }
        for each in people:
            email = each.get("email", "")
            rows.append(
                {
                    "portal_id": portal_id,
                    "occurrence_pk": occurrence_pk,
                    "person_pk": keys.get(email),
                    "identity_key": each.get("identity_key", email),
                    "email": email,
                    "identity": "registration" if email else "none",
                    "outcome": each.get("outcome", "in_sync"),
                    "reason": each.get("reason", ""),
                    "detail": each.get("detail", ""),
                    "decided_by": each.get("decided_by", ""),
                    "decided_by_version": each.get("decided_by_version", ""),
                    "first_name": each.get("first_name", ""),
                    "opinions": each.get("opinions", []),
                    "is_held": each.get("is_held", False),
                    "attended_seconds": each.get("attended_seconds", 0),
                    "attended_percent": each.get("attended_percent", 0.0),
                }
            )
        to.execute(occurrence_person.insert(), rows)
