"""A customer at a trial: a browser that installs Rollcall, and the API behind the console."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from commands.trial import Simulated, TrialFailed

_FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Customer:
    """One person's browser: it follows redirects, presses the buttons, keeps the cookies."""

    rollcall_url: str
    browser: requests.Session = field(default_factory=requests.Session)
    _form_token: str = ""

    def install(self, portal_id: str, account_id: str, host_id: str) -> None:
        """Connect a HubSpot portal, then a Zoom account, through both consent pages."""
        self.sign_in(portal_id)
        self._consent("/oauth/zoom/install", account_id=account_id, user_id=host_id)

    def install_scene(self, simulated: Simulated, scene: Mapping[str, Any]) -> None:
        """Connect the portal and the Zoom account of a simulator's scene, as its first user."""
        account_id = scene["account_id"]
        account = simulated.call("GET", f"/zoom/accounts/{account_id}")
        self.install(str(scene["portal_id"]), account_id, account["users"][0]["id"])

    def sign_in(self, portal_id: str) -> None:
        """Sign in with HubSpot; the first time that installs Rollcall there."""
        self._consent("/oauth/hubspot/install", portal_id=portal_id)
        page = self.browser.get(f"{self.rollcall_url}/console/", timeout=30)
        found = _FORM_TOKEN.search(page.text)
        if found is None:
            raise TrialFailed("the console does not show a signed-in person")
        self._form_token = found[1]

    def _consent(self, path: str, **choice: str) -> None:
        """Go out to a platform, say yes, and come back."""
        page = self.browser.get(f"{self.rollcall_url}{path}", timeout=30)
        answer = self.browser.post(page.url, data={"decision": "approve", **choice}, timeout=60)
        if not page.ok or not answer.ok or not answer.url.startswith(self.rollcall_url):
            raise TrialFailed(f"{path} did not lead back to the console: {answer.text[:500]}")

    def api(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Call ``/api{path}`` and return its JSON. Raises `TrialFailed` when refused."""
        answer = self.browser.request(
            method,
            f"{self.rollcall_url}/api{path}",
            json=body,
            params=params,
            headers={"X-CSRF-Token": self._form_token},
            timeout=60,
        )
        if not answer.ok:
            raise TrialFailed(f"{method} /api{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def attempt(self, ask: Callable[[], Answer], portal_id: str) -> Answer | None:
        """What ``ask`` gives; None while Rollcall cannot answer, as in the middle of a fault.

        Sessions live in Redis, so somebody whose session is gone signs in again.
        """
        refusals = (TrialFailed, requests.RequestException)
        try:
            return ask()
        except refusals:
            with suppress(*refusals):
                self.sign_in(portal_id)
            return None

    def people(self, webinar_id: str) -> list[dict[str, Any]]:
        """The webinar's whole decision log."""
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = self.api("GET", f"/webinars/{webinar_id}/people", **params)
            found += page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
            if not after:
                return found
            params["after"] = after

    def webinar(self, webinar_id: str) -> dict[str, Any] | None:
        """The webinar as the API shows it; None until Rollcall knows it."""
        for webinar in self.api("GET", "/webinars", search=webinar_id)["results"]:
            if webinar["id"] == webinar_id:
                return dict(webinar)
        return None

    def has_settled(self, webinar_id: str) -> bool:
        """Whether all dates of the webinar have settled, balance, and nobody waits for Rollcall.

        Somebody who waits for the host's approval waits as long as the host likes.
        """
        webinar = self.webinar(webinar_id)
        occurrences = webinar["occurrences"] if webinar else []
        if not occurrences or not all(occurrence["settled_at"] for occurrence in occurrences):
            return False
        if any(occurrence["unexplained"] != 0 for occurrence in occurrences):
            return False
        waiting = sum(occurrence["counts"]["waiting"] for occurrence in occurrences)
        if not waiting:
            return True
        pending = self.api(
            "GET", f"/webinars/{webinar_id}/people", reason="pending_approval", limit=200
        )
        return bool(waiting == len(pending["results"]))
