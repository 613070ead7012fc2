"""A process dies, and a database fails, at the worst moment of a delivery; nothing is lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import webhooks.door
import webhooks.front
from app import create_app
from store.database import writing
from store.inbox_drivers import Delivery as Delivered
from store.intake import Intake
from tests.oauth.support import Site
from tests.webhooks.support import Delivery, refusing_database, stored

EVENT = {
    "event": "webinar.ended",
    "event_ts": 1,
    "payload": {"account_id": "acc-1", "object": {"id": "1", "uuid": "u=="}},
}


def die(*_args: Any, **_named: Any) -> Any:
    """What kill -9 does, at exactly this line."""
    os.kill(os.getpid(), signal.SIGKILL)


def deliver_until(site: Site, moment: str) -> None:
    """A web process that gets a delivery and is killed at a moment of it."""
    door: Any = webhooks.door
    if moment == "verified":
        Intake.store = die  # type: ignore[method-assign]
    elif moment == "inserted":
        Intake._write = insert_and_die  # type: ignore[method-assign]
    elif moment == "committed":
        door.trace_of = die
    else:
        webhooks.front.more_headers = die
    Delivery(EVENT).to_zoom(site, create_app(site.config, doorbell=site.doorbell))


def insert_and_die(intake: Intake, deliveries: Sequence[Delivered]) -> Any:
    """The row is in, and not yet committed."""
    driver = intake._connect()
    assert intake._connection is not None
    connection: Any = intake._connection.driver_connection
    connection.execute("BEGIN")  # else it commits by itself
    assert driver.insert(deliveries)
    die()


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        pytest.param("verified", 0, id="F01 killed before the insert"),
        pytest.param("inserted", 0, id="F02 killed before the commit"),
        pytest.param("committed", 1, id="F03 killed after the commit"),
        pytest.param("rung", 1, id="F04 killed before the answer"),
    ],
)
def test_a_delivery_whose_process_is_killed_is_kept_once_when_it_comes_again(
    any_site: Site, moment: str, kept: int
) -> None:
    process = multiprocessing.get_context("fork").Process(
        target=deliver_until, args=(any_site, moment)
    )
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    assert len(stored(any_site)) == kept

    assert Delivery(EVENT).to_zoom(any_site).status_code == 204
    assert len(stored(any_site)) == 1


@pytest.mark.parametrize("kept", [False, True], ids=["it was lost", "it was done"])
def test_a_commit_in_doubt_is_no_acknowledgement_and_the_digest_settles_it_F16(
    any_site: Site, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    write = Intake._write

    def lose_the_answer(intake: Intake, deliveries: Sequence[Delivered]) -> Any:
        if kept:
            write(intake, deliveries)
        raise OperationalError("COMMIT", {}, Exception("the server went away"))

    with monkeypatch.context() as patched:
        patched.setattr(Intake, "_write", lose_the_answer)
        assert Delivery(EVENT).to_zoom(any_site).status_code == 503
    assert len(stored(any_site)) == kept

    assert Delivery(EVENT).to_zoom(any_site).status_code == 204
    assert len(stored(any_site)) == 1


def test_a_full_disk_is_no_acknowledgement_and_ends_with_it_F18(any_site: Site) -> None:
    """SQLite's own error for a full disk; PostgreSQL refuses the same way, by an error."""
    if any_site.engine.dialect.name != "sqlite":
        pytest.skip("no disk of PostgreSQL can be filled here")
    with writing(any_site.engine) as connection:
        connection.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON inbox "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        )
    assert Delivery(EVENT).to_zoom(any_site).status_code == 503
    assert stored(any_site) == []
    with writing(any_site.engine) as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert Delivery(EVENT).to_zoom(any_site).status_code == 204


def test_five_of_the_same_at_once_are_one_row_F28(any_site: Site) -> None:
    start, answers = threading.Barrier(5), []

    def deliver() -> None:
        start.wait(10)
        answers.append(Delivery(EVENT).to_zoom(any_site).status_code)

    threads = [threading.Thread(target=deliver) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [204] * 5
    assert len(stored(any_site)) == 1


def test_zooms_check_of_the_address_needs_no_database_F48(any_site: Site) -> None:
    check = {"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}, "event_ts": 1}
    with refusing_database(any_site):
        answer = Delivery(check).to_zoom(any_site)
    assert answer.status_code == 200
    assert answer.json is not None and answer.json["plainToken"] == "abc"
