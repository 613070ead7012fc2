"""One holder at a time, and whoever lost the lease writes nothing more."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from store.database import open_database, reading, writing
from store.leases import (
    Lease,
    LeaseLost,
    check_lease,
    is_lease_held,
    keeping_lease,
    release_lease,
    renew_lease,
    take_lease,
)
from store.tables import lease

LONG = 60.0
OVER = -1.0  # a lease that ended a second ago


def take(database: Engine, owner: str = "one", seconds: float = LONG) -> Lease:
    held = take_lease(database, "drain", owner, seconds=seconds)
    assert held is not None
    return held


def check(database: Engine, held: Lease) -> None:
    with writing(database) as connection:
        check_lease(connection, held)


def test_a_lease_taken_is_nobody_elses(database: Engine) -> None:
    held = take(database)
    assert (held.name, held.owner) == ("drain", "one")
    assert take_lease(database, "drain", "two", seconds=LONG) is None
    assert is_lease_held(database, "drain")


def test_not_even_the_owners_own_again(database: Engine) -> None:
    """Two jobs of one process must not both think that they hold it."""
    take(database, "one")
    assert take_lease(database, "drain", "one", seconds=LONG) is None


def test_leases_of_other_names_are_free(database: Engine) -> None:
    take(database)
    assert take_lease(database, "scheduler", "two", seconds=LONG) is not None
    assert not is_lease_held(database, "contacts:1001")


def test_given_back_it_can_be_taken_at_once_under_a_higher_fence(database: Engine) -> None:
    first = take(database)
    release_lease(database, first)
    assert not is_lease_held(database, "drain")
    second = take(database, "two")
    assert second.fence > first.fence
    assert not (first.was_left_behind or second.was_left_behind)


def test_left_by_a_dead_process_it_runs_out(database: Engine) -> None:
    first = take(database, seconds=OVER)
    assert not is_lease_held(database, "drain")
    second = take(database, "two")
    assert second.fence > first.fence
    assert second.was_left_behind


def test_the_fence_grows_with_every_holder(database: Engine) -> None:
    fences = []
    for number in range(5):
        held = take(database, str(number))
        fences.append(held.fence)
        release_lease(database, held)
    assert fences == sorted(set(fences))


def test_renewed_it_lasts_longer(database: Engine) -> None:
    held = take(database, seconds=OVER)
    renew_lease(database, held, seconds=LONG)
    assert take_lease(database, "drain", "two", seconds=LONG) is None
    check(database, held)


def test_P6_kept_it_is_renewed_until_the_block_ends(database: Engine) -> None:
    held = take(database)
    with keeping_lease(database, held, seconds=LONG, every=0.01):
        renew_lease(database, held, seconds=OVER)
        deadline = time.monotonic() + 10
        while not is_lease_held(database, "drain"):
            assert time.monotonic() < deadline, "nobody renewed it"
    renew_lease(database, held, seconds=OVER)
    assert not [one for one in threading.enumerate() if one.name == "keeps drain"]
    assert not is_lease_held(database, "drain")


def test_kept_but_lost_it_stays_the_new_holders(database: Engine) -> None:
    held = take(database, seconds=OVER)
    new = take(database, "two")
    with keeping_lease(database, held, seconds=LONG, every=0.0):
        deadline = time.monotonic() + 10
        while [one for one in threading.enumerate() if one.name == "keeps drain"]:
            assert time.monotonic() < deadline, "the loser goes on"
    check(database, new)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda db, held: renew_lease(db, held, seconds=LONG), id="renew"),
        pytest.param(check, id="write"),
    ],
)
def test_whoever_was_overtaken_learns_it_F11b(database: Engine, act: Callable[..., None]) -> None:
    old = take(database, "one", seconds=OVER)
    new = take(database, "two")
    with pytest.raises(LeaseLost, match="drain was taken over"):
        act(database, old)
    act(database, new)


def test_an_overtaken_holder_cannot_give_back_what_is_not_theirs(database: Engine) -> None:
    old = take(database, "one", seconds=OVER)
    new = take(database, "two")
    release_lease(database, old)
    assert is_lease_held(database, "drain")
    check(database, new)


def test_nothing_of_a_transaction_that_lost_its_lease_remains_F11b(database: Engine) -> None:
    old = take(database, "one", seconds=OVER)
    take(database, "two")
    with pytest.raises(LeaseLost), writing(database) as connection:
        connection.execute(
            lease.insert().values(name="written late", owner="one", until_ms=0, fence=1)
        )
        check_lease(connection, old)
    with reading(database) as connection:
        names = connection.execute(select(lease.c.name)).scalars().all()
    assert names == ["drain"]


def test_nobody_takes_over_between_the_check_and_the_commit(database: Engine) -> None:
    """Else both would send: the old holder what it just noted, the new one as it saw nothing."""
    held = take(database, "one", seconds=OVER)
    order: list[str] = []

    def overtake() -> None:
        take(database, "two")
        order.append("taken over")

    other = threading.Thread(target=overtake)
    with writing(database) as connection:
        check_lease(connection, held)
        other.start()
        other.join(timeout=0.3)
        order.append("committed")
    other.join(timeout=10)
    assert order == ["committed", "taken over"]


def test_of_many_threads_racing_exactly_one_wins(database: Engine) -> None:
    gate = threading.Barrier(8)

    def race(number: int) -> Lease | None:
        gate.wait()
        return take_lease(database, "drain", str(number), seconds=LONG)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(race, range(8)))
    (winner,) = [held for held in results if held is not None]
    check(database, winner)


RACE = """
import sys
from store.database import open_database
from store.leases import release_lease, take_lease
database = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(5):
    held = take_lease(database, f"race {number}", sys.argv[2], seconds=60)
    print("-" if held is None else held.fence, flush=True)
"""


def test_F26_of_two_processes_racing_for_one_lease_exactly_one_wins(database: Engine) -> None:
    url = database.url.render_as_string(hide_password=False)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, url, owner],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for owner in ("one", "two")
    ]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("\n")
            racer.stdin.flush()
        answers = [racer.communicate(timeout=30)[0].split() for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()
    assert [sorted(pair) for pair in zip(*answers, strict=True)] == [["-", "1"]] * 5


def test_the_lease_runs_on_the_databases_clock_F36(database: Engine, monkeypatch: Any) -> None:
    """A machine whose clock is wrong must neither steal leases nor hold them for ever."""
    monkeypatch.setattr("time.time", lambda: 0.0)
    take(database)
    elsewhere = open_database(database.url.render_as_string(hide_password=False))
    try:
        assert take_lease(elsewhere, "drain", "two", seconds=LONG) is None
    finally:
        elsewhere.dispose()
