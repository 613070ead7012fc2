"""B20: numbers that are overdue are shown, and told once a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from clients.errors import Unavailable
from tests.scenarios.door import open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA = "ada@northquay.example"


class Operator:
    """Takes alerts, after having been away for the first call."""

    def __init__(self) -> None:
        self.taken: list[Mapping[str, Any]] = []
        self.calls = 0

    def post(self, body: Mapping[str, Any]) -> None:
        self.calls += 1
        if self.calls == 1:
            raise Unavailable("away")
        self.taken.append(body)


def test_B20_with_every_notice_lost_an_overdue_report_is_told_once_and_once_it_is_there(
    lone_stage: Stage,
) -> None:
    lone_stage.alerts = operator = Operator()
    webinar = plan_webinar(lone_stage)
    webinar.register(ADA)
    webinar.play({ADA: [[0, HOUR]]}, report=["not_ready"])
    connect(lone_stage)
    lone_stage.pass_time(timedelta(minutes=20))
    with open_doors(lone_stage) as doors:
        path = f"/webinars/{webinar.webinar_id}"
        (shown,) = doors.api("GET", path)["occurrences"]
        assert shown["final_at"] is not None
        assert shown["read_problem"]

    # Read again every day, for longer than a webinar nobody began would be.
    lone_stage.pass_time(timedelta(days=5))
    assert operator.calls == 2
    (told,) = operator.taken
    assert (told["event"], told["webinar_id"]) == ("webinar.overdue", webinar.webinar_id)
    assert ADA not in str(told)

    webinar.report(state="full")
    lone_stage.pass_time(timedelta(days=2))
    assert webinar.states() == {ADA: "ATTENDED"}
    assert [one["event"] for one in operator.taken] == ["webinar.overdue", "webinar.complete"]
    assert len({one["id"] for one in operator.taken}) == 2
