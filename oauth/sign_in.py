"""Who is signed in, one-time links that sign in, and proof that a form is our own."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any, cast

from flask import request, session
from redis import Redis
from sqlalchemy import Engine

from oauth.notices import Notice
from oauth.sessions import BrowserSession
from store.connections import hubspot_grant
from store.database import reading

LINK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The portal and the HubSpot user a browser acts for."""

    portal_id: str
    user_id: str


def sign_in(portal_id: str, user_id: str) -> None:
    """Let this browser act for a user of a portal, under a new session."""
    _browser().regenerate()
    session["portal_id"], session["user_id"] = portal_id, user_id


def sign_out() -> None:
    """End this browser's session."""
    _browser().regenerate()


def signed_in(engine: Engine) -> SignedIn | None:
    """Who is signed in; nobody, once the portal has been disconnected.

    Raises a Notice (503) while sessions cannot be read.
    """
    if _browser().is_unreachable:
        raise Notice(
            "Signing in is not possible right now",
            "Rollcall cannot read its sessions at the moment. Syncing goes on. Try again shortly.",
            status=503,
        )
    portal_id, user_id = session.get("portal_id"), session.get("user_id")
    if not portal_id:
        return None
    with reading(engine) as connection:
        grant = hubspot_grant(connection, portal_id)
    if grant is None or grant.status == "disconnected":
        return None
    return SignedIn(portal_id, user_id or "")


def _browser() -> BrowserSession:
    return cast(BrowserSession, session._get_current_object())  # type: ignore[attr-defined]


# --- one-time links -------------------------------------------------------------------------------


def make_sign_in_link(redis: Redis, public_url: str, portal_id: str, user_id: str) -> str:
    """A URL that signs its first visitor in as this user; good for 60 seconds."""
    token = secrets.token_urlsafe(32)
    who = json.dumps({"portal_id": portal_id, "user_id": user_id})
    redis.set(_link_key(token), who, ex=LINK_SECONDS)
    return f"{public_url}/console/sign-in/{token}"


def take_sign_in_link(redis: Redis, token: str) -> SignedIn | None:
    """Whom a link signs in, the first time it is asked; None ever after."""
    stored: Any = redis.getdel(_link_key(token))
    return SignedIn(**json.loads(stored)) if stored else None


def _link_key(token: str) -> str:
    return "rollcall:sign-in:" + hashlib.sha256(token.encode()).hexdigest()


# --- proof that a request comes from our own pages ------------------------------------------------


def csrf_token() -> str:
    """The session's token, for a form's field ``csrf_token``."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(32)
    return str(session["csrf"])


def is_own_request(public_url: str) -> bool:
    """Whether a request that writes was made by one of our own pages, in this session.

    It must bring the session's token, in the field ``csrf_token`` or the header ``X-CSRF-Token``,
    and no foreign ``Origin``.
    """
    scheme_and_host = "/".join(public_url.split("/", 3)[:3])
    origin = request.headers.get("Origin")
    if origin is not None and origin != scheme_and_host:
        return False
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    return secrets.compare_digest(given.encode(), str(session.get("csrf", "")).encode()) and bool(
        given
    )
