"""B03, B09: rules tried out and replayed on the console's pages, with what runs really came to."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, RITA = "ada@northquay.example", "rita@competitor.example"
EXCLUDED = "excluded_contact_domains"


class Person:
    """Somebody signed in at the console, who reads pages and sends their forms."""

    def __init__(self, doors: Doors) -> None:
        self._stage = doors.stage
        self._client: FlaskClient = doors.client
        self._base = doors.stage.config.web.public_url
        portals = doors.stage.simulator.call("GET", "/hubspot/portals")["portals"]
        user = next(one for one in portals if str(one["id"]) == PORTAL)["users"][0]["id"]
        self._client.get("/", base_url=self._base)
        with self._client.session_transaction(base_url=self._base) as session:
            session["portal_id"], session["user_id"] = PORTAL, str(user)

    def read(self, path: str) -> str:
        """The text of a page, blanks folded."""
        page = self._client.get(path, base_url=self._base)
        assert page.status_code == 200, page.text
        self._token = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
        return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())

    def send(self, path: str, **form: str) -> str:
        """Send a form, have the work done, and read where it leads."""
        answer = self._client.post(
            path, data={"csrf_token": self._token, **form}, base_url=self._base
        )
        assert answer.status_code == 303, answer.text
        self._stage.work()
        return self.read(answer.headers["Location"])


def test_B03_B09_rules_are_tried_replayed_and_withdrawn_on_the_pages(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, RITA)
    webinar.play({ADA: [[0, HOUR]], RITA: [[0, HOUR]]})
    connect(lone_stage)
    lone_stage.pass_time()
    path = f"/console/webinars/{webinar.webinar_id}"
    with open_doors(lone_stage) as doors:
        person = Person(doors)
        person.read(f"{path}/preview")
        tried = person.send(f"{path}/preview", **{EXCLUDED: "competitor.example"})
        assert "Would create 0, update 0, leave 1, exclude 1, withdraw 0." in tried
        assert f"{RITA} Decision Synced Excluded: excluded domain" in tried
        assert "Tried: Excluded contact domains." in tried

        doors.api("PATCH", "/settings", {EXCLUDED: ["competitor.example"]})
        lone_stage.work()
        asked = person.read(f"{path}/replay")
        assert "Registrations 1 ✓ Can be withdrawn" in asked
        assert "Attendances 1 … Cannot be withdrawn" in asked
        looked = person.send(f"{path}/replay", withdraw="yes")
        assert "(1 cannot be withdrawn)" in looked
        assert f"{RITA} Registration registered withdrawn" in looked
        assert webinar.figures(RITA)["registration_count"] == "1"

        person.read(f"{path}/replay")
        sure = person.send(f"{path}/replay", withdraw="yes", mode="now")
        assert "Timeline events and attendance cannot be removed" in sure
        done = person.send(f"{path}/replay", withdraw="yes", mode="now", sure="yes")
        assert "✓ Done" in done and "Begun by a replay" in done
        assert f"{RITA} Registration registered withdrawn" in done
        assert webinar.figures(RITA).get("registration_count", "") == ""
        assert webinar.figures(ADA)["registration_count"] == "1"
