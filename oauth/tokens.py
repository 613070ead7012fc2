"""Valid access tokens, renewed ahead of time by one process at a time.

Zoom's refresh tokens are used once: whoever uses one twice, or loses its answer, has lost the
connection (https://developers.zoom.us/docs/integrations/oauth/). So a lease in the database decides
who asks, and the new pair is committed before anybody uses it.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from clients.errors import ReconnectNeeded, Unavailable
from oauth.endpoints import NAMES, TokenEndpoint
from rollcall.errors import RollcallError
from schemas.oauth_answers import TokenAnswer
from store.connections import (
    Grant,
    Platform,
    TokenPair,
    begin_refresh,
    commit_refresh,
    idle_grants,
    mark_reconnect,
    open_tokens,
    read_grant,
)
from store.database import reading, writing
from store.leases import (
    Lease,
    LeaseLost,
    check_lease,
    is_lease_held,
    release_lease,
    renew_lease,
    take_lease,
)
from store.sealing import Sealer

AHEAD: Mapping[Platform, timedelta] = {
    "hubspot": timedelta(minutes=5),
    "zoom": timedelta(minutes=15),
}
"""How long before its end a token is renewed, though never before half of its life."""
IDLE = timedelta(days=7)
"""Grants nobody uses are renewed as often, since refresh tokens lapse too."""

LEASE_SECONDS = 30.0
PATIENCE_SECONDS = 40.0
COOL_DOWN_SECONDS = 5.0
"""After a token endpoint gave no answer twice, nobody asks it for so long."""
KEEP_SECONDS = 20.0
"""For so long a process goes on with a token it has read; a disconnect takes hold within it."""
_LAST_MOMENTS = timedelta(seconds=10)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token to call with; ``generation`` says which of the connection's tokens it is."""

    token: str
    generation: int
    due_at: datetime


def due_at(grant: Grant) -> datetime:
    """The moment from which a connection's token should be renewed."""
    ahead = AHEAD[grant.platform]
    if grant.refreshed_at is not None:
        ahead = min(ahead, (grant.expires_at - grant.refreshed_at) / 2)
    return grant.expires_at - ahead


