"""A customer with one webinar on the simulated platforms: steered and looked at in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from store.tables import occurrence, occurrence_person, webinar
from tests.scenarios.stage import PORTAL, Stage

HOUR = 3600
ACCOUNT = "acme-zoom"
HOST = "hanna.host@acme.example"

Stays = Sequence[Sequence[int]]
"""From and to in seconds after the start of the session."""


@dataclass
class Webinar:
    """The webinar as Zoom's customer sees it, and what became of it in HubSpot."""

    stage: Stage
    webinar_id: str

    # --- in Zoom

    def zoom(self, method: str, path: str, body: Any = None) -> Any:
        """Call the simulator's control of this webinar."""
        return self.stage.simulator.call(method, f"/zoom/webinars/{self.webinar_id}{path}", body)

    def truth(self) -> dict[str, Any]:
        """Everything the simulator knows of the webinar."""
        found: dict[str, Any] = self.zoom("GET", "")
        return found

    def register(self, *emails: str, **fields: Any) -> None:
        """Sign people up; ``fields`` as `first_name`, `status` or `occurrence_ids`."""
        people = [
            {"email": email, "first_name": email.partition("@")[0].title(), **fields}
            for email in emails
        ]
        self.zoom("POST", "/registrants", {"registrants": people})

    def change(self, email: str, action: str, **more: Any) -> None:
        """Approve, deny or cancel a registration."""
        self.zoom("POST", f"/registrants/{self.registrant_ids()[email]}/{action}", more)

    def registrant_ids(self) -> dict[str, str]:
        """Zoom's ids of the registrants by address."""
        return {person["email"]: person["id"] for person in self.truth()["registrants"]}

    def play(self, stays: Mapping[str, Stays], **more: Any) -> None:
        """Hold a session of an hour that has just ended; `stays` by registered address.

        ``more``: `start_time` and `end_time` in seconds from now, `report`, `participants` for
        people who are in no list, and whatever else the simulator's `play` takes.
        """
        ids = self.registrant_ids()
        people = [
            {"registrant_id": ids[email], "sessions": joins} for email, joins in stays.items()
        ]
        wanted = {"start_time": -HOUR, "end_time": 0, **more}
        wanted["participants"] = people + list(more.get("participants", []))
        self.zoom("POST", "/play", wanted)

    def report(self, number: int = 1, **change: Any) -> None:
        """Change what readers of a session's report meet."""
        self.zoom("POST", f"/instances/{number}/report", change)

    # --- in Rollcall

    def people(self) -> dict[str, Any]:
        """Rows of the decision log by address; of a series, those of the latest occurrence."""
        rows = self.stage.query(
            select(occurrence_person, occurrence.c.occurrence_id)
            .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
            .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
            .where(webinar.c.webinar_id == self.webinar_id)
            .order_by(occurrence.c.start_at)
        )
        return {row["email"] or row["identity_key"]: row for row in rows}

    def outcomes(self) -> dict[str, str]:
        """`outcome`, or `outcome: reason` where there is one, by address."""
        return {
            email: row["outcome"] + (f": {row['reason']}" if row["reason"] else "")
            for email, row in self.people().items()
        }

    def places(self) -> dict[str, Any]:
        """The occurrences by their ids ("" for a single webinar or a whole series)."""
        rows = self.stage.query(
            select(occurrence)
            .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
            .where(webinar.c.webinar_id == self.webinar_id)
        )
        return {row["occurrence_id"]: row for row in rows}

    @property
    def place(self) -> Any:
        """The only occurrence of a single webinar."""
        return self.places()[""]

    def counted(self) -> int:
        """People of a single webinar's balance."""
        return len(self.people())

    # --- in HubSpot

    def contact(self, email: str) -> dict[str, Any]:
        """The contact with this primary address."""
        return self.stage.simulator.contacts()[email]

    def figures(self, email: str) -> dict[str, str]:
        """What the contact says of webinars, without the names' prefix."""
        return {
            name.removeprefix("rollcall_"): value
            for name, value in self.contact(email)["properties"].items()
            if name.startswith("rollcall_")
        }

    def events(self) -> dict[str, dict[str, Any]]:
        """The webinar's marketing events by occurrence id ("0" for a single webinar)."""
        path = f"/hubspot/portals/{PORTAL}/marketing-events"
        found = self.stage.simulator.call("GET", path)["results"]
        return {
            event["external_event_id"].removeprefix(f"{self.webinar_id}-"): event
            for event in found
            if event["external_event_id"].startswith(self.webinar_id)
        }

    def states(self, occurrence_id: str = "0") -> dict[str, str]:
        """Who is what in the occurrence's marketing event, by address."""
        emails = {one["id"]: email for email, one in self.stage.simulator.contacts().items()}
        event = self.events().get(occurrence_id)
        return {
            emails.get(one["contact_id"], one["contact_id"]): one["state"]
            for one in (event["participations"] if event else [])
        }

    def app_events(self, email: str) -> list[dict[str, Any]]:
        """App events on the contact's timeline, oldest first."""
        timeline = self.contact(email)["timeline"]
        return [entry for entry in reversed(timeline) if entry["kind"] == "app_event"]


def plan_webinar(stage: Stage, **wanted: Any) -> Webinar:
    """A portal, a Zoom account, and a webinar planned for the hour that ends now; nobody told."""
    call = stage.simulator.call
    call("PATCH", "/zoom/webhooks", {"url": "http://localhost:9/", "drop_rate": 1.0})
    call("POST", "/hubspot/portals", {"id": int(PORTAL)})
    users = [{"email": HOST, "first_name": "Hanna", "last_name": "Host", "webinar_capacity": 500}]
    # The larger plan, so that nobody waits for its limits.
    account = {"account_id": ACCOUNT, "users": users, "plan": "business"}
    call("POST", "/zoom/accounts", account)
    return add_webinar(stage, **wanted)


def add_webinar(stage: Stage, **wanted: Any) -> Webinar:
    """Another webinar of the same account."""
    body = {"topic": "Spring launch", "start_time": -HOUR, "duration": 60, **wanted}
    made = stage.simulator.call("POST", f"/zoom/accounts/{ACCOUNT}/webinars", body)
    return Webinar(stage, str(made["webinar_id"]))


def connect(stage: Stage, **settings: Any) -> None:
    """Install Rollcall into both platforms and switch it on."""
    stage.install(ACCOUNT)
    stage.set(webinar_sync="all", **settings)
