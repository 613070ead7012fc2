"""Registrations merged together mean what they mean one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import Engine, RowMapping, event, select

import jobs.drain
from jobs import registrations
from jobs.drain import drain_inbox
from jobs.registrations import Told
from jobs.runtime import Runtime
from store.database import reading, writing
from store.gone import ensure_hash, note_erased
from store.inbox import trace_of
from store.sealing import Sealer
from store.tables import inbox, occurrence, occurrence_person, registration_fact, run
from store.tables import webinar as webinars
from tests.store.deliveries import record_delivery
from tests.store.support import ACCOUNT, NOW, PORTAL, add_webinar, add_zoom_account, minute
from tests.webhooks.support import as_bytes

SEALER = Sealer([Fernet.generate_key().decode()])
ADA, BEA, CLEO = (f"{name}@northquay.example" for name in ("ada", "bea", "cleo"))
CREATED, APPROVED, CANCELLED = "created", "approved", "cancelled"


@pytest.fixture
def at_work(runtime: Runtime) -> Iterator[Runtime]:
    with writing(runtime.database) as connection:
        add_zoom_account(connection, PORTAL, ACCOUNT)
    yield replace(runtime, sealer=SEALER, clock=lambda: NOW)


def single(connection: Any, **changes: Any) -> RowMapping:
    """A webinar that Zoom told of."""
    return add_webinar(connection, **{"type": 5, "detail_read_at": NOW} | changes)


def notice(
    number: int,
    webinar: RowMapping,
    action: str,
    email: str,
    *,
    dates: tuple[str, ...] = (),
    **who: Any,
) -> tuple[int, str, Any]:
    """One notice; its number is the minute it happened in."""
    body = {
        "event": f"webinar.registration_{action}",
        "event_ts": int(minute(number).timestamp() * 1000),
        "payload": {
            "account_id": ACCOUNT,
            "object": {
                "id": webinar["webinar_id"],
                "occurrences": [{"occurrence_id": one} for one in dates],
                "registrant": {"id": f"r-{email}", "email": email, **who},
            },
        },
    }
    return number, body["event"], body


def deliver(runtime: Runtime, notices: list[tuple[int, str, Any]]) -> None:
    with writing(runtime.database) as connection:
        for number, name, body in notices:
            record_delivery(
                connection,
                SEALER,
                "zoom",
                f"{number:064x}",
                as_bytes(body),
                event_name=name,
                account_id=ACCOUNT,
                now=NOW,
            )


def story(webinar: RowMapping) -> list[tuple[int, str, Any]]:
    """Ada comes, goes and comes again, now without her name; Bea and Cleo come once."""
    ada = {"first_name": "Ada", "last_name": "Attends"}
    return [
        notice(1, webinar, CREATED, ADA, **ada, status="approved"),
        notice(2, webinar, CREATED, BEA, first_name="Bea", status="pending"),
        notice(3, webinar, CANCELLED, ADA),
        notice(4, webinar, APPROVED, ADA),
        notice(5, webinar, CREATED, CLEO, status="approved"),
        notice(6, webinar, APPROVED, BEA, last_name="Busy"),
    ]


def known(database: Engine, *, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Everybody as they are known, and the facts; no keys and counters of changes."""
    hidden = {"id", "occurrence_pk", "person_pk", "dirty", *without}
    with reading(database) as connection:
        people = connection.execute(select(occurrence_person)).mappings().all()
        facts = connection.execute(
            select(registration_fact.c.email, registration_fact.c.status, registration_fact.c.at)
        ).mappings()
        rows = [{k: v for k, v in row.items() if k not in hidden} for row in (*people, *facts)]
    return sorted(rows, key=repr)


def states(database: Engine) -> list[str]:
    with reading(database) as connection:
        return list(connection.execute(select(inbox.c.state).order_by(inbox.c.id)).scalars())


