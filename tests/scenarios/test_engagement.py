"""The engagement score in a whole sync: another weight and a replay change the score alone."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from commands.examples import HOME
from jobs.guard import Guard
from plugins.registry import Registry, load_plugin
from tests.scenarios.door import open_doors
from tests.scenarios.stage import PORTAL, Stage, set_stage
from tests.scenarios.webinar import HOUR, connect, plan_webinar

ADA, REX, NEVER = "ada@northquay.example", "rex@lowmoor.example", "never@lowmoor.example"
SCORE = "rollcall_engagement_score"


@pytest.fixture
def stage(
    brisk: None,
    simulator_base: str,
    sqlite_url: str,
    redis_url: str,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """A stage with the example plugin."""
    monkeypatch.syspath_prepend(HOME / "rollcall-engagement" / "src")
    score = load_plugin(importlib.import_module("rollcall_engagement"))
    both = Registry((*registry.plugins, score))
    with (
        Guard.start(both) as guard,
        set_stage(simulator_base, sqlite_url, redis_url, guard, both) as stage,
    ):
        yield stage


def test_B16_another_weight_and_a_replay_change_only_the_score(stage: Stage) -> None:
    webinar = plan_webinar(stage)
    definition = {"name": SCORE, "label": "Engagement score"}
    stage.simulator.call("POST", f"/hubspot/portals/{PORTAL}/properties", definition)
    webinar.register(ADA, REX, NEVER)
    webinar.play({ADA: [[0, HOUR]], REX: [[0, HOUR // 2]]})
    connect(stage)
    stage.pass_time()
    before = {email: webinar.contact(email)["properties"] for email in (ADA, REX, NEVER)}
    states = webinar.states()
    # 100 % and 50 %, each the person's average too, and each came to what they registered for.
    assert [before[email].get(SCORE) for email in (ADA, REX, NEVER)] == ["100", "62", None]
    turnout_alone = {"weight_percent": 0, "weight_average": 0, "weight_turnout": 10}
    stage.set(plugins={"engagement": {"enabled": True, "settings": turnout_alone}})
    with open_doors(stage) as doors:
        doors.api("POST", f"/webinars/{webinar.webinar_id}/sync", {"replay": True})
        stage.work()
    after = {email: webinar.contact(email)["properties"] for email in (ADA, REX, NEVER)}
    assert after[REX][SCORE] == "100"
    changed = {
        (email, name)
        for email in after
        for name in after[email].keys() | before[email].keys()
        if after[email].get(name) != before[email].get(name) and name != "lastmodifieddate"
    }
    assert changed == {(REX, SCORE)}
    assert webinar.states() == states
