"""What a customer is told of a webinar, and what changing a setting does: through the API.

Whole processes, as `./run serve` starts them, after the webinar of the demo.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from commands.customer import Customer
from commands.trial import Simulated, Trial, TrialFailed, open_trial, wait_for

PEOPLE = 60


@dataclass
class Told:
    """The demo's webinar after everything about it is settled."""

    trial: Trial
    customer: Customer
    played: dict[str, Any]

    @property
    def simulated(self) -> Simulated:
        return self.trial.simulated

    @property
    def portal_id(self) -> str:
        return str(self.played["portal_id"])

    @property
    def webinar_id(self) -> str:
        return str(self.played["webinar_id"])

    @property
    def writes(self) -> int:
        return int(self.simulated.journal(self.portal_id)["writes"])

    def preview(self, **settings: Any) -> list[dict[str, Any]]:
        """What a dry run under these settings would change."""
        asked = {"dry_run": True, "settings": settings}
        path = f"/webinars/{self.webinar_id}/sync"
        run_id = self.customer.api("POST", path, asked)["run_id"]

        def ended() -> dict[str, Any] | None:
            run: dict[str, Any] = self.customer.api("GET", f"/runs/{run_id}")
            return run if run["state"] in ("done", "failed") else None

        run = wait_for(ended, "the dry run", self.trial.rollcall)
        assert (run["state"], run["dry_run"]) == ("done", True)
        changes: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 200}
        while True:
            page = self.customer.api("GET", f"/runs/{run_id}/changes", **params)
            changes += page["results"]
            if "next" not in page.get("paging", {}):
                return changes
            params["after"] = page["paging"]["next"]["after"]

    def save(self, **settings: Any) -> None:
        """Save settings; Rollcall carries them out by itself."""
        self.customer.api("PATCH", "/settings", settings)

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Outcome and reason of everybody with an address."""
        return {
            person["email"]: (person["outcome"], person["reason"])
            for person in self.customer.people(self.webinar_id)
            if person["email"]
        }

    def of_domain(self, domain: str) -> set[str]:
        """The addresses of a domain."""
        return {email for email in self.outcomes() if email.endswith(f"@{domain}")}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The demo played to its end."""
    with open_trial(tmp_path_factory.mktemp("told")) as trial:
        simulated = trial.simulated
        plan = simulated.scene("demo", people=PEOPLE)
        customer = Customer(trial.rollcall_url)
        customer.install_scene(simulated, plan)
        customer.api("PATCH", "/settings", {"webinar_sync": "all", **plan["settings"]})
        webinar_id = str(plan["webinar_id"])
        wait_for(lambda: are_decided(customer, webinar_id), "the registrations", trial.rollcall)
        played = simulated.scene("demo-webinar")
        wait_for(lambda: is_over(customer, webinar_id), "the end", trial.rollcall)
        yield Told(trial, customer, played)


def are_decided(customer: Customer, webinar_id: str) -> bool:
    """Whether all registrations have arrived; one of them waits for the host's approval."""
    webinar = customer.webinar(webinar_id)
    counts = webinar["occurrences"][0]["counts"] if webinar and webinar["occurrences"] else {}
    return sum(counts.values()) == PEOPLE and counts["waiting"] == 1


def is_over(customer: Customer, webinar_id: str) -> bool:
    """Whether everything has settled and no run is still at it: the last completes the event."""
    if not customer.has_settled(webinar_id):
        return False
    runs = customer.api("GET", f"/webinars/{webinar_id}/runs", limit=200)["results"]
    return not {"queued", "running"} & {run["state"] for run in runs}


def test_everybody_is_found_with_outcome_reason_and_the_plugin_that_decided_B1(told: Told) -> None:
    people = told.customer.people(told.webinar_id)
    expected = told.played["expected"]
    assert len(people) == expected["zoom_people"]
    excluded = Counter(person["reason"] for person in people if person["outcome"] == "excluded")
    by_reason = dict(expected["excluded"])
    by_reason["no_email"] = by_reason.pop("without_identity")
    assert excluded == by_reason
    for person in people:
        if person["outcome"] == "excluded":
            assert person["decided_by"]["plugin"] == "exclusions"
            assert person["detail"]
        found = told.customer.api(
            "GET", f"/webinars/{told.webinar_id}/people", email=person["email"], limit=200
        )
        assert person["person_id"] in [row["person_id"] for row in found["results"]]


def test_the_csv_has_a_line_for_everybody_B1(told: Told) -> None:
    answer = told.customer.browser.get(
        f"{told.trial.rollcall_url}/api/webinars/{told.webinar_id}/people",
        headers={"Accept": "text/csv"},
        timeout=30,
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == told.played["expected"]["zoom_people"]


def test_a_setting_is_tried_without_a_write_and_saving_does_exactly_that_B3(told: Told) -> None:
    """An exclusion is taken away, another one is added; nobody else is touched."""
    rivals = told.of_domain("competitor.example")
    before, outcomes = told.writes, told.outcomes()
    changes = told.preview(excluded_contact_domains=[])
    assert {change["email"] for change in changes} == rivals
    assert told.writes == before

    told.save(excluded_contact_domains=[])
    wait_for(
        lambda: all(told.outcomes()[email] == ("in_sync", "") for email in rivals),
        "the excluded people to arrive",
        told.trial.rollcall,
    )
    assert rivals <= set(told.simulated.contacts(told.portal_id))
    others = {email: told.outcomes()[email] for email in outcomes if email not in rivals}
    assert others == {email: outcomes[email] for email in others}

    quays = {e for e in told.of_domain("northquay.example") if outcomes[e] == ("in_sync", "")}
    before = told.writes
    changes = told.preview(excluded_contact_domains=["northquay.example"])
    assert quays <= {change["email"] for change in changes} <= told.of_domain("northquay.example")
    told.save(excluded_contact_domains=["northquay.example"])
    wait_for(
        lambda: all(told.outcomes()[email] == ("excluded", "excluded_domain") for email in quays),
        "the newly excluded people to be stopped",
        told.trial.rollcall,
    )
    assert told.writes == before
    shown = {person["email"]: person for person in told.customer.people(told.webinar_id)}
    assert all(shown[email]["written_before"] for email in quays)

    told.save(**told.played["settings"])
    wait_for(
        lambda: told.outcomes() == outcomes, "the old settings to hold again", told.trial.rollcall
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/webinars/99999999999", 404), ("/webinars/99999999999/people", 404), ("/runs/none", 404)],
    ids=["webinar", "people", "run"],
)
def test_what_is_not_the_portals_is_not_found(told: Told, path: str, status: int) -> None:
    with pytest.raises(TrialFailed, match=str(status)):
        told.customer.api("GET", path)


def test_a_stranger_is_told_to_sign_in(told: Told) -> None:
    with pytest.raises(TrialFailed, match="401"):
        Customer(told.trial.rollcall_url).api("GET", "/settings")
