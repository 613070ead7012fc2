"""S04: webinars of Zoom Events are recognised, said so, and left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.scenarios.door import open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA = "ada@northquay.example"


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed first", "told of first"])
def test_S04_a_webinar_of_a_zoom_event_is_left_out_and_says_so(
    lone_stage: Stage, is_listed: bool
) -> None:
    webinar = plan_webinar(lone_stage, is_events_webinar=True)
    connect(lone_stage)
    if is_listed:
        lone_stage.work()
    with open_doors(lone_stage) as doors:
        before = lone_stage.simulator.writes()
        webinar.register(ADA)
        webinar.play({ADA: [[0, HOUR]]})
        doors.deliver(doors.notices())
        lone_stage.pass_time(timedelta(hours=2))
        lone_stage.sync_now()
        lone_stage.pass_time()

        assert webinar.outcomes() == {ADA: "excluded: zoom_events"}
        assert lone_stage.simulator.writes() == before
        assert lone_stage.simulator.contacts() == {}
        shown = doors.api("GET", f"/webinars/{webinar.webinar_id}")
        assert shown["zoom_events"]
        assert shown["effective"]["why_not"] == "zoom_events"
        (warning,) = doors.all(f"/webinars/{webinar.webinar_id}/audit")
        assert "Zoom Event" in warning["meaning"]
        assert warning["count"] == 1
