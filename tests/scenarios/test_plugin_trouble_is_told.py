"""A plugin's trouble is named: in the log, in each person's outcome, and in the plugins' health."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from structlog.testing import capture_logs

from jobs.guard import Guard
from plugins.registry import LoadedPlugin, Registry
from rollcall import Exclusion
from store.plugin_health import OFFENCES, read_plugin_health
from tests.rollcall.values import plugin
from tests.scenarios.conftest import UNHURRIED
from tests.scenarios.door import Doors, open_doors
from tests.scenarios.stage import PORTAL, Stage, set_stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, REX = "ada@northquay.example", "rex@northquay.example"


def _raises(registrant: Any) -> Any:
    if registrant.person.email == ADA:
        raise RuntimeError("a secret of somebody's")
    return []


def _hangs(*_: object) -> Any:
    time.sleep(3600)


def _dies(*_: object) -> Any:
    os._exit(7)


@contextmanager
def stage_with(
    registry: Registry,
    base: str,
    url: str,
    redis_url: str,
    *partners: LoadedPlugin,
    patience: float = 30.0,
) -> Iterator[Stage]:
    """A stage with partners' plugins beside the built-in ones."""
    both = Registry((*registry.plugins, *partners))
    with (
        Guard.start(both, patience=patience) as guard,
        set_stage(base, url, redis_url, guard, both, **UNHURRIED) as stage,
    ):
        yield stage


def test_effects_that_are_lost_are_shown_with_the_plugin_and_its_fault(
    brisk: None, registry: Registry, simulator_base: str, sqlite_url: str, redis_url: str
) -> None:
    loud = plugin("loud", on_registrant=_raises)
    mute = plugin("mute", on_attendance=_hangs)
    with (
        stage_with(
            registry, simulator_base, sqlite_url, redis_url, loud, mute, patience=0.3
        ) as stage,
        capture_logs() as logs,
    ):
        webinar = plan_webinar(stage)
        webinar.register(ADA, REX)
        connect(stage)
        stage.work()
        people = webinar.people()
        assert webinar.outcomes() == {ADA: "failing: plugin_failed", REX: "in_sync"}
        assert people[ADA]["decided_by"] == "loud"
        assert people[ADA]["detail"].startswith("loud raised RuntimeError at ")
        assert "secret" not in people[ADA]["detail"]
        assert webinar.states() == {ADA: "REGISTERED", REX: "REGISTERED"}

        webinar.play({ADA: [[0, HOUR]], REX: [[0, HOUR]]})
        stage.pass_time()
        people = webinar.people()
        assert "mute gave no sign of life" in people[REX]["detail"]
        assert webinar.states() == {ADA: "ATTENDED", REX: "ATTENDED"}
        assert webinar.figures(REX)["attendance_count"] == "1"
        with stage.database.connect() as connection:
            health = read_plugin_health(connection, PORTAL)
        assert {name: found["failing"] for name, found in health.items()} == {"loud": 1, "mute": 1}
    told = {(entry["event"], entry.get("plugin")) for entry in logs}
    assert {("plugin_failed", "loud"), ("plugin_left_out", "mute")} <= told
    assert "secret" not in str(logs)


def test_people_held_for_a_plugin_that_died_go_on_once_it_is_mended(
    brisk: None, registry: Registry, simulator_base: str, sqlite_url: str, redis_url: str
) -> None:
    broken = plugin("gate", should_exclude=_dies)
    with stage_with(registry, simulator_base, sqlite_url, redis_url, broken) as stage:
        webinar = plan_webinar(stage)
        webinar.register(ADA, REX)
        connect(stage)
        with capture_logs() as logs:
            stage.work()
        (told,) = [entry for entry in logs if entry["event"] == "plugin_left_out"]
        assert (told["plugin"], told["hook"]) == ("gate", "should_exclude")
        person = webinar.people()[ADA]
        assert webinar.outcomes() == dict.fromkeys((ADA, REX), "waiting: plugin_unavailable")
        assert person["decided_by"] == "gate"
        assert "ended its process" in person["detail"]
        assert stage.simulator.contacts() == {}

        mended = plugin("gate", should_exclude=_keeps_rex_out)
        both = Registry((*registry.plugins, mended))
        stage.registry = both
        with Guard.start(both) as guard:
            stage.guard = guard
            stage.sync_now()
            stage.work()
        assert webinar.outcomes() == {ADA: "in_sync", REX: "excluded: plugin:gate:not_him"}
        assert set(stage.simulator.contacts()) == {ADA}


