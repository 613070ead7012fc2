"""Recordings end to end: with notices and without, in any order, gone and back."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from engine.offences import Offence
from jobs.guard import Guard
from jobs.replays import NO_WORDS
from jobs.work import work_off
from plugins.registry import Registry
from rollcall import CallRecord
from store.database import writing
from store.plugin_health import OFFENCES, note_offences, retry_plugins
from store.runs import open_run
from store.tables import effect, recording, run
from store.webinar_facts import change_occurrence
from tests.rollcall.values import plugin
from tests.scenarios.recorded import (
    TRANSCRIPT,
    begin,
    calls,
    change,
    contact_ids,
    database_url,
    event_description,
    later,
    on_both_databases,
    play,
    read_twice,
    remembered,
    shows_recording,
)
from tests.scenarios.stage import PORTAL, Stage, set_stage

__all__ = ["database_url"]


@on_both_databases
def test_S31_without_any_notice_those_who_came_get_a_call_record_with_the_transcript(
    stage: Stage,
) -> None:
    scene = play(stage)
    (call,) = calls(stage)
    assert call["contacts"] == contact_ids(stage, scene, "attends", "rejoins")
    assert call["properties"]["hs_call_title"] == "Recording: A small webinar"
    assert call["properties"]["hs_call_duration"] == "3600000"
    start = int(call["properties"]["hs_timestamp"]) // 1000
    assert call["properties"]["hs_call_external_id"] == f"{scene['webinar_id']}-0-{start}"
    assert "/rec/share/" in call["properties"]["hs_call_body"]
    assert "hs_call_recording_url" not in call["properties"]
    assert call["transcript"][0]["speaker"]["name"] == "Hanna Host"
    assert len(call["transcript"]) == 3


def test_B04_a_second_run_writes_nothing(stage: Stage) -> None:
    play(stage)
    before = stage.simulator.writes()
    stage.sync_now()
    stage.work()
    assert stage.simulator.writes() == before
    assert stage.simulator.summary()["duplicate_effects"] == 0


@on_both_databases
@pytest.mark.parametrize("seed", [1, 2], ids=["shuffled", "shuffled otherwise"])
def test_B04_notices_in_any_order_and_twice_lead_where_reading_leads(
    stage: Stage, seed: int
) -> None:
    scene = begin(stage, recorded=False)
    later(stage)
    stage.listen()
    change(stage, scene, "")
    change(stage, scene, "complete")
    change(stage, scene, "transcript", text=TRANSCRIPT)
    change(stage, scene, "announce-again")
    notices = stage.notices("recording.") * 2
    random.Random(seed).shuffle(notices)
    stage.deliver(notices)
    stage.work()
    assert shows_recording(stage) == (True, True)
    assert remembered(stage) == [("available", "available")]
    (call,) = calls(stage)
    assert call["contacts"] == contact_ids(stage, scene, "attends", "rejoins")
    assert stage.simulator.summary()["writes"]["transcripts"] == 1


def test_S25_one_still_processing_arrives_once_it_is_complete_and_the_transcript_after_it(
    stage: Stage,
) -> None:
    scene = begin(stage, recorded=False)
    change(stage, scene, "")
    later(stage)
    assert calls(stage) == []
    change(stage, scene, "complete")
    stage.sync_now()
    stage.work()
    assert shows_recording(stage) == (True, False)
    change(stage, scene, "transcript", text=TRANSCRIPT)
    stage.sync_now()
    stage.work()
    assert shows_recording(stage) == (True, True)
    assert len(calls(stage)) == 1


@pytest.mark.parametrize("with_notices", [True, False], ids=["notices", "reading"])
@pytest.mark.parametrize("removal", ["trash", "delete"])
def test_S25_one_that_is_gone_loses_link_and_text_and_gets_them_back_when_it_is_recovered(
    stage: Stage, removal: str, with_notices: bool
) -> None:
    scene = play(stage)
    stage.listen()

    def happens(what: str) -> None:
        told = len(stage.notices("recording."))
        change(stage, scene, what)
        if with_notices:
            stage.late_by += timedelta(seconds=5)
            stage.deliver(stage.notices("recording.")[told:])
            stage.work()
        else:
            read_twice(stage)

    assert shows_recording(stage) == (True, True)
    happens(removal)
    assert shows_recording(stage) == (False, False)
    happens("recover")
    assert shows_recording(stage) == (True, True)
    assert len(calls(stage)) == 1
    assert stage.simulator.summary()["duplicate_effects"] == 0


def restart(stage: Stage, scene: dict[str, Any]) -> None:
    """The host dropped out: the webinar went on in a second session, which was recorded too."""
    again = {"start_time": -900, "end_time": -60, "participants": [], "silent": True}
    stage.simulator.call("POST", f"/zoom/webinars/{scene['webinar_id']}/play", again)
    change(stage, scene, "", session=2, complete=True)


@on_both_databases
def test_B05_a_restarted_webinar_has_two_call_records(stage: Stage) -> None:
    scene = play(stage, before=restart)
    external_ids = {call["properties"]["hs_call_external_id"] for call in calls(stage)}
    assert len(external_ids) == len(calls(stage)) == 2
    assert all(one.startswith(f"{scene['webinar_id']}-0-") for one in external_ids)
    both = contact_ids(stage, scene, "attends", "rejoins")
    assert [call["contacts"] for call in calls(stage)] == [both, both]


EVENTS = {"HUBSPOT_APP_EVENTS": "recording=ae1001_recording"}


def test_S36_where_app_events_are_on_those_who_came_are_told_once(
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> None:
    with set_stage(simulator_base, sqlite_url, redis_url, guard, registry, **EVENTS) as stage:
        scene = play(stage)
        read_twice(stage)
        contacts = stage.simulator.contacts()
        told = {
            email: [one for one in contact["timeline"] if one["kind"] == "app_event"]
            for email, contact in contacts.items()
        }
    came = {scene["people"]["attends"], scene["people"]["rejoins"]}
    assert {email for email, events in told.items() if events} == came
    for email in came:
        (event,) = told[email]
        assert event["name"] == "recording"
        assert event["properties"]["webinar_name"] == "A small webinar"
        assert event["properties"]["webinar_start"]
        assert "/rec/share/" in event["properties"]["recording_url"]


@on_both_databases
def test_many_trashed_at_once_are_each_taken_back(stage: Stage) -> None:
    scene = play(stage)
    stage.listen()
    change(stage, scene, "trash")
    stage.late_by += timedelta(seconds=5)
    (single,) = stage.notices("recording.trashed")
    batch = {
        **single,
        "event": "recording.batch_trashed",
        "payload": {
            "account_id": single["payload"]["account_id"],
            "operation": "trash_user_recordings",
            "object": {"meeting_uuids": [scene["instance_uuid"], "of-a-meeting=="]},
        },
    }
    stage.deliver([batch])
    stage.work()
    assert shows_recording(stage) == (False, False)


def test_B09_a_replay_lists_no_recording_and_leaves_a_transcript_to_the_next_sync(
    lone_stage: Stage,
) -> None:
    stage = lone_stage
    begin(stage)
    stage.pass_time()
    with writing(stage.database) as connection:
        # As if neither had been done: the list is due, and the text was never fetched.
        (pk,) = connection.execute(select(recording.c.occurrence_pk)).scalars().all()
        change_occurrence(connection, pk, recordings_due_at=stage.now())
        never = {"state": "planned", "applied_hash": "", "remote_id": ""}
        connection.execute(update(effect).where(effect.c.kind == "transcript").values(never))
        run_id = open_run(
            connection,
            occurrence_pk=pk,
            trigger="replay",
            pool="bulk",
            now=stage.now(),
            must_verify=True,
            is_replay=True,
        )
    journal = ("GET", "/journal")
    asked = stage.simulator.call(*journal, platform="zoom")["total"]
    work_off(stage.runtime, "bulk")
    assert stage.simulator.call(*journal, platform="zoom")["total"] == asked
    (replayed,) = stage.query(select(run).where(run.c.id == run_id))
    assert (replayed["state"], replayed["message"]) == ("done", NO_WORDS)
    stage.pass_time()
    assert shows_recording(stage) == (True, True)
    assert stage.simulator.call(*journal, platform="zoom")["total"] > asked


def test_a_call_record_somebody_deleted_is_not_made_again(stage: Stage) -> None:
    scene = play(stage)
    (call,) = calls(stage)
    stage.access.hubspot(PORTAL).archive_call(call["id"])
    change(stage, scene, "delete")
    read_twice(stage)
    change(stage, scene, "recover")
    read_twice(stage)
    assert [one["archived"] for one in calls(stage)] == [True]


@pytest.mark.parametrize("target", ["call", "marketing_event"])
def test_P11_what_a_paused_plugin_wrote_stays_and_nobody_else_writes_over_it(
    lone_stage: Stage, registry: Registry, target: str
) -> None:
    theirs = [CallRecord("Theirs", "<p>theirs</p>")] if target == "call" else []
    partner = plugin("partner", on_recording=lambda recording: theirs)
    stage = lone_stage
    stage.registry = Registry((*registry.plugins, partner))
    with Guard.start(stage.registry) as stage.guard:
        begin(stage, recording_target=target)
        stage.pass_time()
        before = event_description(stage), [call["properties"] for call in calls(stage)]
        assert before[0] if target == "marketing_event" else before[1]
        with writing(stage.database) as connection:
            for _ in range(OFFENCES):
                offence = Offence("recordings", "1.0.0", "in on_recording: raised KeyError")
                note_offences(connection, PORTAL, [offence], stage.now())
        stage.sync_now()
        stage.pass_time()
        assert [row["problem"] for row in stage.query(select(recording))] == ["plugin_failed"]
        assert (event_description(stage), [call["properties"] for call in calls(stage)]) == before
        with writing(stage.database) as connection:
            retry_plugins(connection, PORTAL, ["recordings"], stage.now())
        stage.work()
    assert [row["problem"] for row in stage.query(select(recording))] == [""]
