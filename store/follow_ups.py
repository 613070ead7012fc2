"""Follow-ups in the ledger: whose wait, what was tried, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    RowMapping,
    literal,
    literal_column,
    select,
    update,
)

from engine.plan import FOLLOW_UP
from store.leases import Lease, check_lease, is_free
from store.ledger_reading import may_go
from store.tables import effect, occurrence_person, person

_LEASE = "follow_ups:"
# As the index over open effects says it: SQLite uses a partial index for the very same words only.
_IS_OPEN: ColumnElement[bool] = literal_column(
    "effect.state IN ('planned', 'sending', 'unconfirmed')", Boolean
)


def _may_run(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions for a follow-up to run.

    As for what goes to HubSpot the contact has to be known and there: only that tells whether the
    person is synced at all.
    """
    return (
        _IS_OPEN,
        effect.c.state == "planned",
        effect.c.kind == FOLLOW_UP,
        may_go(now),
        person.c.contact_id.is_not(None),
        person.c.is_deleted.is_(False),
        person.c.must_read.is_(False),
    )


def lease_of(portal_id: str) -> str:
    """The name of the lease that whoever runs a portal's follow-ups holds."""
    return f"{_LEASE}{portal_id}"


def portals_with_follow_ups(connection: Connection, now: datetime) -> list[str]:
    """Portals with follow-ups that may run and that nobody is at."""
    rows = connection.execute(
        select(effect.c.portal_id)
        .join(person, person.c.id == effect.c.person_pk)
        .where(*_may_run(now), is_free(connection, literal(_LEASE) + effect.c.portal_id))
        .distinct()
    )
    return [row.portal_id for row in rows]


def next_follow_up(connection: Connection, portal_id: str, now: datetime) -> RowMapping | None:
    """The portal's oldest follow-up that may run: its row in the ledger."""
    rows = connection.execute(
        select(effect)
        .join(person, person.c.id == effect.c.person_pk)
        .where(effect.c.portal_id == portal_id, *_may_run(now))
        .order_by(effect.c.id)
        .limit(1)
    )
    return rows.mappings().first()


def count_try(connection: Connection, held: Lease, pk: int) -> bool:
    """Note that a follow-up is about to run; False when it is not wanted any more.

    Raises LeaseLost.
    """
    check_lease(connection, held)
    return bool(
        connection.execute(
            update(effect)
            .where(effect.c.id == pk, effect.c.state == "planned")
            .values(attempts=effect.c.attempts + 1)
        ).rowcount
    )


def blame(connection: Connection, row: RowMapping) -> None:
    """Name the follow-up's plugin as what decided, where nothing else did."""
    connection.execute(
        update(occurrence_person)
        .where(
            occurrence_person.c.id == row["occurrence_person_pk"],
            occurrence_person.c.decided_by == "",
        )
        .values(decided_by=row["plugin"], decided_by_version=row["plugin_version"])
    )
