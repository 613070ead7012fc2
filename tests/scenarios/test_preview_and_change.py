"""A setting is tried out, then saved: the run does what the preview said, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.door import Doors, open_doors
from tests.scenarios.excluded import ADA, RALF, REX, RITA, begin_with_excluded
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

Line = tuple[str, str, str | None, str | None, str | None]


@pytest.fixture
def doors(lone_stage: Stage) -> Iterator[Doors]:
    """The API beside the stage."""
    with open_doors(lone_stage) as doors:
        yield doors


def lines(doors: Doors, run_id: str) -> list[Line]:
    """What a run changed, or would change."""
    rows = doors.all(f"/runs/{run_id}/changes")
    return sorted(
        tuple(row[name] for name in ("email", "effect", "property", "before", "after"))
        for row in rows
    )


def preview(doors: Doors, webinar: Webinar, **settings: Any) -> tuple[list[Line], dict[str, int]]:
    """The lines of a dry run and its counts."""
    asked = {"dry_run": True, "settings": settings}
    run_id = doors.api("POST", f"/webinars/{webinar.webinar_id}/sync", asked)["run_id"]
    doors.stage.work()
    run = doors.api("GET", f"/runs/{run_id}")
    assert (run["state"], run["dry_run"]) == ("done", True)
    return lines(doors, run_id), run["writes"]


def save(doors: Doors, webinar: Webinar, **settings: Any) -> tuple[list[Line], dict[str, int]]:
    """Save the settings; the lines and counts of the run that follows by itself."""
    before = {run["id"] for run in doors.all(f"/webinars/{webinar.webinar_id}/runs")}
    doors.api("PATCH", "/settings", settings)
    doors.stage.work()
    runs = doors.all(f"/webinars/{webinar.webinar_id}/runs")
    (fresh,) = [run for run in runs if run["id"] not in before]
    assert fresh["state"] == "done"
    return lines(doors, fresh["id"]), fresh["writes"]


def test_B03_an_exclusion_taken_away_adds_exactly_the_people_and_lines_it_was_said_to(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = begin_with_excluded(lone_stage)
    writes, contacts = lone_stage.simulator.writes(), lone_stage.simulator.contacts()
    said, counts = preview(doors, webinar, excluded_contact_domains=[])
    assert {line[0] for line in said} == {RITA, RALF}
    assert (counts["created"], counts["updated"], counts["excluded"]) == (2, 0, 0)
    assert (RITA, "decision", None, "excluded: excluded_domain", "sync") in said
    assert (RITA, "contact", "rollcall_attendance_count", None, "1") in said
    assert [line[1] for line in said if line[0] == RALF and line[1] != "contact"] == [
        "decision",
        "register",
    ]
    assert lone_stage.simulator.writes() == writes

    done, _ = save(doors, webinar, excluded_contact_domains=[])
    assert done == said
    assert set(lone_stage.simulator.contacts()) - set(contacts) == {RITA, RALF}
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW", RITA: "ATTENDED", RALF: "NO_SHOW"}
    again, _ = preview(doors, webinar, excluded_contact_domains=[])
    assert again == []


def test_B03_an_exclusion_added_only_stops_writes(lone_stage: Stage, doors: Doors) -> None:
    webinar = begin_with_excluded(lone_stage)
    writes, states = lone_stage.simulator.writes(), webinar.states()
    wanted = {"excluded_contact_domains": ["competitor.example", "northquay.example"]}
    said, counts = preview(doors, webinar, **wanted)
    assert said == [(ADA, "decision", None, "sync", "excluded: excluded_domain")]
    assert counts["excluded"] == 3
    done, counts = save(doors, webinar, **wanted)
    assert done == said
    assert counts["excluded"] == 3
    assert lone_stage.simulator.writes() == writes
    assert webinar.states() == states
    (shown,) = doors.all(f"/webinars/{webinar.webinar_id}/people", email=ADA)
    assert (shown["outcome"], shown["reason"]) == ("excluded", "excluded_domain")
    assert shown["decided_by"]["plugin"] == "exclusions"
    assert "northquay.example" in shown["detail"]
    assert {line["effect"] for line in shown["written_before"]} == {
        "contact",
        "register",
        "attend",
    }


def test_B03_a_plugin_switched_off_is_tried_out_too(lone_stage: Stage, doors: Doors) -> None:
    webinar = begin_with_excluded(lone_stage)
    off = {"exclusions": {"enabled": False}}
    writes = lone_stage.simulator.writes()
    said, _ = preview(doors, webinar, plugins=off)
    assert {line[0] for line in said if line[1] == "decision"} == {RITA, RALF}
    assert lone_stage.simulator.writes() == writes
    done, _ = save(doors, webinar, plugins=off)
    assert done == said


def test_B02_people_zoom_counts_and_does_not_show_are_a_visible_remainder(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage, start_time=2 * HOUR)
    webinar.register(ADA)
    connect(lone_stage)
    hidden = {
        "platform": "zoom",
        "kind": "status",
        "status": 200,
        "route_contains": "/registrants",
        "body": {"total_records": 1, "registrants": []},
        "times": 4,  # the form's questions, and the lists of three states
    }
    lone_stage.simulator.call("POST", "/faults", hidden)
    lone_stage.work()
    (place,) = doors.api("GET", f"/webinars/{webinar.webinar_id}")["occurrences"]
    assert (place["zoom_people"], place["unexplained"]) == (3, 3)
    assert "registrants" in webinar.place["read_problem"]

    lone_stage.pass_time(timedelta(hours=1))
    (place,) = doors.api("GET", f"/webinars/{webinar.webinar_id}")["occurrences"]
    assert (place["zoom_people"], place["unexplained"]) == (1, 0)


def test_B02_a_row_that_falls_out_of_the_report_is_seen_before_anybody_is_settled(
    lone_stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA, REX)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, HOUR]]})
    # Zoom's report says two people came and shows one of them.
    webinar.report(drop_rows=1)
    connect(lone_stage)
    lone_stage.pass_time()
    assert webinar.place["settled_at"] is None
    assert "did not come whole" in webinar.place["read_problem"]
    warnings = doors.api("GET", f"/webinars/{webinar.webinar_id}/audit")["results"]
    assert [(one["code"], one["reason"]) for one in warnings] == [
        ("participants_missing", "report_incomplete")
    ]
    assert set(webinar.states().values()) == {"REGISTERED"}


def test_S28_S05_B01_every_reason_is_found_by_address_with_its_plugin(
    lone_stage: Stage, doors: Doors
) -> None:
    """Those reasons that take more than a name: the demo has the rest."""
    webinar = plan_webinar(lone_stage, panelists=[{"email": "paul@acme.example", "name": "Paul"}])
    call = lone_stage.simulator.call
    colleague, second = "mia@acme.example", "carla.old@northquay.example"
    call("PATCH", "/hubspot/portals/4242", {"users": [{"email": colleague}]})
    owner = {"email": "carla@northquay.example", "hs_additional_emails": second}
    both = [owner, {"email": colleague}]
    call("POST", "/hubspot/portals/4242/contacts", {"contacts": both})
    webinar.register(ADA, RITA, colleague, second, "ian@broken..example", "dora@lowmoor.example")
    webinar.register("dan@lowmoor.example", status="pending")
    webinar.change("dan@lowmoor.example", "deny")
    connect(lone_stage, excluded_contact_domains=["competitor.example"])
    lone_stage.work()
    dora = webinar.contact("dora@lowmoor.example")["id"]
    call("DELETE", f"/hubspot/portals/4242/contacts/{dora}")
    guests = [
        {"name": "iPhone", "sessions": [[0, 60]]},
        {"name": "Zoe", "participant_user_id": "some-zoom-user", "sessions": [[0, 60]]},
        {"email": "paul@acme.example", "role": "panelist"},
    ]
    webinar.play({ADA: [[0, HOUR]], colleague: [[0, HOUR]]}, participants=guests)
    lone_stage.pass_time()
    lone_stage.sync_now()
    lone_stage.pass_time()

    reasons = {}
    for email in ("", ADA, RITA, colleague, second, "ian@", "dora@", "dan@", "paul@"):
        for person in doors.all(f"/webinars/{webinar.webinar_id}/people", email=email):
            by = person["decided_by"]["plugin"] if person["decided_by"] else ""
            key = person["email"] or person["name"]
            reasons[key] = (person["outcome"], person["reason"], by)
    exclusions = "exclusions"
    assert reasons == {
        ADA: ("in_sync", "", ""),
        RITA: ("excluded", "excluded_domain", exclusions),
        colleague: ("excluded", "hubspot_user", exclusions),
        second: ("excluded", "secondary_email", exclusions),
        "ian@broken..example": ("excluded", "invalid_email", exclusions),
        "dora@lowmoor.example": ("excluded", "deleted_contact", exclusions),
        "dan@lowmoor.example": ("excluded", "denied", exclusions),
        "paul@acme.example": ("excluded", "role", exclusions),
        "iPhone": ("excluded", "no_email", exclusions),
        "Zoe": ("excluded", "unmatched", exclusions),
    }
    (place,) = doors.api("GET", f"/webinars/{webinar.webinar_id}")["occurrences"]
    assert place["counts"] == {"in_sync": 1, "excluded": 9, "failing": 0, "waiting": 0}
    assert (place["zoom_people"], place["unexplained"]) == (10, 0)
    # S19: a colleague who is a contact gets no activity.
    assert set(webinar.states()) == {ADA, dora}
