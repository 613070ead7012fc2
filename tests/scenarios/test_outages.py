"""A platform that does not answer: few calls while it lasts, nothing lost and nothing failed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from clients.breaker import read_outage
from clients.policy import Platform
from clients.transport import Transport
from store.tables import inbox, run
from tests.scenarios.stage import PORTAL, Stage
from tests.scenarios.test_hubspot_trouble import (
    ADA,
    EVERYBODY,
    NORA,
    REX,
    WRITES,
    assert_everything_arrived_once,
    begin,
    strike,
)
from tests.scenarios.webinar import ACCOUNT, HOUR, add_webinar, connect, plan_webinar
from tests.scenarios.workflow import open_workflow

STATUSES = (500, 502, 503, 504, 521)
HOURS = timedelta(hours=3)
PROBES_IN_HOURS = 18
"""After half a minute, one, two, four and eight minutes, then every quarter of an hour."""


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are repeated at once."""
    monkeypatch.setitem(Transport.__init__.__kwdefaults__, "sleep", lambda seconds: None)


def break_down(stage: Stage, platform: Platform) -> None:
    """Every call to the platform meets one of its servers' errors, in turns."""
    rules = [
        {"platform": platform, "kind": "status", "status": status, "times": 1}
        for status in STATUSES * 20
    ]
    stage.simulator.call("POST", "/faults", rules)


def mend(stage: Stage) -> None:
    """The platforms answer again."""
    stage.simulator.call("DELETE", "/faults")


def calls(stage: Stage, platform: Platform) -> int:
    """How often the platform was called, its token endpoint included."""
    return int(stage.simulator.call("GET", "/journal", platform=platform)["total"])


def states_of_runs(stage: Stage) -> Counter[str]:
    """How many runs there are of each state."""
    return Counter(row["state"] for row in stage.query(select(run.c.state)))


def test_bursts_of_server_errors_for_hours_cost_few_calls_and_lose_nothing_F20(
    lone_stage: Stage,
) -> None:
    webinar = begin(lone_stage)
    strike(lone_stage, "lost_answer", WRITES["create"], times=1)
    lone_stage.work()
    # HubSpot has them, and nobody heard of it.
    assert set(lone_stage.simulator.contacts()) == set(EVERYBODY)
    assert webinar.outcomes() == dict.fromkeys(EVERYBODY, "waiting: queued")
    break_down(lone_stage, "hubspot")
    before = calls(lone_stage, "hubspot")
    lone_stage.pass_time(HOURS)
    assert 5 + 12 <= calls(lone_stage, "hubspot") - before <= 5 + PROBES_IN_HOURS
    assert set(states_of_runs(lone_stage)) == {"running"}
    assert webinar.outcomes() == dict.fromkeys(EVERYBODY, "waiting: retrying")
    assert "HubSpot is not answering" in webinar.people()[ADA]["detail"]
    outage = read_outage(lone_stage.redis, "hubspot", PORTAL)
    assert outage is not None
    assert outage.next_try_at - outage.since > HOURS - timedelta(minutes=1)
    assert read_outage(lone_stage.redis, "zoom", ACCOUNT) is None

    mend(lone_stage)
    lone_stage.pass_time(HOURS / 6)
    assert_everything_arrived_once(webinar)
    assert set(states_of_runs(lone_stage)) == {"done"}
    assert read_outage(lone_stage.redis, "hubspot", PORTAL) is None


def test_while_zoom_does_not_answer_notices_and_workflows_wait_and_none_is_given_up_F20(
    lone_stage: Stage,
) -> None:
    webinar = plan_webinar(lone_stage, start_time=9 * HOUR)
    connect(lone_stage)
    lone_stage.work()
    other = add_webinar(lone_stage, topic="Nobody told us", start_time=9 * HOUR)
    lone_stage.listen()
    other.register(NORA)
    with open_workflow(lone_stage) as workflow:
        (rex,) = workflow.contacts(REX)
        break_down(lone_stage, "zoom")
        lone_stage.deliver(lone_stage.notices("webinar.registration"))
        workflow.run(rex, webinar.webinar_id)
        before = calls(lone_stage, "zoom")
        lone_stage.pass_time(HOURS)
        assert calls(lone_stage, "zoom") - before <= 5 + PROBES_IN_HOURS
        (delivery,) = lone_stage.query(select(inbox))
        assert (delivery["state"], delivery["attempts"] < 5) == ("new", True)
        assert workflow.outcomes()[rex] == ""

        mend(lone_stage)
        lone_stage.pass_time(HOURS / 6)
        assert workflow.outcomes()[rex] == "registered"
        assert (webinar.outcomes()[REX], other.outcomes()[NORA]) == ("in_sync", "in_sync")
    registered = [one["email"] for one in webinar.truth()["registrants"]]
    assert registered == [REX]
    assert states_of_runs(lone_stage)["failed"] == 0
    assert lone_stage.simulator.summary()["duplicate_effects"] == 0
