"""The week the warnings are shown by: why each of the six is there, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from commands.customer import Customer
from commands.trial import Simulated

TRANSCRIPT = """WEBVTT

1
00:00:02.000 --> 00:00:06.000
Hanna Host: This is how the new planner works.
"""


@dataclass(frozen=True, slots=True)
class Week:
    """A customer's week: ``webinars`` are those of the scene, by what is amiss with them."""

    simulated: Simulated
    customer: Customer
    portal_id: str
    webinars: Mapping[str, Mapping[str, Any]]

    def webinar_id(self, amiss: str) -> str:
        """Zoom's id of the webinar."""
        return str(self.webinars[amiss]["webinar_id"])

    def find(self, amiss: str) -> dict[str, Any] | None:
        """The webinar as the API shows it; None until Rollcall knows it."""
        return self.customer.webinar(self.webinar_id(amiss))

    def occurrence(self, amiss: str) -> dict[str, Any]:
        """The webinar's one date as the API shows it."""
        (found,) = (self.find(amiss) or {})["occurrences"]
        return dict(found)

    def warnings(self, amiss: str) -> list[dict[str, Any]]:
        """What the audit log says of the webinar."""
        path = f"/webinars/{self.webinar_id(amiss)}/audit"
        found: list[dict[str, Any]] = self.customer.api("GET", path)["results"]
        return found

    def warning(self, case: Case) -> dict[str, Any] | None:
        """The case's warning, while it is there."""
        found = self.warnings(case.amiss)
        return next((warning for warning in found if warning["code"] == case.code), None)

    def in_sync(self, amiss: str) -> list[str]:
        """Addresses of the webinar's people who are in sync, in the order of the alphabet."""
        people = self.customer.people(self.webinar_id(amiss))
        return sorted(person["email"] for person in people if person["outcome"] == "in_sync")

    def attendances(self) -> int:
        """How many attendances HubSpot was told of."""
        return int(self.simulated.summary(self.portal_id)["writes"]["attended"])

    def transcripts(self) -> int:
        """How many call records hold what was said."""
        calls = self.simulated.call("GET", f"/hubspot/portals/{self.portal_id}/calls")["results"]
        return sum(bool(call["transcript"]) for call in calls if not call["archived"])


@dataclass(frozen=True, slots=True)
class Case:
    """One warning of the week.

    ``amiss`` is the webinar's name in the scene, ``code`` the warning's. ``mend`` does what
    ``mending`` tells; without it the warning stays, and ``mending`` tells why that is right.
    """

    amiss: str
    code: str
    reason: str
    mending: str
    mend: Callable[[Week], None] | None = None


def _switch_on(week: Week) -> None:
    week.customer.api("PATCH", f"/webinars/{week.webinar_id('switched_off')}", {"sync": "on"})


def _complete_the_report(week: Week) -> None:
    webinar = week.webinars["empty_report"]
    path = f"/zoom/webinars/{webinar['webinar_id']}/instances/1/participants"
    came = [{"email": email} for email in webinar["registrants"]]
    week.simulated.call("POST", path, {"participants": came})
    week.customer.api("POST", f"/webinars/{webinar['webinar_id']}/sync")


def _finish_the_recording(week: Week) -> None:
    path = f"/zoom/webinars/{week.webinar_id('unfinished')}/instances/1/recording"
    week.simulated.call("POST", f"{path}/complete")
    week.simulated.call("POST", f"{path}/transcript", {"text": TRANSCRIPT})


def _drop_the_rule(week: Week) -> None:
    week.simulated.call("PATCH", f"/hubspot/portals/{week.portal_id}", {"rejections": {}})
    path = f"/webinars/{week.webinar_id('refused')}/people"
    for person in week.customer.api("GET", path, outcome="failing")["results"]:
        week.customer.api("POST", f"{path}/{person['person_id']}/retry")


def is_mended(week: Week, case: Case) -> bool:
    """Whether the warning is gone, and its webinar is as it should be."""
    if week.warning(case) is not None:
        return False
    return is_at_rest(week, case.amiss) and (
        case.code != "recording_not_synced" or week.transcripts() > 0
    )


def is_at_rest(week: Week, amiss: str) -> bool:
    """Whether the webinar is settled, and exactly those are in sync who should be in the end."""
    wanted = sorted(week.webinars[amiss]["in_sync"])
    return week.customer.has_settled(week.webinar_id(amiss)) and week.in_sync(amiss) == wanted


CASES = (
    Case(
        "switched_off",
        "sync_disabled",
        "The customer had switched sync off for this webinar before it took place.",
        "The customer switches sync on for the webinar.",
        _switch_on,
    ),
    Case(
        "empty_report",
        "participants_missing",
        "People came, but Zoom's attendance report is empty.",
        "Zoom completes its report, and the customer presses Sync now.",
        _complete_the_report,
    ),
    Case(
        "nameless",
        "data_not_synced",
        "Nobody had to register, and Zoom tells no address of two guests.",
        "Zoom will never tell who they were; registration helps the next time.",
    ),
    Case(
        "excluded",
        "emails_excluded",
        "A HubSpot user, a competitor, a mistyped and a secondary address had registered.",
        "They are left out on purpose, so there is nothing to mend.",
    ),
    Case(
        "refused",
        "sync_error",
        "By a rule of the customer's, HubSpot refuses to make “T3ster” a contact's last name.",
        "The customer removes the rule in HubSpot, and presses Retry for whoever is failing.",
        _drop_the_rule,
    ),
    Case(
        "unfinished",
        "recording_not_synced",
        "The webinar has just ended, and Zoom is still processing its recording.",
        "Zoom finishes recording and transcript, and says so by webhook.",
        _finish_the_recording,
    ),
)
"""All six, in the order of the week."""
