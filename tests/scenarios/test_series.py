"""Recurring webinars: a date is an occurrence with its own event, a registration may cover all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.tables import effect
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"
DAY = 24 * HOUR
ONCE_FOR_ALL, EACH_DATE = 1, 2


def plan_series(stage: Stage, registration_type: int, *dates: int) -> tuple[Webinar, list[str]]:
    """A series with dates so many seconds from now; the webinar and its occurrence ids."""
    occurrences: list[dict[str, Any]] = [
        {"start_time": seconds, "duration": 60, "occurrence_id": str(1_700_000_000_000 + number)}
        for number, seconds in enumerate(dates)
    ]
    webinar = plan_webinar(
        stage,
        type=9,
        start_time=dates[0],
        registration_type=registration_type,
        occurrences=occurrences,
    )
    return webinar, [date["occurrence_id"] for date in occurrences]


def test_a_date_is_an_occurrence_of_its_own_B05(lone_stage: Stage) -> None:
    webinar, (first, second, third) = plan_series(lone_stage, EACH_DATE, -8 * DAY, -HOUR, 6 * DAY)
    webinar.register(ADA, occurrence_ids=[first, second])
    webinar.register(REX, occurrence_ids=[second, third])
    times = {"start_time": -8 * DAY, "end_time": -8 * DAY + HOUR, "occurrence_id": first}
    webinar.play({ADA: [[0, 1800]]}, **times)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, 900]]}, occurrence_id=second)
    connect(lone_stage)
    lone_stage.pass_time(timedelta(days=1))
    assert set(webinar.events()) == {first, second, third}
    assert webinar.states(first) == {ADA: "ATTENDED"}
    assert webinar.states(second) == {ADA: "ATTENDED", REX: "ATTENDED"}
    assert webinar.states(third) == {REX: "REGISTERED"}
    # Registrations count webinars, attendances count dates.
    assert webinar.figures(ADA) == webinar.figures(ADA) | {
        "registration_count": "1",
        "attendance_count": "2",
        "average_attendance_percent": "75",
    }
    assert webinar.figures(REX)["average_attendance_percent"] == "25"
    places = webinar.places()
    assert {name: places[name]["zoom_people"] for name in (first, second, third)} == {
        first: 1,
        second: 2,
        third: 1,
    }


def test_a_registration_for_the_whole_series_is_written_once_and_nobody_misses_a_date_B05(
    lone_stage: Stage,
) -> None:
    webinar, (first, second) = plan_series(lone_stage, ONCE_FOR_ALL, -HOUR, 6 * DAY)
    webinar.register(ADA, REX, NORA)
    webinar.play({ADA: [[0, HOUR]]}, occurrence_id=first)
    connect(lone_stage)
    lone_stage.pass_time(timedelta(days=1))
    assert webinar.states(first) == {ADA: "ATTENDED"}
    assert webinar.states(second) == dict.fromkeys((ADA, REX, NORA), "REGISTERED")
    assert webinar.figures(ADA)["registration_count"] == "1"
    places = webinar.places()
    assert (places[""]["zoom_people"], places[first]["zoom_people"]) == (3, 1)
    assert set(webinar.outcomes().values()) == {"in_sync"}


@pytest.mark.parametrize("stays_so", [False, True], ids=["HubSpot restores", "it does not"])
def test_a_date_taken_out_of_a_series_is_called_off_and_comes_back_when_it_is_restored(
    lone_stage: Stage, stays_so: bool
) -> None:
    switch = {"cancelled_marketing_events_stay_so": stays_so}
    lone_stage.simulator.call("PATCH", "/switches", switch)
    webinar, (first, second) = plan_series(lone_stage, EACH_DATE, 5 * HOUR, 6 * HOUR)
    webinar.register(ADA, occurrence_ids=[first])
    webinar.register(REX, occurrence_ids=[second])
    connect(lone_stage)
    lone_stage.work()
    assert set(webinar.events()) == {first, second}

    webinar.zoom("DELETE", "", {"occurrence_ids": [second], "silent": True})
    lone_stage.pass_time(timedelta(hours=2))
    events = webinar.events()
    assert events[second]["eventCancelled"]
    assert not events[first].get("eventCancelled")
    assert webinar.places()[second]["status"] == "cancelled"

    both = ((first, 5 * HOUR), (second, 6 * HOUR))
    dates = [{"start_time": start, "occurrence_id": name} for name, start in both]
    webinar.zoom("PATCH", "", {"occurrences": dates, "silent": True})
    webinar.register(NORA, occurrence_ids=[second])
    lone_stage.pass_time(timedelta(hours=1.5))
    # Either way everything else of it is written; a refusal is one warning.
    assert webinar.events()[second]["eventCancelled"] is stays_so
    refused = lone_stage.query(select(effect).where(effect.c.state == "rejected"))
    assert len(refused) == stays_so
    assert webinar.places()[second]["zoom_people"] == 2
    assert webinar.states(second) == {REX: "REGISTERED", NORA: "REGISTERED"}


def test_a_series_without_fixed_times_makes_an_occurrence_of_each_session_B05(
    lone_stage: Stage,
) -> None:
    webinar = plan_webinar(lone_stage, type=6, start_time=None)
    webinar.register(ADA, REX)
    webinar.play({ADA: [[0, HOUR]]}, start_time=-2 * DAY, end_time=-2 * DAY + HOUR)
    webinar.play({ADA: [[0, 1800]], REX: [[0, HOUR]]})
    connect(lone_stage)
    lone_stage.pass_time(timedelta(days=2))
    assert webinar.figures(ADA)["attendance_count"] == "2"
    assert webinar.figures(REX)["attendance_count"] == "1"
    attended = [
        {email for email, state in webinar.states(name).items() if state == "ATTENDED"}
        for name in webinar.events()
    ]
    # One event holds the registrations, each session has its own.
    assert sorted(map(len, attended)) == [0, 1, 2]
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0


@pytest.mark.parametrize("shift", [-1.5 * HOUR, 5 * HOUR], ids=["early", "late"])
def test_a_session_belongs_to_the_date_it_is_nearest_to_B05(
    lone_stage: Stage, shift: float
) -> None:
    webinar, (first, second) = plan_series(lone_stage, EACH_DATE, -2 * DAY, -10 * HOUR)
    webinar.register(ADA, occurrence_ids=[second])
    begins = -10 * HOUR + shift
    webinar.play({ADA: [[0, 1800]]}, start_time=begins, end_time=begins + 1800)
    connect(lone_stage)
    lone_stage.pass_time(timedelta(days=1))
    assert webinar.states(second) == {ADA: "ATTENDED"}
    assert first not in webinar.events()
