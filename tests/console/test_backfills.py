"""Backfills: the horizon, a preview of what Zoom still has, and how far one is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from console.horizon import WIDTH, draw_horizon
from store.tables import backfill, backfill_webinar
from tests.console.desk import NOW, Desk, assert_inert
from tests.console.test_pages import NASTY
from tests.oauth.support import PORTAL

PAGES = "/console/backfills"
WEBINARS = (
    ("Spring", 30, "everything", "", "waiting"),
    ("Winter", 300, "registrants_only", "who attended, and for how long", "waiting"),
    ("Ancient", 360, "nothing", "all of it", "nothing"),
    ("Ours", 10, "everything", "", "known"),
)


def day(days: int) -> str:
    return (NOW - timedelta(days=days)).date().isoformat()


def add_backfill(desk: Desk, backfill_id: str, state: str, **values: Any) -> None:
    """A backfill since 330 days ago that found four webinars."""
    desk.change(backfill, [row["id"] for row in desk.rows(backfill)], state="stopped")
    common = {
        "portal_id": str(PORTAL),
        "since": NOW - timedelta(days=330),
        "webinar_ids": [],
        "account_ids": [],
        "not_before": NOW,
        "created_at": NOW,
        "state": state,
    }
    desk.put(backfill, id=backfill_id, **{**common, **values})
    for number, (topic, ago, kept, lost, how_far) in enumerate(WEBINARS):
        desk.put(
            backfill_webinar,
            backfill_id=backfill_id,
            portal_id=str(PORTAL),
            account_id="z",
            webinar_id=f"9220000000{number}",
            topic=topic,
            host_id="h",
            host_email="",
            starts_at=NOW - timedelta(days=ago),
            sessions=[],
            kept=kept,
            lost=lost,
            is_known=how_far == "known",
            state=how_far,
        )


def test_B14_the_first_day_is_asked_for_beside_the_horizon_in_quiet_mode(desk: Desk) -> None:
    page = desk.page(PAGES)
    text = " ".join(page.text.split())
    assert "keeps attendance reports for six months" in text
    assert "registrants only" in text and "everything" in text
    assert "your workflows can leave these contacts out" in text
    fields = {str(a["id"]): a for tag, a in page.tags if tag == "input" and "id" in a}
    assert fields["since"]["type"] == "date" and "checked" in fields["quiet"]
    drawn = [a for tag, a in page.tags if tag == "svg"]
    assert [a["role"] for a in drawn] == ["img"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"since": day(-2)}, "Not in the future"),
        ({"since": day(800)}, "The earliest is"),
        ({"since": NASTY}, "Not a valid date"),
        ({"since": day(9), "webinars": "12 x"}, "Not a webinar id of Zoom"),
    ],
    ids=["to come", "too old", "no day", "no webinar"],
)
def test_B14_what_is_wrong_is_said_beside_the_field_and_stays_as_typed(
    desk: Desk, form: dict[str, str], words: str
) -> None:
    answer = desk.send(PAGES, **form)
    assert answer.status_code == 400
    assert words in answer.text and 'aria-invalid="true"' in answer.text
    assert "-complaint" in answer.text
    if NASTY in form.values():
        assert_inert(answer.text)


def test_B14_a_preview_shows_what_is_left_of_each_webinar_and_begins_the_backfill(
    desk: Desk,
) -> None:
    shown = desk.do(PAGES, since=day(300), quiet="yes", mode="preview")
    assert "Nothing is written" in shown and "Reading Zoom's history" in shown
    add_backfill(desk, "looked", "done", is_dry=True, is_quiet=True, finished_at=NOW)
    text = desk.text(f"{PAGES}/looked")
    assert "4 webinars found" in text and "2 everything" in text and "1 registrants only" in text
    assert "Registrants only lost: who attended, and for how long" in text
    assert "synced without a backfill" in text and "Bring in 2 webinars" in text
    circles = [a for tag, a in desk.page(f"{PAGES}/looked").tags if tag == "circle"]
    assert len(circles) == len(WEBINARS)
    refused = desk.send(PAGES, since=day(300), quiet="yes", mode="start")
    assert refused.status_code == 409 and "Webinar sync is off" in refused.text
    desk.settings(webinar_sync="all")
    assert "The backfill has begun." in desk.do(PAGES, since=day(300), quiet="yes", mode="start")
    (going,) = [row for row in desk.rows(backfill, is_dry=False) if row["state"] == "finding"]
    assert going["is_quiet"] is True
    stopped = desk.do(f"{PAGES}/{going['id']}/stop")
    assert "no other is begun" in stopped


def test_B14_progress_moves_while_it_goes_on_and_brings_the_webinars_at_the_end(
    desk: Desk,
) -> None:
    add_backfill(desk, "going", "syncing", is_quiet=True)
    page = desk.page(f"{PAGES}/going")
    (moving,) = [a for _, a in page.tags if a.get("id") == "backfill"]
    assert moving["hx-trigger"] == "every 2s"
    text = " ".join(page.text.split())
    assert "0 of 2 webinars brought in" in text and "Unconfirmed 0" in text
    part = desk.browser.get(str(moving["hx-get"])).text
    assert "hx-swap-oob" not in part and "<html" not in part
    add_backfill(desk, "ended", "failed", message="HubSpot answered 403.")
    part = desk.browser.get(f"{PAGES}/ended/progress").text
    assert "every 2s" not in part and 'id="webinars" hx-swap-oob="true"' in part
    assert "HubSpot answered 403." in part


def test_B14_a_member_may_look_and_not_begin(desk: Desk) -> None:
    member = desk.member()
    assert member.browser.get(PAGES).status_code == 200
    answer = member.send(PAGES, since=day(9))
    assert answer.status_code == 403 and "Only a super admin" in answer.text


def test_X11_what_zoom_calls_a_webinar_is_text(desk: Desk) -> None:
    add_backfill(desk, "nasty", "failed", message=NASTY)
    keys = [row["id"] for row in desk.rows(backfill_webinar, backfill_id="nasty")]
    desk.change(backfill_webinar, keys, topic=NASTY, host_email=NASTY, message=NASTY, lost=NASTY)
    page = desk.browser.get(f"{PAGES}/nasty").text
    assert_inert(page)
    assert desk.browser.get(f"{PAGES}/nobodys").status_code == 404


def test_B14_the_bar_is_drawn_to_scale_within_its_borders() -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    year = timedelta(days=365)
    drawn = draw_horizon(
        earliest=now - year,
        reports_since=now - year / 2,
        since=now - 2 * year,
        now=now,
        webinars=[now - year / 4, now + year],
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert drawn.border.x == WIDTH / 2
    assert drawn.since.x == drawn.left and drawn.webinars[1] == drawn.right
    assert drawn.webinars[0] == pytest.approx((drawn.border.x + drawn.right) / 2)
    assert drawn.since.words == "1 Jul 2024"
    places = [mark.x for mark in drawn.months]
    assert all(b - a >= 70 for a, b in pairwise(places))
