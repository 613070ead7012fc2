"""Recordings and transcripts end to end: notices or none, any order, gone and back, switched off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.scenarios.stage import PORTAL, Stage

TRANSCRIPT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\nHanna Host: Welcome, everybody.\n"
MINUTES = timedelta(minutes=5)


def play(stage: Stage, *, recorded: bool = True, **settings: Any) -> dict[str, Any]:
    """A webinar of five people took place; it is synced to its last delay."""
    scene = stage.simulator.scene("small", silent=True, recording=recorded)
    stage.install(scene["account_id"])
    wanted = {"webinar_sync": "all", "recording_sync": "all"} | scene["settings"] | settings
    stage.set(**wanted)
    stage.work()
    stage.late_by = MINUTES
    stage.work()
    return scene


def calls(stage: Stage) -> list[dict[str, Any]]:
    """The call records of the portal."""
    found: list[dict[str, Any]] = stage.simulator.call("GET", f"/hubspot/portals/{PORTAL}/calls")[
        "results"
    ]
    return found


def contact_ids(stage: Stage, scene: dict[str, Any], *kinds: str) -> list[str]:
    contacts = stage.simulator.contacts()
    return sorted(contacts[scene["people"][kind]]["id"] for kind in kinds)


def change(stage: Stage, scene: dict[str, Any], what: str, **body: Any) -> None:
    """Something befalls the recording of the first session."""
    path = f"/zoom/webinars/{scene['webinar_id']}/instances/1/recording/{what}"
    stage.simulator.call("POST", path, body)


def test_S31_without_any_notice_a_call_record_of_those_who_came_with_the_transcript(
    stage: Stage,
) -> None:
    scene = play(stage)
    (call,) = calls(stage)
    assert call["contacts"] == contact_ids(stage, scene, "attends", "rejoins")
    assert call["properties"]["hs_call_title"] == "Recording: A small webinar"
    assert call["properties"]["hs_call_external_id"].startswith(f"{scene['webinar_id']}-0-")
    assert "/rec/share/" in call["properties"]["hs_call_body"]
    assert "hs_call_recording_url" not in call["properties"]
    assert [said["text"] for said in call["transcript"]][0].startswith("Welcome, everybody")
