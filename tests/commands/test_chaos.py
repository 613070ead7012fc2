"""The fault campaign's choices and words; the campaign itself is `./run chaos`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from typing import Any

import pytest

from commands import processes
from commands.chaos import invariants as invariants
from commands.chaos.faults import HOLLOW, Kill, Misbehaviour, plan_campaign
from commands.chaos.seeds import Outcome, lines_of
from commands.processes import Running


@pytest.mark.parametrize("seed", [0, 1, 77])
def test_a_seed_always_means_the_same_faults(seed: int) -> None:
    assert plan_campaign(seed) == plan_campaign(seed)


def test_seeds_mean_different_faults() -> None:
    told = {
        tuple(planned.fault.name for planned in (*campaign.before, *campaign.after))
        for campaign in map(plan_campaign, range(30))
    }
    assert len(told) > 20


def test_a_kill_reaches_only_the_parts_it_names() -> None:
    processes = [
        Running(pid=10, parent=1, depth=1, command="python -m commands.workers live", memory=0),
        Running(pid=11, parent=10, depth=2, command="python -m commands.workers live", memory=0),
        Running(pid=12, parent=11, depth=3, command="python -m commands.workers live", memory=0),
        Running(pid=20, parent=1, depth=1, command="python -m commands.scheduler", memory=0),
    ]
    assert Kill("live worker", ("work-horse",)).condemned(processes) == [11]
    assert Kill("live worker", ("parent", "guard")).condemned(processes) == [10, 12]


@pytest.mark.parametrize("listing", [processes._from_proc, processes._from_ps])
def test_processes_below_one_are_found_with_their_memory(
    listing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = shutil.which("ps") if listing is processes._from_ps else processes.PROC.is_dir()
    if not needs:
        pytest.skip("this machine lists its processes another way")
    monkeypatch.setattr(processes, "_listed", listing)
    # The shell stays, since the sleeper is not its last command.
    child = subprocess.Popen(["sh", "-c", "sleep 60; true"], start_new_session=True)
    try:
        deadline = time.monotonic() + 10
        found: list[Running] = []
        while len(found) < 2 and time.monotonic() < deadline:
            found = [one for one in processes.descendants(os.getpid()) if "sleep 60" in one.command]
        shell, sleeper = found
        assert (shell.pid, shell.depth, sleeper.parent, sleeper.depth) == (
            child.pid,
            1,
            child.pid,
            2,
        )
        assert min(shell.memory, sleeper.memory) > 0
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def test_a_fault_says_what_meets_which_calls() -> None:
    fault = Misbehaviour("hubspot", "status", "attendance", 3, status=429)
    assert fault.name == "429 ×3 attendance"


def test_a_broken_seed_says_what_broke_and_how_to_repeat_it() -> None:
    lines = lines_of(Outcome(5, ("FLUSHALL",), 12.4, ("an effect is there twice",)), 120)
    assert lines == [
        "seed 5    broken   12 s   FLUSHALL",
        "  broken: an effect is there twice",
        "  again: ./run chaos --seeds 1 --first-seed 5 --people 120",
    ]


def test_no_campaign_swallows_a_write_twice() -> None:
    for campaign in map(plan_campaign, range(300)):
        faults = [planned.fault for planned in (*campaign.before, *campaign.after)]
        assert sum(getattr(fault, "kind", "") == HOLLOW for fault in faults) <= 1


# --- Invariants ---------------------------------------------------------------------------------

REGISTRANTS = [
    {"email": "Ada@northquay.example", "status": "approved"},
    {"email": "nora@lowmoor.example", "status": "approved"},
    {"email": "carl@fjordline.example", "status": "cancelled"},
]
PEOPLE = [
    {"email": "ada@northquay.example", "outcome": "in_sync"},
    {"email": "nora@lowmoor.example", "outcome": "in_sync"},
    {"email": "carl@fjordline.example", "outcome": "in_sync"},
]
CONTACTS = {
    "ada@northquay.example": {"id": "1"},
    "nora@lowmoor.example": {"id": "2"},
    "carl@fjordline.example": {"id": "3"},
}
PLAYED = {"attendance": {"ada@northquay.example": {"percent": 80.0}}}


def test_a_registrant_without_an_outcome_is_told() -> None:
    assert invariants.missing_people(REGISTRANTS, PEOPLE) == []
    assert invariants.missing_people(REGISTRANTS, PEOPLE[:2]) == [
        "carl@fjordline.example (cancelled in Zoom) has no outcome"
    ]


def test_more_contacts_than_addresses_are_told() -> None:
    assert invariants.duplicate_contacts(3, CONTACTS) == []
    assert invariants.duplicate_contacts(5, CONTACTS) == [
        "2 contacts share an address with another"
    ]


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        ({"1": "ATTENDED", "2": "NO_SHOW", "3": "CANCELLED"}, []),
        ({"1": "ATTENDED", "2": "NO_SHOW"}, []),
        (
            {"1": "NO_SHOW", "2": "NO_SHOW"},
            ["contact 1 is NO_SHOW in the marketing event, not ATTENDED"],
        ),
        (
            {"1": "ATTENDED"},
            ["contact 2 is absent in the marketing event, not NO_SHOW"],
        ),
        (
            {"1": "ATTENDED", "2": "NO_SHOW", "9": "REGISTERED"},
            ["contact 9 is REGISTERED in the marketing event and nobody in sync"],
        ),
    ],
    ids=["as in Zoom", "cancelled and never sent", "another state", "absent", "a stranger"],
)
def test_participations_are_held_against_zoom(found: dict[str, str], broken: list[str]) -> None:
    expected = invariants.expected_states(REGISTRANTS, PEOPLE, CONTACTS, PLAYED)
    assert invariants.wrong_participations(found, expected) == broken


def test_many_of_a_kind_are_counted_and_not_listed() -> None:
    people = [{"email": f"p{number}@x.example", "status": "approved"} for number in range(9)]
    told = invariants.missing_people(people, [])
    assert len(told) == 6
    assert told[-1] == "… and 4 more of this kind"


def test_only_refusals_of_hubspots_own_limit_count() -> None:
    calls = [
        {"route": "/batch/read", "status": 429, "fault": "status"},
        {"route": "/batch/read", "status": 429, "fault": ""},
        {"route": "/batch/read", "status": 200, "fault": ""},
    ]
    assert invariants.limits_exceeded(calls) == ["1 calls of /batch/read went over HubSpot's limit"]


@pytest.mark.parametrize(
    ("counts", "broken"),
    [
        ({"done": 2}, []),
        ({"done": 1}, ["2 different webhooks were answered 2xx, 1 are kept"]),
        ({"done": 1, "dead": 1}, ["1 webhooks are dead in the inbox"]),
        ({"done": 1, "new": 1}, ["1 webhooks are new in the inbox"]),
    ],
    ids=["all worked off", "lost", "parked", "left"],
)
def test_answered_webhooks_are_kept_and_worked_off_P1_P2(
    counts: dict[str, int], broken: list[str]
) -> None:
    first: dict[str, Any] = {"body": {"event": "webinar.started", "event_ts": 1}}
    second: dict[str, Any] = {"body": {"event": "webinar.ended", "event_ts": 2}}
    assert invariants.lost_deliveries([first, first, second], counts) == broken
