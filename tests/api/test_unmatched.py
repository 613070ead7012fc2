"""Participants without identity over the API: by date, whom they may be, and matches made."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, update

from store.tables import hand_match, occurrence, occurrence_person
from tests.api.conftest import NOW, PORTAL, HubSpotCaller, add_people, add_webinar


def test_B19_participants_come_date_by_date_each_with_their_stay(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    nameless = {"outcome": "excluded", "reason": "no_email", "attended_seconds": 60}
    (later,) = add_webinar(engine, "95000000002")
    for place in (1, later, 1):
        number = f"row:{place}-{len(member.all('/api/unmatched'))}"
        add_people(engine, place, [{"identity_key": number, **nameless}])
    with engine.begin() as to:
        stay = {"first_join_at": NOW, "last_leave_at": NOW + timedelta(minutes=1)}
        to.execute(update(occurrence_person).values(**stay))
    rows = member.all("/api/unmatched", limit=1)
    assert [row["webinar_id"][-1] for row in rows] == ["2", "1", "1"]
    assert rows[0]["joined_at"] == NOW.isoformat() and rows[0]["start_time"]
    assert stranger.all("/api/unmatched") == []


def test_B19_candidates_registered_did_not_come_and_are_found_by_address_or_name(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    add_people(
        engine,
        1,
        [
            {"identity_key": "row:1", "outcome": "excluded", "reason": "unmatched"},
            {"email": "ada@x.no", "first_name": "Ada"},
            {"email": "bo@x.no", "first_name": "Bo"},
            {"email": "came@x.no", "attended_seconds": 60},
            {"email": "denied@x.no"},
        ],
    )
    with engine.begin() as to:
        registered = occurrence_person.c.email.in_(["ada@x.no", "bo@x.no", "came@x.no"])
        to.execute(update(occurrence_person).where(registered).values(status="approved"))
    (one,) = member.all("/api/unmatched")
    path = f"/api/webinars/95000000001/people/{one['person_id']}/candidates"
    assert [row["email"] for row in member.all(path, limit=1)] == ["ada@x.no", "bo@x.no"]
    assert member.all(path, search="BO") == [{"email": "bo@x.no", "name": "Bo"}]
    assert member.get(path)["participant"]["reason"] == "unmatched"
    named = member.all("/api/webinars/95000000001/people", email="ada@x.no")[0]["person_id"]
    for wrong in (path.replace(one["person_id"], named), path.replace(one["person_id"], "x")):
        assert member.call("GET", wrong).status_code == 404
    assert stranger.call("GET", path).status_code == 404


def test_B19_matches_say_who_made_them_and_several_with_one_person_are_one(
    member: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    add_people(engine, 1, [{"email": "ada@x.no"}, {"email": "bo@x.no"}])
    made = [("1", "ada@x.no", "7"), ("2", "ada@x.no", "8"), ("3", "bo@x.no", "7")]
    with engine.begin() as to:
        to.execute(update(occurrence).values(start_at=NOW))
        for minutes, (key, email, author) in enumerate(made):
            to.execute(
                hand_match.insert().values(
                    occurrence_pk=1,
                    row_key=key,
                    portal_id=PORTAL,
                    email=email,
                    author=author,
                    at=NOW + timedelta(minutes=minutes),
                )
            )
    rows = member.all("/api/hand-matches", limit=1)
    assert [(row["email"], row["participants"], row["author"]) for row in rows] == [
        ("bo@x.no", 1, "7"),
        ("ada@x.no", 2, None),
    ]
    assert rows[1]["at"] == (NOW + timedelta(minutes=1)).isoformat()
    assert stranger.all("/api/hand-matches") == []
