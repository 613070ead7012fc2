"""A webinar's own pages: does it balance, when is it final, who was there; its switches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store.tables import instance, occurrence, recording, recording_file, session, webinar
from tests.api.conftest import ENDED, add_webinar
from tests.console.desk import NOW, Desk
from tests.console.stored import change, sync_all
from tests.console.test_pages import NASTY, assert_inert
from tests.oauth.support import PORTAL

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True, scope="module")
def synced(desk: Desk) -> None:
    """Everybody's webinars and recordings are synced."""
    sync_all(desk)


def hold(desk: Desk, place: int, *spans: tuple[int, int]) -> list[int]:
    """Sessions from minute to minute after the start; their keys."""
    begin = ENDED - HOUR
    return [
        desk.put(
            instance,
            portal_id=str(PORTAL),
            occurrence_pk=place,
            uuid=f"{place}-{number}==",
            started_at=begin + timedelta(minutes=start),
            ended_at=begin + timedelta(minutes=end),
        )
        for number, (start, end) in enumerate(spans)
    ]


def stay(desk: Desk, place: int, room: int, email: str, start: int, end: int) -> None:
    begin = ENDED - HOUR
    desk.put(
        session,
        occurrence_pk=place,
        instance_pk=room,
        row_key=f"{room}-{email}-{start}",
        email=email,
        joined_at=begin + timedelta(minutes=start),
        left_at=begin + timedelta(minutes=end),
        seconds=(end - start) * 60,
        read_number=1,
    )


