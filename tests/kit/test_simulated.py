"""The fixtures a plugin's tests get: both platforms over HTTP, and what goes wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from rollcall.testing import (
    SimulatedFaults,
    SimulatedHubSpot,
    SimulatedZoom,
    Simulation,
    SimulatorRefused,
)


def create(hubspot: SimulatedHubSpot, token: str, **properties: str) -> requests.Response:
    return requests.post(
        f"{hubspot.url}/crm/objects/2026-03/contacts",
        json={"properties": properties},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


@pytest.fixture
def token(simulated_hubspot: SimulatedHubSpot) -> str:
    return simulated_hubspot.access_token("crm.objects.contacts.read", "crm.objects.contacts.write")


def test_B11_a_follow_up_can_call_the_simulated_hubspot(
    simulated_hubspot: SimulatedHubSpot, token: str
) -> None:
    simulated_hubspot.define_property("loyalty_level")
    simulated_hubspot.add_contact(email="old@northquay.example")
    answer = create(simulated_hubspot, token, email="new@northquay.example", loyalty_level="gold")
    assert answer.status_code == 201, answer.text
    contacts = simulated_hubspot.contacts()
    assert set(contacts) == {"old@northquay.example", "new@northquay.example"}
    assert contacts["new@northquay.example"]["loyalty_level"] == "gold"


def test_B11_each_test_begins_with_empty_platforms(simulated_hubspot: SimulatedHubSpot) -> None:
    assert simulated_hubspot.contacts() == {}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_B11_calls_can_be_refused(
    status: int,
    simulated_hubspot: SimulatedHubSpot,
    simulated_faults: SimulatedFaults,
    token: str,
) -> None:
    simulated_faults.answer(status, method="POST", route_contains="/contacts", times=1)
    assert create(simulated_hubspot, token, email="a@b.example").status_code == status
    assert create(simulated_hubspot, token, email="a@b.example").status_code == 201


def test_B11_an_answer_can_be_lost_after_it_was_applied(
    simulated_hubspot: SimulatedHubSpot, simulated_faults: SimulatedFaults, token: str
) -> None:
    simulated_faults.lose_answers(route_contains="/contacts", times=1)
    with pytest.raises(requests.ConnectionError):
        create(simulated_hubspot, token, email="a@b.example")
    assert set(simulated_hubspot.contacts()) == {"a@b.example"}


def read_report(zoom: SimulatedZoom, made: dict[str, Any]) -> requests.Response:
    return requests.get(
        f"{zoom.url}/report/webinars/{made['webinar_id']}/participants",
        headers={"Authorization": f"Bearer {zoom.access_token(made['account_id'])}"},
        timeout=10,
    )


def test_B11_a_webinar_that_was_played_has_a_report_and_it_may_come_late(
    simulated_zoom: SimulatedZoom, simulated_faults: SimulatedFaults
) -> None:
    made = simulated_zoom.play("small", silent=True)
    simulated_faults.delay_reports(times=1)
    assert read_report(simulated_zoom, made).status_code == 404
    rows = read_report(simulated_zoom, made).json()["participants"]
    rejoined = [row for row in rows if row["user_email"] == made["people"]["rejoins"]]
    assert len(rejoined) == 2


@pytest.mark.parametrize(("are_lost", "sent"), [(False, True), (True, False)])
def test_B11_webhooks_can_be_lost(
    are_lost: bool,
    sent: bool,
    simulation: Simulation,
    simulated_zoom: SimulatedZoom,
    simulated_faults: SimulatedFaults,
) -> None:
    target = {"url": f"{simulation.base_url}/nowhere"}
    simulation.control("PATCH", "/zoom/webhooks", target)
    if are_lost:
        simulated_faults.lose_webhooks()
    made = simulated_zoom.play("small")
    simulated_zoom.access_token(made["account_id"])  # from now on Zoom has somebody to tell
    simulated_zoom.play("small")
    assert bool(simulation.control("GET", "/zoom/webhooks")["counts"]) is sent


def test_a_fault_that_does_not_exist_is_refused_with_those_that_do(
    simulated_faults: SimulatedFaults,
) -> None:
    with pytest.raises(SimulatorRefused, match="unknown fault kind 'gremlins'; use one of status"):
        simulated_faults.add("hubspot", "gremlins")
