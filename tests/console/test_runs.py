"""A run's page: how far it is, what it changes, who fails for what, and trying those again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.tables import occurrence_person, run, run_change
from tests.console.desk import NOW, Desk, assert_inert
from tests.console.test_pages import NASTY

REFUSED = "Property values were not valid: phone 0{n} of p{n}@x.no is too short"


@pytest.mark.parametrize(
    ("values", "words", "moves"),
    [
        ({"state": "queued", "started_at": None}, ["Queued", "not started yet"], True),
        (
            {"state": "running", "done": 60, "total": 240},
            ["Running", "60 of 240 steps", "so far 2 min", "about 6 min left"],
            True,
        ),
        ({"state": "running", "done": 3, "total": 240}, ["Running", "3 of 240 steps"], True),
        (
            {"state": "running", "done": 60, "total": 60, "is_dry": True, "trigger": "preview"},
            ["Running", "60 people looked at"],
            True,
        ),
        ({"state": "done", "done": 240, "total": 240}, ["Done", "took 1 min"], False),
        (
            {"state": "failed", "message": "HubSpot answered 403."},
            ["Failed", "HubSpot answered 403."],
            False,
        ),
        ({"state": "superseded"}, ["Superseded", "another run took over"], False),
    ],
    ids=["queued", "running", "just begun", "dry", "done", "failed", "superseded"],
)
def test_S30_a_run_says_how_far_it_is_and_moves_only_while_it_goes_on(
    desk: Desk,
    request: pytest.FixtureRequest,
    values: dict[str, Any],
    words: list[str],
    moves: bool,
) -> None:
    name = request.node.callspec.id
    _, place = desk.webinar(zoom_people=1204, report_rows=1377)
    if moves:
        begun = datetime.now(UTC) - timedelta(minutes=2)
        values = {"finished_at": None, "started_at": begun, **values}
    desk.run(f"state-{name}", place, **values)
    page = desk.page(f"/console/runs/state-{name}")
    text = " ".join(page.text.split())
    for word in words:
        assert word in text
    assert ("left at this pace" in text) == (name == "running")
    assert "People 1,204 Times somebody came 1,377" in text
    (moving,) = [attrs for _, attrs in page.tags if attrs.get("id") == "run"]
    assert (moving.get("hx-trigger") == "every 2s") is moves
    part = desk.browser.get(f"/console/runs/state-{name}/progress", headers={"HX-Request": "true"})
    assert "<html" not in part.text and words[0] in part.text
    assert ('hx-swap-oob="innerHTML"' in part.text) is True
    again = desk.browser.get(str(moving["hx-get"])) if moves else part
    assert ("hx-swap-oob" in again.text) is not moves


def test_source_and_destination_stand_apart_each_count_by_its_name(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    counts = dict.fromkeys(("created", "updated", "unchanged", "excluded"), 3)
    rest = {"failed": 4, "withdrawn": 5, "cannot_change": 6, "unconfirmed": 7}
    desk.run("first", place, created_at=NOW - timedelta(hours=1))
    desk.run("counted", place, **counts, **rest)
    text = desk.text("/console/runs/counted")
    assert text.index("From Zoom") < text.index("To HubSpot")
    assert "Read by this run" in text
    for line in ("Created 3", "Failed 4", "Withdrawn 5", "Cannot change 6", "Unconfirmed 7"):
        assert line in text
    page = desk.page("/console/runs/counted")
    assert "/console/runs/first" in page.links()
    assert f"/console/webinars/{webinar_id}/people?outcome=failing" in page.links()
    assert "/console/runs/counted" not in desk.page("/console/runs/first").links()


def test_who_fails_is_grouped_by_cause_and_all_of_a_cause_are_tried_again(desk: Desk) -> None:
    _, place = desk.webinar()
    refused = {"outcome": "failing", "reason": "rejected"}
    people = [{"email": f"p{n}@x.no", "detail": REFUSED.format(n=n), **refused} for n in range(5)]
    other = {"email": "q@x.no", "detail": "a plugin stumbled", "outcome": "failing"}
    desk.people(place, *people, {**other, "reason": "plugin_failed"}, {"email": "fine@x.no"})
    desk.run("failing", place)
    text = desk.text("/console/runs/failing")
    assert "HubSpot refused: 5 people" in text
    assert "A plugin failed: 1 person" in text
    assert "p0@x.no" in text and "p2@x.no" in text and "p3@x.no" not in text
    page = desk.browser.get("/console/runs/failing").text
    cause = page.split('name="cause" value="')[1].split('"')[0]
    shown = desk.do("/console/runs/failing/retry", cause=cause)
    assert "What failed is tried again." in shown and "Queued" in shown
    tried = [row["email"] for row in desk.rows(occurrence_person, occurrence_pk=place, dirty=1)]
    assert sorted(tried) == [f"p{n}@x.no" for n in range(5)]
    (opened,) = desk.rows(run, occurrence_pk=place, state="queued")
    assert opened["trigger"] == "hand"
    desk.do("/console/runs/failing/retry")
    assert len(desk.rows(occurrence_person, occurrence_pk=place, dirty=2)) == 5
    answer = desk.send("/console/runs/failing/retry", cause="0" * 16)
    assert answer.status_code == 409 and "Nobody fails for this any more" in answer.text


def test_B03_a_dry_run_says_in_a_sentence_what_it_would_do_and_offers_it(desk: Desk) -> None:
    _, place = desk.webinar()
    counts = {"created": 3, "updated": 18, "unchanged": 391, "excluded": 2, "cannot_change": 4}
    dry = {"is_dry": True, "trigger": "preview", "total": 412, "done": 412}
    desk.run("dry", place, **dry, **counts)
    desk.put(
        run_change,
        run_id="dry",
        email="a@x.no",
        effect="decision",
        before="sync",
        after="excluded: excluded_domain",
    )
    desk.put(
        run_change,
        run_id="dry",
        email="a@x.no",
        effect="contact",
        property="rollcall_registration_count",
        before="1",
        after="2",
    )
    page = desk.page("/console/runs/dry")
    text = " ".join(page.text.split())
    assert (
        "Would create 3, update 18, leave 391, exclude 2, withdraw 0 (4 cannot be withdrawn)."
        in text
    )
    assert "a@x.no Decision Synced Excluded: excluded domain" in text
    assert "Contact Total number of Zoom webinar registrations 1 2" in text
    assert "Do it now" in text and "Back to the webinar" in text
    desk.run("tried", place, settings_patch={"recreate_deleted": True}, **dry)
    text = desk.text("/console/runs/tried")
    assert "Do it now" not in text and "open the settings" in text
    assert "Nothing would change" in text


def test_changes_come_page_by_page(desk: Desk) -> None:
    _, place = desk.webinar()
    desk.run("long", place)
    for n in range(51):
        desk.put(run_change, run_id="long", email=f"n{n:02}@x.no", effect="register", after="x")
    first = desk.page("/console/runs/long")
    assert "n49@x.no" in first.text and "n50@x.no" not in first.text
    (more,) = [path for path in first.links() if "after=" in path]
    second = desk.text(more)
    assert "n50@x.no" in second and "n49@x.no" not in second


def test_lines_that_are_no_longer_kept_are_not_taken_for_none(desk: Desk) -> None:
    _, place = desk.webinar()
    desk.run("old", place, finished_at=NOW - timedelta(days=31), updated=3)
    text = desk.text("/console/runs/old")
    assert "kept for 30 days and are gone" in text and "Nothing had to be changed" not in text


def test_X11_what_strangers_typed_is_shown_as_text(desk: Desk) -> None:
    _, place = desk.webinar()
    desk.people(
        place,
        {
            "email": NASTY,
            "outcome": "failing",
            "reason": NASTY,
            "detail": NASTY,
            "first_name": NASTY,
        },
    )
    desk.run("nasty", place, message=NASTY, state="failed")
    desk.put(
        run_change, run_id="nasty", email=NASTY, effect=NASTY[:32], property=NASTY, before=NASTY
    )
    page = desk.browser.get("/console/runs/nasty").text
    assert_inert(page)
    assert page.count("&lt;script&gt;") >= 5


def test_another_portals_run_is_not_there(desk: Desk) -> None:
    for path in ("/console/runs/nobodys", "/console/runs/nobodys/progress"):
        assert desk.browser.get(path).status_code == 404
