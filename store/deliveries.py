"""A portal's stored deliveries: what became of each, and how they are merged again.

Parked ones (dead letters) are those in the state ``dead``. Merging again what was merged before
changes nothing: facts are united, and the ledger knows what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, literal, or_, select, update

from store.tables import inbox, portal_zoom

State = Literal["new", "done", "ignored", "dead"]
Replayed = Literal["again", "not_parked", "forgotten", "unknown"]


@dataclass(frozen=True, slots=True)
class Which:
    """Deliveries in a state, of an event (``webinar.ended``), since a moment; None is any."""

    state: State | None = None
    event: str | None = None
    since: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL."""
        wanted = []
        if self.state is not None:
            wanted.append(inbox.c.state == self.state)
        if self.event is not None:
            wanted.append(inbox.c.event == self.event)
        if self.since is not None:
            wanted.append(inbox.c.received_at >= self.since)
        return wanted


PARKED = Which(state="dead")


def list_deliveries(
    connection: Connection, portal_id: str, which: Which, limit: int, after: int = 0
) -> list[RowMapping]:
    """Deliveries that concern the portal, by key behind ``after``; never their bodies.

    ``is_kept`` says whether the body is still there, so that it can be replayed.
    """
    rows = connection.execute(
        select(
            inbox.c.id,
            inbox.c.source,
            inbox.c.event,
            inbox.c.received_at,
            inbox.c.state,
            inbox.c.attempts,
            inbox.c.error,
            (inbox.c.body != b"").label("is_kept"),
        )
        .where(_concerns(portal_id), inbox.c.id > after, *which.conditions())
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return list(rows.mappings())


def replay_delivery(
    connection: Connection,
    portal_id: str,
    delivery_id: int,
    now: datetime,
    *,
    only_parked: bool = False,
) -> Replayed:
    """Have one merged ``again``, at once; whether that is to be, and else why not.

    ``forgotten``: what it said is no longer kept. ``not_parked``: with ``only_parked``, it waits
    already or is worked off.
    """
    found = connection.execute(
        select(inbox.c.state, (inbox.c.body != b"").label("is_kept")).where(
            _concerns(portal_id), inbox.c.id == delivery_id
        )
    ).one_or_none()
    if found is None:
        return "unknown"
    if not found.is_kept:
        return "forgotten"
    if only_parked and found.state != "dead":
        return "not_parked"
    _make_new(connection, [inbox.c.id == delivery_id], now)
    return "again"


def replay_deliveries(connection: Connection, portal_id: str, which: Which, now: datetime) -> int:
    """Have all of these merged again whose bodies are kept; how many."""
    return _make_new(connection, [_concerns(portal_id), *which.conditions()], now)


def _make_new(connection: Connection, wanted: list[ColumnElement[bool]], now: datetime) -> int:
    # Due, and yet put off: fresh deliveries go first, whoever replays however many.
    return connection.execute(
        update(inbox)
        .where(*wanted, inbox.c.body != b"")
        .values(state="new", attempts=0, deaths=0, not_before=now, error="")
    ).rowcount


def _concerns(portal_id: str) -> ColumnElement[Any]:
    accounts = select(portal_zoom.c.account_id).where(portal_zoom.c.portal_id == portal_id)
    return and_(
        # The same again in one list, for which there is an index.
        inbox.c.account_id.in_(accounts.union_all(select(literal(portal_id)))),
        or_(
            and_(inbox.c.source == "hubspot", inbox.c.account_id == portal_id),
            and_(inbox.c.source == "zoom", inbox.c.account_id.in_(accounts)),
        ),
    )