class TestSummary:
    @pytest.mark.parametrize(
        ("zoom_people", "words"),
        [
            (3, "3 in Zoom = 1 in sync + 1 excluded + 1 failing + 0 waiting ✓ balances"),
            (4, "– 1 not explained"),
            (None, "Zoom has not said yet how many people there are"),
        ],
        ids=["balances", "a remainder", "not read"],
    )
    def test_B02_the_balance_is_one_line(
        self, desk: Desk, zoom_people: int | None, words: str
    ) -> None:
        webinar_id, place = desk.webinar(zoom_people=zoom_people)
        desk.people(
            place,
            {"email": f"{place}a@x.no"},
            {"email": f"{place}b@x.no", "outcome": "excluded", "reason": "role"},
            {"email": f"{place}c@x.no", "outcome": "failing", "reason": "rejected"},
        )
        assert words in desk.text(f"/console/webinars/{webinar_id}")

    @pytest.mark.parametrize(
        ("values", "is_held", "words"),
        [
            ({"ended_at": NOW - 100 * HOUR}, True, "Final since"),
            ({"ended_at": NOW - HOUR, "settled_at": NOW}, True, "Settled"),
            (
                {
                    "ended_at": NOW - HOUR,
                    "settled_at": None,
                    "next_read_at": NOW + HOUR,
                    "read_problem": "its attendance report is not ready yet",
                },
                True,
                "So far: its attendance report is not ready yet. Zoom is read next",
            ),
            (
                {"ended_at": NOW - 200 * HOUR, "settled_at": None, "next_read_at": NOW + HOUR},
                True,
                "Overdue: the numbers should have been final",
            ),
            (
                {"start_at": NOW + HOUR, "ended_at": None, "settled_at": None},
                False,
                "Has not taken place yet. Its numbers will be final",
            ),
            ({"status": "cancelled", "settled_at": None}, False, "This date was cancelled"),
        ],
        ids=["final", "settled", "not settled", "overdue", "to come", "cancelled"],
    )
    def test_B06_B20_it_says_when_the_numbers_are_final_and_why_not_yet(
        self, desk: Desk, values: dict[str, Any], is_held: bool, words: str
    ) -> None:
        webinar_id, place = desk.webinar(**values)
        if is_held:
            hold(desk, place, (0, 60))
        assert words in desk.text(f"/console/webinars/{webinar_id}")

    def test_S24_S30_warnings_have_their_buttons_and_sync_now_says_what_it_does(
        self, desk: Desk
    ) -> None:
        webinar_id, place = desk.webinar()
        desk.people(place, {"email": f"{place}@x.no", "outcome": "excluded", "reason": "no_email"})
        page = desk.page(f"/console/webinars/{webinar_id}")
        text = " ".join(page.text.split())
        assert "Some webinar data did not sync What it means:" in text
        assert "How to fix it:" in text
        where = f"/console/webinars/{webinar_id}"
        assert f"{where}/people?outcome=excluded&reason=no_email" in page.links()
        assert {f"{where}/preview", f"{where}/replay"} <= set(page.links())
        (button,) = [a for tag, a in page.tags if a.get("aria-describedby") == "sync-says"]
        assert button
        assert "entries on a timeline cannot be changed once they are there" in text

    def test_B05_the_pictures_show_the_restart_and_the_funnel_and_have_tables_behind(
        self, desk: Desk
    ) -> None:
        webinar_id, place = desk.webinar()
        first, second = hold(desk, place, (0, 20), (30, 60))
        for room, email, start, end in [
            (first, "ada@x.no", 0, 20),
            (first, "ben@x.no", 5, 15),
            (second, "ada@x.no", 30, 60),
        ]:
            stay(desk, place, room, email, start, end)
        desk.people(
            place,
            {"email": f"{place}f@x.no", "attended_seconds": 3000, "attended_percent": 83.0},
            {"email": f"{place}g@x.no", "attended_seconds": 600, "attended_percent": 16.0},
        )
        page = desk.page(f"/console/webinars/{webinar_id}")
        pictures = [a for tag, a in page.tags if tag == "svg"]
        assert [a["role"] for a in pictures] == ["img", "img"]
        assert [tag for tag, _ in page.tags].count("polyline") == 2
        text = " ".join(page.text.split())
        assert "At most 2 people at once, in 2 sessions with a restart between them." in text
        assert "0 registered, 2 attended, 1 stayed for at least 75 percent" in text
        assert "How many were invited neither Zoom nor HubSpot tells" in text
        assert text.count("As a table") == 2

    def test_B05_a_series_is_shown_date_by_date(self, desk: Desk) -> None:
        webinar_id = f"953{next(desk.numbers):08}"
        first, second = add_webinar(
            desk.site.engine, webinar_id, portal_id=str(PORTAL), occurrences=("11", "12")
        )
        change(desk, occurrence, first, start_at=ENDED - 300 * HOUR, zoom_people=7)
        change(desk, occurrence, second, zoom_people=8)
        for place in (first, second):
            hold(desk, place, (0, 60))
        where = f"/console/webinars/{webinar_id}"
        assert "8 in Zoom" in desk.text(where)
        page = desk.page(f"{where}?occurrence=11")
        assert "7 in Zoom" in page.text
        assert f"{where}/people?outcome=failing&occurrence=11" in page.links()
        assert f"{where}/preview?occurrence=11" in page.links()
        desk.people(first, {"identity_key": "row:1", "outcome": "excluded", "reason": "no_email"})
        only_these = f"{where}/people?outcome=excluded&reason=no_email&occurrence=11"
        assert only_these in desk.page(f"{where}?occurrence=11").links()
        assert desk.browser.get(f"{where}?occurrence=13").status_code == 404
        answer = desk.send(f"{where}/sync", occurrence="12")
        run_id = answer.headers["Location"].rpartition("/")[2]
        assert desk.browser.get(f"/api/runs/{run_id}").json["occurrences"] == ["12"]

    def test_B02_who_registered_for_the_whole_series_is_balanced_and_found_by_itself(
        self, desk: Desk
    ) -> None:
        webinar_id = f"954{next(desk.numbers):08}"
        series, _ = add_webinar(
            desk.site.engine, webinar_id, portal_id=str(PORTAL), occurrences=("", "11")
        )
        change(desk, occurrence, series, is_series=True, zoom_people=1)
        desk.people(series, {"email": f"{series}series@x.no"})
        where = f"/console/webinars/{webinar_id}"
        page = desk.page(where)
        assert "Registrations for the whole series" in page.text
        assert "1 in Zoom = 1 in sync" in " ".join(page.text.split())
        assert f"{where}/people?occurrence=0" in page.links()
        assert f"{series}series@x.no" in desk.text(f"{where}/people?occurrence=0")
        assert "1 in Zoom = 1 in sync" in desk.text(f"{where}?occurrence=0")


