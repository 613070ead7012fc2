"""A webinar is replayed with changed rules while Zoom is away; withdrawn is what HubSpot allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from store.database import writing
from store.settings import read_settings
from store.tables import effect, run
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.excluded import ADA, RALF, REX, RITA, begin_with_excluded
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

EXCLUDE = {"excluded_contact_domains": ["competitor.example"]}
Line = tuple[str, str, str | None, str | None, str | None]


on_both_databases = pytest.mark.parametrize(
    "stage",
    ["lone_stage", pytest.param("postgres_stage", marks=pytest.mark.postgres)],
    ids=["sqlite", "postgresql"],
    indirect=True,
)


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """A customer's stage on SQLite, unless the test names another database."""
    chosen: Stage = request.getfixturevalue(getattr(request, "param", "lone_stage"))
    return chosen


@pytest.fixture
def doors(stage: Stage) -> Iterator[Doors]:
    """The API beside the stage."""
    with open_doors(stage) as doors:
        yield doors


def run_of(doors: Doors, webinar: Webinar, **wanted: Any) -> dict[str, Any]:
    """The run that a wish of this kind comes to."""
    path = f"/webinars/{webinar.webinar_id}/sync"
    run_id = doors.api("POST", path, wanted)["run_id"]
    doors.stage.work()
    done: dict[str, Any] = doors.api("GET", f"/runs/{run_id}")
    assert done["state"] == "done", done
    return done


def zoom_calls(stage: Stage) -> int:
    return int(stage.simulator.call("GET", "/journal", platform="zoom")["total"])


def take_zoom_away(stage: Stage) -> None:
    gone = {"platform": "zoom", "kind": "status", "status": 503}
    stage.simulator.call("POST", "/faults", gone)


def test_B09_without_zoom_exactly_the_formerly_excluded_people_appear(
    stage: Stage, doors: Doors
) -> None:
    webinar = begin_with_excluded(stage)
    contacts = stage.simulator.contacts()
    take_zoom_away(stage)
    asked = zoom_calls(stage)
    stage.set(excluded_contact_domains=[])
    done = run_of(doors, webinar, replay=True)
    assert (done["replay"], done["message"], done["progress"]["total"]) == (True, "", 4)
    assert zoom_calls(stage) == asked
    assert set(stage.simulator.contacts()) - set(contacts) == {RITA, RALF}
    assert webinar.states() == {ADA: "ATTENDED", REX: "NO_SHOW", RITA: "ATTENDED", RALF: "NO_SHOW"}
    writes = stage.simulator.writes()
    run_of(doors, webinar, replay=True)
    assert stage.simulator.writes() == writes


def lines(doors: Doors, shown: dict[str, Any]) -> list[Line]:
    """What the run changed, or would change."""
    rows = doors.all(f"/runs/{shown['id']}/changes")
    return sorted(
        (
            tuple(row[name] for name in ("email", "effect", "property", "before", "after"))
            for row in rows
        ),
        key=str,
    )


def ledger(stage: Stage, webinar: Webinar, *emails: str) -> set[tuple[str, str]]:
    """Kind and state of what was ever wanted of these people."""
    people = webinar.people()
    pks = [people[email]["id"] for email in emails]
    person_pks = [people[email]["person_pk"] for email in emails]
    rows = stage.query(
        select(effect).where(
            effect.c.occurrence_person_pk.in_(pks)
            | (effect.c.person_pk.in_(person_pks) & (effect.c.kind == "contact"))
        )
    )
    return {(row["kind"], row["state"]) for row in rows}


def include_everybody(stage: Stage) -> None:
    stage.set(excluded_contact_domains=[])
    stage.pass_time()


