"""Effects to work with: wished for, sent, and brought to any state as the jobs would."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select

from store.leases import Lease
from store.ledger import (
    Sent,
    Wish,
    WishCounts,
    drop_unsent,
    mark_applied,
    mark_rejected,
    mark_unconfirmed,
    record_wishes,
    start_sending,
)
from store.tables import effect, lease, person
from tests.store.support import NOW, PORTAL, add_occurrence, add_person, minute, wish_for

FIRST, SECOND = {"at": 1}, {"at": 2}


def somebody(connection: Connection, email: str = "ada@example.com") -> RowMapping:
    row = add_person(connection, add_occurrence(connection), email)
    connection.execute(
        person.update()
        .where(person.c.id == row["person_pk"])
        .values(contact_id="77", must_read=False)
    )
    return row


def hold(connection: Connection, fence: int = 1) -> Lease:
    connection.execute(lease.delete())
    connection.execute(lease.insert().values(name="l", owner="me", until_ms=2**50, fence=fence))
    return Lease("l", "me", fence)


def wish(connection: Connection, *wishes: Wish, run_id: str = "run 1") -> WishCounts:
    return record_wishes(connection, PORTAL, wishes, run_id=run_id, now=NOW)


def rows(connection: Connection) -> list[RowMapping]:
    return list(connection.execute(select(effect).order_by(effect.c.id)).mappings())


def only(connection: Connection) -> RowMapping:
    (row,) = rows(connection)
    return row


def sent(row: RowMapping) -> Sent:
    return Sent(row["id"], row["kind"], row["wanted"], row["wanted_hash"])


def send(connection: Connection, fence: int = 1) -> RowMapping:
    row = only(connection)
    start_sending(connection, hold(connection, fence), "batch 1", {row["id"]: "77"})
    return only(connection)


def apply(connection: Connection) -> RowMapping:
    mark_applied(connection, [(sent(send(connection)), "77")], now=NOW)
    return only(connection)


def bring_to(connection: Connection, state: str, row: RowMapping, kind: str) -> None:
    """An effect with the FIRST payload in the state."""
    wish(connection, wish_for(row, kind, FIRST))
    pk = only(connection)["id"]
    if state in ("applied", "cannot_change"):
        apply(connection)
    if state in ("sending", "unconfirmed", "rejected"):
        send(connection)
    if state == "cannot_change":
        wish(connection, wish_for(row, kind, {"at": 0}))
    if state == "unconfirmed":
        mark_unconfirmed(connection, [pk], confirm_at=minute(10))
    if state == "rejected":
        mark_rejected(connection, [(pk, "Property values were not valid")])
    if state == "withdrawn":
        drop_unsent(connection, [row["id"]], [])
    assert only(connection)["state"] == state
