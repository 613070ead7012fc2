"""Recordings end to end: with notices and without, in any order, gone and back, switched off."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.warnings import find_warnings
from jobs.guard import Guard
from plugins.registry import Registry
from store import migrate
from store.database import reading, writing
from store.recording_facts import recordings_of
from store.settings import read_settings
from store.switches import change_user, change_webinar
from store.tables import effect, occurrence, webinar, zoom_user
from store.warning_facts import read_warning_facts
from tests.scenarios.stage import PORTAL, Stage, set_stage

TRANSCRIPT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\nHanna Host: Welcome, everybody.\n"
MINUTES = timedelta(minutes=5)
on_both_databases = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: SQLite, unless the test names another one."""
    name = getattr(request, "param", "sqlite")
    url: str = request.getfixturevalue("sqlite_url" if name == "sqlite" else "postgres_url")
    return url


# --- the customer, the webinar, and what HubSpot holds -------------------------------------------


Prepare = Callable[[Stage, dict[str, Any]], None]


def begin(
    stage: Stage, *, recorded: bool = True, before: Prepare | None = None, **settings: Any
) -> dict[str, Any]:
    """A webinar of five people took place at a customer's who wants recordings.

    ``before`` is what happens before the customer installs.
    """
    scene = stage.simulator.scene("small", silent=True, recording=recorded)
    if before is not None:
        before(stage, scene)
    stage.install(scene["account_id"])
    wanted = {"webinar_sync": "all", "recording_sync": "all"} | scene["settings"] | settings
    stage.set(**wanted)
    stage.work()
    return scene


def play(stage: Stage, **options: Any) -> dict[str, Any]:
    """The same, synced to its last delay."""
    scene = begin(stage, **options)
    later(stage)
    return scene


def later(stage: Stage, by: timedelta = MINUTES) -> None:
    """Let time pass, and what is due then be done."""
    stage.late_by += by
    stage.work()


def read_twice(stage: Stage) -> None:
    """Press Sync now, and let the read that confirms an absence follow."""
    stage.sync_now()
    stage.work()
    later(stage)


def change(stage: Stage, scene: dict[str, Any], what: str, session: int = 1, **body: Any) -> None:
    """Something befalls the recording of a session."""
    path = f"/zoom/webinars/{scene['webinar_id']}/instances/{session}/recording"
    stage.simulator.call("POST", f"{path}/{what}" if what else path, body)


def calls(stage: Stage) -> list[dict[str, Any]]:
    """The call records of the portal."""
    answer = stage.simulator.call("GET", f"/hubspot/portals/{PORTAL}/calls")
    return list(answer["results"])


def shows_recording(stage: Stage) -> tuple[bool, bool]:
    """Whether the one call record has a link, and whether it has a transcript."""
    (call,) = calls(stage)
    return "/rec/share/" in call["properties"].get("hs_call_body", ""), bool(call["transcript"])


def contact_ids(stage: Stage, scene: dict[str, Any], *kinds: str) -> list[str]:
    contacts = stage.simulator.contacts()
    return sorted(contacts[scene["people"][kind]]["id"] for kind in kinds)


def event_description(stage: Stage) -> str | None:
    """What the marketing event says."""
    answer = stage.simulator.call("GET", f"/hubspot/portals/{PORTAL}/marketing-events")
    (event,) = answer["results"]
    description: str | None = event.get("eventDescription")
    return description


def remembered(stage: Stage) -> list[tuple[str, str]]:
    """State of recording and transcript as Rollcall has them."""
    pks = [row["id"] for row in stage.query(select(occurrence.c.id))]
    with reading(stage.database) as connection:
        found = recordings_of(connection, pks)
    return [
        (one.state.state, one.state.transcript_state) for rows in found.values() for one in rows
    ]


# --- what arrives --------------------------------------------------------------------------------


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


# --- switches ------------------------------------------------------------------------------------


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


def set_global(stage: Stage, is_on: bool) -> None:
    stage.set(recording_sync="all" if is_on else "none")


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


# --- no participants -----------------------------------------------------------------------------


def nobody_came(stage: Stage, **settings: Any) -> dict[str, Any]:
    """A recorded webinar without a single participant."""
    scene = stage.simulator.scene("small", silent=True, play=False)
    stage.simulator.call(
        "POST",
        f"/zoom/webinars/{scene['webinar_id']}/play",
        {"start_time": -3600, "end_time": 0, "participants": [], "silent": True},
    )
    change(stage, scene, "", complete=True)
    stage.install(scene["account_id"])
    stage.set(webinar_sync="all", recording_sync="all", **settings)
    stage.work()
    later(stage)
    return scene


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


