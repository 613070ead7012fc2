"""Deliveries, lines of finished runs, names and hashes go in their time; what waits stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, select

from store.connections import NewGrant, TokenPair, forget_tokens, save_grant
from store.gone import note_deleted, note_erased
from store.inbox_work import close_deliveries
from store.pruning import prune
from store.runs import add_changes, finish_run, open_run
from store.sealing import Sealer
from store.settings import save_settings
from store.tables import gone_address, inbox, registration_request, run, run_change
from tests.store.deliveries import record_delivery
from tests.store.support import NOW, PORTAL, add_occurrence, add_portal

SEALER = Sealer([Fernet.generate_key().decode()])


def deliver(connection: Connection, account_id: str, days_ago: int, state: str) -> None:
    digest = f"{account_id}{days_ago}{state}"
    at = NOW - timedelta(days=days_ago)
    body = b"{}"
    record_delivery(
        connection, SEALER, "zoom", digest, body, event_name="x", account_id=account_id, now=at
    )
    pk = connection.execute(select(inbox.c.id).where(inbox.c.digest == digest)).scalar_one()
    if state != "new":
        close_deliveries(connection, [pk], state=state)


def kept(connection: Connection) -> set[str]:
    return set(connection.execute(select(inbox.c.digest)).scalars())


@pytest.mark.parametrize("days", [30, 7])
def test_what_is_older_than_the_portals_retention_goes(connection: Connection, days: int) -> None:
    place = add_occurrence(connection)
    save_settings(connection, PORTAL, {"raw_retention_days": days}, "me", NOW, {})
    for ago in (days - 1, days + 1):
        deliver(connection, PORTAL, ago, "done")
        at = NOW - timedelta(days=ago)
        run_id = open_run(
            connection, occurrence_pk=place["id"], trigger="webhook", pool="live", now=at
        )
        add_changes(connection, run_id, [{"email": "a@x.no", "effect": str(ago)}])
        finish_run(connection, run_id, state="done", now=at)
    deliver(connection, PORTAL, days + 1, "new")

    prune(connection, NOW)

    assert kept(connection) == {f"{PORTAL}{days - 1}done", f"{PORTAL}{days + 1}new"}
    lines = connection.execute(select(run_change.c.effect)).scalars().all()
    assert lines == [str(days - 1)]
    assert len(connection.execute(select(run.c.id)).all()) == 2


def test_deliveries_of_accounts_nobody_has_go_after_thirty_days(connection: Connection) -> None:
    for ago in (29, 31):
        deliver(connection, "gone", ago, "ignored")
    assert prune(connection, NOW) == 1
    assert kept(connection) == {"gone29ignored"}


def test_requests_long_done_lose_whom_they_were_about(connection: Connection) -> None:
    add_portal(connection)
    for name, state, ago in (("old", "done", 31), ("new", "done", 29), ("open", "waiting", 31)):
        row = {
            "portal_id": PORTAL,
            "callback_id": name,
            "received_at": NOW - timedelta(days=ago),
            "contact_id": "501",
            "email": "ada@northquay.example",
            "first_name": "Ada",
            "join_url": "https://zoom.example/w/1",
            "state": state,
            "outcome": "registered",
        }
        connection.execute(registration_request.insert().values(row))
    assert prune(connection, NOW) == 1
    assert prune(connection, NOW) == 0
    rows = connection.execute(select(registration_request)).mappings().all()
    assert {row["callback_id"]: row["email"] != "" for row in rows} == {
        "old": False,
        "new": True,
        "open": True,
    }
    (old,) = [row for row in rows if row["callback_id"] == "old"]
    assert (old["first_name"], old["join_url"], old["outcome"]) == ("", "", "registered")


def test_who_left_keeps_hashes_of_deleted_contacts_ninety_days_and_of_the_erased_for_good(
    connection: Connection,
) -> None:
    add_portal(connection)
    note_deleted(connection, PORTAL, {"d" * 40: "501"})
    note_erased(connection, PORTAL, ["e" * 40])
    grant = NewGrant("hubspot", PORTAL, "", TokenPair("a", "r"), NOW, ())
    forget_tokens(connection, save_grant(connection, SEALER, grant, NOW), NOW)
    assert prune(connection, NOW + timedelta(days=89)) == 0
    assert prune(connection, NOW + timedelta(days=91)) == 1
    assert connection.execute(select(gone_address.c.kind)).scalars().all() == ["erased"]
