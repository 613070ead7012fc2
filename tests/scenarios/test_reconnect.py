"""A platform ends Rollcall's access: work stops and says so, and goes on once it is given back."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from store.database import writing
from store.tables import connection as connection_table
from store.tables import inbox, occurrence, occurrence_person, run
from tests.scenarios.audience import ON_SQLITE
from tests.scenarios.stage import PORTAL, Stage
from tests.store.deliveries import record_delivery


def begin(stage: Stage, **parameters: Any) -> dict[str, Any]:
    """Five people of a webinar that is over; both platforms connected, nothing worked off yet."""
    scene = stage.simulator.scene("small", silent=True, **parameters)
    stage.install(scene["account_id"])
    stage.set(webinar_sync="all", **scene["settings"])
    return scene


def hold_session(stage: Stage, scene: dict[str, Any]) -> None:
    """An hour's session; two people come, one of them twice."""
    path = f"/zoom/webinars/{scene['webinar_id']}"
    registrants = stage.simulator.call("GET", path)["registrants"]
    ids = {person["email"]: person["id"] for person in registrants}
    sessions = {"attends": [[0, 2700]], "rejoins": [[0, 900], [1800, 3600]]}
    people = [
        {"registrant_id": ids[scene["people"][kind]], "sessions": joins}
        for kind, joins in sessions.items()
    ]
    times = {"start_time": -3600, "end_time": 0, "silent": True}
    stage.simulator.call("POST", f"{path}/play", {**times, "participants": people})


def end_access(stage: Stage, platform: str, scene: dict[str, Any]) -> None:
    """The customer removes the app in the platform, which tells nobody."""
    if platform == "hubspot":
        stage.simulator.call("POST", f"/hubspot/deauthorize/{PORTAL}")
    else:
        account = {"account_id": scene["account_id"], "silent": True}
        stage.simulator.call("POST", "/zoom/deauthorize", account)


def connect_again(stage: Stage, platform: str, scene: dict[str, Any]) -> None:
    if platform == "hubspot":
        stage.connect_hubspot()
    else:
        stage.connect_zoom(scene["account_id"])


def outcomes(stage: Stage) -> dict[str, tuple[str, str, str]]:
    """Outcome, reason and detail by address."""
    rows = stage.query(select(occurrence_person))
    return {row["email"]: (row["outcome"], row["reason"], row["detail"]) for row in rows}


def finish(stage: Stage) -> None:
    """Let the last delay pass."""
    stage.work()
    stage.late_by += timedelta(minutes=5)
    stage.work()


def assert_everything_arrived(stage: Stage, scene: dict[str, Any]) -> None:
    people = scene["people"]
    shown = {email: outcome for email, (outcome, _, _) in outcomes(stage).items()}
    assert shown.pop(people["excluded_domain"]) == "excluded"
    assert set(shown.values()) == {"in_sync"}
    contacts = stage.simulator.contacts()
    assert set(contacts) == set(shown)
    assert set(contacts) >= {people["attends"], people["rejoins"], people["no_show"]}
    attended = contacts[people["attends"]]["properties"]["rollcall_attendance_count"]
    assert attended == "1"
    assert stage.simulator.summary(PORTAL)["duplicate_effects"] == 0


def calls(stage: Stage, platform: str) -> int:
    return int(stage.simulator.call("GET", "/journal", platform=platform)["total"])


@ON_SQLITE
def test_hubspot_ends_the_access_before_anything_is_written(stage: Stage) -> None:
    scene = begin(stage)
    end_access(stage, "hubspot", scene)
    stage.work()

    (failed,) = stage.query(select(run))
    assert failed["state"] == "failed"
    assert "somebody has to connect it again" in failed["message"]
    shown = outcomes(stage)
    assert shown, "what Zoom says is read all the same"
    for outcome, reason, detail in shown.values():
        assert (outcome, reason) == ("waiting", "reconnect")
        assert "connect HubSpot again in the console" in detail
    assert stage.simulator.contacts() == {}

    stage.connect_hubspot()
    assert {reason for _, reason, _ in outcomes(stage).values()} == {"queued"}
    finish(stage)
    assert_everything_arrived(stage, scene)


def test_zoom_ends_the_access_before_anything_is_read(stage: Stage) -> None:
    scene = begin(stage)
    end_access(stage, "zoom", scene)
    stage.work()
    assert stage.query(select(occurrence)) == []

    stage.connect_zoom(scene["account_id"])
    finish(stage)
    assert_everything_arrived(stage, scene)


def deliver(stage: Stage, scene: dict[str, Any], event: str, **payload: Any) -> None:
    """Leave a delivery of Zoom's in the inbox, as the door does."""
    content = {
        "event": event,
        "event_ts": int(stage.now().timestamp() * 1000),
        "payload": {"account_id": scene["account_id"], **payload},
    }
    body = json.dumps(content).encode()
    with writing(stage.database) as connection:
        record_delivery(
            connection,
            stage.sealer,
            "zoom",
            hashlib.sha256(body).hexdigest(),
            body,
            event_name=event,
            account_id=scene["account_id"],
            now=stage.now(),
        )


