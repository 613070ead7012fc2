"""Recordings switched off and on, without participants, and what the audit log says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.warnings import find_warnings
from store.database import reading, writing
from store.settings import read_settings
from store.switches import change_user, change_webinar
from store.tables import occurrence, webinar, zoom_user
from store.warning_facts import read_warning_facts
from tests.scenarios.recorded import (
    MINUTES,
    begin,
    calls,
    change,
    database_url,
    event_description,
    later,
    nobody_came,
    on_both_databases,
    play,
    read_twice,
    remembered,
    set_global,
    shows_recording,
)
from tests.scenarios.stage import PORTAL, Stage

__all__ = ["database_url"]


def set_user(stage: Stage, is_on: bool) -> None:
    with writing(stage.database) as connection:
        _, settings = read_settings(connection, PORTAL)
        for user in connection.execute(select(zoom_user.c.user_id)).scalars().all():
            change_user(connection, PORTAL, user, {"sync_recordings": is_on}, settings, stage.now())


def set_webinar(stage: Stage, is_on: bool) -> None:
    with writing(stage.database) as connection:
        _, settings = read_settings(connection, PORTAL)
        for pk in connection.execute(select(webinar.c.id)).scalars().all():
            switch = {"recordings": "on" if is_on else "off"}
            change_webinar(connection, PORTAL, pk, switch, settings, stage.now())


def set_domain(stage: Stage, is_on: bool) -> None:
    stage.set(excluded_recording_domains=[] if is_on else ["acme.example"])


@pytest.mark.parametrize(
    "switch",
    [
        pytest.param(set_domain, id="S09 the host's domain"),
        pytest.param(set_user, id="S14 the host"),
        pytest.param(set_webinar, id="S15 the webinar"),
        pytest.param(set_global, id="S16 all recordings"),
    ],
)
def test_S24_what_was_switched_off_catches_up_by_itself_once_it_is_on(
    stage: Stage, switch: Callable[[Stage, bool], None]
) -> None:
    scene = begin(stage, recorded=False)
    change(stage, scene, "", complete=True, silent=True)
    switch(stage, False)
    later(stage)
    assert calls(stage) == []
    switch(stage, True)
    stage.work()
    assert shows_recording(stage) == (True, False)


@on_both_databases
def test_a_switch_turned_off_takes_nothing_back_but_a_deleted_recording_does(stage: Stage) -> None:
    scene = play(stage)
    set_global(stage, False)
    stage.work()
    assert shows_recording(stage) == (True, True)
    stage.listen()
    change(stage, scene, "delete")
    stage.late_by += timedelta(seconds=5)
    stage.deliver(stage.notices("recording.deleted"))
    stage.work()
    assert shows_recording(stage) == (False, False)


def test_S24_switching_off_stops_what_was_planned_and_not_yet_sent(stage: Stage) -> None:
    trouble = {"kind": "status", "status": 503}
    rule = {"platform": "hubspot", "route_contains": "/calls", **trouble}
    play(stage, before=lambda stage, _: stage.simulator.call("POST", "/faults", rule))
    set_global(stage, False)
    stage.simulator.call("DELETE", "/faults")
    later(stage, 2 * MINUTES)
    stage.sync_now()
    stage.work()
    assert calls(stage) == []
    set_global(stage, True)
    stage.work()
    assert shows_recording(stage) == (True, True)


def rehearse(stage: Stage, scene: dict[str, Any]) -> None:
    """Hours before the webinar somebody tried it out, and had it recorded."""
    before = {"start_time": -18_000, "end_time": -16_200, "participants": [], "silent": True}
    stage.simulator.call("POST", f"/zoom/webinars/{scene['webinar_id']}/play", before)
    change(stage, scene, "", session=2, complete=True)


def test_a_rehearsal_brings_no_call_record(stage: Stage) -> None:
    scene = play(stage, before=rehearse)
    stage.listen()
    change(stage, scene, "announce-again", session=2)
    stage.deliver(stage.notices("recording."))
    stage.work()
    assert len(calls(stage)) == 1
    assert shows_recording(stage) == (True, True)


def test_B05_each_date_of_a_series_has_its_own_call_record(stage: Stage) -> None:
    stage.simulator.scene("small", silent=True, play=False)
    account = stage.simulator.call("GET", "/zoom/accounts/small-zoom-account")
    host = next(user["id"] for user in account["users"] if user["email"].startswith("hanna"))
    starts = (-90_000, -3_600)
    series = {
        "host_id": host,
        "topic": "A series",
        "type": 9,
        "registration_type": 2,
        "occurrences": [{"start_time": start, "duration": 60} for start in starts],
        "silent": True,
    }
    made = stage.simulator.call("POST", "/zoom/accounts/small-zoom-account/webinars", series)
    person = {
        "email": "ada@northquay.example",
        "email_visible": True,
        "sessions": [[0, 1_800]],
    }
    for number, start in enumerate(starts, 1):
        session = {"start_time": start, "end_time": start + 3_600, "participants": [person]}
        path = f"/zoom/webinars/{made['webinar_id']}"
        stage.simulator.call("POST", f"{path}/play", {**session, "silent": True})
        recorded = {"complete": True, "silent": True}
        stage.simulator.call("POST", f"{path}/instances/{number}/recording", recorded)
    stage.install("small-zoom-account")
    stage.set(webinar_sync="all", recording_sync="all")
    stage.work()
    later(stage)
    later(stage, timedelta(days=1))
    middles = {call["properties"]["hs_call_external_id"].split("-")[1] for call in calls(stage)}
    assert len(middles) == len(calls(stage)) == 2
    assert "0" not in middles


def test_Q10_without_participants_there_is_no_call_record(stage: Stage) -> None:
    nobody_came(stage)
    assert calls(stage) == []
    assert remembered(stage) == [("available", "missing")]


@on_both_databases
def test_Q10_the_marketing_event_may_carry_the_recording_instead(stage: Stage) -> None:
    scene = nobody_came(stage, recording_target="marketing_event")
    assert calls(stage) == []
    assert "/rec/share/" in (event_description(stage) or "")
    change(stage, scene, "delete")
    read_twice(stage)
    assert not event_description(stage)


def test_Q10_the_target_may_be_chosen_afterwards(stage: Stage) -> None:
    nobody_came(stage)
    stage.set(recording_target="marketing_event")
    stage.work()
    assert "/rec/share/" in (event_description(stage) or "")


def audit(stage: Stage) -> list[tuple[str, str]]:
    """The warnings about the webinar's recordings: what each means, and its button."""
    with reading(stage.database) as connection:
        _, settings = read_settings(connection, PORTAL)
        (row,) = connection.execute(select(webinar)).mappings().all()
        places = connection.execute(select(occurrence)).mappings().all()
        found = find_warnings(read_warning_facts(connection, row, places, settings, stage.now()))
    return [(one.meaning, one.action.name) for one in found if one.code == "recording_not_synced"]


