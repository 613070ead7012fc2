"""B14: past webinars are found and brought in; Zoom keeps the one more, the other less."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, add_webinar, connect, plan_webinar

DAY = 24 * HOUR
ADA, REX, NORA = "ada@northquay.example", "rex@northquay.example", "nora@lowmoor.example"


def past_webinar(stage: Stage, days: int, topic: str, **wanted: Any) -> Webinar:
    """A webinar so many days ago: two registered the day before, one of them came."""
    webinar = add_webinar(stage, topic=topic, start_time=-days * DAY, silent=True, **wanted)
    webinar.register(ADA, REX, create_time=-(days + 1) * DAY)
    times = {"start_time": -days * DAY, "end_time": -days * DAY + HOUR}
    webinar.play({ADA: [[0, HOUR]]}, **times)
    return webinar


def day_before(stage: Stage, days: int) -> str:
    return (stage.now() - timedelta(days=days)).date().isoformat()


def backfill(stage: Stage, doors: Doors, **body: Any) -> dict[str, Any]:
    """Ask for a backfill, have everything done, and show what it came to."""
    backfill_id = doors.api("POST", "/backfills", body)["backfill_id"]
    stage.pass_time(timedelta(minutes=10))
    shown: dict[str, Any] = doors.api("GET", f"/backfills/{backfill_id}")
    return shown


def webinars(doors: Doors, shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The backfill's webinars by topic."""
    found = doors.all(f"/backfills/{shown['id']}/webinars")
    return {one["topic"]: one for one in found}


def test_B14_a_past_webinar_is_brought_in(lone_stage: Stage) -> None:
    stage = lone_stage
    plan_webinar(stage, start_time=DAY)
    spring = past_webinar(stage, 60, "Spring")
    connect(stage)
    stage.work()
    with open_doors(stage) as doors:
        shown = backfill(stage, doors, since=day_before(stage, 90))
        print(shown, webinars(doors, shown))
    assert shown["state"] == "done"
    assert spring.states() == {ADA: "ATTENDED", REX: "NO_SHOW"}
    assert spring.figures(ADA)["historical"] == "true"