def test_together_they_make_what_they_make_one_after_the_other(
    at_work: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(at_work.database) as connection:
        first, second = single(connection), single(connection)
    with monkeypatch.context() as patched:
        patched.setattr(jobs.drain, "find_told", lambda *_: None)
        deliver(at_work, story(first))
        drain_inbox(at_work)
    alone = known(at_work.database)
    with writing(at_work.database) as connection:
        for table in (registration_fact, occurrence_person, inbox):
            connection.execute(table.delete())
    deliver(at_work, story(second))
    drain_inbox(at_work)

    assert known(at_work.database) == alone
    assert states(at_work.database) == ["done"] * 6
    with reading(at_work.database) as connection:
        ada = (
            connection.execute(select(occurrence_person).where(occurrence_person.c.email == ADA))
            .mappings()
            .one()
        )
    assert (ada["first_name"], ada["status"], ada["generation"]) == ("Ada", "approved", 1)


def test_a_registration_for_two_dates_of_a_series_is_on_both(at_work: Runtime) -> None:
    with writing(at_work.database) as connection:
        series = single(connection, type=9, registration_type=2)
    told = [
        notice(1, series, CREATED, ADA, dates=("d1", "d2"), status="approved"),
        notice(2, series, CREATED, BEA, dates=("d2",), status="approved"),
    ]
    deliver(at_work, told)
    drain_inbox(at_work)
    with reading(at_work.database) as connection:
        rows = connection.execute(
            select(occurrence.c.occurrence_id, occurrence_person.c.email)
            .join(occurrence_person, occurrence_person.c.occurrence_pk == occurrence.c.id)
            .order_by(occurrence.c.occurrence_id, occurrence_person.c.email)
        ).all()
        runs = connection.execute(select(run.c.id)).all()
    assert [tuple(row) for row in rows] == [("d1", ADA), ("d2", ADA), ("d2", BEA)]
    assert len(runs) == 2


def test_many_take_no_more_transactions_than_one(at_work: Runtime) -> None:
    with writing(at_work.database) as connection:
        webinar = single(connection)
    commits = list[int]()
    event.listen(at_work.database, "commit", lambda _: commits.append(1))

    def drained(first: int, count: int) -> int:
        people = range(first, first + count)
        deliver(at_work, [notice(n, webinar, CREATED, f"p{n}@x.example") for n in people])
        commits.clear()
        drain_inbox(at_work)
        return len(commits)

    assert drained(100, 40) == drained(1, 1)
    assert states(at_work.database) == ["done"] * 41


def test_each_says_in_the_log_which_run_it_led_to(at_work: Runtime) -> None:
    with writing(at_work.database) as connection:
        webinar = single(connection)
    deliver(at_work, [notice(n, webinar, CREATED, f"p{n}@x.example") for n in (1, 2)])
    deliver(at_work, [notice(3, webinar, CREATED, "p1@x.example")])
    with structlog.testing.capture_logs() as lines:
        drain_inbox(at_work)
    with reading(at_work.database) as connection:
        (run_id,) = connection.execute(select(run.c.id)).scalars()
    merged = [line for line in lines if line["event"] == "delivery_merged"]
    traces = [trace_of(f"{number:064x}") for number in (1, 2)]
    assert [line["delivery"] for line in merged] == traces, "the third told nothing new"
    assert {line["run"] for line in merged} == {run_id}


def test_one_that_cannot_be_merged_stops_none_of_those_beside_it_F30(
    at_work: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(at_work.database) as connection:
        webinar = single(connection)
    merge = registrations.merge_told

    def stumble(runtime: Runtime, row: RowMapping, told: list[Told], now: Any) -> None:
        if any(one.entry.email == BEA for one in told):
            raise KeyError("a fault of ours")
        merge(runtime, row, told, now)

    monkeypatch.setattr(jobs.drain, "merge_told", stumble)
    monkeypatch.setattr("jobs.merging.merge_told", stumble)
    people = (ADA, BEA, CLEO)
    deliver(at_work, [notice(n, webinar, CREATED, email) for n, email in enumerate(people)])
    drain_inbox(at_work)
    assert states(at_work.database) == ["done", "new", "done"]
    with reading(at_work.database) as connection:
        attempts = connection.execute(select(inbox.c.attempts).order_by(inbox.c.id)).scalars()
        assert list(attempts) == [0, 1, 0]


def test_what_cannot_be_read_is_parked_and_the_rest_merged_F30(at_work: Runtime) -> None:
    with writing(at_work.database) as connection:
        webinar = single(connection)
    deliver(at_work, [notice(1, webinar, CREATED, ADA, status="approved")])
    deliver(at_work, [notice(2, webinar, CREATED, BEA, status="unheard of")])
    deliver(at_work, [(3, "webinar.registration_created", b"no JSON")])
    deliver(at_work, [notice(4, webinar, CREATED, CLEO, status="approved")])
    drain_inbox(at_work)
    assert states(at_work.database) == ["done", "dead", "dead", "done"]


def test_of_erased_people_only_an_identity_is_merged_and_the_body_dropped(
    at_work: Runtime,
) -> None:
    with writing(at_work.database) as connection:
        webinar = single(connection)
        keyed = ensure_hash(connection, SEALER, PORTAL)
        note_erased(connection, PORTAL, [keyed.of(BEA)])
    people = (ADA, BEA)
    deliver(
        at_work,
        [notice(n, webinar, CREATED, email, first_name="X") for n, email in enumerate(people)],
    )
    drain_inbox(at_work)
    with reading(at_work.database) as connection:
        rows = connection.execute(select(inbox).order_by(inbox.c.id)).mappings().all()
        names = connection.execute(
            select(occurrence_person.c.email, occurrence_person.c.first_name)
        ).all()
    assert [bool(row["body"]) for row in rows] == [True, False]
    assert sorted(tuple(row) for row in names) == [("", ""), (ADA, "X")]


def test_zoom_is_asked_once_about_a_webinar_never_heard_of(
    at_work: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    def ask(runtime: Runtime, zoom: Any, portal_id: str, account_id: str, webinar_id: str) -> Any:
        asked.append(webinar_id)
        with writing(runtime.database) as connection:
            connection.execute(webinars.update().values(detail_read_at=NOW, type=5))
            return connection.execute(select(webinars)).mappings().one()

    monkeypatch.setattr("jobs.merging.refresh_webinar", ask)
    monkeypatch.setattr(at_work.platforms, "zoom", lambda *_: None, raising=False)
    unknown: Any = {"webinar_id": "777"}
    people = (ADA, BEA, CLEO)
    deliver(at_work, [notice(n, unknown, CREATED, email) for n, email in enumerate(people)])
    assert drain_inbox(at_work) == 3
    assert asked == ["777"]
    assert states(at_work.database) == ["done"] * 3
