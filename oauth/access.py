"""API clients of connected tenants: valid tokens, shared budgets, the right host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NoReturn
from urllib.parse import urlsplit

from redis import Redis
from sqlalchemy import Engine

from clients.errors import ReconnectNeeded
from clients.hubspot import HubSpot
from clients.limiter import Priority, hubspot_budget, zoom_budget
from clients.transport import Transport
from clients.zoom import Zoom
from oauth.endpoints import HubSpotApp, ZoomApp, hubspot_endpoint, zoom_endpoint
from oauth.tokens import TokenKeeper, TokenSource
from store.connections import hubspot_grant, zoom_grants
from store.database import reading
from store.sealing import Sealer


class Access:
    """Clients for any connected portal or Zoom account.

    One a process; thread-safe. ``tokens`` is the keeper behind the clients.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        redis: Redis,
        hubspot_app: HubSpotApp,
        zoom_app: ZoomApp,
    ) -> None:
        self.engine, self.sealer, self.redis = engine, sealer, redis
        self.hubspot_app, self.zoom_app = hubspot_app, zoom_app
        self.hubspot_endpoint = hubspot_endpoint(hubspot_app)
        self.zoom_endpoint = zoom_endpoint(zoom_app)
        self.tokens = TokenKeeper(
            engine, sealer, {"hubspot": self.hubspot_endpoint, "zoom": self.zoom_endpoint}
        )
        self._sources: dict[int, TokenSource] = {}

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock of tokens and installations."""
        return self.tokens.now

    def hubspot(
        self, portal_id: str, priority: Priority = "live", max_wait: float = 5.0
    ) -> HubSpot:
        """The portal's API; a call waits at most ``max_wait`` seconds for a permit.

        Raises ReconnectNeeded when the portal is not connected.
        """
        with reading(self.engine) as connection:
            grant = hubspot_grant(connection, portal_id)
        if grant is None or grant.status != "connected":
            raise ReconnectNeeded(f"HubSpot portal {portal_id} is not connected; install it again")
        source = self._source(grant.id)
        return self.hubspot_with(
            source.token, source.refresh, portal_id, priority=priority, max_wait=max_wait
        )

    def zoom(
        self,
        portal_id: str,
        account_id: str,
        priority: Priority = "live",
        max_wait: float = 5.0,
    ) -> Zoom:
        """A Zoom account's API, as one of the portal's connections to it may use it.

        One that may read reports goes before one that may not. Raises ReconnectNeeded when the
        portal has no living connection to the account.
        """
        with reading(self.engine) as connection:
            grants = zoom_grants(connection, portal_id)
        alive = [
            one for one in grants if one.account_id == account_id and one.status == "connected"
        ]
        if not alive:
            raise ReconnectNeeded(
                f"Zoom account {account_id} of portal {portal_id} is not connected; "
                "somebody has to connect it again"
            )
        grant = min(alive, key=lambda one: (one.is_reduced, one.id))
        source = self._source(grant.id)
        return self.zoom_with(
            source.token,
            source.refresh,
            account_id,
            api_url=grant.api_url,
            priority=priority,
            max_wait=max_wait,
        )

    def _source(self, connection_id: int) -> TokenSource:
        return self._sources.setdefault(connection_id, self.tokens.source(connection_id))

    # --- with tokens that are not stored yet

    def hubspot_with(
        self,
        token: Callable[[], str],
        refresh: Callable[[], str],
        portal_id: str,
        *,
        priority: Priority = "live",
        max_wait: float = 5.0,
    ) -> HubSpot:
        """A portal's API with a given source of tokens."""
        transport = Transport(
            "hubspot",
            self.hubspot_app.api_url,
            portal_id,
            token=token,
            refresh=refresh,
            budget=hubspot_budget(self.redis, portal_id, priority, max_wait),
        )
        return HubSpot(transport, self.hubspot_app.api_version)

    def zoom_with(
        self,
        token: Callable[[], str],
        refresh: Callable[[], str],
        account_id: str,
        *,
        api_url: str = "",
        priority: Priority = "live",
        max_wait: float = 5.0,
    ) -> Zoom:
        """A Zoom account's API with a given source of tokens."""
        return Zoom(
            Transport(
                "zoom",
                api_url or self.zoom_app.api_url,
                account_id,
                token=token,
                refresh=refresh,
                budget=zoom_budget(self.redis, account_id, priority, max_wait),
            )
        )


def choose_zoom_api(configured: str, answered: str) -> str:
    """The root of an account's API: what Zoom named, if that is Zoom's; "" for the configured one.

    Accounts may live on regional hosts, and a bearer must never leave for a foreign one.
    https://developers.zoom.us/docs/api/using-zoom-apis/
    """
    host = urlsplit(answered).hostname or ""
    is_zooms = answered.startswith("https://") and host.endswith(".zoom.us")
    is_real = (urlsplit(configured).hostname or "").endswith(".zoom.us")
    return f"https://{host}/v2" if is_zooms and is_real else ""


def single_use(token: str) -> tuple[Callable[[], str], Callable[[], str]]:
    """A source for a token just issued: it is given out, never renewed."""

    def refuse() -> NoReturn:
        raise ReconnectNeeded("a token issued just now was refused; start the installation again")

    return (lambda: token), refuse
