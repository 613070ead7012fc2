"""Marketing events: one event kept by external id, attendance checked before it leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from responses import matchers

from clients.errors import Rejected
from clients.hubspot import HubSpot
from clients.hubspot_marketing import ATTENDANCE_BATCH
from clients.transport import Transport
from schemas.hubspot_marketing import AttendanceInput, MarketingEventBody
from tests.clients.conftest import HUBSPOT
from tests.samples import sample

ROOT = f"{HUBSPOT}/marketing/marketing-events/2026-03"
EVENT = "81234567890-0"
ACCOUNT = "acc-Meadow_01"
NOON = datetime(2026, 12, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=30)
OF_ACCOUNT = matchers.query_param_matcher({"externalAccountId": ACCOUNT})


@pytest.fixture
def hubspot(make_transport: Callable[..., Transport]) -> HubSpot:
    return HubSpot(make_transport("hubspot"))


def sent(http: responses.RequestsMock) -> Any:
    return json.loads(http.calls[0].request.body)


class TestEvent:
    def test_it_is_put_under_its_external_id(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.put(f"{ROOT}/events/{EVENT}", json=sample("hubspot/marketing/event"))
        body = MarketingEventBody(ACCOUNT, "Herbs", "Sage", starts_at=NOON, ends_at=LATER)
        assert hubspot.put_marketing_event(EVENT, body).object_id == "555"
        assert sent(http)["externalEventId"] == EVENT

    def test_an_external_id_is_encoded_in_the_path(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.get(f"{ROOT}/events/a%2Fb%3Fc", json={}, match=[OF_ACCOUNT])
        assert hubspot.get_marketing_event("a/b?c", ACCOUNT) is not None

    def test_an_event_that_is_not_there_is_none(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.get(f"{ROOT}/events/{EVENT}", status=404, json={}, match=[OF_ACCOUNT])
        assert hubspot.get_marketing_event(EVENT, ACCOUNT) is None

    def test_it_is_cancelled_in_its_account(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{ROOT}/events/{EVENT}/cancel", status=200, json={}, match=[OF_ACCOUNT])
        hubspot.cancel_marketing_event(EVENT, ACCOUNT)

    def test_its_cancellation_is_taken_back(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.patch(f"{ROOT}/events/{EVENT}", json={}, match=[OF_ACCOUNT])
        hubspot.restore_marketing_event(EVENT, ACCOUNT)
        assert sent(http) == {"eventCancelled": False}

    def test_an_event_that_stays_cancelled_is_a_refusal(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.patch(f"{ROOT}/events/{EVENT}", json={"eventCancelled": True})
        with pytest.raises(Rejected, match="cancelled"):
            hubspot.restore_marketing_event(EVENT, ACCOUNT)

    def test_it_is_completed_with_its_actual_moments(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(f"{ROOT}/events/{EVENT}/complete", json={}, match=[OF_ACCOUNT])
        hubspot.complete_marketing_event(EVENT, ACCOUNT, NOON, LATER)
        assert sent(http) == {
            "startDateTime": "2026-12-23T12:00:00.000Z",
            "endDateTime": "2026-12-23T12:30:00.000Z",
        }


class TestAttendance:
    def test_everybody_is_stored_rejected_or_missing(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.post(
            f"{ROOT}/attendance/{EVENT}/attend/create",
            status=201,
            json=sample("hubspot/marketing/attendance"),
            match=[OF_ACCOUNT],
        )
        inputs = [AttendanceInput(str(one), NOON, NOON, LATER) for one in (101, 102, 103, 104)]
        outcome = hubspot.record_attendance(EVENT, ACCOUNT, "attend", inputs)
        assert outcome.done == {"101": "101", "102": "102"}
        assert set(outcome.rejected) == {"103"}
        assert outcome.missing == ("104",)
        assert sent(http)["inputs"][0] == {
            "vid": 101,
            "interactionDateTime": 1_798_027_200_000,
            "properties": {
                "joinedAt": "2026-12-23T12:00:00.000Z",
                "leftAt": "2026-12-23T12:30:00.000Z",
            },
        }

    @pytest.mark.parametrize("verb", ["register", "cancel"])
    def test_a_registration_needs_no_span(
        self, http: responses.RequestsMock, hubspot: HubSpot, verb: Any
    ) -> None:
        http.post(f"{ROOT}/attendance/{EVENT}/{verb}/create", json={"results": []})
        outcome = hubspot.record_attendance(EVENT, ACCOUNT, verb, [AttendanceInput("101", NOON)])
        assert outcome.missing == ("101",)
        assert sent(http)["inputs"][0]["properties"] == {}

    @pytest.mark.parametrize(
        ("verb", "inputs", "complaint"),
        [
            ("REGISTERED", [AttendanceInput("1", NOON)], "REGISTERED"),
            ("attend", [AttendanceInput("1", NOON)], "both moments"),
            ("attend", [AttendanceInput("1", NOON, NOON, None)], "both moments"),
            ("attend", [AttendanceInput("1", NOON, NOON, NOON)], "second"),
            ("attend", [AttendanceInput("1", NOON, LATER, NOON)], "second"),
            (
                "attend",
                [AttendanceInput("1", NOON, NOON, NOON + timedelta(milliseconds=999))],
                "second",
            ),
            ("register", [AttendanceInput("1", NOON), AttendanceInput("1", LATER)], "once"),
            ("register", [], "batch"),
            (
                "register",
                [AttendanceInput(str(one), NOON) for one in range(ATTENDANCE_BATCH + 1)],
                "batch",
            ),
            ("register", [AttendanceInput("1", NOON.replace(tzinfo=None))], "time zone"),
        ],
        ids=[
            "upper case", "no span", "no end", "no length", "backwards", "under a second",
            "a contact twice", "empty", "too long", "no zone",
        ],
    )  # fmt: skip
    def test_what_hubspot_would_drop_silently_is_not_sent(
        self, hubspot: HubSpot, verb: Any, inputs: list[AttendanceInput], complaint: str
    ) -> None:
        with pytest.raises(ValueError, match=complaint):
            hubspot.record_attendance(EVENT, ACCOUNT, verb, inputs)

    def test_a_full_second_is_enough(self, http: responses.RequestsMock, hubspot: HubSpot) -> None:
        http.post(f"{ROOT}/attendance/{EVENT}/attend/create", json={"results": [{"vid": 1}]})
        one = AttendanceInput("1", NOON, NOON, NOON + timedelta(seconds=1))
        assert hubspot.record_attendance(EVENT, ACCOUNT, "attend", [one]).done == {"1": "1"}


class TestParticipation:
    def test_the_breakdown_of_an_event_comes_page_by_page(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        url = f"{ROOT}/participations/{ACCOUNT}/{EVENT}/breakdown"
        first = {"limit": "100", "state": "ATTENDED"}
        for query, name in ((first, "breakdown1"), ({**first, "after": "1"}, "breakdown2")):
            http.get(
                url,
                json=sample(f"hubspot/marketing/{name}"),
                match=[matchers.query_param_matcher(query)],
            )
        pages = list(hubspot.participations(ACCOUNT, EVENT, "ATTENDED"))
        assert [row.contact_id for page in pages for row in page.rows] == ["101", "102"]
        assert sum(page.unreadable for page in pages) == 1

    def test_a_contacts_own_breakdown_is_read_by_id(
        self, http: responses.RequestsMock, hubspot: HubSpot
    ) -> None:
        http.get(
            f"{ROOT}/participations/contacts/101/breakdown",
            json={"results": sample("hubspot/marketing/breakdown1")["results"]},
        )
        (page,) = hubspot.contact_participations("101")
        assert page.rows[0].state == "ATTENDED"

    def test_counters_are_read(self, http: responses.RequestsMock, hubspot: HubSpot) -> None:
        counts = {"registered": 3, "attended": 2, "cancelled": 1, "noShows": 1}
        http.get(f"{ROOT}/participations/{ACCOUNT}/{EVENT}", json=counts)
        found = hubspot.participation_counts(ACCOUNT, EVENT)
        assert (found.registered, found.attended, found.cancelled, found.no_shows) == (3, 2, 1, 1)
