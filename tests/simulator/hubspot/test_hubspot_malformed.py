"""Malformed calls are refused or ignored; none of them is a crash of the simulator."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.app import create_simulator
from simulator.world import World

BODIES: dict[str, Any] = {
    "list": [],
    "no inputs": {},
    "text for inputs": {"inputs": "x"},
    "empty input": {"inputs": [{}]},
    "nulls": {"inputs": [{"id": None, "properties": None, "associations": None, "types": None}]},
    "text for properties": {"inputs": [{"id": "1", "properties": "x"}], "properties": "x"},
    "wrong shapes": {
        "inputs": [
            {
                "id": {},
                "from": [],
                "to": 1,
                "types": [{}],
                "vid": [],
                "interactionDateTime": 10**30,
                "outputFields": 1,
                "associations": [1],
                "objectWriteTraceId": "t",
                "idProperty": 5,
                "email": 5,
            }
        ],
        "properties": {"hs_timestamp": "1"},
        "associations": [{}],
        "filterGroups": [{"filters": [{"operator": "EQ"}]}],
        "limit": "x",
        "transcriptCreateUtterances": ["x"],
        "outputFields": {},
        "options": [1],
    },
    "numbers for ids": {
        "primaryObjectId": 1,
        "objectIdToMerge": 2,
        "objectId": 3,
        "engagementId": 4,
        "filterGroups": [1],
        "sorts": [1],
        "startDateTime": 5,
        "endDateTime": "x",
        "eventName": 1,
        "eventOrganizer": 2,
        "externalAccountId": 3,
        "externalEventId": 4,
        "customProperties": [1],
        "interactionDateTime": None,
    },
}


def find_crashes(body: Any, query: str) -> list[str]:
    """Call every HubSpot route with the body; answers those that crash."""
    world = World()
    app = create_simulator(world)
    state = world.hubspot
    portal = state.create_portal()
    scopes = tuple(
        scope
        for module in ("contacts", "marketing_events")
        for scope in (f"crm.objects.{module}.read", f"crm.objects.{module}.write")
    )
    scopes += ("oauth", "timeline", "automation", "crm.objects.owners.read")
    scopes += ("crm.schemas.contacts.read", "crm.schemas.contacts.write", "settings.users.read")
    scopes += ("crm.extensions_calling_transcripts.write", "business_units_view.read")
    world.limits.change("hubspot.api", 10_000, 1.0)
    world.limits.change("hubspot.search", 10_000, 1.0)
    app.testing = True
    client = app.test_client()
    crashed = []
    # The other versions are served by the same functions.
    twins = ("2026-09", "/v3/", "/v4/")
    for rule in app.url_map.iter_rules():
        path = rule.rule.split("<")
        if not rule.rule.startswith("/hubspot/") or rule.rule.startswith("/hubspot/app"):
            continue
        if any(twin in rule.rule for twin in twins):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            # Uninstalling is one of the calls, so each gets a token of its own.
            token = state.issue_access_token(portal.id, 1, scopes).token
            url = path[0] + "".join("1" + part.partition(">")[2] for part in path[1:])
            headers = {"Authorization": f"Bearer {token}"}
            try:
                answer = client.open(url + query, method=method, json=body, headers=headers)
            except Exception as error:
                crashed.append(f"{method} {url}: {error!r}")
                continue
            if answer.status_code >= 500:
                crashed.append(f"{method} {url}: {answer.status_code}")
    return crashed


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("query", ["", "?limit=x&after=x&externalAccountId=acc"])
def test_no_call_crashes(body: Any, query: str) -> None:
    assert find_crashes(body, query) == []
