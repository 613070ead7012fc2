"""Guessing at sign-in links, states and codes: each address has few attempts that go wrong.

Only what goes wrong is counted, so a house full of people signing in is not held up.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from flask import Flask, Response, request
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

MOST_FAILURES = 30
WINDOW_SECONDS = 60
GUESSED_AT = frozenset(
    {
        "console.follow_link",
        "oauth.hubspot_callback",
        "oauth.install_hubspot",
        "oauth.zoom_callback",
    }
)


def limit_attempts(app: Flask, redis: Redis) -> None:
    """Answer 429 to an address after ``MOST_FAILURES`` refusals within ``WINDOW_SECONDS``.

    While Redis is away nobody is counted: what is guessed at is kept there, so nothing fits.
    """

    @app.before_request
    def refuse_guessers() -> None:
        if request.endpoint not in GUESSED_AT:
            return
        try:
            failures: Any = redis.get(_key())
        except RedisError:
            return
        if int(failures or 0) >= MOST_FAILURES:
            raise TooManyRequests(retry_after=WINDOW_SECONDS)

    @app.after_request
    def count_failures(response: Response) -> Response:
        if request.endpoint in GUESSED_AT and 400 <= response.status_code < 500:
            try:
                with redis.pipeline() as pipeline:
                    pipeline.incr(_key())
                    pipeline.expire(_key(), WINDOW_SECONDS)
                    pipeline.execute()
            except RedisError:
                pass
        return response


def _key() -> str:
    return f"rollcall:attempts:{_network(request.remote_addr or '')}"


def _network(address: str) -> str:
    """The address; of IPv6 its /64, since whoever has one has all of it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
