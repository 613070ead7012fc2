"""The browser's way through an installation: out to the platform, and back with a code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from authlib.common.errors import AuthlibBaseError
from flask import Blueprint, redirect, request
from redis.exceptions import RedisError
from werkzeug.wrappers import Response

from oauth.access import Access
from oauth.endpoints import NAMES, OUR_FAULTS
from oauth.flows import Flows
from oauth.installations import install_portal, install_zoom, read_answer
from oauth.marketplace import MarketplaceInstall
from oauth.notices import Notice
from oauth.sign_in import SignedIn, sign_in, signed_in
from rollcall.errors import RollcallError
from store.connections import Platform

CONSOLE = "/console/"
HUBSPOT_INSTALL, HUBSPOT_CALLBACK = "/oauth/hubspot/install", "/oauth/hubspot/callback"
ZOOM_INSTALL, ZOOM_CALLBACK = "/oauth/zoom/install", "/oauth/zoom/callback"

log = structlog.get_logger(__name__)


def blueprint(
    access: Access,
    flows: Flows,
    *,
    public_url: str,
    on_connected: Callable[[str], None] = lambda portal_id: None,
) -> Blueprint:
    """The routes under ``/oauth``. ``on_connected`` is called with the portal id afterwards."""
    routes = Blueprint("oauth", __name__)
    _add_hubspot(routes, access, flows, public_url, on_connected)
    _add_zoom(routes, access, flows, public_url, on_connected)
    return routes


def _add_hubspot(
    routes: Blueprint,
    access: Access,
    flows: Flows,
    public_url: str,
    on_connected: Callable[[str], None],
) -> None:
    marketplace = MarketplaceInstall(access.redis, access.hubspot_app.app_url, public_url)

    def exchange(code: str) -> SignedIn:
        token = flows.hubspot.fetch_access_token(
            code=code, redirect_uri=public_url + HUBSPOT_INSTALL
        )
        return install_portal(access, read_answer(token))

    @routes.get(HUBSPOT_INSTALL)
    def install_hubspot() -> Any:
        if error := request.args.get("error"):
            raise _explain("hubspot", error, HUBSPOT_INSTALL)
        if "returnUrl" not in request.args and "code" not in request.args:
            with _readable_faults("hubspot", HUBSPOT_INSTALL):
                return flows.hubspot.authorize_redirect(public_url + HUBSPOT_CALLBACK)
        return_url = marketplace.check_return_url(request.args.get("returnUrl", ""))
        with _readable_faults("hubspot", HUBSPOT_INSTALL):
            if request.args.get("step") == "authorize":
                return marketplace.begin(return_url)
            is_ours = request.args.get("step") == "finalize"
            if is_ours:
                marketplace.check_state()
            who = exchange(request.args.get("code", ""))
            on_connected(who.portal_id)
            if is_ours:
                sign_in(who.portal_id, who.user_id)
            # A bare code may be anybody's, sent to this browser by a stranger: it installs the
            # portal it belongs to, and signs nobody in.
            return redirect(return_url)

    @routes.get(HUBSPOT_CALLBACK)
    def hubspot_callback() -> Response:
        with _readable_faults("hubspot", HUBSPOT_INSTALL):
            who = install_portal(access, read_answer(flows.hubspot.authorize_access_token()))
            on_connected(who.portal_id)
            sign_in(who.portal_id, who.user_id)
            return redirect(CONSOLE)


def _add_zoom(
    routes: Blueprint,
    access: Access,
    flows: Flows,
    public_url: str,
    on_connected: Callable[[str], None],
) -> None:
    @routes.get(ZOOM_INSTALL)
    def begin_zoom() -> Any:
        _require_portal(access)
        with _readable_faults("zoom", ZOOM_INSTALL):
            return flows.zoom.authorize_redirect(public_url + ZOOM_CALLBACK)

    @routes.get(ZOOM_CALLBACK)
    def zoom_callback() -> Response:
        if "code" in request.args and "state" not in request.args:
            # Links that Zoom hands out come back with a code and no state. Whose browser this is
            # nobody knows, so the code is left to lapse.
            raise Notice(
                "One more step: connect from Rollcall",
                "Zoom sent you here by itself, so Rollcall cannot tell which HubSpot account is "
                "yours. Start from Rollcall, and Zoom will ask you at most once more.",
                status=200,
                link=ZOOM_INSTALL if signed_in(access.engine) else "/",
                link_text="Connect Zoom from Rollcall",
            )
        who = _require_portal(access)
        with _readable_faults("zoom", ZOOM_INSTALL):
            answer = read_answer(flows.zoom.authorize_access_token())
            install_zoom(access, answer, who.portal_id)
            on_connected(who.portal_id)
            return redirect(CONSOLE)


def _require_portal(access: Access) -> SignedIn:
    who = signed_in(access.engine)
    if who is None:
        raise Notice(
            "Sign in with HubSpot first",
            "A Zoom account is connected to a HubSpot account. Sign in with yours, then connect "
            "Zoom from the console.",
            status=403,
            link=HUBSPOT_INSTALL,
            link_text="Sign in with HubSpot",
        )
    return who


@contextmanager
def _readable_faults(platform: Platform, again: str) -> Iterator[None]:
    """Turn whatever goes wrong on the way into a page with a way back."""
    name = NAMES[platform]
    try:
        yield
    except AuthlibBaseError as error:
        code = str(error.error or "")[:64]
        log.log(
            logging.ERROR if code in OUR_FAULTS else logging.INFO,
            "install_refused",
            platform=platform,
            error=code,
        )
        raise _explain(platform, code, again) from error
    except (RollcallError, OSError, ValueError, RedisError) as error:
        # Only our own errors have texts that are fit to be shown.
        reason = str(error) if isinstance(error, RollcallError) else type(error).__name__
        log.warning("install_failed", platform=platform, reason=reason)
        raise Notice(
            f"{name} could not be connected",
            f"{name} did not answer as expected, and nothing was changed. Try again in a minute.",
            link=again,
            link_text="Try again",
        ) from error


def _explain(platform: Platform, error: str, again: str) -> Notice:
    name = NAMES[platform]
    if error in OUR_FAULTS:
        return Notice(
            f"{name} does not know this Rollcall",
            f"{name} refused Rollcall itself ({error}), not you, and nothing was changed. Whoever "
            f"runs Rollcall has to check {platform.upper()}_CLIENT_ID and "
            f"{platform.upper()}_CLIENT_SECRET.",
            status=503,
        )
    if error == "access_denied":
        return Notice(
            f"{name} was not connected",
            f"The consent was declined in {name}, so nothing was changed.",
            link=again,
            link_text="Try again",
        )
    if error == "mismatching_state":
        return Notice(
            "This link is not good any more",
            "An installation has to end in the browser it began in, within ten minutes, and only "
            "once. Nothing was changed.",
            link=again,
            link_text="Start again",
        )
    return Notice(
        f"{name} refused the connection",
        f"{name} did not accept the consent it gave (it may have expired). Nothing was changed.",
        link=again,
        link_text="Start again",
    )
