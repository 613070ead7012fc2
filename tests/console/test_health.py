"""Health: what is wrong on top, with its remedy and button; parked deliveries replayed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from store.tables import connection as connections
from store.tables import inbox
from tests.console.desk import NOW, Desk, assert_inert
from tests.console.test_pages import NASTY
from tests.oauth.support import ACCOUNT, OTHER_ACCOUNT, PORTAL

HEALTH = "/console/health"


def deliver(desk: Desk, number: str, **values: Any) -> int:
    common = {
        "source": "zoom",
        "account_id": ACCOUNT,
        "digest": number,
        "body": b"sealed",
        "event": "webinar.ended",
        "received_at": NOW - timedelta(days=3),
        "state": "done",
    }
    return int(desk.put(inbox, **{**common, **values}))


def park(desk: Desk, number: str, **values: Any) -> int:
    return deliver(
        desk, number, state="dead", attempts=9, **{"error": "could not be read", **values}
    )


def test_when_all_is_well_it_says_so_and_shows_each_connection(desk: Desk) -> None:
    desk.change(inbox, [row["id"] for row in desk.rows(inbox)], state="done")
    deliver(desk, "last")
    text = desk.text(HEALTH)
    assert "✓ All is well" in text
    assert f"HubSpot {PORTAL} ✓ Connected" in text and f"Zoom {ACCOUNT} ✓ Connected" in text
    assert "3 days ago" in text
    assert "Runs under way 0" in text
    assert "Alerts on their way none" in text


def test_P12_a_parked_delivery_is_shown_with_its_reason_and_replayed(desk: Desk) -> None:
    one = park(desk, "one", error="Zoom left out the webinar's id.")
    two = park(desk, "two")
    hidden = park(desk, "hidden", account_id=OTHER_ACCOUNT, error="not for everybody")
    text = desk.text(HEALTH)
    assert "What it means:" in text and "How to fix it:" in text and "Replay all" in text
    assert "Zoom left out the webinar's id." in text and "not for everybody" not in text
    shown = desk.do(f"{HEALTH}/replay", delivery=str(one))
    assert "Replayed: it is merged within seconds" in shown
    assert "Zoom left out the webinar's id." not in shown
    assert desk.rows(inbox, id=two)[0]["state"] == "dead"
    assert "what still cannot be made use of is parked again" in desk.do(f"{HEALTH}/replay")
    assert desk.rows(inbox, id=two)[0]["state"] == "new"
    assert desk.rows(inbox, id=hidden)[0]["state"] == "dead"
    answer = desk.send(f"{HEALTH}/replay", delivery=str(hidden))
    assert answer.status_code == 404 and "no such delivery" in answer.text


def test_replaying_needs_a_super_admin_and_says_so(desk: Desk) -> None:
    one = park(desk, "kept")
    member = desk.member()
    assert "Replaying needs a super admin" in member.text(HEALTH)
    answer = member.send(f"{HEALTH}/replay", delivery=str(one))
    assert answer.status_code == 403 and "Only a super admin" in answer.text
    assert desk.rows(inbox, id=one)[0]["state"] == "dead"


def test_a_connection_that_ended_has_the_way_back_beside_it(desk: Desk) -> None:
    keys = [row["id"] for row in desk.rows(connections, platform="zoom")]
    desk.change(connections, keys, status="reconnect")
    page = desk.page(HEALTH)
    text = " ".join(page.text.split())
    assert "Zoom has to be connected again" in text and "Has to be connected again" in text
    assert "button" in page.links()["/oauth/zoom/install"]
    desk.change(connections, keys, status="connected")


def test_X11_what_platforms_sent_is_text(desk: Desk) -> None:
    park(desk, "nasty", event=NASTY[:60], error=NASTY)
    page = desk.browser.get(HEALTH).text
    assert_inert(page)
    assert "&lt;script&gt;alert" in page