# --- warnings and app events ---------------------------------------------------------------------


def audit(stage: Stage) -> list[tuple[str, str]]:
    """The warnings about the webinar's recordings: what each means, and its button."""
    with reading(stage.database) as connection:
        _, settings = read_settings(connection, PORTAL)
        (row,) = connection.execute(select(webinar)).mappings().all()
        places = connection.execute(select(occurrence)).mappings().all()
        found = find_warnings(read_warning_facts(connection, row, places, settings))
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


def test_S25_3_expected_and_not_found(stage: Stage) -> None:
    play(stage, recorded=False, before=records_by_itself)
    ((meaning, button),) = audit(stage)
    assert "no recording was found" in meaning
    assert button == "sync_now"


EVENTS = {"HUBSPOT_APP_EVENTS": "recording=ae1001_recording"}


def test_S36_where_app_events_are_on_those_who_came_are_told_once(
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
    guard: Guard,
    registry: Registry,
) -> None:
    migrate(sqlite_url)
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


def test_a_call_record_somebody_deleted_is_not_made_again(stage: Stage) -> None:
    scene = play(stage)
    (call,) = calls(stage)
    stage.access.hubspot(PORTAL).archive_call(call["id"])
    change(stage, scene, "delete")
    read_twice(stage)
    change(stage, scene, "recover")
    read_twice(stage)
    assert [one["archived"] for one in calls(stage)] == [True]


# --- faults --------------------------------------------------------------------------------------


def strike(stage: Stage, route: str, kind: str, times: int = 1, **more: Any) -> None:
    rule = {"platform": "hubspot", "method": "POST", "route_contains": route, "kind": kind}
    stage.simulator.call("POST", "/faults", rule | {"times": times} | more)


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("/calls", "lost_answer"),
        ("/calls", "refuse_before"),
        ("/transcripts", "lost_answer"),
        ("/associations/", "lost_answer"),
    ],
)
def test_B04_an_answer_that_never_came_makes_nothing_twice(
    stage: Stage, route: str, kind: str
) -> None:
    scene = play(stage, before=lambda stage, _: strike(stage, route, kind))
    later(stage)
    (call,) = calls(stage)
    assert shows_recording(stage) == (True, True)
    assert call["contacts"] == contact_ids(stage, scene, "attends", "rejoins")
    writes = stage.simulator.summary()["writes"]
    assert (writes["calls"], writes["transcripts"], writes["call_associations"]) == (1, 1, 2)


@on_both_databases
def test_B04_a_process_that_died_between_sending_and_answer_is_confirmed_by_search(
    stage: Stage,
) -> None:
    play(stage)
    with writing(stage.database) as connection:
        # As it stands in the ledger when the process that sent it dies before the answer.
        connection.execute(
            effect.update()
            .where(effect.c.kind == "call")
            .values(state="sending", fence=0, remote_id="", applied_hash="", applied=None)
        )
    stage.sync_now()
    stage.work()
    assert len(calls(stage)) == 1
    later(stage)
    assert len(calls(stage)) == 1
    assert shows_recording(stage) == (True, True)
    (row,) = stage.query(select(effect).where(effect.c.kind == "call"))
    assert (row["state"], row["remote_id"]) == ("applied", calls(stage)[0]["id"])


@pytest.mark.parametrize(
    ("platform", "route"),
    [("zoom", "/recordings"), ("zoom", "/rec/download/"), ("hubspot", "/calls")],
    ids=["Zoom's list", "Zoom's file", "HubSpot's call records"],
)
def test_a_platform_in_trouble_with_recordings_does_not_hold_the_people_up(
    stage: Stage, platform: str, route: str
) -> None:
    trouble = {"kind": "status", "status": 503, "times": 3}
    rule = {"platform": platform, "route_contains": route, **trouble}
    scene = play(stage, before=lambda stage, _: stage.simulator.call("POST", "/faults", rule))
    assert stage.simulator.summary()["writes"]["attended"] == 2
    (struck,) = stage.simulator.call("GET", "/faults")["faults"]
    assert struck["struck"] > 0
    stage.simulator.call("DELETE", "/faults")
    later(stage, 2 * MINUTES)
    assert shows_recording(stage) == (True, True)
    assert calls(stage)[0]["contacts"] == contact_ids(stage, scene, "attends", "rejoins")


def test_a_refused_call_record_is_no_reason_to_stop_the_people(stage: Stage) -> None:
    refusal = {"status": 400, "body": {"message": "no", "category": "VALIDATION_ERROR"}}
    play(stage, before=lambda stage, _: strike(stage, "/calls", "status", **refusal))
    assert calls(stage) == []
    assert stage.simulator.summary()["writes"]["attended"] == 2
