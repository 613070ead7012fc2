"""The pages a person watches."""

from __future__ import annotations

from typing import Any

import requests


def page(api: Any, path: str) -> str:
    answer = requests.get(f"{api.base_url}{path}", timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_contacts_are_found_by_part_of_any_address_and_their_text_is_escaped(api: Any) -> None:
    api.add_contacts(
        {"email": "ada@x.de", "hs_additional_emails": "byron@y.de", "lastname": "<b>Byron</b>"},
        {"email": "bob@x.de"},
    )
    found = page(api, f"/portals/{api.portal_id}/contacts?email=BYRON")
    assert "ada@x.de" in found
    assert "bob@x.de" not in found
    assert "&lt;b&gt;Byron&lt;/b&gt;" in found


def test_a_contact_shows_its_timeline_newest_first(api: Any) -> None:
    (contact_id,) = api.add_contacts({"email": "ada@x.de"})
    for number, day in (("1", "01"), ("2", "02")):
        event = {
            "id": f"reg:{number}",
            "eventTypeName": "registered",
            "objectId": contact_id,
            "properties": {"webinar_name": f"Launch {number}"},
            "timestamp": f"2026-11-{day}T08:00:00Z",
        }
        api.call("POST", "/integrators/timeline/2026-03/events", event)
    text = page(api, f"/hubspot/app/contacts/{api.portal_id}/record/0-1/{contact_id}")
    assert 0 < text.index("Launch 2") < text.index("Launch 1")


def test_marketing_events_show_counts_and_participants(api: Any) -> None:
    (contact_id,) = api.add_contacts({"email": "ada@x.de"})
    base = "/marketing/marketing-events/2026-03"
    event = {"eventName": "Launch", "eventOrganizer": "Acme", "externalAccountId": "acc"}
    api.call("PUT", f"{base}/events/77-0", event)
    api.call(
        "POST",
        f"{base}/attendance/77-0/register/create?externalAccountId=acc",
        {"inputs": [{"vid": int(contact_id), "interactionDateTime": 1_795_000_000_000}]},
    )
    text = page(api, f"/portals/{api.portal_id}/marketing-events")
    assert "1 registered · 0 attended" in text
    assert f'href="/portals/{api.portal_id}/contacts/{contact_id}"' in text


def test_home_lists_portals_and_the_journal_lists_calls(api: Any) -> None:
    api.call("GET", "/account-info/2026-03/details")
    assert f">{api.portal_id}</a>" in page(api, "/")
    assert "/hubspot/account-info/2026-03/details" in page(api, "/journal")


def test_what_is_not_there_is_404(api: Any) -> None:
    for path in ("/portals/1/contacts", f"/portals/{api.portal_id}/contacts/1"):
        assert requests.get(f"{api.base_url}{path}", timeout=10).status_code == 404
