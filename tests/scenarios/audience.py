"""A webinar with the people a scenario names, and what HubSpot tells about their contacts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.database import writing
from store.decisions import include_by_hand
from store.inbox import Source
from store.tables import effect, occurrence, occurrence_person
from tests.samples import sample
from tests.scenarios.stage import PORTAL, Stage
from tests.store.deliveries import record_delivery

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For scenarios about decisions: what does not depend on the database is played on one of them."""

HOUR = 3600
NOWHERE = "http://127.0.0.1:9/webhooks/hubspot"
Stays = Sequence[Sequence[int]]
"""From when to when somebody was there, in seconds after the start."""


@dataclass
class Audience:
    """A customer with one Zoom account; webinars take place when the scenario says so."""

    stage: Stage
    account_id: str
    host_id: str
    heard: int = 0
    told: int = 0

    @property
    def control(self) -> Any:
        """The simulator's control API."""
        return self.stage.simulator.call

    def hold(self, people: Mapping[str, Stays], topic: str = "Spring launch") -> int:
        """A webinar that has just ended and these people registered for; its id."""
        webinar_id = self.plan(*people, topic=topic)
        self.play(webinar_id, people)
        return webinar_id

    def plan(self, *emails: str, topic: str = "Spring launch") -> int:
        """A webinar these people registered for, which has yet to take place; its id."""
        wanted = {"topic": topic, "host_id": self.host_id, "start_time": -HOUR, "silent": True}
        webinar = self.control("POST", f"/zoom/accounts/{self.account_id}/webinars", wanted)
        self.register(webinar["webinar_id"], *emails)
        return int(webinar["webinar_id"])

    def play(self, webinar_id: int, people: Mapping[str, Stays]) -> None:
        """The webinar takes place in the hour that ends now."""
        came = [{"email": email, "sessions": stays} for email, stays in people.items() if stays]
        times = {"start_time": -HOUR, "end_time": 0, "silent": True}
        path = f"/zoom/webinars/{webinar_id}/play"
        self.control("POST", path, times | {"participants": came})

    def register(self, webinar_id: int, *emails: str) -> None:
        """Sign people up, without a webhook."""
        rows = [
            {"email": email, "first_name": email.split("@")[0].title(), "last_name": "Person"}
            for email in emails
        ]
        path = f"/zoom/webinars/{webinar_id}/registrants"
        self.control("POST", path, {"registrants": rows, "silent": True})

    def settle(self, minutes: int = 5) -> None:
        """Let so much time pass, and everything due in it be done."""
        self.stage.late_by += timedelta(minutes=minutes)
        self.stage.work()

    def sync_now(self) -> None:
        """Press Sync now on every webinar and wait for the end."""
        self.stage.sync_now()
        self.stage.work()

    def include(self, email: str) -> None:
        """Somebody decides that the person is synced anyway."""
        (row,) = self.people(email=email)
        with writing(self.stage.database) as connection:
            include_by_hand(connection, row, "7", self.stage.now())

    # --- HubSpot's side

    def add_contact(self, email: str, **properties: str) -> str:
        """A contact the customer has of their own; its id."""
        wanted = {"contacts": [{"email": email, **properties}]}
        path = f"/hubspot/portals/{PORTAL}/contacts"
        return str(self.control("POST", path, wanted)["ids"][0])

    def contact_id(self, email: str) -> str:
        """The id of the live contact with this primary address."""
        return str(self.stage.simulator.contacts()[email]["id"])

    def happen(self, contact_id: str, what: str) -> None:
        """The customer deletes, restores or erases a contact."""
        path = f"/hubspot/portals/{PORTAL}/contacts/{contact_id}"
        if what == "delete":
            self.control("DELETE", path)
        else:
            self.control("POST", f"{path}/{what}")

    def merge(self, primary: str, other: str) -> str:
        """The customer merges two contacts; the survivor's id."""
        path = f"/hubspot/portals/{PORTAL}/merge"
        return str(self.control("POST", path, {"primary": primary, "other": other})["id"])

    def events(self) -> list[dict[str, Any]]:
        """What HubSpot has wanted to tell since this was last asked."""
        deliveries = self.control("GET", "/hubspot/webhooks")["deliveries"]
        events = [event for delivery in deliveries for event in delivery["events"]]
        news, self.told = events[self.told :], len(events)
        return news

    def deliver(self, *events: dict[str, Any]) -> None:
        """Put a delivery of these events into the inbox, as the door does."""
        first = events[0]
        self._record("hubspot", events, first["subscriptionType"], str(first["portalId"]))

    def announce(self, webinar_id: int, email: str) -> None:
        """Zoom tells that somebody registered, and the delivery waits in the inbox."""
        event = sample("zoom/webhooks/webinar.registration_approved")
        event["event_ts"] = int(self.stage.now().timestamp() * 1000)
        event["payload"]["account_id"] = self.account_id
        told = event["payload"]["object"]
        told["id"] = webinar_id
        told["registrant"] |= {"id": f"reg-{self.heard}", "email": email.title()}
        self._record("zoom", event, event["event"], self.account_id)

    def _record(self, source: Source, told: Any, event_name: str, account_id: str) -> None:
        self.heard += 1
        body = json.dumps(told).encode()
        with writing(self.stage.database) as connection:
            record_delivery(
                connection,
                self.stage.sealer,
                source,
                hashlib.sha256(body + str(self.heard).encode()).hexdigest(),
                body,
                event_name=event_name,
                account_id=account_id,
                now=self.stage.now(),
            )

    def hear(self) -> None:
        """Take in what HubSpot tells, and do what follows from it."""
        for event in self.events():
            self.deliver(event)
        self.stage.work()

    # --- what Rollcall makes of it

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Outcome and reason by address."""
        rows = self.stage.query(select(occurrence_person))
        return {row["email"]: (row["outcome"], row["reason"]) for row in rows}

    def people(self, **wanted: Any) -> list[Any]:
        """Rows of people in occurrences, filtered by columns."""
        return self.stage.query(select(occurrence_person).filter_by(**wanted))

    def zoom_people(self) -> int:
        """How many people Zoom itself counts, over all webinars."""
        return sum(row["zoom_people"] or 0 for row in self.stage.query(select(occurrence)))

    def sent(self, kind: str) -> list[Any]:
        """Ledger rows of a kind that HubSpot holds."""
        rows = self.stage.query(select(effect).where(effect.c.kind == kind))
        return [row for row in rows if row["applied_hash"]]


def gather_audience(stage: Stage, **settings: Any) -> Audience:
    """A customer with both platforms connected and sync on, and no webinar worth mentioning."""
    scene = stage.simulator.scene("big", registrants=0, attendees=0)
    stage.simulator.call("PUT", "/hubspot/webhooks", {"url": NOWHERE, "retry_seconds": 600})
    stage.install(scene["account_id"])
    stage.set(webinar_sync="all", **settings)
    account = stage.simulator.call("GET", f"/zoom/accounts/{scene['account_id']}")
    host = next(user for user in account["users"] if user["email"].startswith("hanna"))
    return Audience(stage, scene["account_id"], host["id"])
