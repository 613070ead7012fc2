"""The web application: builds the rooms, connects them, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.middleware.proxy_fix import ProxyFix

import actions.routes
import console.operators
import oauth.routes
import webhooks.recordings
import webhooks.routes
from actions.parts import ActionParts
from api import ApiParts, create_api
from clients.breaker import count_outages, read_outage
from clients.limiter import read_pause
from commands.embedded import valkey_url
from config import Config
from console import create_console
from console.errors import add_headers, protecting_headers, show_errors
from console.operators import Counts
from jobs.queue import Doorbell
from logs import configure_logs
from oauth.access import Access
from oauth.attempts import limit_attempts
from oauth.disconnecting import disconnect_portal, disconnect_zoom
from oauth.flows import Flows
from oauth.sessions import RedisSessions
from oauth.sign_in import make_sign_in_link
from plugins.registry import load_plugins
from schemas.recording_links import RecordingLinks
from store.database import open_database
from store.inbox import open_inbox
from store.intake import Intake
from store.runs import Pool
from store.sealing import Sealer
from webhooks.bell import Bell
from webhooks.door import Door
from webhooks.front import Front


class Rings(Protocol):
    """What wakes the workers of a pool; :class:`jobs.queue.Doorbell` is one."""

    def ring(self, pool: Pool = "live") -> None: ...


def create_app(config: Config, *, doorbell: Rings | None = None) -> Flask:
    """The application; without a ``doorbell`` the workers are woken through Redis.

    It connects to nothing yet, so a server may load it before it forks.
    """
    app = Flask("rollcall", static_folder=None)
    app.secret_key = config.secret_key
    public_url = config.web.public_url
    app.config["TRUSTED_HOSTS"] = trusted_hosts(config)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024

    redis = open_redis(config)
    access = open_access(config, redis)
    inbox = open_inbox(config.database_url)
    counts = Counts()
    bell = Bell((doorbell or Doorbell(redis)).ring, on_failure=counts.unheard_ring)

    app.session_interface = RedisSessions(redis, is_secure=public_url.startswith("https://"))
    add_headers(app, is_https=public_url.startswith("https://"))
    limit_attempts(app, redis)
    door = Door(Intake(inbox), access.sealer, bell.ring, counts.webhook)
    put_in_front(app, config, door)
    app.register_blueprint(
        webhooks.routes.blueprint(
            door,
            zoom_secrets=config.zoom.webhook_secrets,
            hubspot_secret=config.hubspot.client_secret,
            public_url=public_url,
        )
    )
    app.register_blueprint(
        actions.routes.blueprint(
            ActionParts(inbox, config.hubspot.client_secret, public_url, bell.ring)
        )
    )
    links = RecordingLinks(config.secret_key, public_url)
    app.register_blueprint(webhooks.recordings.blueprint(access, links))
    app.register_blueprint(
        oauth.routes.blueprint(
            access,
            Flows(app, redis, config.hubspot, config.zoom),
            public_url=public_url,
            on_connected=lambda portal_id: ring_all(bell),
        )
    )
    create_console(app, access, public_url=public_url)
    app.register_blueprint(
        console.operators.blueprint(inbox, counts, partial(count_outages, redis))
    )
    api = create_api(app, api_parts(config, access, bell.ring))
    show_errors(app, api.handle_http_exception)
    return app


def put_in_front(app: Flask, config: Config, door: Door) -> None:
    """What looks at a request before Flask does."""
    # Who a request comes from is the proxies' word; where it goes to is never anybody's.
    through_proxies = ProxyFix(app.wsgi_app, x_for=config.web.proxies, x_proto=0, x_host=0)
    app.wsgi_app = Front(  # type: ignore[assignment,method-assign]
        through_proxies,
        door,
        config.zoom.webhook_secrets,
        hosts=trusted_hosts(config),
        headers=protecting_headers(is_https=config.web.public_url.startswith("https://")),
    )


def ring_all(bell: Bell) -> None:
    """Wake both pools: a new connection has webinars to be listed and work that waited for it."""
    bell.ring("live")
    bell.ring("bulk")


def create_app_from_env() -> Flask:
    """The application of this process's environment, for gunicorn."""
    configure_logs()
    return create_app(Config.from_env())


def open_redis(config: Config) -> Redis:
    """A client that answers or fails within seconds: a browser waits for it."""
    return Redis.from_url(
        config.redis_url or valkey_url(config.data_dir),
        socket_timeout=2.0,
        socket_connect_timeout=1.0,
        retry=Retry(NoBackoff(), 1),
    )


def open_access(config: Config, redis: Redis) -> Access:
    """Clients for every connected tenant."""
    return Access(
        open_database(config.database_url),
        Sealer(config.encryption_keys),
        redis,
        config.hubspot,
        config.zoom,
    )


def api_parts(config: Config, access: Access, ring: Callable[[Pool], None]) -> ApiParts:
    """What the JSON API is given."""
    return ApiParts(
        engine=access.engine,
        sealer=access.sealer,
        registry=load_plugins(),
        hubspot_secret=config.hubspot.client_secret,
        public_url=config.web.public_url,
        reconcile_after=config.timing.reconcile_after,
        clock=lambda: datetime.now(UTC),
        ring=ring,
        disconnect_portal=partial(disconnect_portal, access),
        disconnect_zoom=partial(disconnect_zoom, access),
        console_link=partial(make_sign_in_link, access.redis, config.web.public_url),
        outage=partial(read_outage, access.redis),
        pause=partial(read_pause, access.redis),
    )


def trusted_hosts(config: Config) -> list[str]:
    """The names a request may call us by: the world's, and the address we listen on."""
    names = [urlsplit(config.web.public_url).hostname or "", config.web.host.strip("[]")]
    if config.web.host in ("127.0.0.1", "[::1]", "localhost", "0.0.0.0"):  # nosec B104
        names += ["127.0.0.1", "localhost"]
    return [name for name in dict.fromkeys(names) if name]
