"""B19, S05: attendees Zoom gave no address for, matched by registrant id, by hand, or listed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from store.tables import decision_log, hand_match
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, REX, EVE = "ada@northquay.example", "rex@northquay.example", "eve@competitor.example"
WALLY = "wally@fjordline.example"


def balance(doors: Doors, webinar: Webinar) -> dict[str, Any]:
    """The occurrence as the API shows it, found without remainder."""
    (shown,) = doors.api("GET", f"/webinars/{webinar.webinar_id}")["occurrences"]
    assert shown["unexplained"] == 0
    found: dict[str, Any] = shown
    return found


def decide(doors: Doors, webinar: Webinar, person_id: str, what: str, body: Any = None) -> None:
    """Decide by hand about somebody, and have it followed up."""
    doors.api("POST", f"/webinars/{webinar.webinar_id}/people/{person_id}/{what}", body)
    webinar.stage.pass_time()


def test_S05_B19_nameless_attendees_are_listed_and_matched_by_hand(lone_stage: Stage) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX, EVE)
    guests = [
        {"name": "Sam Lee", "sessions": [[1200, HOUR]]},
        {"name": "Sam Lee", "sessions": [[0, 600]]},
        {"name": "Phone", "sessions": [[0, 900]]},
    ]
    # Rex's row has no address, and is his by the registrant's id.
    hidden = {"registrant_id": webinar.registrant_ids()[REX], "email_visible": False}
    webinar.play({ADA: [[0, 1800]]}, participants=[hidden | {"sessions": [[0, 1800]]}, *guests])
    connect(lone_stage, excluded_contact_domains=["competitor.example"])
    lone_stage.pass_time()
    assert webinar.people()[REX]["attended_seconds"] == 1800

    with open_doors(lone_stage) as doors:
        unmatched = doors.all("/unmatched")
        assert sorted(one["name"] for one in unmatched) == ["Phone", "Sam Lee", "Sam Lee"]
        assert balance(doors, webinar)["zoom_people"] == 6
        by_seconds = {one["attended_seconds"]: one["person_id"] for one in unmatched}

        # One of the two Sams was Ada on a second device, the other one is somebody else.
        decide(doors, webinar, by_seconds[2400], "match", {"email": ADA.title()})
        assert webinar.people()[ADA]["attended_seconds"] == HOUR
        assert webinar.figures(ADA)["average_attendance_percent"] == "100"
        decide(doors, webinar, by_seconds[600], "match", {"email": EVE})
        decide(doors, webinar, by_seconds[900], "match", {"email": WALLY})
        outcomes = {ADA: "in_sync", REX: "in_sync", WALLY: "in_sync"}
        assert webinar.outcomes() == outcomes | {EVE: "excluded: excluded_domain"}
        assert webinar.states() == dict.fromkeys((ADA, REX, WALLY), "ATTENDED")
        assert EVE not in lone_stage.simulator.contacts()
        assert balance(doors, webinar)["zoom_people"] == 4
        assert doors.all("/unmatched") == []

        # It survives what Zoom is read for again.
        lone_stage.sync_now()
        lone_stage.pass_time()
        assert webinar.people()[ADA]["attended_seconds"] == HOUR
        assert set(webinar.people()) == {ADA, REX, EVE, WALLY}
        assert balance(doors, webinar)["zoom_people"] == 4
        facts = lone_stage.query(select(hand_match))
        assert {(one["email"], one["author"] != "") for one in facts} == {
            (email, True) for email in (ADA, EVE, WALLY)
        }
        notes = lone_stage.query(select(decision_log).where(decision_log.c.verdict == "by_hand"))
        assert len(notes) == 3

        # Taken back, each is nobody again; of what was written, HubSpot's figures are corrected.
        for email in (ADA, EVE, WALLY):
            decide(doors, webinar, str(webinar.people()[email]["id"]), "unmatch")
        assert webinar.people()[ADA]["attended_seconds"] == 1800
        assert webinar.figures(ADA)["average_attendance_percent"] == "50"
        assert webinar.figures(WALLY).get("attendance_count") in ("0", "", None)
        assert len(doors.all("/unmatched")) == 3
        balance(doors, webinar)
        lone_stage.sync_now()
        lone_stage.pass_time()
        balance(doors, webinar)
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0
