"""What follows a consent: whose tokens they are, kept where they belong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from marshmallow import ValidationError
from redis.exceptions import RedisError

from clients.errors import ReconnectNeeded, Unavailable
from oauth.access import Access, choose_zoom_api, single_use
from oauth.discovery import discover_portal
from oauth.sign_in import SignedIn
from rollcall.errors import RollcallError
from schemas.oauth_answers import TokenAnswer, read_tokens
from store.connections import (
    NewGrant,
    Platform,
    TokenPair,
    forget_tokens,
    link_zoom,
    save_grant,
    unlink_dead,
)
from store.database import reading, writing
from store.leaving import Scope, close_erasure, erase, erasures_before_connecting
from store.portals import save_portal
from store.resuming import resume_account, resume_portal

REPORT_SCOPE = "report:read:list_webinar_participants:admin"
_PERMIT_WAIT = 12.0

log = structlog.get_logger(__name__)


def read_answer(token: Any) -> TokenAnswer:
    """The tokens in Authlib's answer. Raises Unavailable when they are not all there."""
    try:
        answer = read_tokens(dict(token))
    except ValidationError as error:
        raise Unavailable("the answer holds no tokens; try again") from error
    if not answer.refresh_token:
        raise Unavailable("the answer holds no refresh token; try again")
    return answer


def install_portal(access: Access, answer: TokenAnswer) -> SignedIn:
    """Keep a portal's tokens, create its properties, and return who installed.

    What waited for the portal to be connected again is due from now on. What HubSpot does not let
    us do at once (properties, capabilities) is left for later and shown in the console. Raises the
    errors of :mod:`clients.errors`.
    """
    whose = access.hubspot_endpoint.introspect(answer.access_token)
    if not whose.is_active:
        raise ReconnectNeeded("HubSpot does not know the tokens it just gave; start again")
    left = _finish_erasures(access, portal_id=whose.portal_id)
    with writing(access.engine) as connection:
        for scope in left:
            close_erasure(connection, scope, None)
        save_portal(connection, whose.portal_id, installer_user_id=whose.user_id, now=access.now())
        save_grant(
            connection,
            access.sealer,
            _grant(access, "hubspot", answer, whose.portal_id, "", whose.scopes or answer.scopes),
            access.now(),
        )
        resume_portal(connection, whose.portal_id, access.now())
    try:
        discover_portal(access, whose.portal_id)
    except RollcallError as error:
        log.warning("discovery_put_off", portal=whose.portal_id, reason=str(error))
    except (ValidationError, RedisError) as error:
        # The tokens are kept by now: nothing may make this look as if nothing had happened.
        log.warning("discovery_put_off", portal=whose.portal_id, reason=type(error).__name__)
    return SignedIn(whose.portal_id, whose.user_id)


def install_zoom(access: Access, answer: TokenAnswer, portal_id: str) -> str:
    """Keep a Zoom account's tokens, let the portal use them, and return the account's id.

    In every portal that uses the account its webinars are listed next, and what waited for the
    account is due. A dead authorisation by somebody else of the account gives way to this one.
    Raises the errors of :mod:`clients.errors`.
    """
    api_url = choose_zoom_api(access.zoom_app.api_url, answer.api_url)
    token, refresh = single_use(answer.access_token)
    zoom = access.zoom_with(token, refresh, "installing", api_url=api_url, max_wait=_PERMIT_WAIT)
    try:
        me = zoom.me()
    except ValidationError as error:
        raise Unavailable("Zoom did not say who authorised; try again") from error
    if not me.account_id:
        raise Unavailable("Zoom did not say which account was authorised; try again")
    grant = _grant(access, "zoom", answer, me.account_id, me.user_id, answer.scopes, api_url)
    left = _finish_erasures(access, account_id=me.account_id)
    with writing(access.engine) as connection:
        for scope in left:
            close_erasure(connection, scope, None)
        connection_id = save_grant(connection, access.sealer, grant, access.now())
        link_zoom(connection, portal_id, connection_id, me.account_id)
        for dead_id in unlink_dead(connection, portal_id, me.account_id):
            forget_tokens(connection, dead_id, access.now())
        resume_account(connection, me.account_id, access.now())
    return me.account_id


def _finish_erasures(access: Access, *, portal_id: str = "", account_id: str = "") -> list[Scope]:
    """Erase what was to be erased before anything new arrives; what that was.

    Whoever comes back begins anew, and nothing of theirs is erased afterwards.
    """
    with reading(access.engine) as connection:
        scopes = erasures_before_connecting(connection, portal_id=portal_id, account_id=account_id)
    for scope in scopes:
        erase(access.engine, access.sealer, scope, access.now())
    return scopes


def _grant(
    access: Access,
    platform: Platform,
    answer: TokenAnswer,
    account_id: str,
    user_id: str,
    scopes: tuple[str, ...],
    api_url: str = "",
) -> NewGrant:
    return NewGrant(
        platform=platform,
        account_id=account_id,
        user_id=user_id,
        pair=TokenPair(answer.access_token, answer.refresh_token),
        expires_at=access.now() + timedelta(seconds=answer.expires_in),
        scopes=scopes,
        api_url=api_url,
        is_reduced=platform == "zoom" and REPORT_SCOPE not in scopes,
    )