class TokenKeeper:
    """Gives valid access tokens to any number of threads and processes.

    ``endpoints`` has one entry a platform; ``now`` gives aware UTC datetimes. Two calls to a token
    endpoint have to fit into ``lease_seconds``.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        endpoints: Mapping[Platform, TokenEndpoint],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.engine, self.sealer, self.endpoints = engine, sealer, endpoints
        self.now, self._sleep, self._lease_seconds = now, sleep, lease_seconds

    def access_token(self, connection_id: int) -> Bearer:
        """A token to use now, renewed if it is due.

        Raises ReconnectNeeded when a person has to authorise again, Unavailable when the platform
        gives no new token at the moment and the old one has run out.
        """
        grant, bearer = self._load(connection_id)
        if self.now() < bearer.due_at:
            return bearer
        is_usable = self.now() < grant.expires_at - _LAST_MOMENTS
        return self._renew(grant, bearer if is_usable else None)

    def replace(self, connection_id: int, refused: int) -> Bearer:
        """A token other than that of generation ``refused``, which the platform answered with 401.

        Renewed only while that generation is the current one. Raises as :meth:`access_token`.
        """
        grant, bearer = self._load(connection_id)
        return bearer if grant.generation != refused else self._renew(grant, None)

    def refresh_idle(self) -> int:
        """Renew the Zoom grants nobody used for a week; return how many were.

        A grant that cannot be renewed is logged (and marked, when it is dead) and passed over.
        """
        with reading(self.engine) as connection:
            idle = idle_grants(connection, "zoom", self.now() - IDLE)
        renewed = 0
        for connection_id in idle:
            try:
                grant, _ = self._load(connection_id)
                self._renew(grant, None)
                renewed += 1
            except RollcallError as error:
                log.warning("idle_refresh_failed", connection=connection_id, reason=str(error))
        return renewed

    def source(self, connection_id: int) -> TokenSource:
        """What a transport needs: ``token`` and ``refresh`` of one connection."""
        return TokenSource(self, connection_id)

    # --- renewing

    def _load(self, connection_id: int) -> tuple[Grant, Bearer]:
        with reading(self.engine) as connection:
            grant = read_grant(connection, connection_id)
            if grant is None:
                raise ReconnectNeeded(f"connection {connection_id} is gone; connect it again")
            if grant.status != "connected":
                raise ReconnectNeeded(
                    f"{_describe(grant)} is marked {grant.status}; "
                    "nothing is read or written until somebody connects it again"
                )
            pair = open_tokens(connection, self.sealer, connection_id)
        return grant, Bearer(pair.access, grant.generation, due_at(grant))

    def _renew(self, grant: Grant, usable: Bearer | None) -> Bearer:
        """The bearer that follows ``grant``'s; ``usable``, if given, rather than waiting."""
        lease_name = f"refresh:{grant.id}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            held = take_lease(self.engine, lease_name, _owner(), seconds=self._lease_seconds)
            if held is not None:
                with contextlib.suppress(LeaseLost):
                    # Somebody took over from a process that was held up: it gets the token.
                    return self._renew_as_holder(grant, held, usable)
            while is_lease_held(self.engine, lease_name):
                if usable is not None:
                    return usable
                if time.monotonic() > deadline:
                    raise Unavailable(f"{_describe(grant)}: another process is still renewing it")
                self._sleep(random.uniform(0.05, 0.15))
            current, bearer = self._load(grant.id)
            if current.generation != grant.generation:
                return bearer

    def _renew_as_holder(self, grant: Grant, held: Lease, usable: Bearer | None) -> Bearer:
        cool_down = 0.0
        try:
            current, bearer = self._load(grant.id)
            if current.generation != grant.generation:
                return bearer
            return self._exchange(current, held)
        except Unavailable:
            cool_down = COOL_DOWN_SECONDS
            if usable is None:
                raise
            log.warning("refresh_put_off", connection=grant.id, platform=grant.platform)
            return usable
        finally:
            self._let_go(held, cool_down)

    def _let_go(self, held: Lease, cool_down: float) -> None:
        if not cool_down:
            release_lease(self.engine, held)
            return
        with contextlib.suppress(LeaseLost):
            renew_lease(self.engine, held, seconds=cool_down)

    def _exchange(self, grant: Grant, held: Lease) -> Bearer:
        with writing(self.engine) as connection:
            check_lease(connection, held)
            is_current = begin_refresh(connection, grant.id, grant.generation)
            old = open_tokens(connection, self.sealer, grant.id) if is_current else None
        if old is None:
            return self._load(grant.id)[1]
        try:
            answer = self._ask_twice(grant, old.refresh)
        except ReconnectNeeded as error:
            with writing(self.engine) as connection:
                check_lease(connection, held)
                is_dead = mark_reconnect(connection, grant.id, grant.generation, self.now())
            if not is_dead:
                return self._load(grant.id)[1]
            raise ReconnectNeeded(
                f"{_describe(grant)}: {error}; somebody has to connect it again"
            ) from error
        pair = TokenPair(answer.access_token, answer.refresh_token or old.refresh)
        return self._keep(grant, pair, answer.expires_in)

    def _ask_twice(self, grant: Grant, refresh_token: str) -> TokenAnswer:
        """Ask once more when no answer came: the platform may not have seen the first request."""
        endpoint = self.endpoints[grant.platform]
        try:
            return endpoint.refresh(refresh_token)
        except Unavailable as error:
            log.warning("refresh_repeated", connection=grant.id, reason=str(error))
        return endpoint.refresh(refresh_token)

    def _keep(self, grant: Grant, pair: TokenPair, expires_in: int) -> Bearer:
        """Commit the pair, whoever holds the lease by now: it is the newest there is.

        The comparison of generations is the fence: a pair that another one followed is dropped.
        """
        now = self.now()
        expires_at = now + timedelta(seconds=expires_in)
        for attempt in (1, 2, 3):
            try:
                with writing(self.engine) as connection:
                    commit_refresh(
                        connection, self.sealer, grant.id, grant.generation, pair, expires_at, now
                    )
                break
            except OperationalError:
                # The old refresh token is used up: this pair exists nowhere else.
                if attempt == 3:
                    raise
                self._sleep(0.5 * attempt)
        return self._load(grant.id)[1]


class TokenSource:
    """One connection's token for a transport, kept for some seconds. Thread-safe."""

    def __init__(self, keeper: TokenKeeper, connection_id: int) -> None:
        self._keeper, self._connection_id = keeper, connection_id
        self._given = threading.local()
        self._kept: tuple[Bearer, datetime] | None = None

    def token(self) -> str:
        """The token to call with now."""
        kept = self._kept
        if kept is None or self._keeper.now() >= kept[1]:
            return self._give(self._keeper.access_token(self._connection_id))
        return self._give(kept[0], keep=False)

    def refresh(self) -> str:
        """Another token than the one this thread was given last, which was answered with 401."""
        return self._give(
            self._keeper.replace(self._connection_id, getattr(self._given, "generation", 0))
        )

    def _give(self, bearer: Bearer, *, keep: bool = True) -> str:
        if keep:
            until = self._keeper.now() + timedelta(seconds=KEEP_SECONDS)
            self._kept = (bearer, min(until, bearer.due_at))
        self._given.generation = bearer.generation
        return bearer.token


def _owner() -> str:
    """This process by name: a keeper may have been made before the process was forked."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def _describe(grant: Grant) -> str:
    kind = "portal" if grant.platform == "hubspot" else "account"
    return f"{NAMES[grant.platform]} {kind} {grant.account_id}"
