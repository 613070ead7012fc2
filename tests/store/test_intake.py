"""The doors' way into the inbox: stored for good once, together with whoever waits, or refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from store.database import reading, writing
from store.inbox import GIVE_UP_SECONDS, open_inbox
from store.inbox_drivers import Delivery
from store.intake import Intake, NotStored
from store.tables import inbox
from tests.store.support import NOW


@pytest.fixture
def intake(database: Engine) -> Iterator[Intake]:
    engine = open_inbox(database.url.render_as_string(hide_password=False))
    yield Intake(engine)
    engine.dispose()


def delivery(number: int, **changes: Any) -> Delivery:
    return Delivery(
        **{"source": "zoom", "digest": f"{number:064x}", "body": b"sealed", "received_at": NOW}
        | changes
    )


def rows(database: Engine) -> list[Any]:
    with reading(database) as connection:
        return list(connection.execute(select(inbox).order_by(inbox.c.id)).mappings())


def store_at_once(intake: Intake, deliveries: list[Delivery]) -> list[bool]:
    """What each thread was told; the order is not theirs."""
    gate, told = threading.Barrier(len(deliveries)), list[bool]()

    def arrive(one: Delivery) -> None:
        gate.wait(10)
        told.append(intake.store(one))

    threads = [threading.Thread(target=arrive, args=(one,)) for one in deliveries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(told)


def test_everybody_else_finds_what_was_stored(intake: Intake, database: Engine) -> None:
    assert intake.store(delivery(1, event="webinar.ended", account_id="acct"))
    (row,) = rows(database)
    assert (row["source"], row["digest"], row["body"]) == ("zoom", f"{1:064x}", b"sealed")
    assert (row["event"], row["account_id"], row["received_at"]) == ("webinar.ended", "acct", NOW)
    assert (row["state"], row["attempts"]) == ("new", 0)


def test_stored_again_it_is_there_once_and_stays_as_it_is(intake: Intake, database: Engine) -> None:
    assert intake.store(delivery(1))
    with writing(database) as connection:
        connection.execute(inbox.update().values(state="done"))
    assert not intake.store(delivery(1, body=b"sealed anew"))
    (row,) = rows(database)
    assert (row["state"], row["body"]) == ("done", b"sealed")


def test_names_longer_than_their_column_are_cut_off(intake: Intake, database: Engine) -> None:
    intake.store(delivery(1, event="e" * 99, account_id="a" * 99))
    (row,) = rows(database)
    assert (row["event"], row["account_id"]) == ("e" * 64, "a" * 64)


def test_the_same_delivery_at_several_doors_is_new_at_one_F28(
    intake: Intake, database: Engine
) -> None:
    assert store_at_once(intake, [delivery(1)] * 8) == [False] * 7 + [True]
    assert len(rows(database)) == 1


def test_those_that_come_together_are_told_apart(intake: Intake, database: Engine) -> None:
    intake.store(delivery(0))
    deliveries = [delivery(number % 6) for number in range(12)]
    assert store_at_once(intake, deliveries) == [False] * 7 + [True] * 5
    assert len(rows(database)) == 6


def test_whoever_waits_meanwhile_is_written_in_one_statement(
    intake: Intake, database: Engine, monkeypatch: pytest.MonkeyPatch, wait_until: Any
) -> None:
    write, sizes, gate = intake._write, list[int](), threading.Event()

    def count(deliveries: Sequence[Delivery]) -> list[str]:
        sizes.append(len(deliveries))
        assert gate.wait(10)
        return write(deliveries)

    monkeypatch.setattr(intake, "_write", count)
    told = list[bool]()
    threads = [
        threading.Thread(target=lambda n=n: told.append(intake.store(delivery(n))))  # type: ignore[misc]
        for n in range(5)
    ]
    threads[0].start()
    wait_until(lambda: sizes == [1])
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: len(intake._waiting) == 4)
    gate.set()
    for thread in threads:
        thread.join(timeout=30)
    assert (sizes, told) == ([1, 4], [True] * 5)
    assert len(rows(database)) == 5


def test_where_it_would_have_to_wait_it_refuses_before_the_sender_gives_up_F17(
    intake: Intake, database: Engine
) -> None:
    with database.connect() as other, other.begin():
        if database.dialect.name == "postgresql":  # On SQLite beginning to write is enough.
            other.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(NotStored):
            intake.store(delivery(1))
        assert time.monotonic() - began < 2 * GIVE_UP_SECONDS
    assert intake.store(delivery(1))


def test_whoever_waits_for_a_turn_in_vain_is_not_stored_behind_their_back(
    intake: Intake, database: Engine, monkeypatch: pytest.MonkeyPatch, wait_until: Any
) -> None:
    write, gate, is_busy = intake._write, threading.Event(), threading.Event()

    def hang(deliveries: Sequence[Delivery]) -> list[str]:
        is_busy.set()
        assert gate.wait(10)
        return write(deliveries)

    monkeypatch.setattr(intake, "_write", hang)
    monkeypatch.setattr(intake, "_patience", 0.05)
    first = threading.Thread(target=intake.store, args=(delivery(1),))
    first.start()
    assert is_busy.wait(10)
    with pytest.raises(NotStored) as refused:
        intake.store(delivery(2))
    gate.set()
    first.join(timeout=30)
    assert refused.value.why == "Timeout"
    assert [row["digest"] for row in rows(database)] == [f"{1:064x}"]
    assert intake.store(delivery(2)), "and the next one finds the way free"


def test_a_connection_that_was_ended_meanwhile_costs_no_delivery_F16(
    intake: Intake, database: Engine
) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("nobody ends a connection to SQLite")
    assert intake.store(delivery(1))
    with writing(database) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                "datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert intake.store(delivery(2))
    assert len(rows(database)) == 2


def test_a_database_that_is_away_is_no_acknowledgement() -> None:
    engine = open_inbox("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(NotStored) as refused:
        Intake(engine).store(delivery(1))
    assert refused.value.why == "OperationalError"
    assert "nobody" not in str(refused.value)
