"""Rows to work with: a portal with a webinar, its occurrences, people, effects and runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, RowMapping, Table, insert, select

from engine.plan import WantedEffect
from store.ledger import Wish
from store.people import ensure_people
from store.statements import insert_missing
from store.tables import connection as grants
from store.tables import occurrence, occurrence_person, portal, portal_zoom
from store.webinar_facts import ensure_occurrence, ensure_webinar

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PORTAL = "1001"
ACCOUNT = "acct"

few_examples = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""For properties of the store: each example makes its own webinar, so none sees another's rows."""

_numbers = count(1)


def minute(number: float) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=number)


def add_portal(connection: Connection, portal_id: str = PORTAL) -> None:
    """A customer, unless it is there."""
    row = {"portal_id": portal_id, "capabilities": {}, "created_at": NOW}
    insert_missing(connection, portal, [row], ["portal_id"])


def add_zoom_account(connection: Connection, portal_id: str, account_id: str) -> None:
    """A Zoom account that the portal is connected to."""
    made = connection.execute(
        insert(grants).values(
            platform="zoom",
            account_id=account_id,
            tokens=b"",
            expires_at=NOW,
            scopes=[],
            created_at=NOW,
        )
    )
    connection.execute(
        insert(portal_zoom).values(
            portal_id=portal_id,
            connection_id=made.inserted_primary_key[0],
            account_id=account_id,
        )
    )


def add_webinar(connection: Connection, portal_id: str = PORTAL, **changes: Any) -> RowMapping:
    """A webinar of its own of the portal, made too if missing."""
    add_portal(connection, portal_id)
    values = {"topic": "Spring launch", "host_id": "host", "host_email": "host@acme.example"}
    return ensure_webinar(
        connection, portal_id, ACCOUNT, str(95_000_000_000 + next(_numbers)), values | changes
    )


def add_occurrence(
    connection: Connection, webinar_row: RowMapping | None = None, name: str = "", **changes: Any
) -> RowMapping:
    """An occurrence of the webinar, or of a new one."""
    webinar_row = webinar_row or add_webinar(connection)
    return ensure_occurrence(connection, webinar_row, name, changes)


def add_person(
    connection: Connection, occurrence_row: RowMapping, email: str = "", **changes: Any
) -> RowMapping:
    """Somebody in the occurrence; without an address, a participant nobody can name."""
    people = ensure_people(connection, occurrence_row["portal_id"], [email] if email else [])
    values = {
        "portal_id": occurrence_row["portal_id"],
        "occurrence_pk": occurrence_row["id"],
        "person_pk": people.get(email),
        "identity_key": email or f"row:{next(_numbers)}",
        "email": email,
        "identity": "registration" if email else "none",
        "opinions": [],
    }
    pk = connection.execute(
        occurrence_person.insert().values(values | changes).returning(occurrence_person.c.id)
    ).scalar_one()
    return row_of(connection, occurrence_person, pk)


def row_of(connection: Connection, table: Table, pk: Any) -> RowMapping:
    """The row as it is now."""
    return connection.execute(select(table).where(table.c.id == pk)).mappings().one()


def occurrence_now(connection: Connection, row: RowMapping) -> RowMapping:
    """The occurrence's row as it is now."""
    return row_of(connection, occurrence, row["id"])


def person_named(connection: Connection, occurrence_row: RowMapping, email: str) -> RowMapping:
    """The occurrence's person with this identity, as they are now."""
    return (
        connection.execute(
            select(occurrence_person).where(
                occurrence_person.c.occurrence_pk == occurrence_row["id"],
                occurrence_person.c.identity_key == email,
            )
        )
        .mappings()
        .one()
    )


def wish_for(row: RowMapping, kind: str = "register", payload: Any = None, **changes: Any) -> Wish:
    """A wish about somebody of an occurrence: one key a kind and person."""
    plugin = {name: changes.pop(name) for name in ("plugin", "plugin_version") if name in changes}
    wanted = WantedEffect(f"{kind}:{row['id']}", kind, payload or {"at": 1}, **plugin)
    places = {
        "occurrence_pk": row["occurrence_pk"],
        "occurrence_person_pk": row["id"],
        "person_pk": row["person_pk"],
    }
    return Wish(wanted, **(places | changes))
