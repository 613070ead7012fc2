"""Marketing events as measured on live accounts, not as the guide tells them."""

from __future__ import annotations

from typing import Any

import pytest

BASE = "/marketing/marketing-events/2026-03"
OCCURRED = 1_795_000_000_000
JOINED, LEFT = "2026-11-20T10:00:00Z", "2026-11-20T10:45:00Z"
EVENT = {
    "eventName": "Launch",
    "eventOrganizer": "Acme",
    "externalAccountId": "acc",
    "externalEventId": "77-0",
    "customProperties": [],
}


@pytest.fixture
def contact_id(api: Any) -> str:
    """One contact, and one marketing event to take part in."""
    assert api.call("PUT", f"{BASE}/events/77-0", EVENT).status_code == 200
    (contact_id,) = api.add_contacts({"email": "a@x.de"})
    return str(contact_id)


def record(api: Any, verb: str, *inputs: dict[str, Any], account: str = "acc") -> Any:
    query = f"?externalAccountId={account}" if account else ""
    path = f"{BASE}/attendance/77-0/{verb}/create{query}"
    return api.call("POST", path, {"inputs": list(inputs)})


def counts(api: Any) -> dict[str, int]:
    return dict(api.call("GET", f"{BASE}/participations/acc/77-0").json())


def times(joined: str | None, left: str | None) -> dict[str, str]:
    given = {"joinedAt": joined, "leftAt": left}
    return {name: value for name, value in given.items() if value}


@pytest.mark.parametrize(
    ("verb", "account", "item", "message"),
    [
        pytest.param(
            "REGISTERED",
            "acc",
            {"interactionDateTime": OCCURRED},
            "Unknown state for 'REGISTERED'. Correct are 'register', 'attend' or 'cancel'.",
            id="state name instead of verb",
        ),
        pytest.param(
            "register",
            "",
            {"interactionDateTime": OCCURRED},
            "externalAccountId is required",
            id="no account id",
        ),
        pytest.param(
            "register", "acc", {}, "interactionDateTime is required", id="no interaction time"
        ),
    ],
)
def test_what_is_refused(
    api: Any, contact_id: str, verb: str, account: str, item: dict[str, Any], message: str
) -> None:
    answer = record(api, verb, {"vid": int(contact_id), **item}, account=account)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


@pytest.mark.parametrize(
    ("properties", "echoed", "error", "stored"),
    [
        pytest.param(times(None, None), 0, "", 0, id="no times"),
        pytest.param(times(JOINED, None), 0, "", 0, id="joined only"),
        pytest.param(times(None, LEFT), 0, "", 0, id="left only"),
        pytest.param(times(JOINED, JOINED), 0, "JOINED_AT_IS_LATER", 0, id="equal"),
        pytest.param(times(LEFT, JOINED), 0, "JOINED_AT_IS_LATER", 0, id="reversed"),
        pytest.param(times(JOINED, "2026-11-20T10:00:00.9Z"), 1, "", 0, id="under a second"),
        pytest.param(times(JOINED, "2026-11-20T10:00:01Z"), 1, "", 1, id="one second"),
        pytest.param(times(JOINED, LEFT), 1, "", 1, id="45 minutes"),
    ],
)
def test_attend_is_stored_only_with_both_times_a_second_apart(
    api: Any, contact_id: str, properties: dict[str, str], echoed: int, error: str, stored: int
) -> None:
    item = {"vid": int(contact_id), "interactionDateTime": OCCURRED, "properties": properties}
    answer = record(api, "attend", item)
    body = answer.json()
    assert answer.status_code == 200
    assert len(body["results"]) == echoed
    assert error in str(body.get("errors", ""))
    assert bool(body.get("errors")) == bool(error)
    assert counts(api)["attended"] == stored


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"interactionDateTime": OCCURRED // 1000}, id="seconds, not milliseconds"),
        pytest.param({"interactionDateTime": OCCURRED, "vid": 424242}, id="unknown contact"),
    ],
)
def test_what_is_dropped_without_a_word(api: Any, contact_id: str, item: dict[str, Any]) -> None:
    answer = record(api, "register", {"vid": int(contact_id), **item})
    assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert counts(api)["registered"] == 0


def test_a_repetition_answers_like_a_drop_and_changes_nothing(api: Any, contact_id: str) -> None:
    item = {"vid": int(contact_id), "interactionDateTime": OCCURRED, "properties": {}}
    assert len(record(api, "register", item).json()["results"]) == 1
    later = {**item, "interactionDateTime": OCCURRED + 5000}
    assert record(api, "register", item).json()["results"] == []
    assert record(api, "register", later).json()["results"] == []
    assert len(api.see(contact_id)["timeline"]) == 1
    assert api.summary()["writes"]["registered"] == 1


def test_cancelled_and_registered_again(api: Any, contact_id: str) -> None:
    for verb, seconds in (("register", 0), ("cancel", 1), ("register", 2)):
        moment = OCCURRED + seconds * 1000
        record(api, verb, {"vid": int(contact_id), "interactionDateTime": moment})
    assert counts(api) == {"registered": 1, "attended": 0, "cancelled": 0, "noShows": 0}
    assert api.summary()["writes"]["cancelled"] == 1
    assert api.summary()["duplicate_effects"] == 0


