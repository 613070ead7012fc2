"""B14: asking for a backfill, what is refused, and how it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from store.database import writing
from store.settings import save_settings
from store.tables import backfill, backfill_webinar, connection
from tests.api.conftest import NOW, PORTAL, Calls, HubSpotCaller

SINCE = (NOW - timedelta(days=100)).date().isoformat()


@pytest.fixture(autouse=True)
def synced(engine: Engine) -> None:
    """Webinars of the portal are synced."""
    with writing(engine) as to:
        save_settings(to, PORTAL, {"webinar_sync": "all"}, "7", NOW, {})


def start(who: HubSpotCaller, status: int = 202, **body: Any) -> dict[str, Any]:
    answer = who.call("POST", "/api/backfills", {"since": SINCE, **body})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_B14_a_backfill_is_taken_on_and_can_be_watched(admin: HubSpotCaller, calls: Calls) -> None:
    backfill_id = start(admin)["backfill_id"]
    assert calls.rung == ["bulk"]
    shown = admin.get(f"/api/backfills/{backfill_id}")
    assert (shown["state"], shown["dry_run"], shown["quiet"]) == ("finding", False, True)
    assert (shown["since"], shown["progress"]) == (SINCE, {"done": 0, "total": 4})
    assert shown["horizon"]["reports_since"].startswith("2025-09-08")
    assert [one["id"] for one in admin.all("/api/backfills")] == [backfill_id]
    assert admin.all(f"/api/backfills/{backfill_id}/webinars") == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param({"since": "2026-03-11"}, "since: Not in the future", id="B14 future"),
        pytest.param({"since": "2024-01-01"}, "since: Zoom keeps nothing", id="B14 too old"),
        pytest.param({"since": "last year"}, "since", id="B14 no date"),
        pytest.param({"since": None}, "since", id="B14 no since"),
        pytest.param({"webinars": ["spring"]}, "webinars.0: Not a webinar id", id="B14 no id"),
        pytest.param({"from": SINCE}, "from", id="B14 unknown key"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    admin: HubSpotCaller, body: dict[str, Any], told: str
) -> None:
    refusal = start(admin, 400, **body)
    assert any(told in error for error in refusal["errors"]), refusal


@pytest.mark.parametrize(
    ("platform", "told"),
    [
        pytest.param("zoom", "Zoom is not connected", id="B14 Zoom"),
        pytest.param("hubspot", "Connect HubSpot again", id="B14 HubSpot"),
    ],
)
def test_without_both_platforms_nothing_is_begun(
    admin: HubSpotCaller, engine: Engine, platform: str, told: str
) -> None:
    with writing(engine) as to:
        lost = update(connection).where(connection.c.platform == platform)
        to.execute(lost.values(status="reconnect"))
    assert told in start(admin, 409, dry_run=True)["message"]


def test_B14_with_sync_off_only_a_preview_is_possible_and_the_switch_is_named(
    admin: HubSpotCaller, engine: Engine
) -> None:
    with writing(engine) as to:
        save_settings(to, PORTAL, {"webinar_sync": "none"}, "7", NOW, {})
    assert start(admin, 409)["errors"] == ["webinar_sync: Is `none`."]
    start(admin, dry_run=True)


def test_B14_the_same_asked_twice_is_one_and_another_has_to_wait_or_the_first_is_stopped(
    admin: HubSpotCaller, engine: Engine
) -> None:
    preview = start(admin, dry_run=True)["backfill_id"]
    assert start(admin, dry_run=True)["backfill_id"] == preview
    first = start(admin, webinars=["95000000009", "95000000001"])["backfill_id"]
    assert [one["id"] for one in admin.all("/api/backfills")] == [first]
    again = start(admin, webinars=["95000000001", "95000000009", "95000000001"])
    assert again["backfill_id"] == first
    for other in ({}, {"dry_run": True}, {"quiet": False}):
        assert first in start(admin, 409, **other)["message"]

    stopped = admin.call("DELETE", f"/api/backfills/{first}").json
    assert stopped["state"] == "stopping"
    assert first in start(admin, 409, webinars=["95000000001", "95000000009"])["message"]
    with writing(engine) as to:
        to.execute(update(backfill).values(state="stopped", finished_at=NOW))
    second = start(admin)["backfill_id"]
    page = admin.get("/api/backfills", limit=1)
    assert len({second, first}) == 2
    assert page["paging"]["next"]
    assert {one["id"] for one in admin.all("/api/backfills", limit=1)} == {first, second}


def test_B14_webinars_are_paged_and_their_counts_add_up(
    admin: HubSpotCaller, engine: Engine
) -> None:
    backfill_id = start(admin)["backfill_id"]
    rows = [
        {"kept": "everything", "state": "waiting", "starts_at": NOW - timedelta(days=9)},
        {"kept": "everything", "state": "done", "starts_at": NOW - timedelta(days=8)},
        {"kept": "registrants_only", "state": "left_out", "left_out": "user_off"},
        {"kept": "", "state": "found", "starts_at": NOW - timedelta(days=9)},
    ]
    with writing(engine) as to:
        for number, row in enumerate(rows):
            common = {"backfill_id": backfill_id, "portal_id": PORTAL, "account_id": "zoom-account"}
            about = {"webinar_id": f"9500000000{number}", "sessions": []}
            to.execute(backfill_webinar.insert().values(**common, **about, **row))
        to.execute(update(backfill).values(state="syncing"))
    path = f"/api/backfills/{backfill_id}/webinars"
    pages = admin.all(path, limit=1)
    assert pages == admin.all(path)
    assert [one["webinar_id"][-1] for one in pages] == ["1", "3", "0", "2"]
    assert (pages[3]["left_out"], pages[3]["start_time"]) == ("user_off", None)
    assert pages[1]["kept"] is None
    shown = admin.get(f"/api/backfills/{backfill_id}")
    assert shown["counts"]["found"] == sum(shown["counts"]["states"].values()) == len(rows)
    assert shown["counts"]["kept"]["everything"] == 2
    assert shown["progress"] == {"done": 1, "total": 2}


def test_B14_only_a_super_admin_begins_or_stops_one_and_no_other_portal_sees_it(
    admin: HubSpotCaller, member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    start(member, 403)
    backfill_id = start(admin)["backfill_id"]
    path = f"/api/backfills/{backfill_id}"
    assert member.get(path)["state"] == "finding"
    assert member.call("DELETE", path).status_code == 403
    assert stranger.all("/api/backfills") == []
    for method, rest in (("GET", ""), ("GET", "/webinars"), ("DELETE", "")):
        assert stranger.call(method, path + rest).status_code == 404
    with engine.connect() as to:
        assert to.execute(select(backfill.c.author, backfill.c.state)).all() == [("7", "finding")]
