"""Both platforms as a flow meets them: signed in, with the webinar it is about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from commands.trial import Simulated, TrialFailed

CONNECTIONS = 16
TOO_MANY, PAUSE_SECONDS = 429, 1.0
"""Whoever is too fast waits a moment and asks again, kinder than the flows themselves."""

CONTACTS = "/crm/objects/2026-03/contacts"
EVENTS = "/marketing/marketing-events/2026-03"
SCOPES = (
    "oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.marketing_events.write"
)
ZOOM_ACCOUNT, EVENT_ID = "flow", "flow-webinar"


def _session(token: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))
    return session


class Platforms:
    """A portal with a marketing event, and the webinar. Calls raise `TrialFailed` when refused.

    ``pace`` is called before each call to HubSpot and returns when it may go.
    """

    def __init__(
        self, base: str, portal_id: str, webinar_id: str, hubspot_token: str, zoom_token: str
    ) -> None:
        self.base, self.portal_id, self.webinar_id = base, portal_id, webinar_id
        self.pace: Callable[[], None] = lambda: None
        self._hubspot, self._zoom = _session(hubspot_token), _session(zoom_token)

    def close(self) -> None:
        """Close the connections."""
        self._hubspot.close()
        self._zoom.close()

    def hubspot(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        """The JSON of a call to HubSpot."""
        url = f"{self.base}/hubspot{path}"

        def send() -> requests.Response:
            self.pace()
            return self._hubspot.request(method, url, json=body, params=params, timeout=60)

        return _answered(send, f"{method} {path}")

    def registrants(self, page_size: int) -> Iterator[dict[str, Any]]:
        """The approved registrants, page by page."""
        return self._pages(f"/webinars/{self.webinar_id}/registrants", "registrants", page_size)

    def participants(self, page_size: int) -> Iterator[dict[str, Any]]:
        """The rows of the report, page by page: one for each time somebody joined."""
        path = f"/report/webinars/{self.webinar_id}/participants"
        return self._pages(path, "participants", page_size)

    def _pages(self, path: str, name: str, page_size: int) -> Iterator[dict[str, Any]]:
        params = {"page_size": str(page_size)}
        url = f"{self.base}/zoom/v2{path}"
        while True:
            page = _answered(lambda: self._zoom.get(url, params=params, timeout=60), f"GET {path}")
            yield from page[name]
            if not page.get("next_page_token"):
                return
            params["next_page_token"] = page["next_page_token"]


def sign_in(simulated: Simulated, portal_id: str, account_id: str, webinar_id: str) -> Platforms:
    """A portal of a flow's own, with an empty marketing event. Raises `TrialFailed`."""
    simulated.call("POST", "/hubspot/portals", {"id": int(portal_id)})
    # A person of the flow's own: another consent of the same person would end Rollcall's.
    user = {"email": f"flow-{portal_id}@acme.example", "silent": True}
    user_id = simulated.call("POST", f"/zoom/accounts/{account_id}/users", user)["id"]
    granted = simulated.call("POST", f"/zoom/accounts/{account_id}/grants", {"user_id": user_id})
    platforms = Platforms(
        simulated.base,
        portal_id,
        webinar_id,
        portal_token(simulated, portal_id),
        granted["access_token"],
    )
    event = {
        "externalAccountId": ZOOM_ACCOUNT,
        "externalEventId": EVENT_ID,
        "eventName": "A big webinar",
        "eventOrganizer": "Acme",
    }
    platforms.hubspot("PUT", f"{EVENTS}/events/{EVENT_ID}", event)
    return platforms


def portal_token(simulated: Simulated, portal_id: str) -> str:
    """An access token for a portal. Raises `TrialFailed`."""
    redirect = "http://localhost/callback"
    granted = simulated.call(
        "POST",
        f"/hubspot/portals/{portal_id}/code",
        {"redirect_uri": redirect, "scope": SCOPES},
    )
    answer = simulated.session.post(
        f"{simulated.base}/hubspot/oauth/2026-03/token",
        data={
            "grant_type": "authorization_code",
            "client_id": "sim-hubspot-app",
            "client_secret": "sim-hubspot-secret",
            "redirect_uri": redirect,
            "code": granted["code"],
        },
        timeout=30,
    )
    return str(_json_of(answer, f"a token for portal {portal_id}")["access_token"])


def _answered(send: Callable[[], requests.Response], what: str) -> Any:
    while (answer := send()).status_code == TOO_MANY:
        time.sleep(PAUSE_SECONDS)
    return _json_of(answer, what)


def _json_of(answer: requests.Response, what: str) -> Any:
    if not answer.ok:
        raise TrialFailed(f"{what}: {answer.status_code} {answer.text[:300]}")
    return answer.json()
