"""Erasing what is stored about a portal, or about one Zoom account of it, a stretch at a time.

Which tables that concerns is read off the tables themselves: those with a ``portal_id``, and those
that refer to such a table. What stays is named in ``KEPT``, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, Select, Table, delete, exists, select, tuple_
from sqlalchemy import update as change

from store.database import empty_log, writing
from store.gone import lock_erasures
from store.past_effects import remember_effects
from store.sealing import Sealer
from store.statements import upsert
from store.tables import connection as connections
from store.tables import (
    effect,
    erasure,
    inbox,
    metadata,
    occurrence_person,
    person,
    portal,
    portal_zoom,
    recording,
    recording_file,
    webinar,
)

AT_ONCE = 1000
"""Rows erased in one transaction."""
LATECOMERS = timedelta(minutes=2)
"""After so long everything is erased once more: a job on its way may have written something."""

KEPT = {
    "portal": "its number and the sealed key of its hashes stay; the rest is emptied",
    "gone_address": "keyed hashes: who was erased never comes back",
    "gone_contact": "numbers of erased contacts, for the same reason",
    "past_effect": "keyed hashes of the ledger; they go after 90 days",
    "erasure": "what is still to be erased",
    "portal_zoom": "which account is meant; taken away by whoever disconnects it",
    "connection": "tokens are dropped at once; a Zoom account nobody uses goes with its data",
    "inbox": "by account, when no other portal uses it",
    "lease": "names of work, no data",
}
"""Tables that are not emptied like the rest, and why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is erased: a Zoom account's data in a portal, or with ``account_id`` "" all of it."""

    portal_id: str
    account_id: str = ""


def erased_tables(account_id: str = "") -> list[Table]:
    """The tables rows are erased from, dependent ones first."""
    root = webinar if account_id else portal
    return [
        table
        for table in reversed(metadata.sorted_tables)
        if table.name not in KEPT and (_belongs(table, root) or _names_account(table))
    ]


def _names_account(table: Table) -> bool:
    return "portal_id" in table.c and "account_id" in table.c


def _belongs(table: Table, root: Table) -> bool:
    return table is root or _way(table, root) is not None


def _way(table: Table, root: Table) -> tuple[Column[Any], Table] | None:
    """The first column that leads to a row of ``root``, and the table it refers to."""
    for column in table.c:
        for key in column.foreign_keys:
            if _belongs(key.column.table, root):
                return column, key.column.table
    return None


def _where(table: Table, scope: Scope) -> Any:
    """The condition on rows of a table."""
    if not scope.account_id and "portal_id" in table.c:
        return table.c.portal_id == scope.portal_id
    if scope.account_id and _names_account(table):
        return (table.c.portal_id == scope.portal_id) & (table.c.account_id == scope.account_id)
    way = _way(table, webinar if scope.account_id else portal)
    assert way is not None, f"{table.name} has no way to what is erased"
    column, target = way
    theirs = select(*target.primary_key.columns).where(_where(target, scope))
    return column.in_(theirs.scalar_subquery())


# --- what is to be erased ----------------------------------------------------------------------


def want_erasure(
    connection: Connection, portal_id: str, account_ids: list[str], now: datetime
) -> None:
    """Note that these Zoom accounts' data is to be erased from the portal; "" is all it has."""
    rows = [
        {
            "portal_id": portal_id,
            "account_id": account_id,
            "due_at": now,
            "last_at": now + LATECOMERS,
        }
        for account_id in account_ids
    ]
    upsert(connection, erasure, rows, ["portal_id", "account_id"], ["due_at", "last_at"])


def erasures_due(connection: Connection, now: datetime) -> list[Scope]:
    """What is to be erased now; single accounts first."""
    return _scopes(connection, select(erasure).where(erasure.c.due_at <= now))


def erasures_before_connecting(
    connection: Connection, *, portal_id: str = "", account_id: str = ""
) -> list[Scope]:
    """What has to be erased before the portal (or a Zoom account, by anybody) is connected."""
    wanted = select(erasure)
    if portal_id:
        wanted = wanted.where(erasure.c.portal_id == portal_id)
    if account_id:
        wanted = wanted.where(erasure.c.account_id == account_id)
    return _scopes(connection, wanted)


def _scopes(connection: Connection, wanted: Select[Any]) -> list[Scope]:
    rows = connection.execute(wanted.order_by(erasure.c.account_id.desc(), erasure.c.portal_id))
    return [Scope(row.portal_id, row.account_id) for row in rows]


