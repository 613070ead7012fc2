"""Browser sessions kept in Redis: the cookie is a random name and nothing else.

A session can so be ended from our side, and its name is a new one after each sign-in, which a name
planted in the browser before does not survive.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.datastructures import CallbackDict

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 60 * 60
_NAME = re.compile(r"[A-Za-z0-9_-]{43}")
_BORN = "_born"


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """One browser's session. ``is_unreachable``: nobody knows what it holds, Redis is away."""

    def __init__(
        self, values: dict[str, Any] | None = None, name: str = "", *, is_unreachable: bool = False
    ) -> None:
        def note(changed: Any) -> None:
            changed.modified = True

        super().__init__(values, note)
        self.modified = False
        self.new = not name
        self.name = name
        self.old_names: list[str] = []
        self.is_unreachable = is_unreachable

    def regenerate(self) -> None:
        """Empty the session and give it a new name; the old name is worth nothing from now on."""
        if self.name:
            self.old_names.append(self.name)
        self.name = ""
        self.clear()


class RedisSessions(SessionInterface):
    """Reads and writes the sessions; without a cookie, Redis is not asked."""

    def __init__(self, redis: Redis, *, is_secure: bool) -> None:
        self._redis, self._is_secure = redis, is_secure
        # The prefix makes browsers refuse the cookie from anywhere but this very host.
        self._cookie = "__Host-rollcall" if is_secure else "rollcall"

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """The session the request's cookie names, or an empty one."""
        name = request.cookies.get(self._cookie, "")
        if not _NAME.fullmatch(name):
            return BrowserSession()
        try:
            stored: Any = self._redis.get(_key(name))
        except RedisError:
            return BrowserSession(is_unreachable=True)
        values = json.loads(stored) if stored else None
        if values is None or time.time() - values[_BORN] > LONGEST_SECONDS:
            return BrowserSession()
        return BrowserSession(values, name)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed and, in any case, that the session was used."""
        if not isinstance(session, BrowserSession) or session.is_unreachable:
            return
        if not session and not session.old_names:
            if session.name:
                self._redis.delete(_key(session.name))
                response.delete_cookie(self._cookie, path="/", secure=self._is_secure)
            return
        response.vary.add("Cookie")
        if session.old_names:
            self._redis.delete(*map(_key, session.old_names))
        if not session:
            response.delete_cookie(self._cookie, path="/", secure=self._is_secure)
            return
        if not session.modified:
            self._redis.expire(_key(session.name), IDLE_SECONDS)
            return
        self._store(session, response)

    def _store(self, session: BrowserSession, response: Response) -> None:
        session.setdefault(_BORN, time.time())
        is_named_anew = not session.name
        session.name = session.name or secrets.token_urlsafe(32)
        self._redis.set(_key(session.name), json.dumps(dict(session)), ex=IDLE_SECONDS)
        if is_named_anew:
            response.set_cookie(
                self._cookie,
                session.name,
                path="/",
                secure=self._is_secure,
                httponly=True,
                samesite="Lax",
            )


def _key(name: str) -> str:
    """The session's key; whoever reads Redis does not learn the cookie."""
    return "rollcall:session:" + hashlib.sha256(name.encode()).hexdigest()
