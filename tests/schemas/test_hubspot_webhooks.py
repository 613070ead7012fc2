"""What HubSpot tells about contacts, in every spelling it uses; the rest is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.hubspot_webhooks import ContactEvent, UnreadableDelivery, parse_contact_events


def event(subscription: str, **more: Any) -> dict[str, Any]:
    return {
        "eventId": 1,
        "subscriptionId": 11,
        "portalId": 4242,
        "appId": 1001,
        "occurredAt": 1795000000000,
        "subscriptionType": subscription,
        "attemptNumber": 0,
        "objectId": 101,
        "changeSource": "CRM_UI",
        **more,
    }


def read(*events: Any) -> list[ContactEvent]:
    return parse_contact_events(json.dumps(list(events)).encode())


MERGE = {"primaryObjectId": 101, "mergedObjectIds": [102, "103"], "newObjectId": 200}


@pytest.mark.parametrize(
    ("told", "happening", "ids"),
    [
        pytest.param(event("contact.deletion"), "deleted", ("101",), id="deletion"),
        pytest.param(event("contact.restore"), "restored", ("101",), id="restore"),
        pytest.param(event("contact.privacyDeletion"), "erased", ("101",), id="privacy deletion"),
        pytest.param(
            event("object.deletion", objectTypeId="0-1"), "deleted", ("101",), id="generic form"
        ),
        pytest.param(
            event("contact.merge", **MERGE),
            "merged",
            ("200", "101", "102", "103"),
            id="merge into a new contact",
        ),
        pytest.param(
            event("contact.merge", primaryObjectId=101, mergedObjectIds=[102], newObjectId=101),
            "merged",
            ("101", "102"),
            id="merge into the primary",
        ),
        pytest.param(
            event("contact.merge", primaryObjectId=101, mergedObjectIds=None),
            "merged",
            ("101",),
            id="merge that names little",
        ),
        pytest.param(
            event("contact.propertyChange", propertyName="email", propertyValue="x@y.no"),
            "address_changed",
            ("101",),
            id="another address",
        ),
    ],
)
def test_each_event_says_what_happened_and_to_which_contacts(
    told: dict[str, Any], happening: str, ids: tuple[str, ...]
) -> None:
    (found,) = read(told)
    assert (found.portal_id, found.happening, found.contact_ids) == ("4242", happening, ids)


@pytest.mark.parametrize(
    "told",
    [
        event("contact.creation"),
        event("company.deletion"),
        event("object.deletion", objectTypeId="0-2"),
        event("contact.propertyChange", propertyName="city"),
        {"portalId": 1},
    ],
    ids=["creation", "company", "object of another type", "another property", "no subscription"],
)
def test_what_is_not_about_a_contacts_life_is_left_out(told: dict[str, Any]) -> None:
    assert read(told, event("contact.deletion")) == read(event("contact.deletion"))


@pytest.mark.parametrize(
    "body",
    [
        b"not JSON",
        b"[" * 100_000,
        b"7",
        b'["contact.deletion"]',
        json.dumps([event("contact.deletion", objectId=None)]).encode(),
        json.dumps([event("contact.deletion", objectId=[101])]).encode(),
        json.dumps([event("contact.deletion", portalId={})]).encode(),
    ],
    ids=["text", "deep", "number", "no objects", "no id", "odd id", "odd portal"],
)
def test_an_unreadable_delivery_says_so_without_its_content(body: bytes) -> None:
    with pytest.raises(UnreadableDelivery) as refused:
        parse_contact_events(body)
    assert "101" not in str(refused.value)
