"""A running simulator, the application beside it, and browsers that go from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import Connection, Engine, RowMapping, event, select
from werkzeug.test import TestResponse

from app import create_app, open_access, open_redis
from clients.limiter import declare_fresh
from config import Config
from oauth.access import Access
from oauth.endpoints import hubspot_endpoint, zoom_endpoint
from oauth.tokens import TokenKeeper
from simulator.app import RunningSimulator
from simulator.world import Apps, World
from store.connections import TokenPair, open_tokens
from store.database import open_database, reading
from store.sealing import Sealer
from store.tables import connection as connections
from store.tables import metadata, portal, portal_zoom

PUBLIC_URL = "http://localhost:8000"
PORTAL, OTHER_PORTAL = 4711, 4712
ADMIN, OTHER_ADMIN = 71, 72
ACCOUNT, OTHER_ACCOUNT = "zoom-account-a", "zoom-account-b"
HOST, HELPER, OTHER_HOST = "host-a", "helper-a", "host-b"


class Rung:
    """A doorbell that remembers who was rung for."""

    def __init__(self) -> None:
        self.pools: list[str] = []

    def ring(self, pool: str = "live") -> None:
        """Remember a ring."""
        self.pools.append(pool)


@dataclass
class Site:
    """The application and the simulated platforms around it."""

    simulator: RunningSimulator
    config: Config
    app: Flask
    engine: Engine
    doorbell: Rung
    redis: Redis

    @property
    def world(self) -> World:
        """The simulator's state."""
        return self.simulator.world

    @property
    def access(self) -> Access:
        """Clients and tokens, as another process of this installation has them."""
        return open_access(self.config, self.redis)

    def browser(self) -> Browser:
        """A browser nobody has used yet."""
        return Browser(self)

    def rows(self, platform: str = "") -> list[RowMapping]:
        """The stored connections."""
        query = select(connections).order_by(connections.c.id)
        if platform:
            query = query.where(connections.c.platform == platform)
        with reading(self.engine) as connection:
            return list(connection.execute(query).mappings())

    def portals(self) -> dict[str, RowMapping]:
        """The stored portals by id."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(portal)).mappings()
            return {row["portal_id"]: row for row in rows}

    def links(self) -> set[tuple[str, str]]:
        """Which portal uses which Zoom account."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(portal_zoom)).mappings()
            return {(row["portal_id"], row["account_id"]) for row in rows}

    def add_fault(self, platform: str, kind: str, route: str, **more: Any) -> None:
        """Let calls whose path holds ``route`` go wrong."""
        rule = {"platform": platform, "kind": kind, "route_contains": route}
        self.world.faults.add(rule | more)

    def token_calls(self, platform: str) -> list[int]:
        """The statuses of the calls to a platform's token endpoint."""
        return [
            call.status
            for call in self.world.journal.calls(platform)
            if call.path.endswith("/token")
        ]


