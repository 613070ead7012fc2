"""POST /webhooks/hubspot: only HubSpot's deliveries, each kept once before it is answered."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.oauth.support import PORTAL, Site
from tests.webhooks.support import (
    EMAIL,
    HUBSPOT_SECRET,
    Delivery,
    as_bytes,
    body_of,
    refusing_database,
    stored,
)
from webhooks.hubspot import identify, read_events

MINUTE = 60


def event(**more: Any) -> dict[str, Any]:
    """One event about a contact."""
    return {
        "eventId": 1,
        "subscriptionId": 1,
        "portalId": PORTAL,
        "occurredAt": 1_792_487_647_628,
        "subscriptionType": "contact.privacyDeletion",
        "attemptNumber": 0,
        "objectId": 100,
        **more,
    }


DELETED = [event(), event(eventId=2, subscriptionType="contact.deletion")]


class TestWhatIsHubSpots:
    @pytest.mark.parametrize(
        "delivery",
        [
            pytest.param(Delivery(DELETED), id="version 3"),
            pytest.param(Delivery(DELETED, age=4 * MINUTE), id="version 3, four minutes old"),
            pytest.param(Delivery(DELETED, age=-4 * MINUTE), id="version 3, four minutes ahead"),
            pytest.param(
                Delivery(DELETED, headers={"X-HubSpot-Signature-v3": None}), id="version 1 alone"
            ),
        ],
    )
    def test_it_is_kept_byte_for_byte(self, site: Site, delivery: Delivery, lines: Any) -> None:
        answer = delivery.to_hubspot(site)
        assert (answer.status_code, answer.data) == (204, b"")
        (row,) = stored(site)
        assert (row["source"], row["state"]) == ("hubspot", "new")
        assert (row["event"], row["account_id"]) == ("contact.privacyDeletion", str(PORTAL))
        assert body_of(site, row) == as_bytes(DELETED)
        assert [line["event"] for line in lines] == ["delivery_stored"]

    @pytest.mark.parametrize(
        "delivery",
        [
            pytest.param(
                Delivery(
                    DELETED, headers={"X-HubSpot-Signature-v3": None, "X-HubSpot-Signature": None}
                ),
                id="unsigned",
            ),
            pytest.param(Delivery(DELETED, secret="another"), id="another secret"),
            pytest.param(Delivery(DELETED, signed_body=[event()]), id="another body"),
            pytest.param(Delivery(DELETED, age=6 * MINUTE), id="six minutes old"),
            pytest.param(Delivery(DELETED, age=-6 * MINUTE), id="six minutes ahead"),
            pytest.param(Delivery(DELETED, url="https://evil.example"), id="for another address"),
            pytest.param(
                Delivery(DELETED, headers={"X-HubSpot-Request-Timestamp": None}),
                id="without a timestamp",
            ),
            pytest.param(
                Delivery(DELETED, headers={"X-HubSpot-Request-Timestamp": "now"}),
                id="a timestamp that is none",
            ),
            pytest.param(
                Delivery(DELETED, headers={"X-HubSpot-Signature-v3": "x"}),
                id="a wrong version 3 beside a right version 1",
            ),
            pytest.param(
                Delivery(
                    DELETED,
                    headers={
                        "X-HubSpot-Signature-v3": None,
                        "X-HubSpot-Signature-Version": "v2",
                    },
                ),
                id="a version that deliveries do not have",
            ),
            pytest.param(
                Delivery(DELETED, headers={"X-HubSpot-Signature-v3": "é"}), id="no base64"
            ),
        ],
    )
    def test_X7_anything_else_is_refused_and_not_kept(
        self, site: Site, delivery: Delivery, lines: Any
    ) -> None:
        answer = delivery.to_hubspot(site)
        assert (answer.status_code, answer.data) == (401, b"")
        assert stored(site) == []
        assert [(line["event"], line["reason"]) for line in lines] == [
            ("delivery_refused", "bad_signature")
        ]
        assert HUBSPOT_SECRET not in repr(lines)


class TestKeeping:
    def test_another_attempt_is_the_same_delivery(self, any_site: Site, lines: Any) -> None:
        for attempt in (0, 1, 2):
            body = [event(attemptNumber=attempt)]
            assert Delivery(body).to_hubspot(any_site).status_code == 204
        assert len(stored(any_site)) == 1
        assert lines[-1]["event"] == "delivery_repeated"

    def test_another_event_is_another_delivery(self, any_site: Site) -> None:
        for number in (1, 2):
            Delivery([event(eventId=number)]).to_hubspot(any_site)
        assert len(stored(any_site)) == 2

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"[]", id="no events"),
            pytest.param(b'[{"eventId": 1', id="malformed JSON"),
            pytest.param(b"[1, 2]", id="a list of numbers"),
            pytest.param(b"null", id="null"),
            pytest.param({"eventId": 1}, id="one event without a list"),
            pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
            pytest.param(b"[" * 100_000, id="a hundred thousand deep"),
            pytest.param([{"subscriptionType": "a\x00b", "portalId": "\x00"}], id="zero bytes"),
            pytest.param(b'[{"subscriptionType": "\\ud800"}]', id="half characters"),
            pytest.param([{"subscriptionType": {}, "portalId": True}], id="of other types"),
            pytest.param([event(subscriptionType="contact.newest")], id="unknown"),
            pytest.param([event(propertyValue=EMAIL)] * 100, id="a hundred events"),
        ],
    )
    def test_X9_whatever_hubspot_signs_is_kept_however_strange(
        self, any_site: Site, body: Any, lines: Any
    ) -> None:
        assert Delivery(body).to_hubspot(any_site).status_code == 204
        (row,) = stored(any_site)
        assert body_of(any_site, row) == as_bytes(body)
        assert [line["event"] for line in lines] == ["delivery_stored"]
        assert EMAIL not in repr(lines)

    def test_when_the_database_refuses_hubspot_is_asked_to_come_again_F17(
        self, any_site: Site, lines: Any
    ) -> None:
        started = time.monotonic()
        with refusing_database(any_site):
            answer = Delivery(DELETED).to_hubspot(any_site)
        assert time.monotonic() - started < 3.0
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert [line["event"] for line in lines] == ["delivery_not_stored"]
        assert Delivery(DELETED).to_hubspot(any_site).status_code == 204
        assert len(stored(any_site)) == 1

    def test_X9_half_a_megabyte_is_the_most(self, site: Site, lines: Any) -> None:
        answer = Delivery(b"x" * (512 * 1024 + 1)).to_hubspot(site)
        assert answer.status_code == 413
        assert stored(site) == []
        assert lines[-1]["reason"] == "too_large"

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    def test_only_posts_are_taken(self, site: Site, method: str) -> None:
        answer = Delivery(DELETED, method=method).to_hubspot(site)
        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("depth", range(850, 1_000, 10))
def test_a_body_as_deep_as_can_just_be_read_is_told_apart_as_well(depth: int) -> None:
    identify(read_events(b'[{"a":' + b"[" * depth + b"]" * depth + b"}]"))