class TestOtherTabs:
    def test_S30_runs_are_listed_the_newest_first_each_with_its_page(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        where = f"/console/webinars/{webinar_id}/runs"
        assert "No run yet" in desk.text(where)
        desk.run("older", place, created_at=NOW - HOUR, started_at=NOW - HOUR, trigger="schedule")
        desk.run("newer", place, created=3, state="failed", message="HubSpot answered 403.")
        page = desk.page(where)
        runs = [link for link in page.links() if link.startswith("/console/runs/")]
        assert runs == ["/console/runs/newer", "/console/runs/older"]
        assert "HubSpot answered 403." in page.text

    def test_S12_S25_each_session_shows_its_recording_and_what_plugins_said(
        self, desk: Desk
    ) -> None:
        webinar_id, place = desk.webinar()
        where = f"/console/webinars/{webinar_id}/recording"
        assert "No session has taken place yet" in desk.text(where)
        hold(desk, place, (0, 20), (30, 60))
        assert desk.text(where).count("Zoom has told of no recording of this session") == 2
        key = desk.put(
            recording,
            portal_id=str(PORTAL),
            occurrence_pk=place,
            uuid=f"{place}-0==",
            share_url="https://zoom.us/rec/share/x",
            entries=["Joined to the call record of 3 people"],
        )
        desk.put(recording_file, recording_pk=key, file_id="f", file_type="MP4", completed_at=NOW)
        page = desk.page(where)
        assert "Available" in page.text and "Joined to the call record" in page.text
        assert "https://zoom.us/rec/share/x" in page.links()
        change(desk, recording, key, share_url="javascript:alert(1)")
        assert "javascript:alert(1)" not in desk.page(where).links()

    def test_S15_S16_its_switches_say_what_they_come_to_and_why(self, desk: Desk) -> None:
        webinar_id, _ = desk.webinar()
        where = f"/console/webinars/{webinar_id}/settings"
        assert desk.text(where).count("Comes to: on") == 2
        text = desk.do(where, sync="off", recordings="on")
        assert "Saved." in text
        assert text.count("Comes to: off") == 2
        assert "Sync is switched off for this webinar." in text
        stored = [one for one in desk.rows(webinar) if one["webinar_id"] == webinar_id]
        assert [(one["sync"], one["recordings"]) for one in stored] == [("off", "on")]
        assert "Off" in desk.text(f"/console/webinars/{webinar_id}")
        refused = desk.send(where, sync="perhaps")
        assert refused.status_code == 400
        assert "not as they should be" in refused.text

    def test_X11_whatever_is_named_shows_as_text_on_every_tab(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar(read_problem=NASTY, settled_at=None)
        (row,) = [one for one in desk.rows(webinar) if one["webinar_id"] == webinar_id]
        change(desk, webinar, row["id"], topic=NASTY, host_email=NASTY, host_id=NASTY[:64])
        hold(desk, place, (0, 60))
        desk.run(f"nasty-{place}", place, message=NASTY)
        desk.put(
            recording,
            portal_id=str(PORTAL),
            occurrence_pk=place,
            uuid=f"{place}-0==",
            share_url=NASTY,
            entries=[NASTY],
        )
        for tab in ("", "/people", "/runs", "/recording", "/settings"):
            page = desk.browser.get(f"/console/webinars/{webinar_id}{tab}")
            assert page.status_code == 200
            assert_inert(page.text)

    def test_another_portals_webinar_is_not_there(self, desk: Desk) -> None:
        for tab in ("", "/people", "/runs", "/recording", "/settings", "/people.csv", "/people/1"):
            assert desk.browser.get(f"/console/webinars/1{tab}").status_code == 404
