"""Registrations by the dozen: people sign up at the simulated Zoom, and its webhooks are sent from
here, so that each answer is timed and each webhook can be sent again.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from commands.customer import Customer
from commands.trial import Process, Simulated, TrialFailed, wait_for
from simulator.zoom.sender import compact, sign

SECRET = "sim-zoom-webhook-secret"  # the simulated app's, as in `trial_environment`
ANSWER_SECONDS = 3.0
"""Zoom waits no longer. https://developers.zoom.us/docs/api/webhooks/"""
AGAIN_SECONDS, PATIENCE = 0.1, 60.0
AT_ONCE = 5_000
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer with a portal, a Zoom account and one webinar that takes place tomorrow."""

    customer: Customer
    portal_id: str
    account_id: str
    webinar_id: str
    host_id: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody on the webinar's list, and the webhook that says so."""

    email: str
    body: bytes


def move_in(simulated: Simulated, rollcall_url: str, portal_id: str) -> Tenant:
    """Make a portal, a Zoom account and a webinar, and install Rollcall into both."""
    account_id = f"account-of-{portal_id}"
    simulated.call("POST", "/hubspot/portals", {"id": int(portal_id)})
    host = {"email": f"host@portal-{portal_id}.example", "first_name": "Hanna", "last_name": "Host"}
    account = simulated.call("POST", "/zoom/accounts", {"account_id": account_id, "users": [host]})
    host_id = account["users"][0]["id"]
    webinar = simulated.call(
        "POST",
        f"/zoom/accounts/{account_id}/webinars",
        {"topic": "Tomorrow's webinar", "start_time": DAY, "silent": True},
    )
    customer = Customer(rollcall_url)
    customer.install(portal_id, account_id, host_id)
    return Tenant(customer, portal_id, account_id, str(webinar["webinar_id"]), host_id)


def sign_up(simulated: Simulated, tenant: Tenant, names: Sequence[str]) -> list[SignUp]:
    """Put people on the webinar's list; nothing is announced, the webhooks are the caller's."""
    made: list[SignUp] = []
    for begin in range(0, len(names), AT_ONCE):
        people = [
            {"email": f"{name}@northquay.example", "first_name": "Ingrid", "last_name": name}
            for name in names[begin : begin + AT_ONCE]
        ]
        answer = simulated.call(
            "POST",
            f"/zoom/webinars/{tenant.webinar_id}/registrants",
            {"registrants": people, "silent": True},
        )
        made += [SignUp(one["email"], announce(tenant, one)) for one in answer["registrants"]]
    return made


def announce(tenant: Tenant, registrant: dict[str, Any]) -> bytes:
    """The body of the webhook that tells of a registrant."""
    names = ("id", "email", "first_name", "last_name", "status")
    person = {name: registrant[name] for name in names}
    return compact(
        {
            "payload": {
                "account_id": tenant.account_id,
                "object": {
                    "id": int(tenant.webinar_id),
                    "host_id": tenant.host_id,
                    "topic": "Tomorrow's webinar",
                    "type": 5,
                    "duration": 60,
                    "registrant": person
                    | {"join_url": f"https://zoom.example/w/{tenant.webinar_id}?tk={person['id']}"},
                },
            },
            "event_ts": int(time.time() * 1000),
            "event": "webinar.registration_created",
        }
    )


class Sender:
    """One open connection to the door; webhooks are signed as they leave."""

    def __init__(self, rollcall_url: str) -> None:
        self._address = urlsplit(rollcall_url).netloc
        self._connection = http.client.HTTPConnection(self._address, timeout=ANSWER_SECONDS)

    def send(self, body: bytes) -> int:
        """The status it was answered with; 0 when it was not answered in time."""
        stamp = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": sign(SECRET, stamp, body),
        }
        try:
            self._connection.request("POST", "/webhooks/zoom", body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0
        return answer.status

    def insist(self, body: bytes) -> int:
        """Send until it is taken in; how often it was refused before. Raises `TrialFailed`."""
        deadline, refused = time.monotonic() + PATIENCE, 0
        while self.send(body) != 204:
            refused += 1
            if time.monotonic() > deadline:
                raise TrialFailed(f"a webhook was not taken in for {PATIENCE:g} s")
            time.sleep(AGAIN_SECONDS)
        return refused

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def await_registered(
    simulated: Simulated, tenant: Tenant, count: int, seconds: float, *needed: Process
) -> None:
    """Wait until HubSpot has that many registrations. Raises `TrialFailed`."""

    def are_there() -> bool:
        time.sleep(0.2)
        writes = simulated.summary(tenant.portal_id)["writes"]
        return bool(writes["registered"] >= count)

    what = f"{count} registrations to be in HubSpot portal {tenant.portal_id}"
    wait_for(are_there, what, *needed, seconds=seconds)