def close_erasure(connection: Connection, scope: Scope, now: datetime | None) -> None:
    """A round is over: what came in late is erased in a last one; with ``now`` None in none."""
    mine = (erasure.c.portal_id == scope.portal_id) & (erasure.c.account_id == scope.account_id)
    if now is None:
        connection.execute(delete(erasure).where(mine))
        return
    connection.execute(delete(erasure).where(mine, erasure.c.last_at <= now))
    connection.execute(change(erasure).where(mine).values(due_at=erasure.c.last_at))


# --- erasing -----------------------------------------------------------------------------------


def erase(
    database: Engine,
    sealer: Sealer,
    scope: Scope,
    now: datetime,
    between: Callable[[], None] = lambda: None,
) -> int:
    """Erase everything in the scope, in short transactions; how many rows went.

    Doing it twice, or at the same time as somebody else, does no harm. What HubSpot was sent stays
    known as keyed hashes. ``between`` is called after each transaction; what it raises ends the
    erasure there, to be gone on with by erasing again.
    """
    eraser = _Eraser(database, sealer, scope, now, between)
    for table in erased_tables(scope.account_id):
        eraser.erase_rows(table, _where(table, scope))
    if scope.account_id:
        eraser.erase_leftovers()
    eraser.erase_deliveries(scope.account_id or scope.portal_id)
    with writing(database) as connection:
        if scope.account_id:
            _drop_unused(connection, scope.account_id)
        else:
            _empty_portal(connection, scope.portal_id)
    empty_log(database)
    return eraser.rows


@dataclass(slots=True)
class _Eraser:
    database: Engine
    sealer: Sealer
    scope: Scope
    now: datetime
    between: Callable[[], None]
    rows: int = 0

    def erase_rows(self, table: Table, where: Any) -> None:
        """A stretch after the other, until none is left."""
        while self._erase_stretch(table, where) == AT_ONCE:
            self.between()
        self.between()

    def _erase_stretch(self, table: Table, where: Any) -> int:
        key = list(table.primary_key.columns)
        portal_id = self.scope.portal_id
        with writing(self.database) as connection:
            lock_erasures(connection, portal_id, is_shared=False)
            if table is effect:
                chosen = connection.execute(select(effect).where(where).limit(AT_ONCE))
                sent = list(chosen.mappings())
                remember_effects(connection, self.sealer, portal_id, sent, self.now)
                found = [(row["id"],) for row in sent]
            else:
                found = [
                    tuple(row)
                    for row in connection.execute(select(*key).where(where).limit(AT_ONCE))
                ]
            if found:
                connection.execute(delete(table).where(_is_among(key, found)))
        self.rows += len(found)
        return len(found)

    def erase_leftovers(self) -> None:
        """People no other account knows, and recordings that could not be placed anywhere."""
        portal_id = self.scope.portal_id
        is_elsewhere = exists().where(occurrence_person.c.person_pk == person.c.id)
        nobody = (person.c.portal_id == portal_id) & ~is_elsewhere
        ids = select(person.c.id).where(nobody).scalar_subquery()
        astray = (recording.c.portal_id == portal_id) & recording.c.occurrence_pk.is_(None)
        lost = select(recording.c.id).where(astray).scalar_subquery()
        self.erase_rows(effect, effect.c.person_pk.in_(ids))
        self.erase_rows(person, nobody)
        self.erase_rows(recording_file, recording_file.c.recording_pk.in_(lost))
        self.erase_rows(recording, astray)

    def erase_deliveries(self, account_id: str) -> None:
        """What the platform delivered of the account, unless a portal is still connected to it."""
        alive = exists().where(
            portal_zoom.c.connection_id == connections.c.id,
            portal_zoom.c.account_id == account_id,
            connections.c.status != "disconnected",
        )
        self.erase_rows(inbox, (inbox.c.account_id == account_id) & ~alive)


def _is_among(key: list[Column[Any]], found: list[tuple[Any, ...]]) -> Any:
    if len(key) == 1:
        return key[0].in_([values[0] for values in found])
    return tuple_(*key).in_(found)


def _drop_unused(connection: Connection, account_id: str) -> None:
    is_used = exists().where(portal_zoom.c.connection_id == connections.c.id)
    connection.execute(
        delete(connections).where(
            connections.c.platform == "zoom",
            connections.c.account_id == account_id,
            connections.c.status == "disconnected",
            ~is_used,
        )
    )


def _empty_portal(connection: Connection, portal_id: str) -> None:
    connection.execute(
        change(portal)
        .where(portal.c.portal_id == portal_id)
        .values(
            installer_user_id="",
            time_zone="UTC",
            ui_domain="app.hubspot.com",
            capabilities={},
            users_read_at=None,
            properties_read_at=None,
            discovered_at=None,
            webinars_listed_at=None,
            bin_read_at=None,
            bin_after="",
        )
    )
