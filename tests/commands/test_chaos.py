"""The fault campaign's choices and words; the campaign itself is `./run chaos`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands import processes
from commands.chaos import invariants, leaks, watch
from commands.chaos.faults import STOPPING, Freeze, Kill, Misbehaviour
from commands.chaos.findings import Figures
from commands.chaos.invariants import Belongings, Held
from commands.chaos.plan import plan_campaign
from commands.chaos.seeds import Outcome, figures_of, lines_of
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


def test_a_worker_at_work_is_frozen_and_not_an_idle_one() -> None:
    processes = [
        Running(pid=10, parent=1, depth=1, command="python -m commands.workers live", memory=0),
        Running(pid=20, parent=1, depth=1, command="python -m commands.workers live", memory=0),
        Running(pid=30, parent=1, depth=1, command="python -m commands.workers bulk", memory=0),
        Running(pid=21, parent=20, depth=2, command="python -m commands.workers live", memory=0),
    ]
    assert Freeze("live worker", 3).frozen(processes) == [20, 21]
    assert Freeze("scheduler", 3).frozen(processes) == []


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
        swallowing = [fault for fault in campaign.faults if getattr(fault, "swallows", False)]
        assert len(swallowing) <= 1


def test_fifty_seeds_meet_every_kind_of_fault() -> None:
    faults = [fault for seed in range(1, 51) for fault in plan_campaign(seed).faults]
    assert {type(fault).__name__ for fault in faults} == {
        "EmptyRestart",
        "Flush",
        "Freeze",
        "Kill",
        "Lock",
        "Misbehaviour",
        "SlowValkey",
        "StubbornValkey",
        "TokensEnd",
    }
    kinds = {fault.kind for fault in faults if isinstance(fault, Misbehaviour)}
    assert kinds == {
        "cut_answer",
        "empty_success",
        "hang",
        "html",
        "lost_answer",
        "partial",
        "refuse_before",
        "slow",
        "status",
    }
    killed = {
        (fault.child, part) for fault in faults if isinstance(fault, Kill) for part in fault.parts
    }
    assert killed >= {("live worker", "parent"), ("live worker", "work-horse"), ("web", "server")}


def test_the_figures_add_up_over_the_seeds_and_each_has_its_row() -> None:
    outcomes = [
        Outcome(2, ("FLUSHALL",), 61.2, (), Figures(acknowledged=30, effects=200, pause=31.0)),
        Outcome(1, (), 40.0, ("an effect is there twice",), Figures(20, 1, 190, 1, pause=2.0)),
    ]
    totals, _, *rows = figures_of(outcomes).splitlines()
    assert totals == (
        "1 of 2 seeds ok: 50 webhooks acknowledged, 1 lost; 390 effects, 1 twice, 0 missing; "
        "0 writes across customers; sending resumed 31 s after a stop at the latest; "
        "0 left unconfirmed."
    )
    assert rows[2:] == [
        "| 1 | none | 40 | 2 s | an effect is there twice |",
        "| 2 | FLUSHALL | 61 | 31 s | nothing |",
    ]


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
    told = invariants.told(invariants.missing_people(people, []))
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
    ("kept", "broken"),
    [(2, []), (3, []), (1, ["2 different webhooks were answered 2xx, 1 are kept"])],
    ids=["all kept", "one whose answer was lost", "lost"],
)
def test_answered_webhooks_are_kept_P1(kept: int, broken: list[str]) -> None:
    first: dict[str, Any] = {"body": {"event": "webinar.started", "event_ts": 1}}
    second: dict[str, Any] = {"body": {"event": "webinar.ended", "event_ts": 2}}
    answered = invariants.answered_webhooks([first, first, second])
    assert invariants.lost_deliveries(answered, kept) == broken


def test_kept_webhooks_are_worked_off_P2() -> None:
    assert invariants.unread_deliveries({"done": 2}) == []
    assert invariants.unread_deliveries({"done": 1, "new": 1, "dead": 2}) == [
        "1 webhooks are new in the inbox",
        "2 webhooks are dead in the inbox",
    ]


BY_US = {"kind": "state", "name": "created", "value": None, "source": "INTEGRATION"}


def contact(contact_id: str, email: str, *changes: tuple[str, str]) -> dict[str, Any]:
    history = [
        {"kind": "property", "name": name, "value": value, "source": "INTEGRATION"}
        for name, value in changes
    ]
    return {"id": contact_id, "properties": {"email": email}, "history": [BY_US, *history]}


def event(name: str, *steps: tuple[str, str], account: str = "ours") -> dict[str, Any]:
    person = {
        "contact_id": "1",
        "verbs": [verb for verb, _ in steps],
        "occurred": [moment for _, moment in steps],
    }
    return {"external_event_id": name, "external_account_id": account, "participations": [person]}


def held(
    *contacts: dict[str, Any],
    events: tuple[dict[str, Any], ...] = (),
    calls: tuple[str, ...] = (),
    created: int | None = None,
) -> Held:
    call_records = [
        {"properties": {"hs_call_external_id": name}, "archived": False} for name in calls
    ]
    made = len(contacts) if created is None else created
    return Held(contacts, events, call_records, {"contacts_created": made}, len(contacts))


ADA = contact("1", "ada@northquay.example")
ONCE = event("7-0", ("register", "10:00"), ("attend", "11:00"))


@pytest.mark.parametrize(
    ("portal", "broken"),
    [
        (held(ADA, events=(ONCE,), calls=("7-0-1",)), ""),
        (held(ADA, created=2), "1 contacts were created that are not there"),
        (held(ADA, contact("2", "Ada@northquay.example")), "2 contacts were created for ada@"),
        (held(ADA, events=(ONCE, ONCE)), "2 marketing events are 7-0"),
        (held(ADA, calls=("7-0-1", "7-0-1")), "2 call records are 7-0-1"),
        (
            held(ADA, events=(event("7-0", ("attend", "11:00"), ("attend", "11:01")),)),
            "contact 1 of 7-0 attended 2 times",
        ),
        (
            held(ADA, events=(event("7-0", ("register", "10:00"), ("register", "10:00")),)),
            "2 times contact 1 of 7-0 did ('register', '10:00')",
        ),
    ],
    ids=["once", "made again", "two of one", "two events", "two calls", "came twice", "twice"],
)
def test_effects_visible_twice_are_told_P3(portal: Held, broken: str) -> None:
    told = invariants.repeated_effects(portal)
    assert (told == []) if not broken else any(one.startswith(broken) for one in told), told


def test_effects_are_counted_as_they_are_seen() -> None:
    portal = held(ADA, events=(ONCE,), calls=("7-0-1",))
    assert invariants.count_effects(portal) == 1 + 1 + 2 + 1


@pytest.mark.parametrize(
    ("portal", "broken"),
    [
        (held(events=(event("7-0", ("register", "10:00"), ("cancel", "10:05")),)), 0),
        (held(events=(event("7-0", ("cancel", "10:05"), ("register", "10:00")),)), 1),
        (held(contact("1", "a@x.example", ("rollcall_attendance_count", "1"))), 0),
        (
            held(
                contact(
                    "1",
                    "a@x.example",
                    ("rollcall_attendance_count", "2"),
                    ("rollcall_attendance_count", "1"),
                )
            ),
            1,
        ),
        (
            held(
                contact(
                    "1",
                    "a@x.example",
                    ("rollcall_registration_count", "1"),
                    ("rollcall_registration_count", "0"),
                    ("rollcall_registration_count", "1"),
                )
            ),
            1,
        ),
        (held(contact("1", "a@x.example", ("jobtitle", "1"), ("jobtitle", "1"))), 0),
    ],
    ids=["in order", "too late", "grows", "shrinks", "and back", "not ours"],
)
def test_a_state_that_goes_backwards_is_told_P4(portal: Held, broken: int) -> None:
    assert len(invariants.inversions(portal)) == broken


OURS = Belongings("1", "ours", frozenset({"7"}), frozenset({"ada@northquay.example"}))
THEIRS = Belongings("2", "theirs", frozenset({"8"}), frozenset({"bob@lowmoor.example"}))


@pytest.mark.parametrize(
    ("portal", "path", "broken"),
    [
        (held(ADA, events=(ONCE,), calls=("7-0-1",)), "/zoom/v2/webinars/7", 0),
        (held(contact("2", "Bob@lowmoor.example")), "", 1),
        (held(events=(event("8-0"),)), "", 1),
        (held(events=(event("7-0", account="theirs"),)), "", 1),
        (held(calls=("8-0-1",)), "", 1),
        (held(), "/zoom/v2/webinars/8/registrants", 1),
    ],
    ids=["own", "contact", "event", "account", "call", "a token of the other's"],
)
def test_what_crosses_from_one_customer_to_another_is_told_P6(
    portal: Held, path: str, broken: int
) -> None:
    calls = [{"method": "GET", "path": path}]
    assert len(invariants.crossings(OURS, THEIRS, portal, calls)) == broken


def test_what_is_under_way_or_held_when_it_is_quiet_is_told_P10() -> None:
    assert invariants.unfinished_business({"applied": 9, "rejected": 1}) == []
    assert len(invariants.unfinished_business({"sending": 1, "unconfirmed": 3})) == 2
    assert invariants.long_leases([("run:1", -5_000), ("run:2", 29_000)]) == []
    assert invariants.long_leases([("housekeeping", 3_000_000)]) == []
    assert invariants.long_leases([("run:1", 90_000)]) == ["the lease run:1 is held for 90 s more"]


def test_a_secret_is_found_wherever_it_stands_X14() -> None:
    job = b"HSET job " + zlib.compress(b"args: secret-token-1")
    places = {"the log": [b"all is well"], "Redis": [job, *leaks.inflate(job)]}
    canaries = {"tokens": ["secret-token-1", "short"], "addresses": ["ada@x.example"]}
    assert leaks.find_leaks(places, canaries) == ["1 of tokens stand in Redis"]


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("writes", "seen", "seconds"),
    [
        ([-1, 4, 9], [], 4),
        ([90], [(0.5, True), (7, False)], 7),
        ([90], [(0.5, True), (60, True)], 90),
        ([], [(0.5, True), (75, True)], 75),
    ],
    ids=["next write", "nothing left to send", "long", "never"],
)
def test_a_pause_ends_with_the_next_write_or_with_nothing_to_send_P10(
    writes: list[float], seen: list[tuple[float, bool]], seconds: float
) -> None:
    looked = [(after(at), is_owed) for at, is_owed in seen]
    (pause,) = watch.pauses_of([("kill", NOON)], list(map(after, writes)), looked)
    assert pause.seconds == seconds
    assert len(watch.too_long([pause])) == (seconds > 60)


def test_only_writes_hubspot_took_count_as_sending() -> None:
    calls = [
        {"at": NOON.isoformat(), "is_write": is_write, "status": status}
        for is_write, status in ((True, 201), (True, 500), (True, 0), (False, 200))
    ]
    assert watch.written_at(calls) == [NOON]


def test_whatever_stops_a_process_is_measured() -> None:
    assert isinstance(Kill("web", ("server",)), STOPPING)
    assert not isinstance(Misbehaviour("zoom", "html", "", 1), STOPPING)
