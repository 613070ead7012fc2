"""Installations that begin in HubSpot: it asks for consent itself and brings the code.

https://developers.hubspot.com/docs/apps/developer-platform/list-apps/listing-your-app/overview
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import redirect, request
from redis import Redis
from werkzeug.wrappers import Response

from oauth.flows import STATE_SECONDS
from oauth.notices import Notice

_HUBSPOTS = re.compile(r"https://app(-[a-z0-9]+)?\.hubspot\.com(/[^\s\\]*)?", re.ASCII)
_PLAIN = re.compile(r"[!-~]*", re.ASCII)


class MarketplaceInstall:
    """The parts of HubSpot's own install flow that are not an exchange of a code."""

    def __init__(self, redis: Redis, app_url: str, public_url: str) -> None:
        self._redis, self._app_url = redis, app_url
        self._is_secure = public_url.startswith("https://")
        self._cookie = "__Host-rollcall-install" if self._is_secure else "rollcall-install"

    def check_return_url(self, url: str) -> str:
        """The URL to send the browser back to. Raises a Notice unless it leads into HubSpot."""
        if _HUBSPOTS.fullmatch(url) or self._is_configured(url):
            return url
        raise Notice(
            "This installation cannot be finished",
            "The address to go back to does not belong to HubSpot, so nothing was changed. "
            "Start again from HubSpot's marketplace or from here.",
        )

    def _is_configured(self, url: str) -> bool:
        if not _PLAIN.fullmatch(url) or "\\" in url:
            return False
        try:
            given, known = urlsplit(url), urlsplit(self._app_url)
            return (given.scheme, given.netloc) == (known.scheme, known.netloc)
        except ValueError:
            return False

    def begin(self, return_url: str) -> Response:
        """Send the browser back with a state that only this browser can bring again."""
        state, mark = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._redis.set(_key(state), _hash(mark), ex=STATE_SECONDS)
        joint = "&" if "?" in return_url else "?"
        response = redirect(f"{return_url}{joint}{urlencode({'state': state})}")
        # HubSpot may show us in a frame or a popup, where a Lax cookie is not sent.
        response.set_cookie(
            self._cookie,
            mark,
            max_age=STATE_SECONDS,
            secure=self._is_secure,
            httponly=True,
            samesite="None" if self._is_secure else "Lax",
        )
        return response

    def check_state(self) -> None:
        """Raise a Notice unless this browser began the installation; a state is good once."""
        stored: Any = self._redis.getdel(_key(request.args.get("state", "")))
        expected = stored.decode() if isinstance(stored, bytes) else stored or ""
        mark = request.cookies.get(self._cookie, "")
        if not expected or not secrets.compare_digest(expected, _hash(mark)):
            raise Notice(
                "This link is not good any more",
                "An installation has to end in the browser it began in, within ten minutes, and "
                "only once. Nothing was changed. Start again from HubSpot.",
            )


def _key(state: str) -> str:
    return f"rollcall:oauth:marketplace:{_hash(state)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
