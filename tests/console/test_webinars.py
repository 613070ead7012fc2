"""The list of webinars: how each stands, its people by outcome, and what can be done from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import render_template

from store.tables import run, webinar
from tests.console.desk import NOW, Desk
from tests.console.stored import change, sync_all
from tests.console.test_pages import NASTY, Tags, assert_inert


@pytest.fixture(autouse=True, scope="module")
def synced(desk: Desk) -> None:
    """Everybody's webinars are synced."""
    sync_all(desk)


def row_of(desk: Desk, webinar_id: str, query: str = "") -> str:
    """The webinar's row, as text."""
    page = desk.browser.get(f"/console/webinars?search={webinar_id}{query}").text
    rows = page.split("<tbody>")[-1].split("<tr>")[1:]
    return " ".join(Tags(rows[0]).text.split()) if rows else ""


def test_S22_a_row_says_how_the_webinar_stands_and_when_it_is_final(desk: Desk) -> None:
    webinar_id, place = desk.webinar(zoom_people=2)
    desk.people(
        place,
        {"email": "list-a@x.no"},
        {"email": "list-b@x.no", "outcome": "failing", "reason": "rejected"},
    )
    row = row_of(desk, webinar_id)
    assert f"{webinar_id}, host0@acme.example" in row
    assert "Needs attention 1 0 1 0" in row.replace("! ", "")
    assert "final" in row
    settling, _ = desk.webinar(settled_at=None, ended_at=NOW, zoom_people=None)
    assert "CE" in row_of(desk, settling)  # still to come: a moment in the portal's zone


def test_S22_counters_lead_to_the_people_they_count(desk: Desk) -> None:
    webinar_id, _ = desk.webinar()
    links = desk.page(f"/console/webinars?search={webinar_id}").links()
    for outcome in ("in_sync", "excluded", "failing", "waiting"):
        assert f"/console/webinars/{webinar_id}/people?outcome={outcome}" in links


def test_S22_the_list_is_narrowed_to_a_status_and_says_so_when_none_stands_so(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    desk.people(place, {"email": "held@x.no", "outcome": "waiting", "reason": "held_secondary"})
    assert row_of(desk, webinar_id, "&sync_status=attention")
    assert not row_of(desk, webinar_id, "&sync_status=healthy")
    page = desk.page("/console/webinars?sync_status=attention")
    assert "/console/webinars?sync_status=attention" in page.links()
    assert "No webinar stands so" in desk.text("/console/webinars?sync_status=syncing")
    assert "none has this number" in desk.text("/console/webinars?search=nothing-of-the-kind")


def test_S23_S30_beside_each_webinar_are_its_audit_log_and_sync_now(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    page = desk.page(f"/console/webinars?search={webinar_id}")
    panels = [attrs["hx-get"] for _, attrs in page.tags if "hx-get" in attrs]
    assert panels == [f"/console/webinars/{webinar_id}/audit"]
    answer = desk.send(f"/console/webinars/{webinar_id}/sync")
    assert answer.status_code == 303
    (row,) = desk.rows(run, occurrence_pk=place)
    assert answer.headers["Location"] == f"/console/runs/{row['group_id']}"
    assert (row["trigger"], row["must_read"]) == ("sync_now", True)


def test_F9_the_list_goes_on_from_page_to_page(desk: Desk) -> None:
    for _ in range(3):
        desk.webinar(start_at=NOW - timedelta(days=400))
    seen: list[str] = []
    path = "/console/webinars?limit=2"
    while path:
        page = desk.page(path)
        seen += [link for link in page.links() if link.count("/") == 3 and link[-1].isdigit()]
        path = next((link for link in page.links() if "after=" in link), "")
        assert "&limit" not in path
        path = path and f"{path}&limit=2"
    assert len(seen) == len(set(seen)) == len(desk.rows(webinar))


def test_X11_whatever_zoom_calls_a_webinar_is_text(desk: Desk) -> None:
    webinar_id, _ = desk.webinar()
    (row,) = [one for one in desk.rows(webinar) if one["webinar_id"] == webinar_id]
    change(desk, webinar, row["id"], topic=NASTY, host_email=NASTY)
    assert_inert(desk.browser.get(f"/console/webinars?search={webinar_id}").text)
    assert "<script>alert" in desk.text(f"/console/webinars?search={webinar_id}")


@pytest.mark.parametrize(
    ("reason", "path"),
    [
        ("global_off", "/console/settings"),
        ("host_domain_excluded", "/console/settings/exclusions"),
        ("recordings_domain_excluded", "/console/settings/exclusions"),
        ("plugin_unavailable", "/console/settings/plugins"),
        ("plugin_failed", "/console/settings/plugins"),
        ("question_unmapped", "/console/settings/questions/95"),
    ],
)
def test_S24_a_warnings_button_leads_to_the_very_page_that_mends_it(
    desk: Desk, reason: str, path: str
) -> None:
    action = {"name": "open_settings", "label": "Open", "filters": {}}
    warning = {"reason": reason, "action": action, "occurrence_id": None}
    webinar_shown = {"id": "95", "occurrences": []}
    with desk.site.app.test_request_context():
        button = render_template("parts/action.html", webinar=webinar_shown, one=warning)
    assert list(Tags(button).links()) == [path]