def test_complete_turns_the_registered_into_no_shows_and_a_late_attend_mends_it(
    api: Any, contact_id: str
) -> None:
    item = {"vid": int(contact_id), "interactionDateTime": OCCURRED, "properties": {}}
    record(api, "register", item)
    body = {"startDateTime": JOINED, "endDateTime": LEFT}
    path = f"{BASE}/events/77-0/complete?externalAccountId=acc"
    assert api.call("POST", path, body).json()["eventCompleted"]
    assert counts(api)["noShows"] == 1
    record(api, "attend", {**item, "properties": times(JOINED, LEFT)})
    assert counts(api) == {"registered": 1, "attended": 1, "cancelled": 0, "noShows": 0}
    rows = api.call("GET", f"{BASE}/participations/acc/77-0/breakdown").json()["results"]
    properties = rows[0]["properties"]
    assert properties["attendanceState"] == "ATTENDED"
    assert properties["attendanceDurationSeconds"] == 2700
    assert properties["attendancePercentage"] == "100.0"


def test_counters_and_event_breakdown_lag_and_the_contact_breakdown_does_not(
    api: Any, contact_id: str
) -> None:
    api.control("PATCH", "/switches", {"participation_lag_seconds": 3600})
    record(api, "register", {"vid": int(contact_id), "interactionDateTime": OCCURRED})
    path = f"{BASE}/participations"
    assert counts(api)["registered"] == 0
    assert api.call("GET", f"{path}/acc/77-0/breakdown").json()["total"] == 0
    assert api.call("GET", f"{path}/contacts/{contact_id}/breakdown").json()["total"] == 1


def test_the_breakdown_comes_in_pages_of_ten(api: Any, contact_id: str) -> None:
    ids = [contact_id, *api.add_contacts(*({"email": f"p{n}@x.de"} for n in range(11)))]
    record(api, "register", *({"vid": int(i), "interactionDateTime": OCCURRED} for i in ids))
    path = f"{BASE}/participations/acc/77-0/breakdown"
    first = api.call("GET", path).json()
    second = api.call("GET", f"{path}?after={first['paging']['next']['after']}").json()
    assert (first["total"], len(first["results"]), len(second["results"])) == (12, 10, 2)
    one = api.call("GET", f"{path}?contactIdentifier=p3@x.de&state=REGISTERED").json()
    assert [row["associations"]["contact"]["email"] for row in one["results"]] == ["p3@x.de"]


@pytest.mark.parametrize(("limit", "status"), [(100, 400), (None, 200)], ids=["limited", "not"])
def test_batches_over_100_are_a_switch(
    api: Any, contact_id: str, limit: int | None, status: int
) -> None:
    api.control("PATCH", "/switches", {"attendance_batch_limit": limit})
    ids = api.add_contacts(*({"email": f"p{n}@x.de"} for n in range(101)))
    inputs = [{"vid": int(i), "interactionDateTime": OCCURRED} for i in ids]
    assert record(api, "register", *inputs).status_code == status


def test_by_address_unknown_people_become_contacts(api: Any, contact_id: str) -> None:
    item = {"email": "new@x.de", "interactionDateTime": OCCURRED}
    path = f"{BASE}/attendance/77-0/register/email-create?externalAccountId=acc"
    answer = api.call("POST", path, {"inputs": [item]})
    assert answer.json()["results"][0]["email"] == "new@x.de"
    assert api.summary()["writes"]["contacts_created"] == 1


def test_a_second_event_with_the_same_ids_names_the_first(api: Any, contact_id: str) -> None:
    answer = api.call("POST", f"{BASE}/events", EVENT)
    body = answer.json()
    (object_id,) = api.portal.marketing_events
    assert (answer.status_code, body["errorType"]) == (400, "UNIQUE_VALUE_CONFLICT")
    assert body["errorTokens"]["existingObjectId"] == [object_id]


def test_the_batch_upsert_answers_complete_and_stores_nothing(api: Any) -> None:
    path = f"{BASE}/events/upsert"
    answer = api.call("POST", path, {"inputs": [EVENT]})
    assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert api.portal.marketing_events == {}
    api.control("PATCH", "/switches", {"batch_upsert_stores_marketing_events": True})
    assert len(api.call("POST", path, {"inputs": [EVENT]}).json()["results"]) == 1


@pytest.mark.parametrize(
    "base", ["/marketing/marketing-events/2026-09", "/marketing/v3/marketing-events"]
)
def test_every_version_serves_the_same_events(api: Any, contact_id: str, base: str) -> None:
    answer = api.call("GET", f"{base}/events/77-0?externalAccountId=acc")
    assert answer.json()["eventName"] == "Launch"
    assert api.call("GET", f"{base}/events/78-0?externalAccountId=acc").status_code == 404


def test_custom_properties_the_portal_lacks_are_left_out(api: Any) -> None:
    body = {**EVENT, "customProperties": [{"name": "nonesuch", "value": "1"}]}
    answer = api.call("PUT", f"{BASE}/events/77-0", body)
    assert answer.json()["customProperties"] == []
