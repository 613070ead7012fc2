"""The decision log as pages: found by address, filtered, exported; one person; by hand."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from store.database import writing
from store.tables import (
    decision_log,
    effect,
    instance,
    occurrence_person,
    person,
    run_change,
    session,
)
from tests.api.conftest import ENDED
from tests.console.desk import NOW, Desk
from tests.console.test_pages import NASTY, Tags, assert_inert
from tests.oauth.support import PORTAL

OPINIONS = [
    {"plugin": "exclusions", "version": "1.2.0", "reason": "role", "detail": "host", "hold": False},
    {
        "plugin": "loyalty",
        "version": "2",
        "reason": "plugin:loyalty:rival",
        "detail": "x",
        "hold": True,
    },
]


@pytest.fixture(scope="module")
def log(desk: Desk) -> tuple[str, dict[str, int]]:
    """A webinar with somebody of each kind: its path, and their keys by the name before the @."""
    webinar_id, place = desk.webinar()
    decided = {"decided_by": "exclusions", "decided_by_version": "1.2.0", "opinions": OPINIONS}
    desk.people(
        place,
        {
            "email": "ada@x.no",
            "first_name": "Ada",
            "attended_seconds": 2820,
            "attended_percent": 78.3,
        },
        {
            "email": "role@x.no",
            "outcome": "excluded",
            "reason": "role",
            "detail": "host",
            **decided,
        },
        {
            "email": "held@x.no",
            "outcome": "waiting",
            "reason": "held_secondary",
            "is_held": True,
        },
        {"email": "fail@x.no", "outcome": "failing", "reason": "rejected", "detail": "phone"},
        {"email": "b@x.no"},
        {"email": "a@x.no"},
        {
            "identity_key": "row:k9",
            "outcome": "excluded",
            "reason": "no_email",
            "first_name": "Guest",
        },
    )
    rows = desk.rows(occurrence_person, occurrence_pk=place)
    keys = {row["email"].partition("@")[0] or "guest": row["id"] for row in rows}
    with writing(desk.site.engine) as to:
        addressed = occurrence_person.c.person_pk.is_not(None)
        to.execute(occurrence_person.update().where(addressed).values(status="approved"))
        for email, match in (("b@x.no", "secondary"), ("a@x.no", "primary")):
            to.execute(person.update().where(person.c.email == email).values(contact_match=match))
    room = desk.put(
        instance,
        portal_id=str(PORTAL),
        occurrence_pk=place,
        uuid="people==",
        started_at=ENDED.replace(minute=0),
        ended_at=ENDED.replace(minute=40),
    )
    for key, email, start, end in [("k1", "ada@x.no", 10, 20), ("k9", "", 0, 5)]:
        desk.put(
            session,
            occurrence_pk=place,
            instance_pk=room,
            row_key=key,
            email=email,
            joined_at=ENDED.replace(minute=start),
            left_at=ENDED.replace(minute=end),
            seconds=(end - start) * 60,
            read_number=1,
        )
    return f"/console/webinars/{webinar_id}/people", keys


def shown(desk: Desk, path: str) -> list[str]:
    """Who is in the rows, as written there."""
    page = desk.browser.get(path).text
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [Tags(row).text.split()[0] for row in body.split("<tr>")[1:]]


class TestList:
    def test_B01_a_row_says_whom_what_why_and_who_decided(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        text = desk.text(log[0])
        assert "ada@x.no Ada ✓ In sync 47 min (78 %)" in text
        assert "role@x.no · Excluded host or panelist host exclusions@1.2.0" in text
        assert "Guest · Excluded no address" in text

    @pytest.mark.parametrize(
        ("query", "emails"),
        [
            ("email=ROLE", ["role@x.no"]),
            ("outcome=failing", ["fail@x.no"]),
            ("reason=no_email,role", ["role@x.no", "Guest"]),
            ("plugin=exclusions&outcome=excluded", ["role@x.no"]),
            ("occurrence=0&outcome=waiting", ["held@x.no"]),
            ("outcome=&email=ada", ["ada@x.no"]),
        ],
    )
    def test_B01_found_by_address_and_filtered_page_and_file_alike(
        self, desk: Desk, log: tuple[str, dict[str, int]], query: str, emails: list[str]
    ) -> None:
        assert shown(desk, f"{log[0]}?{query}") == emails
        exported = desk.browser.get(f"{log[0]}.csv?{query}")
        assert exported.mimetype == "text/csv"
        assert exported.text.count("\r\n") == len(emails) + 1
        assert "attachment" in exported.headers["Content-Disposition"]

    def test_B01_the_export_keeps_the_filters_and_nobody_found_says_what_next(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        page = desk.page(f"{log[0]}?outcome=failing&email=x.no")
        assert f"{log[0]}.csv?email=x.no&outcome=failing" in page.links()
        nobody = desk.page(f"{log[0]}?email=nobody@y.no")
        assert "Nobody in this webinar fits" in nobody.text
        assert "/console/people?email=nobody%40y.no" in nobody.links()
        assert desk.browser.get(f"{log[0]}?outcome=nice").status_code == 400

    def test_F9_pages_go_on_with_the_same_filters(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        page = desk.page(f"{log[0]}?email=x.no&limit=4")
        (further,) = [link for link in page.links() if "after=" in link]
        assert "email=x.no" in further
        assert len(shown(desk, further)) == 2

    def test_B08_a_secondary_address_shows_whose_it_is(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        assert "b@x.no → a@x.no" in desk.text(log[0])
        assert "b@x.no → a@x.no" in desk.text(f"{log[0]}/{log[1]['b']}")


class TestOnePerson:
    def test_B01_the_panel_tells_the_whole_story(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        path, keys = log
        (row,) = desk.rows(occurrence_person, id=keys["ada"])
        for number, (verdict, reason) in enumerate([("excluded", "role"), ("sync", "")]):
            desk.put(
                decision_log,
                portal_id=str(PORTAL),
                occurrence_person_pk=keys["ada"],
                at=NOW,
                verdict=verdict,
                reason=reason,
                decided_by="exclusions" if reason else "",
                decided_by_version="1.2.0",
                settings_version=number,
                opinions=[],
                entries=["Rated 47 of 100"],
            )
        desk.put(
            effect,
            portal_id=str(PORTAL),
            key="attend-ada",
            kind="attend",
            occurrence_pk=row["occurrence_pk"],
            occurrence_person_pk=keys["ada"],
            state="applied",
            applied_at=NOW,
            wanted={},
            wanted_hash="h",
        )
        desk.run("ada-run", row["occurrence_pk"])
        desk.put(
            run_change,
            run_id="ada-run",
            email="ada@x.no",
            effect="contact",
            property="rollcall_attendance_count",
            before="1",
            after="2",
        )
        page = desk.page(f"{path}/{keys['ada']}", headers={"HX-Request": "true"})
        assert "html" not in [tag for tag, _ in page.tags]
        text = " ".join(page.text.split())
        for words in (
            "47 min (78 %)",
            "Written Attendance on the timeline",
            "Total number of Zoom webinars attended",
            "Rated 47 of 100",
            "Excluded host or panelist by exclusions@1.2.0",
        ):
            assert words in text
        bars = [a for tag, a in page.tags if tag == "rect" and a["class"] == "bar"]
        assert [(a["x"], a["width"]) for a in bars] == [("25.0", "25.0")]
        (contact,) = [link for link in page.links() if "/record/0-1/" in link]
        assert contact.endswith(f"/hubspot/app/contacts/{PORTAL}/record/0-1/501")

    def test_B01_every_plugins_opinion_is_there(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        text = desk.text(f"{log[0]}/{log[1]['role']}")
        assert "exclusions@1.2.0 : exclude, host or panelist (host)" in text
        assert "loyalty@2 : hold, loyalty: rival (x)" in text

    @pytest.mark.parametrize(
        ("name", "deed", "said"),
        [
            ("role", "include", "Included: the person is synced now"),
            ("fail", "retry", "What HubSpot refused is sent again"),
            ("held", "release", "Released: the person need not wait"),
        ],
    )
    def test_B01_B08_what_is_decided_by_hand_is_done_and_confirmed(
        self, desk: Desk, log: tuple[str, dict[str, int]], name: str, deed: str, said: str
    ) -> None:
        path = f"{log[0]}/{log[1][name]}"
        page = desk.page(path)
        assert f"{path}/{deed}" in [a.get("action") for tag, a in page.tags if tag == "form"]
        assert said in desk.do(f"{path}/{deed}")
        newest = desk.rows(decision_log, occurrence_person_pk=log[1][name])[-1]
        assert newest["verdict"] == "by_hand"
        assert f"{path}/include" not in [
            a.get("action") for tag, a in desk.page(path).tags if tag == "form"
        ]

    def test_B19_a_guest_is_matched_and_the_match_undone(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        path, keys = log
        guest = f"{path}/{keys['guest']}"
        assert "Whose stay is it?" in desk.text(guest)
        refused = desk.send(f"{guest}/match", email="nobody")
        assert refused.status_code == 400
        assert "Matched to fail@x.no." in desk.do(f"{guest}/match", email=" Fail@x.no")
        whose = f"{path}/{keys['fail']}"
        assert "Undo the match" in desk.text(whose)
        assert "without a name again" in desk.do(f"{whose}/unmatch")
        assert "Undo the match" not in desk.text(whose)

    def test_a_deed_that_is_refused_is_answered_in_the_servers_words(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        answer = desk.send(f"{log[0]}/{log[1]['ada']}/release")
        assert answer.status_code == 409
        assert "The person is not held" in answer.text
        assert desk.browser.post(f"{log[0]}/{log[1]['ada']}/retry", {}).status_code == 403

    def test_X11_whatever_strangers_typed_is_text(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        nasty = {"plugin": NASTY, "version": "1", "reason": f"plugin:{NASTY}", "detail": NASTY}
        (key,) = desk.people(
            place,
            {
                "email": "nasty@x.no",
                "first_name": NASTY,
                "outcome": "excluded",
                "reason": f"plugin:{NASTY}",
                "detail": NASTY,
                "decided_by": NASTY[:64],
                "opinions": [nasty | {"hold": False}],
            },
        )
        desk.put(
            effect,
            portal_id=str(PORTAL),
            key="nasty",
            kind="attend",
            occurrence_pk=place,
            occurrence_person_pk=key,
            state="rejected",
            error=NASTY,
            wanted={},
            wanted_hash="h",
        )
        for path in (
            f"/console/webinars/{webinar_id}/people",
            f"/console/webinars/{webinar_id}/people?email=%3Cimg%20src=x%20onerror=alert(1)%3E",
            f"/console/webinars/{webinar_id}/people?plugin=%3Cimg%20src=x%3E&reason=%3Cimg%3E",
            f"/console/webinars/{webinar_id}/people/{key}",
            "/console/people?email=nasty@x.no",
            "/console/people?email=%22%3E%3Cimg%20src=x%3E",
        ):
            answer = desk.browser.get(path)
            assert answer.status_code == 200
            assert_inert(answer.text)


class TestEverywhere:
    def test_B01_an_address_is_found_in_all_webinars(
        self, desk: Desk, log: tuple[str, dict[str, int]]
    ) -> None:
        webinar_id, place = desk.webinar()
        with desk.site.engine.connect() as connection:
            key = connection.execute(
                select(person.c.id).where(person.c.email == "ada@x.no")
            ).scalar_one()
        values: dict[str, Any] = {"identity_key": "ada@x.no", "email": "ada@x.no"}
        desk.put(
            occurrence_person,
            portal_id=str(PORTAL),
            occurrence_pk=place,
            person_pk=key,
            identity="registration",
            opinions=[],
            **values,
        )
        page = desk.page("/console/people?email=ada@x")
        assert f"/console/webinars/{webinar_id}" in page.links()
        assert log[0].removesuffix("/people") in page.links()
        assert f"{log[0]}/{log[1]['ada']}" in page.links()

    def test_nobody_found_leads_to_the_unmatched(self, desk: Desk) -> None:
        page = desk.page("/console/people?email=nobody@nowhere.no")
        assert "No address in any webinar holds this" in page.text
        assert "/console/unmatched" in page.links()
        assert "Every webinar the person appears in" in desk.text("/console/people")
        assert desk.browser.get(f"/console/people?email={'x' * 300}").status_code == 400