@ON_SQLITE
def test_zoom_announces_that_the_app_was_removed(stage: Stage) -> None:
    scene = begin(stage, play=False)
    stage.work()
    hold_session(stage, scene)
    end_access(stage, "zoom", scene)
    (grant,) = stage.query(select(connection_table).where(connection_table.c.platform == "zoom"))
    asked = calls(stage, "zoom")
    deliver(stage, scene, "app_deauthorized", user_id=grant["user_id"])
    stage.late_by = timedelta(minutes=5)
    stage.sync_now()
    stage.work()

    (grant,) = stage.query(select(connection_table).where(connection_table.c.platform == "zoom"))
    assert (grant["status"], grant["tokens"]) == ("disconnected", b"")
    assert calls(stage, "zoom") == asked
    assert outcomes(stage) == {}, "the account's data is erased"

    stage.connect_zoom(scene["account_id"])
    finish(stage)
    assert_everything_arrived(stage, scene)


@ON_SQLITE
def test_a_late_notice_of_a_removal_does_not_end_what_was_authorised_since(stage: Stage) -> None:
    scene = begin(stage)
    (grant,) = stage.query(select(connection_table).where(connection_table.c.platform == "zoom"))
    stage.late_by = timedelta(hours=-1)
    deliver(stage, scene, "app_deauthorized", user_id=grant["user_id"])
    stage.late_by = timedelta(0)
    finish(stage)
    assert_everything_arrived(stage, scene)


@pytest.mark.parametrize("platform", ["hubspot", "zoom"])
def test_the_access_ends_between_registration_and_attendance(stage: Stage, platform: str) -> None:
    scene = begin(stage, play=False)
    stage.work()
    people = scene["people"]
    assert people["attends"] in stage.simulator.contacts()
    hold_session(stage, scene)
    end_access(stage, platform, scene)
    stage.late_by = timedelta(minutes=5)
    (run_id,) = stage.sync_now()
    stage.work()

    (failed,) = stage.query(select(run).where(run.c.id == run_id))
    assert failed["state"] == "failed"
    assert "connect it again" in failed["message"]
    outcome, reason, detail = outcomes(stage)[people["attends"]]
    assert (outcome, reason) == ("waiting", "reconnect")
    assert f"connect {'HubSpot' if platform == 'hubspot' else 'Zoom'} again" in detail

    connect_again(stage, platform, scene)
    finish(stage)
    assert_everything_arrived(stage, scene)


@ON_SQLITE
@pytest.mark.parametrize("platform", ["hubspot", "zoom"])
def test_nothing_is_tried_in_vain_while_the_access_is_gone_F25(stage: Stage, platform: str) -> None:
    scene = begin(stage)
    stage.work()
    end_access(stage, platform, scene)
    stage.late_by = timedelta(minutes=5)
    stage.work()
    # On a slow machine the last read was over before: somebody asks, and the end is noticed.
    stage.sync_now()
    stage.work()
    asked, runs = calls(stage, platform), len(stage.query(select(run)))

    for hours in (1, 2, 24):
        stage.late_by = timedelta(hours=hours)
        stage.work()

    assert calls(stage, platform) == asked
    assert len(stage.query(select(run))) == runs


@ON_SQLITE
def test_a_notice_about_an_unknown_webinar_waits_for_zoom_however_long(stage: Stage) -> None:
    scene = begin(stage)
    end_access(stage, "zoom", scene)
    registrant = {"id": "late", "email": "late@northquay.example", "status": "approved"}
    webinar = {"id": scene["webinar_id"], "uuid": "x==", "registrant": registrant}
    deliver(stage, scene, "webinar.registration_created", object=webinar)
    for hours in range(15):
        stage.late_by = timedelta(hours=hours)
        stage.work()
    (waiting,) = stage.query(select(inbox))
    assert waiting["state"] == "new"
    assert "connect it again" in waiting["error"]

    stage.connect_zoom(scene["account_id"])
    stage.work()
    (done,) = stage.query(select(inbox))
    assert done["state"] == "done"
    assert "late@northquay.example" in outcomes(stage)


@ON_SQLITE
def test_a_portal_that_did_not_reconnect_itself_goes_on_as_well(stage: Stage) -> None:
    """Two portals share one authorisation: whoever renews it renews it for both."""
    scene = begin(stage)
    stage.simulator.call("POST", "/hubspot/portals", {"id": 4343})
    stage.install(scene["account_id"], "4343")
    stage.set("4343", webinar_sync="all", **scene["settings"])
    end_access(stage, "zoom", scene)
    stage.work()
    assert stage.query(select(occurrence)) == []

    stage.connect_zoom(scene["account_id"], "4343")
    stage.work()
    assert {row["portal_id"] for row in stage.query(select(occurrence))} == {PORTAL, "4343"}
