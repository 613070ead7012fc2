"""A stage for scenarios: the simulator over HTTP, a real database and Valkey, jobs run inline."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from redis import Redis
from sqlalchemy import Engine, func, select

from clients.limiter import declare_fresh
from config import Config
from jobs.guard import Guard
from jobs.runtime import Platforms, Runtime, Timing
from jobs.scheduler import open_due_runs
from jobs.work import work_off
from oauth.access import Access
from oauth.flows import HUBSPOT_OPTIONAL_SCOPES, HUBSPOT_SCOPES
from oauth.installations import install_portal, install_zoom
from plugins.registry import Registry
from schemas.oauth_answers import read_tokens
from schemas.plugin_forms import PluginForm
from schemas.recording_links import RecordingLinks
from store.database import open_database, reading, writing
from store.runs import OPEN_STATES, next_ready_at, open_run
from store.sealing import Sealer
from store.settings import save_settings
from store.tables import inbox, occurrence, registration_request, run
from store.types import UtcDateTime
from tests.store.deliveries import record_delivery

PORTAL = "4242"
KEY = "4oQ3mQYIbyN7hLp5V0mJt8yqkz7o3oG4v8b1B0Zy0wE="
REDIRECT = "http://localhost:9/callback"


@contextmanager
def running_simulator() -> Iterator[str]:
    """The simulator in a process of its own; its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "simulator", "--bind", f"127.0.0.1:{port}"])
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(f"{base}/control/journal"), "the simulator did not start")
        yield base
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.ConnectionError:
        return False


def wait_for(condition: Any, message: str, seconds: float = 60.0) -> None:
    """Return once the condition holds. Raises AssertionError after ``seconds``."""
    ends_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends_at:
            raise AssertionError(message)
        time.sleep(0.02)


