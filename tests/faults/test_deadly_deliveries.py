"""A delivery that breaks whoever reads it is found out and set aside; its neighbours are merged."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import RowMapping, event, insert, select
from sqlalchemy.exc import DataError

import jobs.drain
from jobs.drain import drain_inbox
from jobs.runtime import Platforms, Runtime
from rollcall.errors import NeedsAttention, Retryable
from store.database import open_database, reading, writing
from store.deliveries import PARKED, list_deliveries, replay_deliveries
from store.leases import take_lease
from store.sealing import Sealer
from store.tables import portal, zoom_user
from tests.oauth.support import Site
from tests.store.deliveries import record_delivery
from tests.store.support import add_zoom_account
from tests.webhooks.support import as_bytes, stored

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PORTAL, ACCOUNT = "1001", "acc-1"
GUILTY, MANY = 7, 20
Way = Callable[[], Any]


@pytest.fixture(autouse=True)
def turns_do_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, what waits is worked off in one turn."""
    monkeypatch.setattr(jobs.drain, "TURN_SECONDS", 60.0)


@pytest.fixture
def connected(any_site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A portal with a Zoom account; a lease that is left behind can be taken at once."""
    monkeypatch.setattr(jobs.drain, "LEASE_SECONDS", 0.0)
    with writing(any_site.engine) as to:
        to.execute(insert(portal).values(portal_id=PORTAL, capabilities={}, created_at=NOW))
        add_zoom_account(to, PORTAL, ACCOUNT)
    return any_site


def runtime_of(site: Site, at: datetime = NOW) -> Runtime:
    """What a job has, but for what drains nothing; its connections are its process's own."""
    nothing: Any = None
    return Runtime(
        database=open_database(site.config.database_url),
        sealer=Sealer(site.config.encryption_keys),
        registry=nothing,
        guard=nothing,
        platforms=Platforms(site.access),
        timing=nothing,
        app_events={},
        links=nothing,
        owner="test",
        clock=lambda: at,
    )


def user(number: int, **changes: Any) -> dict[str, Any]:
    """A notice about a user of the account, which merging stores."""
    person = {"id": f"u{number}", "email": f"u{number}@acme.example", **changes}
    payload = {"account_id": ACCOUNT, "object": person}
    return {"event": "user.updated", "event_ts": 1, "payload": payload}


def deliver(site: Site, number: int, body: Any, account_id: str = ACCOUNT) -> None:
    with writing(site.engine) as connection:
        record_delivery(
            connection,
            Sealer(site.config.encryption_keys),
            "zoom",
            f"{number:064x}",
            as_bytes(body),
            event_name="user.updated",
            account_id=account_id,
            now=NOW,
        )


def drain_until(site: Site, way: Way, at: datetime) -> None:
    """A worker process that drains, until it meets the guilty one."""
    drain: Any = jobs.drain
    merge = drain.merge_delivery

    def merge_or_die(runtime: Runtime, row: RowMapping, now: datetime) -> Any:
        if int(row["digest"], 16) == GUILTY:
            way()
        return merge(runtime, row, now)

    drain.merge_delivery = merge_or_die
    drain_inbox(runtime_of(site, at))


def drain_in_a_process(site: Site, way: Way, at: datetime = NOW) -> int | None:
    """The exit code of a worker process that drained."""
    process = multiprocessing.get_context("fork").Process(target=drain_until, args=(site, way, at))
    process.start()
    process.join(30)
    return process.exitcode


def be_killed() -> None:
    """What the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    """What a fault in C does, no exit of Python's being taken."""
    os._exit(70)


def be_told_to_stop() -> None:
    """What a deploy does."""
    os.kill(os.getpid(), signal.SIGTERM)


def states(site: Site) -> list[str]:
    return [row["state"] for row in stored(site)]


def merged_users(site: Site) -> set[str]:
    with reading(site.engine) as connection:
        return set(connection.execute(select(zoom_user.c.user_id)).scalars())


def test_a_delivery_that_killed_three_processes_is_parked_and_its_neighbours_merged_F30(
    connected: Site,
) -> None:
    for number in range(MANY):
        deliver(connected, number, user(number))
    killed = -signal.SIGKILL

    assert drain_in_a_process(connected, be_killed) == killed, "nobody knows yet by which one"
    assert drain_in_a_process(connected, crash) == 70, "once, alone and under a note"
    assert drain_in_a_process(connected, crash) == 0, "now the others go first"
    assert states(connected) == ["new" if n == GUILTY else "done" for n in range(MANY)]
    for minutes in (1, 2):
        at = NOW + timedelta(minutes=minutes)
        assert drain_in_a_process(connected, be_killed, at) == killed
        assert states(connected)[GUILTY] == "new"
    assert drain_in_a_process(connected, be_killed, NOW + timedelta(minutes=3)) == 0

    assert states(connected) == ["dead" if n == GUILTY else "done" for n in range(MANY)]
    with reading(connected.engine) as connection:
        (parked,) = list_deliveries(connection, PORTAL, PARKED, 10)
    assert parked["error"].startswith("user.updated of Zoom account acc-1 was being merged, alone")
    assert "3 processes ended abruptly" in parked["error"]
    assert "replay it once" in parked["error"]

    with writing(connected.engine) as connection:
        replay_deliveries(connection, PORTAL, PARKED, NOW)
    drain_inbox(runtime_of(connected))
    assert states(connected) == ["done"] * MANY
    assert merged_users(connected) == {f"u{n}" for n in range(MANY)}


@pytest.mark.parametrize(
    ("is_wary", "times"),
    [pytest.param(False, 1, id="as ever"), pytest.param(True, 4, id="after a death")],
)
def test_a_deploy_in_the_middle_of_a_delivery_is_no_death_of_it_F30_P14(
    connected: Site, is_wary: bool, times: int
) -> None:
    for number in range(GUILTY, GUILTY + 2):
        deliver(connected, number, user(number))
    for _ in range(times):
        if is_wary:
            take_lease(connected.engine, "drain", "somebody who died", seconds=0.0)
        assert drain_in_a_process(connected, be_told_to_stop) == 0
        row = stored(connected)[0]
        assert (row["state"], row["deaths"]) == ("new", 0)
        next_lease = take_lease(connected.engine, "drain", "next", seconds=-1.0)
        assert next_lease is not None and not next_lease.was_left_behind
        with writing(connected.engine) as connection:
            connection.exec_driver_sql("UPDATE lease SET until_ms = 0")
    drain_inbox(runtime_of(connected))
    assert states(connected) == ["done", "done"]


def test_while_nobody_dies_a_delivery_costs_no_write_more(connected: Site) -> None:
    for number in range(3):
        deliver(connected, number, user(number))
    runtime, written = runtime_of(connected), []
    event.listen(
        runtime.database,
        "before_cursor_execute",
        lambda _conn, _cursor, sql, *_: written.append(sql) if "UPDATE inbox" in sql else None,
    )
    drain_inbox(runtime)
    assert states(connected) == ["done"] * 3
    assert len(written) == 3, "one a delivery, which closes it"


BOMBS: Mapping[str, tuple[Any, str]] = {
    "nested too deeply": (b'{"event":' + b"[" * 100_000, "dead"),
    "no JSON": (b"\xff\xfe", "dead"),
    "ten megabytes of one name": (user(101, first_name="x" * 10_000_000), "done"),
    "zero bytes in a name": (user(102, first_name="A\x00da"), "done"),
    "zero bytes in the event": ({**user(103), "event": "user\x00"}, "ignored"),
    "half a character in a name": (
        json.dumps(user(104, first_name="\ud83d")).encode(),
        "done",
    ),
    "a number of 5,000 digits": (b'{"event_ts":' + b"9" * 5_000 + b"}", "dead"),
    "a zero byte in the account": (
        {**user(105), "payload": {"account_id": "acc\x00-9", "object": {"id": "1"}}},
        "ignored",
    ),
}


def test_bodies_that_break_parsers_are_worked_off_at_once_F30(connected: Site) -> None:
    for number, (body, _) in enumerate(BOMBS.values()):
        deliver(connected, number, body)
    deliver(connected, 99, user(99))
    drain_inbox(runtime_of(connected))
    found = dict(zip(BOMBS, states(connected), strict=False))
    assert found == {name: state for name, (_, state) in BOMBS.items()}
    assert merged_users(connected) == {"u99", "u101", "u102", "u104"}
    for row in stored(connected):
        if row["state"] == "dead":
            assert row["error"].startswith("user.updated of Zoom account acc-1 could not be used")
            assert "replay it" in row["error"]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        pytest.param(RecursionError("ada@acme.example"), "(RecursionError)", id="too deep"),
        pytest.param(
            DataError("INSERT", {}, Exception("ada@acme.example")), "(DataError)", id="too long"
        ),
    ],
)
def test_what_no_table_can_hold_is_parked_at_once_F30(
    connected: Site, monkeypatch: pytest.MonkeyPatch, trouble: Exception, told: str
) -> None:
    (parked,) = drain_in_trouble(connected, monkeypatch, trouble, times=1)
    assert (parked["state"], parked["attempts"]) == ("dead", 1)
    assert told in parked["error"] and "ada@acme" not in parked["error"]
    assert "replaying it helps only after an update" in parked["error"]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        pytest.param(KeyError("ada@acme.example"), "Rollcall itself made an error (KeyError)"),
        pytest.param(
            Retryable("Zoom account acc-1 is busy"), "because: Zoom account acc-1 is busy"
        ),
    ],
    ids=["a fault of ours", "Zoom is away"],
)
def test_a_delivery_parked_after_days_says_what_happened_and_what_to_do(
    connected: Site, monkeypatch: pytest.MonkeyPatch, trouble: Exception, told: str
) -> None:
    (parked,) = drain_in_trouble(connected, monkeypatch, trouble, times=jobs.drain.MAX_ATTEMPTS)
    assert parked["state"] == "dead"
    assert parked["error"].startswith("user.updated of Zoom account acc-1 was tried 24 times")
    assert told in parked["error"] and "ada@acme" not in parked["error"]
    assert parked["error"].endswith("replay it once that is over.")


