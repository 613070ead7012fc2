"""Five people end to end: one attends, one rejoins, one is away, one excluded, one cancels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from store.tables import occurrence, occurrence_person
from tests.scenarios.stage import PORTAL, Stage


def outcomes(stage: Stage) -> dict[str, tuple[str, str]]:
    """Outcome and reason by address."""
    rows = stage.query(select(occurrence_person))
    return {row["email"]: (row["outcome"], row["reason"]) for row in rows}


def play_to_the_end(stage: Stage, **parameters: Any) -> dict[str, Any]:
    """Install, switch on, play the scene, and let the last delay pass."""
    scene = stage.simulator.scene("small", silent=True, **parameters)
    stage.install(scene["account_id"])
    stage.set(webinar_sync="all", **scene["settings"])
    stage.work()
    stage.late_by = timedelta(minutes=5)
    stage.work()
    return scene


def test_five_people_arrive_in_hubspot(stage: Stage) -> None:
    scene = play_to_the_end(stage)
    contacts = stage.simulator.contacts()
    people = scene["people"]
    assert set(contacts) == {people["attends"], people["rejoins"], people["no_show"]}
    shown = {
        kind: (
            contacts[people[kind]]["properties"].get("rollcall_attendance_count"),
            contacts[people[kind]]["properties"].get("rollcall_average_attendance_percent"),
            contacts[people[kind]]["properties"].get("rollcall_registration_count"),
        )
        for kind in ("attends", "rejoins", "no_show")
    }
    assert shown == {
        "attends": ("1", "75", "1"),
        "rejoins": ("1", "75", "1"),
        "no_show": (None, None, "1"),
    }


def test_everybody_has_an_outcome_and_the_balance_holds(stage: Stage) -> None:
    scene = play_to_the_end(stage)
    people = scene["people"]
    assert outcomes(stage) == {
        people["attends"]: ("in_sync", ""),
        people["rejoins"]: ("in_sync", ""),
        people["no_show"]: ("in_sync", ""),
        people["excluded_domain"]: ("excluded", "excluded_domain"),
    }
    (place,) = stage.query(select(occurrence))
    # Zoom lists nobody who cancelled before Rollcall was connected.
    assert place["zoom_people"] == 4


def test_a_second_sync_now_writes_nothing(stage: Stage) -> None:
    play_to_the_end(stage)
    before = stage.simulator.writes()
    stage.sync_now()
    stage.work()
    assert stage.simulator.writes() == before
    assert stage.simulator.summary(PORTAL)["duplicate_effects"] == 0
