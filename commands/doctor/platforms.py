"""Both platforms: are they reachable, and do they know our apps."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

from clients.errors import ReconnectNeeded, Unavailable
from commands.doctor.findings import Finding, fail, fine, warn
from commands.doctor.reach import Silence, ask, explain
from commands.doctor.settings import Surroundings
from oauth.endpoints import NAMES, TokenEndpoint, hubspot_endpoint, zoom_endpoint
from rollcall.errors import NeedsAttention

_WITHOUT = {
    "HubSpot": "nothing can be written to HubSpot; what is to be written waits",
    "Zoom": "nothing can be read from Zoom; webhooks are kept",
}


def check_hubspot_api(around: Surroundings) -> Iterator[Finding]:
    """HubSpot's REST root: a call without a token is to be answered with 401."""
    hubspot = around.config.hubspot
    url = f"{hubspot.api_url}/crm/objects/{hubspot.api_version}/contacts?limit=1"
    yield _check_api("HubSpot", "HUBSPOT_API_URL", hubspot.api_url, url)


def check_zoom_api(around: Surroundings) -> Iterator[Finding]:
    """Zoom's REST root, in the same way."""
    root = around.config.zoom.api_url
    yield _check_api("Zoom", "ZOOM_API_URL", root, f"{root}/users/me")


def _check_api(name: str, variable: str, root: str, url: str) -> Finding:
    subject = f"{name} API"
    answer = ask("GET", url)
    if isinstance(answer, Silence):
        return fail(subject, answer.why, _WITHOUT[name], answer.remedy)
    if answer.status == 401 and isinstance(_json(answer.body), dict):
        return fine(subject, f"{root} answers")
    if answer.status >= 500 or answer.status == 429:
        return warn(
            subject,
            f"{root} answers {answer.status}",
            f"{name} has trouble at the moment; work waits and is repeated",
            f"look at {name}'s status page; try again",
        )
    return fail(
        subject,
        f"{root} answers {answer.status} to a call without a token, not 401",
        f"something other than {name}'s API answers there",
        f"check {variable}, and what stands between",
    )


def check_hubspot_pages(around: Surroundings) -> Iterator[Finding]:
    """HubSpot's pages for browsers, where a customer agrees to the installation."""
    root, subject = around.config.hubspot.app_url, "HubSpot pages"
    answer = ask("GET", f"{root}/oauth/authorize")
    if isinstance(answer, Silence):
        yield warn(
            subject,
            answer.why,
            "if customers' browsers do not reach it either, nobody can install Rollcall",
            answer.remedy,
        )
    elif answer.status >= 500 or answer.status == 404:
        yield warn(
            subject,
            f"{root} answers {answer.status}",
            "customers cannot install Rollcall there",
            "check HUBSPOT_APP_URL; try again",
        )
    else:
        yield fine(subject, f"{root} answers")


def check_hubspot_credentials(around: Surroundings) -> Iterator[Finding]:
    """Whether HubSpot knows our app."""
    yield _check_credentials(hubspot_endpoint(around.config.hubspot))


def check_zoom_credentials(around: Surroundings) -> Iterator[Finding]:
    """Whether Zoom knows our app, and with it whether Zoom's OAuth root answers."""
    yield _check_credentials(zoom_endpoint(around.config.zoom))


def _check_credentials(endpoint: TokenEndpoint) -> Finding:
    """Ask for tokens with an invented grant: an app that is known is told that the grant is bad."""
    name, subject = NAMES[endpoint.platform], f"{NAMES[endpoint.platform]} credentials"
    prefix = endpoint.platform.upper()
    try:
        endpoint.refresh(secrets.token_urlsafe(24))
    except ReconnectNeeded as refusal:
        if getattr(refusal.__cause__, "error", None) == "invalid_grant":
            return fine(subject, f"{name} knows the app {endpoint.client_id}")
        return _unclear(subject, name, str(refusal))
    except NeedsAttention as refusal:
        return fail(
            subject,
            str(refusal),
            "nobody can connect, and tokens cannot be renewed: all work stops within an hour",
            f"copy {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET again from the app's page there",
        )
    except Unavailable as error:
        if isinstance(error.__cause__, OSError):
            silence = explain(error.__cause__, endpoint.token_url)
            return fail(subject, silence.why, "nobody can connect, tokens run out", silence.remedy)
        return _unclear(subject, name, str(error))
    return _unclear(subject, name, f"{name} gave tokens for an invented grant")


def _unclear(subject: str, name: str, what: str) -> Finding:
    return warn(
        subject,
        what,
        f"whether {name} knows the app cannot be told",
        f"look at {name}'s status page and at the app's page there; try again",
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