def test_B09_a_setting_saved_meanwhile_ends_the_withdrawal_and_says_so(
    stage: Stage, doors: Doors
) -> None:
    webinar = plan_webinar(stage, start_time=2 * HOUR)
    webinar.register(ADA, RITA)
    connect(stage)
    stage.work()
    before = webinar.states()
    path = f"/webinars/{webinar.webinar_id}/sync"
    run_id = doors.api("POST", path, {"replay": True, "withdraw": True})["run_id"]
    with writing(stage.database) as connection:
        version, _ = read_settings(connection, PORTAL)
        begun = {"state": "running", "settings_version": version}
        connection.execute(update(run).where(run.c.group_id == run_id).values(begun))
    stage.set(**EXCLUDE)
    stage.work()
    shown = doors.api("GET", f"/runs/{run_id}")
    assert shown["state"] == "superseded"
    assert "withdraw again" in shown["message"]
    assert (webinar.outcomes()[RITA], webinar.states()) == (
        "excluded: excluded_domain",
        before,
    )


@on_both_databases
def test_B09_what_a_withdrawal_would_do_is_what_it_does_and_once(
    stage: Stage, doors: Doors
) -> None:
    webinar = begin_with_excluded(stage)
    include_everybody(stage)
    figures = {email: webinar.figures(email) for email in (ADA, REX, RITA, RALF)}
    states, writes = webinar.states(), stage.simulator.writes()
    tried = run_of(doors, webinar, replay=True, withdraw=True, dry_run=True, settings=EXCLUDE)
    said = lines(doors, tried)
    assert stage.simulator.writes() == writes
    assert {line[0] for line in said} == {RITA, RALF}
    assert (RALF, "register", None, "registered", "withdrawn") in said
    assert (RITA, "contact", "rollcall_registration_count", "1", "") in said
    (kept,) = [line for line in said if line[4] == "cannot be withdrawn"]
    assert (kept[0], kept[1]) == (RITA, "attend")
    assert kept[3].startswith("attended 20") and " to 20" in kept[3]
    assert (tried["writes"]["withdrawn"], tried["writes"]["cannot_change"]) == (4, 1)

    # A plain run never withdraws.
    stage.set(**EXCLUDE)
    stage.work()
    run_of(doors, webinar, replay=True)
    assert (stage.simulator.writes(), webinar.states()) == (writes, states)

    done = run_of(doors, webinar, replay=True, withdraw=True)
    decisions = [line for line in said if line[1] == "decision"]
    assert lines(doors, done) == [line for line in said if line not in decisions]
    assert (done["writes"]["withdrawn"], done["writes"]["cannot_change"]) == (4, 1)
    assert webinar.states() == states | {RALF: "CANCELLED"}
    for email in (RITA, RALF):
        assert webinar.figures(email) == {}
    for email in (ADA, REX):
        assert webinar.figures(email) == figures[email]
    assert ledger(stage, webinar, RITA, RALF) == {
        ("contact", "withdrawn"),
        ("register", "withdrawn"),
        ("cancel", "applied"),
        ("attend", "cannot_change"),
    }
    (shown,) = doors.all(f"/webinars/{webinar.webinar_id}/people", email=RITA)
    assert {line["effect"] for line in shown["written_before"]} == {"cancel", "attend"}

    writes = stage.simulator.writes()
    again = run_of(doors, webinar, replay=True, withdraw=True)
    assert (lines(doors, again), again["writes"]["withdrawn"]) == ([], 0)
    stage.pass_time()
    assert stage.simulator.writes() == writes


def test_B09_whoever_is_included_again_is_written_again_as_far_as_hubspot_can(
    stage: Stage, doors: Doors
) -> None:
    webinar = begin_with_excluded(stage)
    include_everybody(stage)
    figures, states = webinar.figures(RITA), webinar.states()
    for _ in range(2):
        stage.set(**EXCLUDE)
        stage.pass_time()
        run_of(doors, webinar, replay=True, withdraw=True)
        stage.pass_time()
        assert webinar.states() == states | {RALF: "CANCELLED"}
        include_everybody(stage)
        assert webinar.states() == states
        assert webinar.figures(RITA) == figures
        assert webinar.outcomes()[RITA] == webinar.outcomes()[RALF] == "in_sync"
        writes = stage.simulator.writes()
        stage.sync_now()
        stage.pass_time()
        assert stage.simulator.writes() == writes
    verbs = stage.simulator.summary()["writes"]
    assert (verbs["attended"], stage.simulator.summary()["duplicate_effects"]) == (2, 0)
