"""Webinars, occurrences and instances as Zoom describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from schemas.zoom_codes import RECURRING
from store.statements import insert_missing, upsert
from store.tables import connection as connections
from store.tables import instance, occurrence, portal_zoom, webinar, zoom_user


def portals_of_account(connection: Connection, account_id: str) -> list[str]:
    """The portals that a Zoom account is connected to, or was until its grant died."""
    rows = connection.execute(
        select(portal_zoom.c.portal_id)
        .join(connections, connections.c.id == portal_zoom.c.connection_id)
        .where(
            portal_zoom.c.account_id == account_id,
            # Ended for good: what Zoom still delivers must not bring anything back.
            connections.c.status != "disconnected",
        )
        .distinct()
    )
    return [row.portal_id for row in rows]


def ensure_webinar(
    connection: Connection,
    portal_id: str,
    account_id: str,
    webinar_id: str,
    changes: Mapping[str, Any],
) -> RowMapping:
    """The webinar's row, made or updated with ``changes`` (None values are left out)."""
    insert_missing(
        connection,
        webinar,
        [
            {
                "portal_id": portal_id,
                "account_id": account_id,
                "webinar_id": webinar_id,
                "panelists": [],
            }
        ],
        ["portal_id", "account_id", "webinar_id"],
    )
    here = (
        (webinar.c.portal_id == portal_id)
        & (webinar.c.account_id == account_id)
        & (webinar.c.webinar_id == webinar_id)
    )
    known = {name: value for name, value in changes.items() if value is not None}
    if known.get("host_id") and not known.get("host_email"):
        email = host_email(connection, portal_id, account_id, str(known["host_id"]))
        known |= {"host_email": email} if email else {}
    if known:
        connection.execute(update(webinar).where(here).values(**known))
    return connection.execute(select(webinar).where(here)).mappings().one()


def host_email(connection: Connection, portal_id: str, account_id: str, user_id: str) -> str:
    """The address of a Zoom user, "" when not known yet."""
    found = connection.execute(
        select(zoom_user.c.email).where(
            zoom_user.c.portal_id == portal_id,
            zoom_user.c.account_id == account_id,
            zoom_user.c.user_id == user_id,
        )
    ).scalar()
    return str(found or "")


def host_id_of(connection: Connection, portal_id: str, account_id: str, email: str) -> str:
    """The id of the Zoom user with this address, "" when not known."""
    found = connection.execute(
        select(zoom_user.c.user_id).where(
            zoom_user.c.portal_id == portal_id,
            zoom_user.c.account_id == account_id,
            zoom_user.c.email == email,
        )
    ).scalar()
    return str(found or "")


def find_webinar_of(
    connection: Connection, portal_id: str, account_id: str, webinar_id: str
) -> RowMapping | None:
    """The webinar's row by Zoom's own id, None when the portal has not heard of it."""
    here = (
        (webinar.c.portal_id == portal_id)
        & (webinar.c.account_id == account_id)
        & (webinar.c.webinar_id == webinar_id)
    )
    return connection.execute(select(webinar).where(here)).mappings().first()


def find_webinar(connection: Connection, webinar_pk: int) -> RowMapping:
    """The webinar's row."""
    return connection.execute(select(webinar).where(webinar.c.id == webinar_pk)).mappings().one()


def ensure_occurrence(
    connection: Connection,
    webinar_row: RowMapping,
    occurrence_id: str,
    changes: Mapping[str, Any] | None = None,
) -> RowMapping:
    """The occurrence's row, made if missing and updated with ``changes`` (None values left out)."""
    insert_missing(
        connection,
        occurrence,
        [
            {
                "portal_id": webinar_row["portal_id"],
                "webinar_pk": webinar_row["id"],
                "occurrence_id": occurrence_id,
                "is_series": webinar_row["type"] == RECURRING and not occurrence_id,
                "start_at": webinar_row["start_at"],
                "duration_seconds": webinar_row["duration_seconds"],
            }
        ],
        ["webinar_pk", "occurrence_id"],
    )
    here = (occurrence.c.webinar_pk == webinar_row["id"]) & (
        occurrence.c.occurrence_id == occurrence_id
    )
    known = {name: value for name, value in (changes or {}).items() if value is not None}
    if known:
        connection.execute(update(occurrence).where(here).values(**known))
    return connection.execute(select(occurrence).where(here)).mappings().one()


def find_occurrence(connection: Connection, occurrence_pk: int) -> RowMapping:
    """The occurrence's row."""
    return (
        connection.execute(select(occurrence).where(occurrence.c.id == occurrence_pk))
        .mappings()
        .one()
    )


def occurrences_of_webinar(connection: Connection, webinar_pk: int) -> list[RowMapping]:
    """All occurrences of a webinar, oldest first, the series row among them."""
    rows = connection.execute(
        select(occurrence)
        .where(occurrence.c.webinar_pk == webinar_pk)
        .order_by(occurrence.c.start_at, occurrence.c.id)
    )
    return list(rows.mappings())


def change_occurrence(connection: Connection, occurrence_pk: int, **values: Any) -> None:
    """Set columns of the occurrence."""
    connection.execute(update(occurrence).where(occurrence.c.id == occurrence_pk).values(**values))


def bring_forward(
    connection: Connection, occurrence_pk: int, due_at: datetime, *, read: bool
) -> None:
    """Make the occurrence due at ``due_at`` unless it is due earlier already."""
    row = find_occurrence(connection, occurrence_pk)
    values: dict[str, Any] = {}
    if row["next_due_at"] is None or row["next_due_at"] > due_at:
        values["next_due_at"] = due_at
    if read and (row["next_read_at"] is None or row["next_read_at"] > due_at):
        values["next_read_at"] = due_at
    if values:
        change_occurrence(connection, occurrence_pk, **values)


def ensure_instances(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert instances not known yet (``portal_id, occurrence_pk, uuid, started_at``)."""
    insert_missing(connection, instance, rows, ["portal_id", "uuid"])


def change_instance(connection: Connection, portal_id: str, uuid: str, **values: Any) -> None:
    """Set columns of the instance."""
    connection.execute(
        update(instance)
        .where(instance.c.portal_id == portal_id, instance.c.uuid == uuid)
        .values(**values)
    )


def instances_of(connection: Connection, occurrence_pk: int) -> list[RowMapping]:
    """The instances of an occurrence that count (no rehearsals), oldest first."""
    rows = connection.execute(
        select(instance)
        .where(instance.c.occurrence_pk == occurrence_pk, instance.c.is_rehearsal.is_(False))
        .order_by(instance.c.started_at, instance.c.id)
    )
    return list(rows.mappings())


def find_instance(connection: Connection, portal_id: str, uuid: str) -> RowMapping | None:
    """The instance with this UUID, None when it is not known."""
    return (
        connection.execute(
            select(instance).where(instance.c.portal_id == portal_id, instance.c.uuid == uuid)
        )
        .mappings()
        .first()
    )


def save_zoom_users(
    connection: Connection, portal_id: str, account_id: str, users: Iterable[Mapping[str, Any]]
) -> None:
    """Store users of the Zoom account (``user_id, email, name``); their switches stay as set."""
    rows = [{"portal_id": portal_id, "account_id": account_id, **user} for user in users]
    upsert(
        connection,
        zoom_user,
        rows,
        ["portal_id", "account_id", "user_id"],
        ["email", "name"],
    )