def records_by_itself(stage: Stage, scene: dict[str, Any]) -> None:
    """The webinar is set to be recorded to Zoom's cloud."""
    wanted = {"auto_recording": "cloud", "silent": True}
    stage.simulator.call("PATCH", f"/zoom/webinars/{scene['webinar_id']}", wanted)


def test_S25_nothing_is_said_when_all_is_there_and_none_is_missed(stage: Stage) -> None:
    play(stage, before=records_by_itself)
    assert audit(stage) == []


def test_S25_nothing_is_said_where_nothing_was_recorded_or_is_to_be(stage: Stage) -> None:
    play(stage, recorded=False, recording_sync="none")
    assert audit(stage) == []


def test_S25_1_switches_that_are_off_are_named_where_a_recording_is_expected(stage: Stage) -> None:
    play(stage, before=records_by_itself, recording_sync="none")
    ((meaning, button),) = audit(stage)
    assert "off for the whole account" in meaning
    assert button == "open_settings"


def test_S25_2_no_participants(stage: Stage) -> None:
    nobody_came(stage)
    ((meaning, _),) = audit(stage)
    assert "no participants" in meaning


def test_S25_3_deleted_and_never_found_are_told_apart(stage: Stage) -> None:
    scene = play(stage)
    change(stage, scene, "delete")
    read_twice(stage)
    ((meaning, _),) = audit(stage)
    assert "no longer listed by Zoom" in meaning


@pytest.mark.parametrize(
    ("what", "words", "button"),
    [
        ("trash", "in Zoom's trash", "open_zoom"),
        ("delete", "deleted in Zoom", "open_zoom"),
    ],
    ids=["S25-3 trashed", "S25-3 deleted"],
)
def test_what_a_notice_says_of_a_recording_that_is_gone_is_told(
    stage: Stage, what: str, words: str, button: str
) -> None:
    scene = play(stage)
    stage.listen()
    change(stage, scene, what)
    stage.late_by += timedelta(seconds=5)
    stage.deliver(stage.notices("recording."))
    stage.work()
    ((meaning, name),) = audit(stage)
    assert words in meaning
    assert name == button


@pytest.mark.parametrize(
    ("status", "code", "words", "button"),
    [
        (400, 200, "does not let us list", "reconnect"),
        (400, 300, "refused to list", "sync_now"),
        (503, 0, "could not be asked", "sync_now"),
    ],
    ids=["S25 not allowed", "S25 refused", "S25 not reachable"],
)
def test_why_zoom_did_not_list_recordings_is_told_apart_and_ends_with_it(
    lone_stage: Stage, status: int, code: int, words: str, button: str
) -> None:
    body = {"code": code, "message": "Some words of Zoom's."}
    rule = {"platform": "zoom", "route_contains": "/recordings", "kind": "status"}
    play(lone_stage, before=records_by_itself)
    lone_stage.simulator.call("POST", "/faults", rule | {"status": status, "body": body})
    lone_stage.sync_now()
    lone_stage.work()
    ((meaning, name),) = audit(lone_stage)
    assert words in meaning
    assert name == button
    assert shows_recording(lone_stage) == (True, True), "nothing is taken back"
    lone_stage.simulator.call("DELETE", "/faults")
    lone_stage.sync_now()
    lone_stage.work()
    assert audit(lone_stage) == []


def test_S25_3_expected_and_not_found(stage: Stage) -> None:
    play(stage, recorded=False, before=records_by_itself)
    ((meaning, button),) = audit(stage)
    assert "no recording was found" in meaning
    assert button == "sync_now"