def _keeps_rex_out(person: Any) -> Exclusion | None:
    return Exclusion("not_him", "asked not to be synced") if person.email == REX else None


def test_a_plugin_switched_on_and_missing_holds_people_until_it_is_switched_off(
    brisk: None, registry: Registry, simulator_base: str, sqlite_url: str, redis_url: str
) -> None:
    partner = plugin("gate", should_exclude=_keeps_rex_out)
    with stage_with(registry, simulator_base, sqlite_url, redis_url, partner) as stage:
        webinar = plan_webinar(stage)
        webinar.register(ADA)
        connect(stage, plugins={"gate": {"enabled": True}})
        with Guard.start(registry) as guard:
            stage.registry, stage.guard = registry, guard
            stage.work()
            assert webinar.outcomes() == {ADA: "waiting: plugin_unavailable"}
            assert "not installed" in webinar.people()[ADA]["detail"]
            stage.set(plugins={"gate": {"enabled": False}})
            stage.work()
            assert webinar.outcomes() == {ADA: "in_sync"}


def test_P11_paused_after_three_failures_until_a_person_retries_it_or_switches_it_off(
    brisk: None, registry: Registry, simulator_base: str, sqlite_url: str, redis_url: str
) -> None:
    broken = plugin("gate", should_exclude=_dies)
    loud = plugin("loud", on_registrant=lambda registrant: 42)
    with (
        stage_with(registry, simulator_base, sqlite_url, redis_url, broken, loud) as stage,
        open_doors(stage) as doors,
    ):
        webinar = plan_webinar(stage)
        webinar.register(ADA)
        connect(stage, plugins={"gate": {"enabled": False}})
        stage.work()
        assert webinar.states() == {ADA: "REGISTERED"}
        before = stage.simulator.contacts()

        doors.api("PATCH", "/plugins", {"gate": {"enabled": True}})
        webinar.register(REX)
        with capture_logs() as logs:
            for _ in range(OFFENCES + 1):
                stage.sync_now()
                stage.work()
        assert [one["event"] for one in logs].count("plugin_left_out") == OFFENCES
        assert webinar.outcomes() == dict.fromkeys((ADA, REX), "waiting: plugin_unavailable")
        assert stage.simulator.contacts() == before, "nothing is withdrawn, and nobody let through"
        shown = health(doors, "gate")
        assert (shown["state"], shown["waiting"]) == ("paused", 2)
        assert "in should_exclude: ended its process" in shown["why"]
        told = {one["code"]: one for one in doors.all(f"/webinars/{webinar.webinar_id}/audit")}
        warning = told["plugin_unavailable"]
        assert warning["count"] == 2
        assert "“gate” is paused" in warning["meaning"]

        mended = plugin("gate", should_exclude=_keeps_rex_out)
        with Guard.start(Registry((*registry.plugins, mended, loud))) as stage.guard:
            stage.sync_now()
            stage.work()
            assert "is paused" in webinar.people()[REX]["detail"], "a new guard knows of it too"
            doors.api("PATCH", "/plugins", {"gate": {"retry": True}})
            stage.work()
            assert webinar.outcomes()[REX] == "excluded: plugin:gate:not_him"
            assert "loud returned int" in webinar.people()[ADA]["detail"]
            for number in range(OFFENCES):
                webinar.register(f"x{number}@northquay.example", f"y{number}@northquay.example")
                stage.sync_now()
                stage.work()
            assert health(doors, "loud")["state"] == "paused"
            assert webinar.outcomes()[ADA] == "failing: plugin_failed"
            assert set(webinar.states().values()) == {"REGISTERED"}
            assert len(webinar.states()) == 1 + 2 * OFFENCES, "all the others' effects land"

            doors.api("PATCH", "/plugins", {"loud": {"enabled": False}})
            stage.work()
            outcomes = webinar.outcomes()
            assert outcomes.pop(REX) == "excluded: plugin:gate:not_him"
            assert set(outcomes.values()) == {"in_sync"}


def health(doors: Doors, name: str) -> dict[str, Any]:
    """How the plugin fares, as the API says."""
    plugins = {one["name"]: one for one in doors.api("GET", "/plugins")["results"]}
    shown: dict[str, Any] = plugins[name]["health"]
    return shown
