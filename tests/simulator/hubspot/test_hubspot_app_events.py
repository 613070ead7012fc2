"""App events: immutable, and a batch is stored whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BATCH = "/integrators/timeline/2026-03/events/batch"


def event(event_id: str, contact_id: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": event_id,
        "eventTypeName": "registered",
        "objectId": contact_id,
        "properties": {"webinar_id": "77", "webinar_start": "2026-11-20T10:00:00Z"},
        "timestamp": "2026-11-01T08:00:00Z",
    }
    return {**plain, **changes}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"id": "old"}, 409, id="id stored before"),
        pytest.param({"id": "good"}, 409, id="id twice in the batch"),
        pytest.param({"id": ""}, 400, id="no id"),
        pytest.param({"id": "x" * 501}, 400, id="id over 500 bytes"),
        pytest.param({"eventTypeName": "nonesuch"}, 400, id="unknown type"),
        pytest.param({"properties": {"nonesuch": "1"}}, 400, id="undeclared property"),
        pytest.param({"properties": {"webinar_id": 77}}, 400, id="property not text"),
        pytest.param({"properties": {"webinar_start": "soon"}}, 400, id="not a datetime"),
        pytest.param({"objectId": "424242"}, 400, id="unknown contact"),
        pytest.param({"timestamp": "yesterday"}, 400, id="bad timestamp"),
    ],
)
def test_one_bad_event_keeps_the_whole_batch_out(
    api: Any, changes: dict[str, Any], status: int
) -> None:
    (contact_id,) = api.add_contacts({"email": "a@x.de"})
    api.call("POST", BATCH, {"inputs": [event("old", contact_id)]})
    inputs = [event("good", contact_id), event("bad", contact_id, **changes)]
    assert api.call("POST", BATCH, {"inputs": inputs}).status_code == status
    assert [entry["id"] for entry in api.see(contact_id)["timeline"]] == ["old"]


def test_the_identical_batch_again_answers_409_and_changes_nothing(api: Any) -> None:
    ids = api.add_contacts({"email": "a@x.de"}, {"email": "b@x.de"})
    inputs = [event(f"reg:{contact_id}", contact_id) for contact_id in ids]
    assert api.call("POST", BATCH, {"inputs": inputs}).status_code == 200
    assert api.call("POST", BATCH, {"inputs": inputs}).status_code == 409
    single = api.call("POST", "/integrators/timeline/2026-03/events", inputs[0])
    assert single.status_code == 409
    assert api.summary()["writes"]["app_events"] == 2


def test_over_500_events_are_refused(api: Any) -> None:
    (contact_id,) = api.add_contacts({"email": "a@x.de"})
    inputs = [event(str(number), contact_id) for number in range(501)]
    assert api.call("POST", BATCH, {"inputs": inputs}).status_code == 400
    assert api.call("POST", BATCH, {"inputs": inputs[:500]}).status_code == 200


def test_an_app_without_approval_may_not_send(make_api: Callable[..., Any]) -> None:
    api = make_api(app_events_approved=False)
    (contact_id,) = api.add_contacts({"email": "a@x.de"})
    answer = api.call("POST", BATCH, {"inputs": [event("1", contact_id)]})
    assert answer.status_code == 403


def test_the_same_thing_said_under_two_ids_is_a_duplicate_effect(api: Any) -> None:
    (contact_id,) = api.add_contacts({"email": "a@x.de"})
    inputs = [event("1", contact_id), event("2", contact_id)]
    api.call("POST", BATCH, {"inputs": inputs})
    assert api.summary()["duplicate_effects"] == 1


def test_an_event_by_address_makes_the_contact(api: Any) -> None:
    item = event("1", "", email="new@x.de")
    del item["objectId"]
    stored = api.call("POST", "/integrators/timeline/2026-09/events", item)
    assert stored.status_code == 201
    assert api.see(stored.json()["objectId"])["properties"]["email"] == "new@x.de"
