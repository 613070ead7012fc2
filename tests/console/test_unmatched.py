"""People without identity: listed by date, matched by hand with somebody looked for, taken back."""

from __future__ import annotations

from datetime import timedelta

from store.tables import hand_match, instance, occurrence, occurrence_person, run, session
from tests.console.desk import NOW, Desk, assert_inert
from tests.console.test_pages import NASTY
from tests.oauth.support import PORTAL

STAY = 900
HOUR = timedelta(hours=1)


def add_nameless(desk: Desk, place: int, *names: str) -> list[int]:
    """Participants Zoom gave no address for, with a stay each; their keys."""
    uuid = f"session of {place}"
    of = {"portal_id": str(PORTAL), "occurrence_pk": place}
    held = desk.put(instance, uuid=uuid, started_at=NOW, ended_at=NOW + HOUR, **of)
    people = []
    for number, name in enumerate(names):
        desk.put(
            session,
            occurrence_pk=place,
            instance_pk=held,
            row_key=f"{place}-{number}",
            name=name,
            joined_at=NOW,
            left_at=NOW + timedelta(seconds=STAY),
            seconds=STAY,
            read_number=1,
        )
        people.append(
            {
                "identity_key": f"row:{place}-{number}",
                "first_name": name,
                "outcome": "excluded",
                "reason": "no_email",
                "attended_seconds": STAY,
            }
        )
    keys = desk.people(place, *people)
    stayed = {"first_join_at": NOW, "last_leave_at": NOW + timedelta(seconds=STAY)}
    desk.change(occurrence_person, keys, **stayed)
    return keys


def add_registrants(desk: Desk, place: int, *people: tuple[str, str, int]) -> None:
    """Registrants (address, first name, seconds they attended)."""
    rows = [{"email": e, "first_name": n, "attended_seconds": s} for e, n, s in people]
    desk.people(place, *rows)
    keys = [row["id"] for row in desk.rows(occurrence_person, occurrence_pk=place) if row["email"]]
    desk.change(occurrence_person, keys, status="approved")


def test_B19_they_are_listed_by_webinar_and_date_with_their_stay(desk: Desk) -> None:
    webinar_id, place = desk.webinar(start_at=NOW)
    add_nameless(desk, place, "Sam Lee", "Sam Lee")
    page = desk.page("/console/unmatched")
    text = " ".join(page.text.split())
    assert text.count("Sam Lee no address") == 2
    assert "15 min" in text
    assert f"/console/webinars/{webinar_id}" in page.links()
    (region,) = [
        a
        for _, a in page.tags
        if str(a.get("aria-label")).endswith("CET")
        and f"Topic {webinar_id[-3:]}" in str(a.get("aria-label"))
    ]
    assert "Unmatched in" in str(region["aria-label"])


def test_B19_registrants_who_did_not_come_are_looked_for_and_nobody_is_chosen_by_name(
    desk: Desk,
) -> None:
    webinar_id, place = desk.webinar()
    (one,) = add_nameless(desk, place, "Sam Lee")
    add_registrants(
        desk, place, ("sam@x.no", "Sam Lee", 0), ("ada@x.no", "Ada", 0), ("rex@x.no", "Rex", 60)
    )
    path = f"/console/unmatched/{webinar_id}/{one}"
    page = desk.page(path)
    assert "sam@x.no" in page.text and "ada@x.no" in page.text and "rex@x.no" not in page.text
    assert not [a for _, a in page.tags if "checked" in a]
    found = desk.text(f"{path}?search=SAM")
    assert "sam@x.no" in found and "ada@x.no" not in found
    assert "No registrant who did not come" in desk.text(f"{path}?search=100%25")
    panel = desk.browser.get(path, headers={"HX-Request": "true"}).text
    assert "<html" not in panel and "Match by hand" in panel
    assert desk.browser.get(f"/console/unmatched/{webinar_id}/999999").status_code == 404


def test_B19_of_a_series_its_registrants_are_candidates_for_each_date(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    (of,) = [row["webinar_pk"] for row in desk.rows(occurrence, id=place)]
    series = desk.put(
        occurrence, portal_id=str(PORTAL), webinar_pk=of, occurrence_id="series", is_series=True
    )
    desk.change(occurrence, [place], occurrence_id="11")
    (one,) = add_nameless(desk, place, "Sam Lee")
    add_registrants(desk, series, ("late@x.no", "Late", 0), ("came@x.no", "Came", 0))
    desk.people(place, {"identity_key": "came@x.no", "attended_seconds": 60})
    text = desk.text(f"/console/unmatched/{webinar_id}/{one}")
    assert "late@x.no" in text and "came@x.no" not in text


def test_B19_a_match_is_made_told_and_taken_back(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    (one,) = add_nameless(desk, place, "Only Once")
    add_registrants(desk, place, ("only@x.no", "Only", 0))
    path = f"/console/unmatched/{webinar_id}/{one}"
    shown = desk.do(f"{path}/match", candidate="only@x.no")
    assert "Matched to only@x.no." in shown
    assert "Only Once" not in shown
    (matched,) = desk.rows(hand_match, occurrence_pk=place)
    (person,) = desk.rows(occurrence_person, occurrence_pk=place, email="only@x.no")
    assert (matched["email"], person["attended_seconds"]) == ("only@x.no", STAY)
    assert [row["trigger"] for row in desk.rows(run, occurrence_pk=place)] == ["hand"]
    back = desk.do(f"/console/unmatched/{webinar_id}/{person['id']}/undo")
    assert "Taken back." in back
    assert desk.rows(hand_match, occurrence_pk=place) == []


def test_B19_matches_come_page_by_page_the_latest_first(desk: Desk) -> None:
    _, place = desk.webinar()
    emails = [f"m{number:02}@matched.example" for number in range(22)]
    desk.people(place, *({"email": email} for email in emails))
    of = {"portal_id": str(PORTAL), "occurrence_pk": place, "author": "7"}
    for number, email in enumerate(emails):
        at = NOW + timedelta(minutes=number)
        desk.put(hand_match, row_key=f"m{number}", email=email, at=at, **of)
    page = desk.page("/console/unmatched")
    assert "m21@" in page.text and "m02@" in page.text and "m01@" not in page.text
    (older,) = [path for path in page.links() if "older=" in path]
    assert "m01@" in desk.text(older) and "m02@" not in desk.text(older)


def test_B19_what_is_no_choice_is_said_beside_the_field(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    (one,) = add_nameless(desk, place, "Sam Lee")
    path = f"/console/unmatched/{webinar_id}/{one}/match"
    for form in ({}, {"email": NASTY}, {"candidate": "a@x.no", "email": "b@x.no"}):
        answer = desk.send(path, **form)
        assert answer.status_code == 400
        assert 'aria-describedby="match-hint match-complaint"' in answer.text
        if NASTY in form.values():
            assert_inert(answer.text)
    assert desk.rows(hand_match, occurrence_pk=place) == []


def test_X11_names_people_gave_themselves_are_text(desk: Desk) -> None:
    webinar_id, place = desk.webinar()
    (one,) = add_nameless(desk, place, NASTY)
    for path in ("/console/unmatched", f"/console/unmatched/{webinar_id}/{one}"):
        page = desk.browser.get(path).text
        assert_inert(page)
        assert "&lt;script&gt;alert" in page
