"""Attendance in figures, and how many webinars stand how."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, update

from store.tables import instance, occurrence, occurrence_person, session
from tests.api.conftest import ENDED, PORTAL, HubSpotCaller, add_people, add_webinar

WEBINAR = "/api/webinars/95000000001"
BEGAN = ENDED - timedelta(hours=1)


def register(engine: Engine, *emails: str) -> None:
    with engine.begin() as to:
        to.execute(
            update(occurrence_person)
            .where(occurrence_person.c.email.in_(emails))
            .values(status="approved")
        )


def test_B05_the_room_is_shown_session_by_session_with_devices_united(
    member: HubSpotCaller, engine: Engine
) -> None:
    with engine.begin() as to:
        for number, (begin, end) in enumerate([(0, 20), (30, 60)], 1):
            to.execute(
                instance.insert().values(
                    portal_id=PORTAL,
                    occurrence_pk=1,
                    uuid=f"u{number}",
                    started_at=BEGAN + timedelta(minutes=begin),
                    ended_at=BEGAN + timedelta(minutes=end),
                )
            )
        for key, room, email, joined, left in [
            ("a", 1, "ada@x.no", 0, 20),
            ("b", 1, "ada@x.no", 5, 15),
            ("c", 1, "ben@x.no", 0, 10),
            ("d", 2, "ada@x.no", 30, None),
        ]:
            to.execute(
                session.insert().values(
                    occurrence_pk=1,
                    instance_pk=room,
                    row_key=key,
                    email=email,
                    joined_at=BEGAN + timedelta(minutes=joined),
                    left_at=None if left is None else BEGAN + timedelta(minutes=left),
                    seconds=1800 if left is None else (left - joined) * 60,
                    read_number=1,
                )
            )
    first, second = member.get(f"{WEBINAR}/attendance")["rooms"]
    assert (first["peak"], second["peak"]) == (2, 1)
    assert first["points"][0]["people"] == 2
    assert first["points"][-1]["people"] == 1
    assert {point["people"] for point in second["points"]} == {1}
    assert first["end_time"] < second["start_time"]


def test_the_funnel_counts_those_who_registered_came_and_stayed(
    member: HubSpotCaller, engine: Engine
) -> None:
    stayed = {"attended_seconds": 3000, "attended_percent": 83.3}
    add_people(
        engine,
        1,
        [
            {"email": "ada@x.no", **stayed},
            {"email": "ben@x.no", "attended_seconds": 600, "attended_percent": 16.7},
            {"email": "cleo@x.no"},
            {"identity_key": "row:1", **stayed},
        ],
    )
    register(engine, "ada@x.no", "ben@x.no", "cleo@x.no")
    assert member.get(f"{WEBINAR}/attendance")["turnout"] == {
        "registered": 3,
        "attended": 3,
        "came_registered": 2,
        "stayed": 2,
        "stayed_percent": 75,
    }
    (share,) = member.get("/api/attendance")["results"]
    assert (share["registered"], share["came_registered"]) == (3, 2)
    assert round(share["percent"], 1) == 66.7


def test_who_registered_for_the_series_counts_on_the_date_they_came_to(
    member: HubSpotCaller, engine: Engine
) -> None:
    series, date = add_webinar(engine, "95000000002", occurrences=("", "11"))
    with engine.begin() as to:
        to.execute(
            update(occurrence)
            .where(occurrence.c.id == series)
            .values(is_series=True, ended_at=None, report_rows=None)
        )
    add_people(engine, series, [{"email": "ada@x.no"}, {"email": "ben@x.no"}])
    register(engine, "ada@x.no", "ben@x.no")
    came = {"attended_seconds": 60, "attended_percent": 2.0}
    with engine.begin() as to:
        for email in ("ada@x.no", "new@x.no"):
            to.execute(
                occurrence_person.insert().values(
                    portal_id=PORTAL,
                    occurrence_pk=date,
                    identity_key=email,
                    email=email,
                    identity="report",
                    opinions=[],
                    **came,
                )
            )
    turnout = member.get("/api/webinars/95000000002/attendance")["turnout"]
    assert (turnout["registered"], turnout["attended"], turnout["came_registered"]) == (2, 2, 1)


def test_S22_webinars_are_counted_by_status_and_listed_by_it(
    admin: HubSpotCaller, stranger: HubSpotCaller, engine: Engine
) -> None:
    assert admin.get("/api/webinar-statuses")["counts"]["off"] == 1
    assert admin.call("PATCH", "/api/settings", {"webinar_sync": "all"}).status_code == 200
    (failing,) = add_webinar(engine, "95000000002")
    add_people(engine, failing, [{"email": "ada@x.no", "outcome": "failing"}])
    add_webinar(engine, "95000000003", settled_at=None, ended_at=None, report_rows=None)
    found = admin.get("/api/webinar-statuses")
    assert {name: n for name, n in found["counts"].items() if n} == {
        "attention": 1,
        "healthy": 1,
        "planned": 1,
    }
    (listed,) = admin.all("/api/webinars", sync_status="attention")
    assert (listed["id"], listed["sync_status"]) == ("95000000002", "attention")
    assert len(admin.all("/api/webinars", limit=1)) == 3
    assert stranger.get("/api/webinar-statuses")["webinars"] == 0
    assert admin.call("GET", "/api/webinars", sync_status="nice").status_code == 400


def test_a_webinar_without_any_date_and_a_date_that_is_none_of_its_are_not_found(
    member: HubSpotCaller, engine: Engine
) -> None:
    add_webinar(engine, "95000000002", occurrences=())
    for path, query in (
        ("/api/webinars/95000000002/attendance", {}),
        (f"{WEBINAR}/attendance", {"occurrence": "77"}),
        ("/api/webinars/1/attendance", {}),
    ):
        assert member.call("GET", path, **query).status_code == 404