def test_waiting_for_a_person_for_days_uses_up_no_attempt(
    connected: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 2 * jobs.drain.MAX_ATTEMPTS
    (row,) = drain_in_trouble(connected, monkeypatch, NeedsAttention("connect Zoom again"), times)
    assert (row["state"], row["attempts"], row["error"]) == ("new", 0, "connect Zoom again")
    (row,) = drain_in_trouble(connected, monkeypatch, Retryable("busy"), 1, after=times)
    assert (row["state"], row["attempts"]) == ("new", 1)


def drain_in_trouble(
    site: Site, monkeypatch: pytest.MonkeyPatch, trouble: Exception, times: int, after: int = 0
) -> list[RowMapping]:
    """The inbox after so many drains, a day and more apart, that met the trouble."""

    def meet_trouble(*_: Any) -> Any:
        raise trouble

    deliver(site, 1, user(1))
    runtime = runtime_of(site)
    with monkeypatch.context() as patched:
        patched.setattr(jobs.drain, "merge_delivery", meet_trouble)
        with structlog.testing.capture_logs():
            for number in range(after, after + times):
                at = NOW + timedelta(hours=25 * number)
                drain_inbox(replace(runtime, clock=cast(Any, lambda at=at: at)))
    runtime.database.dispose()
    return stored(site)
