"""What a campaign is judged by: each broken invariant is a sentence."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands.chaos import invariants, leaks, watch
from commands.chaos.faults import STOPPING, Kill, Misbehaviour
from commands.chaos.invariants import Belongings, Held

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
