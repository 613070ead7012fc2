"""A withdrawal takes back what HubSpot lets go, survives the death of its process, and is undone.

Everything a customer can have written: contacts, timelines, app events, a call record with its
transcript, and the marketing event.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select, update

from store.database import writing
from store.runs import IS_OPEN, open_preview, open_run
from store.tables import effect, run, run_change
from tests.scenarios.recorded import TRANSCRIPT, calls, change
from tests.scenarios.stage import Stage
from tests.scenarios.test_killed_at_each_write import AFTER, BEFORE, names, work_until_killed
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, RITA, RALF = "ada@northquay.example", "rita@competitor.example", "ralf@competitor.example"


def ask_to_withdraw(stage: Stage, webinar: Webinar) -> None:
    with writing(stage.database) as connection:
        open_run(
            connection,
            occurrence_pk=webinar.place["id"],
            trigger="replay",
            pool="bulk",
            now=stage.now(),
            must_verify=True,
            is_replay=True,
            is_withdrawal=True,
        )


def try_out(stage: Stage, webinar: Webinar, **settings: Any) -> Counter[tuple[str, str]]:
    """What a dry run says would be withdrawn, and what would be kept, by kind."""
    with writing(stage.database) as connection:
        run_id = open_preview(
            connection,
            occurrence_pk=webinar.place["id"],
            now=stage.now(),
            settings_patch=settings,
            is_withdrawal=True,
        )
    writes = stage.simulator.writes()
    stage.work()
    assert stage.simulator.writes() == writes
    rows = stage.query(select(run_change).where(run_change.c.run_id == run_id))
    words = {"withdrawn": "withdrawn", "": "withdrawn", "cannot be withdrawn": "kept"}
    return Counter(
        (row["effect"], words[row["after"]]) for row in rows if row["effect"] != "decision"
    )


def die_at(stage: Stage, *moments: tuple[str, str], is_last: bool = False) -> None:
    """Die at each of these, then let everything come to its end.

    ``is_last``: of the last one the run does not recover; an ordinary one ends what it left.
    """
    for write, moment in moments:
        work_until_killed(stage, write, moment)
    if is_last:
        with writing(stage.database) as connection:
            connection.execute(update(run).where(IS_OPEN).values(state="failed"))
        stage.sync_now()
    stage.pass_time()


def counted(stage: Stage) -> dict[str, int]:
    """What all runs count: what was in doubt counts in the run that settles it."""
    rows = stage.query(select(run))
    return {name: sum(r[name] for r in rows) for name in ("withdrawn", "cannot_change", "failed")}


def live_calls(stage: Stage) -> list[dict[str, Any]]:
    return [call for call in calls(stage) if not call["archived"]]


def states(stage: Stage, *kinds: str) -> Counter[tuple[str, str]]:
    rows = stage.query(select(effect).where(effect.c.kind.in_(kinds)))
    return Counter((row["kind"], row["state"]) for row in rows)


def test_B09_B04_a_withdrawal_killed_at_each_of_its_writes_ends_the_same_and_can_be_undone(
    approved_stage: Stage,
) -> None:
    stage = approved_stage
    webinar = plan_webinar(stage)
    webinar.register(ADA, RITA, RALF)
    webinar.play({ADA: [[0, HOUR]], RITA: [[0, HOUR]]})
    scene = {"webinar_id": webinar.webinar_id}
    change(stage, scene, "", complete=True)
    change(stage, scene, "transcript", text=TRANSCRIPT)
    connect(stage, recording_sync="all")
    stage.pass_time()
    before = webinar.states()
    told = {email: names(webinar, email) for email in (ADA, RITA, RALF)}
    figures = {email: webinar.figures(email) for email in (ADA, RITA, RALF)}
    assert before == {ADA: "ATTENDED", RITA: "ATTENDED", RALF: "NO_SHOW"}

    # Two people are excluded: theirs goes, everybody else's stays.
    stage.set(excluded_contact_domains=["competitor.example"])
    stage.pass_time()
    ask_to_withdraw(stage, webinar)
    die_at(
        stage,
        ("contact updated", AFTER),
        # What was on its way is in doubt for a while, and the rest goes on.
        ("taken off the call record", AFTER),
        ("cancelled", BEFORE),
        ("cancelled", AFTER),
    )
    assert webinar.states() == before | {RALF: "CANCELLED"}
    (call,) = live_calls(stage)
    assert call["contacts"] == [webinar.contact(ADA)["id"]]
    assert webinar.figures(ADA) == figures[ADA]
    assert webinar.figures(RITA) == webinar.figures(RALF) == {}
    # Two contacts, two registrations, and one on the call record; a stay and four app events.
    assert counted(stage) == {"withdrawn": 5, "cannot_change": 5, "failed": 0}
    assert states(stage, "register", "cancel", "call_contact") == {
        ("register", "applied"): 1,
        ("register", "withdrawn"): 2,
        ("cancel", "applied"): 2,
        ("call_contact", "applied"): 1,
        ("call_contact", "withdrawn"): 1,
    }

    # The whole webinar is switched off: nobody is left to have its records.
    assert try_out(stage, webinar, webinar_sync="none") == {
        ("contact", "withdrawn"): 4,
        ("register", "withdrawn"): 1,
        ("call_contact", "withdrawn"): 1,
        ("attend", "kept"): 1,
        ("app_registered", "kept"): 1,
        ("app_attended", "kept"): 1,
        ("app_recording", "kept"): 1,
        ("call", "withdrawn"): 1,
        ("transcript", "withdrawn"): 1,
        ("marketing_event", "withdrawn"): 1,
    }
    stage.set(webinar_sync="none", excluded_contact_domains=[])
    stage.pass_time()
    ask_to_withdraw(stage, webinar)
    die_at(
        stage,
        ("call record archived", AFTER),
        ("transcript deleted", BEFORE),
        ("marketing event cancelled", BEFORE),
        is_last=True,
    )
    assert live_calls(stage) == []
    assert webinar.events()["0"]["eventCancelled"]
    assert webinar.figures(ADA) == {}
    assert states(stage, "call", "transcript") == {
        ("call", "withdrawn"): 1,
        ("transcript", "withdrawn"): 1,
    }
    writes = stage.simulator.writes()
    ask_to_withdraw(stage, webinar)
    stage.sync_now()
    stage.pass_time()
    assert stage.simulator.writes() == writes

    # On again: all of it is there again, and nothing that HubSpot kept is there twice.
    stage.set(webinar_sync="all")
    stage.pass_time()
    assert webinar.states() == before
    assert not webinar.events()["0"]["eventCancelled"]
    assert {email: webinar.figures(email) for email in figures} == figures
    assert {email: names(webinar, email) for email in told} == told
    (call,) = live_calls(stage)
    assert call["contacts"] == sorted(webinar.contact(email)["id"] for email in (ADA, RITA))
    assert call["transcript"]
    assert set(webinar.outcomes().values()) == {"in_sync"}
    assert stage.simulator.summary()["duplicate_effects"] == 0