@dataclass
class Browser:
    """One browser: the application's cookies, and a person who answers consent pages."""

    site: Site
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.site.app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        """One page of the application, redirects not followed."""
        return self.client.get(path, base_url=PUBLIC_URL, **options)

    def post(self, path: str, form: Mapping[str, str], **options: Any) -> TestResponse:
        """Send a form to the application."""
        return self.client.post(path, data=form, base_url=PUBLIC_URL, **options)

    def consent(self, page: str, **answers: Any) -> str:
        """Answer a platform's consent page; where it sends the browser (path and query)."""
        form = {"decision": "approve"} | {name: str(value) for name, value in answers.items()}
        answer = requests.post(page, data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        target = urlsplit(answer.headers["Location"])
        assert f"{target.scheme}://{target.netloc}" == PUBLIC_URL
        return f"{target.path}?{target.query}"

    def begin(self, platform: str) -> str:
        """Press the button that starts an installation; the platform's consent page."""
        answer = self.get(f"/oauth/{platform}/install")
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def install_hubspot(self, portal_id: int = PORTAL, **answers: Any) -> TestResponse:
        """Install into a portal and come back."""
        return self.get(self.consent(self.begin("hubspot"), portal_id=portal_id, **answers))

    def connect_zoom(
        self, account_id: str = ACCOUNT, user_id: str = HOST, **answers: Any
    ) -> TestResponse:
        """Connect a Zoom account and come back."""
        page = self.begin("zoom")
        return self.get(self.consent(page, account_id=account_id, user_id=user_id, **answers))

    def session_cookie(self) -> str:
        """The name of the browser's session, "" when it has none."""
        cookie = self.client.get_cookie("rollcall", domain="localhost")
        return cookie.value if cookie else ""

    def is_signed_in(self) -> bool:
        """Whether the console opens."""
        return self.get("/console/").status_code == 200


@dataclass
class Clock:
    """A present that moves when told to."""

    ahead: timedelta = timedelta(0)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def keeper_of(site: Site, clock: Clock, **more: object) -> TokenKeeper:
    """What another process of the installation renews tokens with."""
    endpoints = {
        "hubspot": hubspot_endpoint(site.config.hubspot),
        "zoom": zoom_endpoint(site.config.zoom),
    }
    return TokenKeeper(
        site.engine, Sealer(site.config.encryption_keys), endpoints, now=clock.now, **more
    )


def connect(site: Site, platform: str = "zoom") -> int:
    """Connect as a browser does; the key of the platform's connection."""
    browser = site.browser()
    browser.install_hubspot()
    browser.connect_zoom()
    return key_of(site, platform)


def key_of(site: Site, platform: str = "zoom") -> int:
    return site.rows(platform)[0]["id"]


def tokens_of(site: Site, key: int) -> TokenPair:
    with reading(site.engine) as connection:
        return open_tokens(connection, Sealer(site.config.encryption_keys), key)


def query_of(url: str) -> dict[str, str]:
    """The query of a URL, each name once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def make_config(base_url: str, data_dir: Path, database_url: str, redis_url: str) -> Config:
    """The environment of an installation beside a simulator."""
    return Config.from_env(
        {
            "ROLLCALL_PUBLIC_URL": PUBLIC_URL,
            "ROLLCALL_DATA_DIR": str(data_dir),
            "ROLLCALL_DATABASE_URL": database_url,
            "ROLLCALL_REDIS_URL": redis_url,
            "ROLLCALL_SECRET_KEY": "a-secret-key-that-only-tests-have-ever-seen",
            "ROLLCALL_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "HUBSPOT_CLIENT_ID": "sim-hubspot-app",
            "HUBSPOT_CLIENT_SECRET": "sim-hubspot-secret",
            "HUBSPOT_APP_ID": "1001",
            "HUBSPOT_API_URL": f"{base_url}/hubspot",
            "HUBSPOT_APP_URL": f"{base_url}/hubspot/app",
            "ZOOM_CLIENT_ID": "sim-zoom-app",
            "ZOOM_CLIENT_SECRET": "sim-zoom-secret",
            "ZOOM_WEBHOOK_SECRET": "sim-zoom-webhook-secret",
            "ZOOM_API_URL": f"{base_url}/zoom/v2",
            "ZOOM_OAUTH_URL": f"{base_url}/zoom/oauth",
        }
    )


def populate(world: World) -> None:
    """Two portals with a super admin each; two Zoom accounts with their people."""
    world.apps.hubspot_redirect_uris = (
        f"{PUBLIC_URL}/oauth/hubspot/callback {PUBLIC_URL}/oauth/hubspot/install"
    )
    world.switches["zoom_redirect_uris"] = f"{PUBLIC_URL}/oauth/zoom/callback"
    for portal_id, admin in ((PORTAL, ADMIN), (OTHER_PORTAL, OTHER_ADMIN)):
        made = world.hubspot.create_portal(portal_id)
        world.hubspot.add_user(made, f"admin{admin}@acme.example", user_id=admin, super_admin=True)
    for account_id, users in ((ACCOUNT, (HOST, HELPER)), (OTHER_ACCOUNT, (OTHER_HOST,))):
        people = [{"id": one, "email": f"{one}@acme.example"} for one in users]
        world.zoom.add_account(account_id, users=people)


@contextmanager
def disposed_engines() -> Iterator[None]:
    """Closes, at the end, the pooled connections of every engine used in the block."""
    used: set[Engine] = set()

    def remember(connection: Connection) -> None:
        used.add(connection.engine)

    event.listen(Engine, "engine_connect", remember)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", remember)
        for engine in used:
            engine.dispose()


@contextmanager
def running_site(
    simulator: RunningSimulator, tmp_path: Path, redis: Redis, redis_url: str, database_url: str
) -> Iterator[Site]:
    """The application beside a simulator that is emptied and populated, on an empty database."""
    declare_fresh(redis)
    world = simulator.world
    world.reset()
    world.apps = Apps()
    populate(world)
    with disposed_engines():
        config = make_config(simulator.base_url, tmp_path, database_url, redis_url)
        engine = open_database(database_url)
        metadata.create_all(engine)
        doorbell = Rung()
        app = create_app(config, doorbell=doorbell)
        own_redis = open_redis(config)
        try:
            yield Site(simulator, config, app, engine, doorbell, own_redis)
        finally:
            world.zoom.sender.close()
            own_redis.close()
