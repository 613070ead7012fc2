"""B7, S17: before the webinar it is known whether contacts can be registered for it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from simulator.zoom.scopes import APP_SCOPES
from store.tables import run
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import Webinar, connect, plan_webinar

ROLE = {"title": "Your role?", "type": "short", "required": True, "answers": []}
DIET = {"title": "Diet", "type": "single_radio", "required": True, "answers": ["Vegan", "Fish"]}
DAY = 24 * 3600


def plan(stage: Stage, **wanted: Any) -> Webinar:
    """A webinar in two days that asks for role and diet, and a portal that knows diets."""
    webinar = plan_webinar(stage, start_time=2 * DAY, custom_questions=[ROLE, DIET], **wanted)
    options = [{"label": "Vegan", "value": "v"}, {"label": "Whatever", "value": "w"}]
    diet = {"name": "diet", "label": "Diet", "type": "enumeration", "options": options}
    stage.simulator.call("POST", f"/hubspot/portals/{PORTAL}/properties", diet)
    return webinar


def warnings(doors: Doors, webinar: Webinar) -> list[dict[str, Any]]:
    return doors.all(f"/webinars/{webinar.webinar_id}/audit")


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "never announced"])
def test_B7_S17_the_pre_flight_follows_questions_and_mapping(
    lone_stage: Stage, announced: bool
) -> None:
    stage = lone_stage
    webinar = plan(stage)
    stage.simulator.call("PATCH", "/switches", {"zoom_questions_announced": announced})
    connect(stage)
    stage.work()
    with open_doors(stage) as doors:
        doors.notices()
        (warning,) = warnings(doors, webinar)
        assert (warning["code"], warning["count"]) == ("question_unmapped", 2)
        for word in ("Your role?", "Diet", "Spring launch"):
            assert word in warning["meaning"]

        shown = doors.api("GET", f"/webinars/{webinar.webinar_id}/questions")["results"]
        proposed = {row["question"]: row["proposed_property"] for row in shown}
        assert proposed == {"last_name": "lastname", "Your role?": None, "Diet": "diet"}

        mapping = {"Diet": "diet", "Your role?": "jobtitle"}
        doors.api("PATCH", "/settings", {"question_mapping": mapping})
        assert warnings(doors, webinar) == []

        doors.api("PATCH", "/settings", {"question_mapping": {"Diet": "diet"}})
        (warning,) = warnings(doors, webinar)
        assert (warning["code"], warning["count"]) == ("question_unmapped", 1)
        assert "Your role?" in warning["meaning"]
        assert "“Diet”" not in warning["meaning"]

        # The question becomes optional in Zoom; unless a notice says so, the next read finds out.
        webinar.zoom("PATCH", "", {"custom_questions": [{**ROLE, "required": False}, DIET]})
        notices = doors.notices()
        assert len(notices) == announced
        doors.deliver(notices)
        if not announced:
            stage.sync_now()
        stage.work()
        assert warnings(doors, webinar) == []


def test_B7_zoom_not_showing_the_questions_is_told_and_stops_nothing(lone_stage: Stage) -> None:
    stage = lone_stage
    webinar = plan(stage)
    webinar.register("ada@example.com")
    fewer = [one for one in APP_SCOPES if "list_registration_questions" not in one]
    stage.simulator.call("PUT", "/zoom/app/scopes", {"scopes": fewer})
    connect(stage)
    stage.work()
    with open_doors(stage) as doors:
        (warning,) = warnings(doors, webinar)
        assert (warning["code"], warning["action"]["name"]) == ("questions_unread", "reconnect")
    assert webinar.outcomes() == {"ada@example.com": "in_sync"}
    assert {row["state"] for row in stage.query(select(run.c.state))} == {"done"}
