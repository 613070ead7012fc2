"""HubSpot and Zoom, simulated in a process of their own and spoken to over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

START_SECONDS = 60.0
PORTAL_ID = "4242"
"""The portal that every scene uses unless told otherwise."""

_BROUGHT_ALONG = Path(__file__).parent / "simulated"
"""Where the wheel has the simulator; in Rollcall's checkout it is on the module path."""


class SimulatorRefused(Exception):
    """The simulator did not start, or refused what it was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """Both platforms at ``base_url``, and the control that steers them."""

    base_url: str

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call ``/control{path}`` and return its JSON. Raises `SimulatorRefused`."""
        url = f"{self.base_url}/control{path}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
            raise SimulatorRefused(f"{method} {path}: {error.code} {said}") from error
        return json.loads(text) if text else None

    def play(self, scene: str, **parameters: Any) -> dict[str, Any]:
        """Play a scene (``small``, ``big``, …); what it made and what to expect of it."""
        return cast(dict[str, Any], self.control("POST", f"/scenes/{scene}", parameters))

    def reset(self) -> None:
        """Empty both platforms; faults, limits and switches go to their defaults."""
        self.control("POST", "/reset")


@dataclass(frozen=True, slots=True)
class SimulatedHubSpot:
    """HubSpot: ``url`` is the root that stands for https://api.hubapi.com."""

    simulation: Simulation

    @property
    def url(self) -> str:
        """The root of its API."""
        return f"{self.simulation.base_url}/hubspot"

    def new_portal(self, portal_id: str = PORTAL_ID) -> str:
        """A portal with nobody in it; gives its id."""
        portal = self.simulation.control("POST", "/hubspot/portals", {"id": int(portal_id)})
        return str(portal["id"])

    def define_property(self, name: str, portal_id: str = PORTAL_ID) -> None:
        """Give contacts a text property, as a customer does before a plugin can write it."""
        wanted = {"name": name, "label": name.replace("_", " ").capitalize()}
        self.simulation.control("POST", f"/hubspot/portals/{portal_id}/properties", wanted)

    def add_contact(self, portal_id: str = PORTAL_ID, **properties: str) -> str:
        """A contact the customer already has; gives its id."""
        path = f"/hubspot/portals/{portal_id}/contacts"
        (made,) = self.simulation.control("POST", path, [properties])["ids"]
        return str(made)

    def access_token(self, *scopes: str, portal_id: str = PORTAL_ID) -> str:
        """A bearer token for the portal, as an app gets one that was installed there."""
        app = self.simulation.control("GET", "/apps")
        callback = "https://partner.example/callback"
        wanted = {"redirect_uri": callback, "scope": " ".join(("oauth", *scopes))}
        path = f"/hubspot/portals/{portal_id}/code"
        form = {
            "grant_type": "authorization_code",
            "client_id": app["hubspot_client_id"],
            "client_secret": app["hubspot_client_secret"],
            "redirect_uri": callback,
            "code": self.simulation.control("POST", path, wanted)["code"],
        }
        request = urllib.request.Request(
            f"{self.url}/oauth/v1/token", data=urlencode(form).encode()
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.loads(answer.read())["access_token"])

    def contacts(self, portal_id: str = PORTAL_ID) -> dict[str, dict[str, str]]:
        """The properties of the portal's first 200 contacts, by e-mail address."""
        path = f"/hubspot/portals/{portal_id}/contacts"
        page = self.simulation.control("GET", path, limit=200)
        return {one["properties"].get("email", ""): one["properties"] for one in page["results"]}


@dataclass(frozen=True, slots=True)
class SimulatedZoom:
    """Zoom: ``url`` is the root that stands for https://api.zoom.us/v2."""

    simulation: Simulation

    @property
    def url(self) -> str:
        """The root of its API."""
        return f"{self.simulation.base_url}/zoom/v2"

    def play(self, scene: str = "small", **parameters: Any) -> dict[str, Any]:
        """Play a scene of both platforms; what it made and what to expect of it."""
        return self.simulation.play(scene, **parameters)

    def access_token(self, account_id: str) -> str:
        """A bearer token of the account's first user, who granted all the app asks for."""
        granted = self.simulation.control("POST", f"/zoom/accounts/{account_id}/grants", {})
        return str(granted["access_token"])


@dataclass(frozen=True, slots=True)
class SimulatedFaults:
    """What goes wrong between a caller and the platforms; each holds until the test ends."""

    simulation: Simulation

    def answer(self, status: int, platform: str = "hubspot", **rule: Any) -> None:
        """Answer matching calls with this status: 429, 500, …; ``times=2`` only twice.

        Further words of a rule: ``method``, ``route_contains``, ``rate``, ``seed``,
        ``retry_after``, ``body``.
        """
        self.add(platform, "status", status=status, **rule)

    def lose_answers(self, platform: str = "hubspot", **rule: Any) -> None:
        """Apply matching calls, then break the connection: the caller cannot know."""
        self.add(platform, "lost_answer", **rule)

    def add(self, platform: str, kind: str, **rule: Any) -> None:
        """Any rule of the simulator; `SimulatorRefused` lists the kinds when it is none."""
        self.simulation.control("POST", "/faults", {"platform": platform, "kind": kind, **rule})

    def lose_webhooks(self) -> None:
        """Zoom tells of nothing: what happens has to be found by reading."""
        self.simulation.control("PATCH", "/zoom/webhooks", {"enabled": False})

    def delay_reports(self, times: int = 3) -> None:
        """Zoom's report of participants is not there yet, the next few times it is read."""
        body = {"code": 3001, "message": "This webinar's report is not available yet."}
        self.add("zoom", "status", status=404, route_contains="/report/", times=times, body=body)

    def clear(self) -> None:
        """Everything answers again; webhooks are sent again."""
        self.simulation.control("DELETE", "/faults")
        self.simulation.control("PATCH", "/zoom/webhooks", {"enabled": True})


@contextmanager
def simulated_platforms() -> Iterator[Simulation]:
    """Both platforms, empty, until the block ends. Raises `SimulatorRefused`."""
    address = f"127.0.0.1:{_free_port()}"
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "simulator", "--bind", address],
        env=_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(address, process)
        yield Simulation(f"http://{address}")
    finally:
        process.terminate()
        process.communicate()


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The simulator is found by its own process alone: its name would be in a plugin's way."""
    paths = [str(_BROUGHT_ALONG), *(path for path in sys.path if path)]
    return {**inherited, "PYTHONPATH": os.pathsep.join(paths)}


def _wait_for(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            assert process.stderr is not None
            raise SimulatorRefused(f"the simulator did not start: {process.stderr.read()[-500:]}")
        try:
            with urllib.request.urlopen(f"http://{address}/control/health", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise SimulatorRefused(f"the simulator did not answer within {START_SECONDS:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
