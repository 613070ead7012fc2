"""A served simulator with one portal, and both of HubSpot's own Python clients on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hubspot
import hubspot_sdk
import pytest
import requests

from simulator.app import RunningSimulator, serve_in_thread

SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "timeline",
    "crm.objects.marketing_events.read",
    "crm.objects.marketing_events.write",
    "automation",
    "crm.objects.owners.read",
    "crm.extensions_calling_transcripts.read",
    "crm.extensions_calling_transcripts.write",
    "settings.users.read",
    "business_units_view.read",
)


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    """One simulator for the whole run; `simulator` empties it before each test."""
    with serve_in_thread() as running:
        yield running


@pytest.fixture
def simulator(served: RunningSimulator) -> RunningSimulator:
    """An empty simulator."""
    served.world.reset()
    return served


class Api:
    """A portal with the app installed, called over HTTP."""

    def __init__(self, simulator: RunningSimulator, portal_id: int, token: str) -> None:
        self.world = simulator.world
        self.base_url = simulator.base_url
        self.portal_id = portal_id
        self.token = token

    @property
    def portal(self) -> Any:
        """The portal's state."""
        return self.world.hubspot.portals[self.portal_id]

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One call below the REST root with the portal's bearer token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return requests.request(
            method,
            f"{self.base_url}/hubspot{path}",
            json=body,
            headers=headers,
            timeout=10,
            **options,
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control API; answers its JSON."""
        answer = requests.request(method, f"{self.base_url}/control{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def add_contacts(self, *contacts: dict[str, str]) -> list[str]:
        """Contacts the customer has; answers their ids."""
        path = f"/hubspot/portals/{self.portal_id}/contacts"
        return list(self.control("POST", path, {"contacts": list(contacts)})["ids"])

    def see(self, contact_id: str) -> dict[str, Any]:
        """What anyone sees of a contact: properties, timeline, history."""
        path = f"/hubspot/portals/{self.portal_id}/contacts/{contact_id}"
        return dict(self.control("GET", path))

    def summary(self) -> dict[str, Any]:
        """The portal's counts."""
        return dict(self.control("GET", f"/hubspot/portals/{self.portal_id}/summary"))


@pytest.fixture
def make_api(simulator: RunningSimulator) -> Callable[..., Api]:
    """Makes a portal with the app installed."""

    def make(scopes: tuple[str, ...] = SCOPES, **settings: Any) -> Api:
        created = requests.post(
            f"{simulator.base_url}/control/hubspot/portals", json=settings, timeout=10
        ).json()
        state = simulator.world.hubspot
        user_id = created["users"][0]["id"]
        state.install(created["id"], user_id, scopes)
        token = state.issue_access_token(created["id"], user_id, scopes)
        return Api(simulator, created["id"], token.token)

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """One portal with the app installed."""
    return make_api()


@pytest.fixture
def sdk(api: Api) -> Iterator[hubspot_sdk.HubSpot]:
    """HubSpot's client for dated paths (2026-03)."""
    root = f"{api.base_url}/hubspot"
    with hubspot_sdk.HubSpot(
        access_token=api.token,
        base_url=root,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def old_sdk(api: Api) -> hubspot.Client:
    """HubSpot's client for the older paths (v3, v4, oauth v1)."""
    return hubspot.Client.create(access_token=api.token, host=f"{api.base_url}/hubspot")


CALLBACK = "http://localhost:8000/oauth/hubspot/callback"


@pytest.fixture
def approve(simulator: RunningSimulator) -> Callable[..., str]:
    """Approves the app on the consent page as a browser would, and answers the code."""

    def approve_app(scope: str = "oauth", portal_id: int = 0, **query: str) -> str:
        if not portal_id:
            portals = f"{simulator.base_url}/control/hubspot/portals"
            portal_id = requests.post(portals, json={}, timeout=10).json()["id"]
        asked = {"client_id": "sim-hubspot-app", "redirect_uri": CALLBACK, "scope": scope}
        answer = requests.post(
            f"{simulator.base_url}/hubspot/app/oauth/authorize",
            params={**asked, "state": "s1", **query},
            data={"portal_id": portal_id, "decision": "approve"},
            allow_redirects=False,
            timeout=10,
        )
        returned = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert returned["state"] == ["s1"]
        return returned["code"][0]

    return approve_app