@dataclass
class SimulatorControl:
    """The simulator's control API in a few words."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Call ``/control{path}`` and return its JSON."""
        answer = self.session.request(
            method, f"{self.base}/control{path}", json=body, params=params, timeout=60
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def scene(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Play a scene and return what it made and expects."""
        result: dict[str, Any] = self.call("POST", f"/scenes/{name}", parameters)
        return result

    def writes(self, portal_id: str = PORTAL) -> int:
        """How many writing calls HubSpot has had."""
        return int(self.call("GET", "/journal", platform="hubspot", tenant=portal_id)["writes"])

    def summary(self, portal_id: str = PORTAL) -> dict[str, Any]:
        """What the portal holds, and what was written to it."""
        result: dict[str, Any] = self.call("GET", f"/hubspot/portals/{portal_id}/summary")
        return result

    def contacts(self, portal_id: str = PORTAL) -> dict[str, dict[str, Any]]:
        """The portal's contacts by primary address."""
        found: dict[str, dict[str, Any]] = {}
        after: Any = None
        while True:
            params = {"limit": 200} | ({"after": after} if after else {})
            page = self.call("GET", f"/hubspot/portals/{portal_id}/contacts", **params)
            for contact in page["results"]:
                found[contact["properties"].get("email", contact["id"])] = contact
            after = page.get("paging", {}).get("next", {}).get("after")
            if not after:
                return found


@dataclass
class Stage:
    """One customer on both simulated platforms, and the jobs that serve it."""

    simulator: SimulatorControl
    config: Config
    database: Engine
    redis: Redis
    sealer: Sealer
    registry: Registry
    guard: Guard
    access: Access
    late_by: timedelta = timedelta(0)
    aged_by: timedelta = timedelta(0)
    patience: timedelta = timedelta(0)
    alerts: Any = None

    @property
    def runtime(self) -> Runtime:
        """What a job of this stage works with, its clients made anew."""
        return Runtime(
            database=self.database,
            sealer=self.sealer,
            registry=self.registry,
            guard=self.guard,
            platforms=Platforms(self.access),
            timing=Timing(
                self.config.timing.reconcile_after,
                self.config.timing.confirm_after,
                self.config.timing.coalesce,
            ),
            app_events=self.config.hubspot.app_events,
            links=RecordingLinks(self.config.secret_key, self.config.web.public_url),
            owner=f"test:{uuid.uuid4().hex[:8]}",
            clock=self.now,
            alerts=self.alerts,
        )

    def now(self) -> datetime:
        """The jobs' clock: the real one, moved ahead by ``late_by``."""
        return datetime.now(UTC) + self.late_by

    def install(self, account_id: str, portal_id: str = PORTAL) -> None:
        """Connect the portal and a Zoom account, as a browser's consent would."""
        self.connect_hubspot(portal_id)
        self.connect_zoom(account_id, portal_id)

    def connect_hubspot(self, portal_id: str = PORTAL) -> None:
        """Connect the portal, for the first time or again."""
        install_portal(self.access, read_tokens(self._hubspot_tokens(portal_id)))

    def connect_zoom(self, account_id: str, portal_id: str = PORTAL) -> None:
        """Connect a Zoom account to the portal, for the first time or again."""
        install_zoom(self.access, read_tokens(self._zoom_tokens(account_id)), portal_id)

    def set(self, portal_id: str = PORTAL, **patch: Any) -> int:
        """Save settings; the new version."""
        forms = {
            plugin.name: PluginForm(plugin.description.settings_schema, plugin.description.defaults)
            for plugin in self.registry.plugins
        }
        with writing(self.database) as connection:
            return save_settings(connection, portal_id, patch, "tester", self.now(), forms)

    def work(self) -> None:
        """Run jobs until nothing is due at the stage's present, or within its ``patience`` of it.

        A job waits for a run that is ready in a few seconds; here the clock moves on instead.
        What is tried again and again in vain is left after a while.
        """
        runtime = self.runtime
        for _ in range(20):
            self._age_breakers()
            opened = open_due_runs(self.database, self.now())
            work_off(runtime, "live")
            work_off(runtime, "bulk")
            if not opened and not open_due_runs(self.database, self.now()):
                wait = self._until_ready()
                if wait is None or wait > self.patience:
                    return
                self.late_by += max(wait, timedelta(milliseconds=1))

    def _age_breakers(self) -> None:
        """Have Valkey's moments follow the jobs' clock, where a job waits for them."""
        moved, self.aged_by = self.late_by - self.aged_by, self.late_by
        microseconds = moved // timedelta(microseconds=1)
        for key in self.redis.scan_iter(match="rollcall:breaker:*"):
            for name in ("since", "next"):
                if self.redis.hexists(key, name):
                    self.redis.hincrby(key, name, -microseconds)

    def _until_ready(self) -> timedelta | None:
        """How long it is until a run is ready."""
        with reading(self.database) as connection:
            found = [next_ready_at(connection, pool) for pool in ("live", "bulk")]
        moments = [moment for moment in found if moment is not None]
        return min(moments) - self.now() if moments else None

    def pass_time(self, span: timedelta = timedelta(minutes=45)) -> None:
        """Let so much time pass at once: jobs run at every moment something becomes due.

        For tests whose jobs do not wait themselves (the fixture `brisk`).
        """
        ends_at = self.now() + span
        for _ in range(200):
            self.work()
            due = self._next_due()
            if due is None or due > ends_at:
                self.late_by += max(ends_at - self.now(), timedelta(0))
                self.work()
                return
            self.late_by += max(due - self.now(), timedelta(milliseconds=1))
        raise AssertionError("the jobs do not come to rest")

    def _next_due(self) -> datetime | None:
        """When the next run, occurrence or delivery is due by itself."""
        moments = (
            select(func.min(run.c.not_before, type_=UtcDateTime())).where(
                run.c.state.in_(OPEN_STATES)
            ),
            select(func.min(occurrence.c.next_due_at, type_=UtcDateTime())),
            select(func.min(inbox.c.not_before, type_=UtcDateTime())).where(inbox.c.state == "new"),
            select(func.min(registration_request.c.due_at, type_=UtcDateTime())),
        )
        with reading(self.database) as connection:
            found = [connection.execute(one).scalar() for one in moments]
        return min((moment for moment in found if moment is not None), default=None)

    def sync_now(self) -> list[str]:
        """Press Sync now on every webinar; the runs it opened."""
        with writing(self.database) as connection:
            pks = connection.execute(select(occurrence.c.id)).scalars().all()
            return [
                open_run(
                    connection,
                    occurrence_pk=pk,
                    trigger="sync_now",
                    pool="live",
                    now=self.now(),
                    must_read=True,
                    must_verify=True,
                )
                for pk in pks
            ]

    def listen(self) -> None:
        """Have Zoom announce what happens from now on; see `notices` and `deliver`."""
        nowhere = {"url": "http://127.0.0.1:9/webhooks/zoom"}
        self.simulator.call("PATCH", "/zoom/webhooks", nowhere)

    def notices(self, family: str = "") -> list[dict[str, Any]]:
        """What Zoom announced since it was listened to, as it happened at the stage's present."""
        log = self.simulator.call("GET", "/zoom/webhooks", entries=1000)["deliveries"]
        late_by = int(self.late_by.total_seconds() * 1000)
        bodies = [one["body"] for one in log if one["event"].startswith(family)]
        return [{**body, "event_ts": body["event_ts"] + late_by} for body in bodies]

    def deliver(self, bodies: Iterable[dict[str, Any]]) -> None:
        """Put notices into the inbox, as the door would."""
        for body in bodies:
            raw = json.dumps(body).encode()
            with writing(self.database) as connection:
                record_delivery(
                    connection,
                    self.sealer,
                    "zoom",
                    hashlib.sha256(raw).hexdigest(),
                    raw,
                    event_name=body["event"],
                    account_id=body["payload"]["account_id"],
                    now=self.now(),
                )

    def query(self, statement: Any) -> list[Any]:
        """Rows of the database."""
        with reading(self.database) as connection:
            return list(connection.execute(statement).mappings())

    def _hubspot_tokens(self, portal_id: str) -> dict[str, Any]:
        apps = self.config.hubspot
        portals = self.simulator.call("GET", "/hubspot/portals")
        portal = next(p for p in portals["portals"] if str(p["id"]) == portal_id)
        answer = requests.post(
            f"{apps.app_url}/oauth/authorize",
            params={
                "client_id": apps.client_id,
                "redirect_uri": REDIRECT,
                "scope": " ".join(HUBSPOT_SCOPES),
                "optional_scope": " ".join(HUBSPOT_OPTIONAL_SCOPES),
            },
            data={
                "portal_id": portal_id,
                "user_id": portal["users"][0]["id"],
                "decision": "approve",
            },
            allow_redirects=False,
            timeout=10,
        )
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        token: dict[str, Any] = requests.post(
            f"{apps.api_url}/oauth/{apps.api_version}/token",
            data={
                "grant_type": "authorization_code",
                "client_id": apps.client_id,
                "client_secret": apps.client_secret,
                "redirect_uri": REDIRECT,
                "code": code,
            },
            timeout=10,
        ).json()
        return token

    def _zoom_tokens(self, account_id: str) -> dict[str, Any]:
        zoom = self.config.zoom
        account = self.simulator.call("GET", f"/zoom/accounts/{account_id}")
        answer = requests.post(
            f"{zoom.oauth_url}/authorize",
            params={
                "response_type": "code",
                "client_id": zoom.client_id,
                "redirect_uri": REDIRECT,
                "state": "s",
            },
            data={
                "account_id": account_id,
                "user_id": account["users"][0]["id"],
                "decision": "approve",
            },
            allow_redirects=False,
            timeout=10,
        )
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        token: dict[str, Any] = requests.post(
            f"{zoom.oauth_url}/token",
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT},
            auth=(zoom.client_id, zoom.client_secret),
            timeout=10,
        ).json()
        return token


def configuration(base: str, database_url: str, redis_url: str, **changes: str) -> Config:
    """The configuration of a Rollcall that talks to the simulator at ``base``."""
    return Config.from_env(environment(base, database_url, redis_url, **changes))


def environment(base: str, database_url: str, redis_url: str, **changes: str) -> dict[str, str]:
    """The same as processes of its own are given it."""
    return {
        "ROLLCALL_DATABASE_URL": database_url,
        "ROLLCALL_REDIS_URL": redis_url,
        "ROLLCALL_SECRET_KEY": "k" * 40,
        "ROLLCALL_ENCRYPTION_KEYS": KEY,
        "ROLLCALL_RECONCILE_AFTER": "1s,3s",
        "ROLLCALL_CONFIRM_AFTER": "1s",
        "ROLLCALL_COALESCE_SECONDS": "0.1",
        "HUBSPOT_CLIENT_ID": "sim-hubspot-app",
        "HUBSPOT_CLIENT_SECRET": "sim-hubspot-secret",
        "HUBSPOT_APP_ID": "1001",
        "HUBSPOT_API_URL": f"{base}/hubspot",
        "HUBSPOT_APP_URL": f"{base}/hubspot/app",
        "ZOOM_CLIENT_ID": "sim-zoom-app",
        "ZOOM_CLIENT_SECRET": "sim-zoom-secret",
        "ZOOM_WEBHOOK_SECRET": "sim-zoom-webhook-secret",
        "ZOOM_API_URL": f"{base}/zoom/v2",
        "ZOOM_OAUTH_URL": f"{base}/zoom/oauth",
        **changes,
    }


@contextmanager
def set_stage(
    base: str, database_url: str, redis_url: str, guard: Guard, registry: Registry, **env: str
) -> Iterator[Stage]:
    """A stage on an empty simulator, database and Valkey."""
    config = configuration(base, database_url, redis_url, **env)
    control = SimulatorControl(base)
    control.call("POST", "/reset")
    redis = Redis.from_url(redis_url)
    redis.flushall()
    declare_fresh(redis)
    database = open_database(database_url)
    sealer = Sealer(config.encryption_keys)
    access = Access(database, sealer, redis, config.hubspot, config.zoom)
    try:
        yield Stage(control, config, database, redis, sealer, registry, guard, access)
    finally:
        database.dispose()
        redis.close()
