"""Sessions of the attendance report, streamed in page by page and out person by person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    collate,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from store.gone import ERASED
from store.people import ensure_people
from store.statements import among, insert_rows, update_each, update_rows, upsert
from store.tables import (
    decision_log,
    effect,
    hand_match,
    occurrence_person,
    registrant_alias,
    session,
)
from store.types import UtcDateTime

NAMELESS = "row:"
"""Begins the identity of a row that names nobody; such rows are never merged with anybody."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One stored row of the report with the identity it resolves to."""

    identity: str
    name: str
    has_zoom_identity: bool
    instance_pk: int
    joined_at: datetime
    left_at: datetime | None
    seconds: int


def session_key(participant: str, joined_at: datetime) -> str:
    """The key of one row within its instance: Zoom gives every join its own."""
    return hashlib.sha256(f"{participant}\x1f{joined_at.isoformat()}".encode()).hexdigest()[:40]


def merge_sessions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of one page; a row seen before is replaced by what Zoom says now."""
    unique = {(row["instance_pk"], row["row_key"]): row for row in rows}
    upsert(
        connection,
        session,
        list(unique.values()),
        ["instance_pk", "row_key"],
        ["registrant_id", "email", "name", "left_at", "seconds", "read_number"],
    )


def forget_unlisted(connection: Connection, instance_pk: int, read_number: int) -> None:
    """Remove rows of the instance that the read with this number did not bring."""
    connection.execute(
        delete(session).where(
            session.c.instance_pk == instance_pk, session.c.read_number < read_number
        )
    )


_IS_MATCHED = and_(
    hand_match.c.occurrence_pk == session.c.occurrence_pk,
    hand_match.c.row_key == session.c.row_key,
)

IDENTITY = case(
    (registrant_alias.c.email.is_not(None), registrant_alias.c.email),
    (session.c.email != "", session.c.email),
    (hand_match.c.email.is_not(None), hand_match.c.email),
    else_=NAMELESS + session.c.row_key,
).label("identity")
"""Whose a row is: the address of the registration (through the registrant id), else the row's own
address, else the one somebody matched it to, else the row itself. Use it with `select_sessions`."""


def select_sessions(*columns: Any) -> Select[Any]:
    """These columns of rows of the report; `IDENTITY` may be among them."""
    return (
        select(*columns)
        .select_from(session)
        .outerjoin(
            registrant_alias,
            and_(
                registrant_alias.c.occurrence_pk == session.c.occurrence_pk,
                registrant_alias.c.registrant_id == session.c.registrant_id,
            ),
        )
        .outerjoin(hand_match, _IS_MATCHED)
    )


def stream_sessions(
    connection: Connection, occurrence_pk: int, identities: Sequence[str] | None = None
) -> Iterator[SessionRow]:
    """Rows of the occurrence sorted by identity (by code points) and join, fetched as used.

    With ``identities`` only theirs.
    """
    # Databases sort text in other orders, unless told.
    by_code_points = "C" if connection.dialect.name == "postgresql" else "BINARY"
    statement = (
        select_sessions(
            IDENTITY,
            session.c.name,
            or_(session.c.registrant_id != "", session.c.zoom_user_id != "").label("known"),
            session.c.instance_pk,
            session.c.joined_at,
            session.c.left_at,
            session.c.seconds,
        )
        .where(session.c.occurrence_pk == occurrence_pk)
        .order_by(collate(IDENTITY, by_code_points), session.c.joined_at)
        .execution_options(yield_per=500)
    )
    if identities is not None:
        statement = statement.where(IDENTITY.in_(identities))
    for row in connection.execute(statement):
        yield SessionRow(
            row.identity,
            row.name,
            bool(row.known),
            row.instance_pk,
            row.joined_at,
            row.left_at,
            row.seconds,
        )


def merge_attendances(
    connection: Connection,
    occurrence_row: RowMapping,
    figures: Mapping[str, Mapping[str, Any]],
    *,
    read_number: int,
) -> None:
    """Store united figures by identity: ``attended_seconds, attended_percent, first_join_at,
    last_leave_at, joins, name, has_zoom_identity``. People changed are dirty when the read ends.
    """
    known = {
        row["identity_key"]: row
        for row in connection.execute(
            select(occurrence_person).where(
                occurrence_person.c.occurrence_pk == occurrence_row["id"],
                among(connection, occurrence_person.c.identity_key, figures),
            )
        ).mappings()
    }
    addressed = [key for key in figures if key not in known and _is_address(key)]
    people = ensure_people(connection, occurrence_row["portal_id"], addressed)
    new_rows, changed_rows, same = [], [], []
    for key, figure in figures.items():
        values = {name: figure[name] for name in _FIGURES} | {"attended_in_read": read_number}
        row = known.get(key)
        if row is None:
            new_rows.append(_new_row(occurrence_row, key, people.get(key), figure) | values)
        elif any(row[name] != values[name] for name in _FIGURES):
            changed_rows.append({"pk": row["id"], "is_pending": True, **values})
        else:
            same.append({"pk": row["id"], "attended_in_read": read_number})
    insert_rows(connection, occurrence_person, new_rows)
    update_each(connection, occurrence_person, changed_rows)
    update_rows(connection, occurrence_person, same)


_FIGURES = ("attended_seconds", "attended_percent", "first_join_at", "last_leave_at", "joins")


def _new_row(
    occurrence_row: RowMapping, key: str, person_pk: int | None, figure: Mapping[str, Any]
) -> dict[str, Any]:
    first, _, last = figure["name"].strip().partition(" ")
    return {
        "portal_id": occurrence_row["portal_id"],
        "occurrence_pk": occurrence_row["id"],
        "person_pk": person_pk,
        "identity_key": key,
        "email": key if _is_address(key) else "",
        "first_name": first,
        "last_name": last.strip(),
        "identity": "none" if key.startswith(NAMELESS) else "report",
        "has_zoom_identity": figure["has_zoom_identity"],
        "opinions": [],
        "is_pending": True,
    }


def _is_address(key: str) -> bool:
    return not key.startswith((NAMELESS, ERASED))


def erased_registrants(
    connection: Connection, occurrence_pk: int, registrant_ids: Iterable[str]
) -> frozenset[str]:
    """Those of the registrant ids that belong to people who were erased."""
    rows = connection.execute(
        select(registrant_alias.c.registrant_id).where(
            registrant_alias.c.occurrence_pk == occurrence_pk,
            among(connection, registrant_alias.c.registrant_id, filter(None, registrant_ids)),
            registrant_alias.c.email.startswith(ERASED),
        )
    )
    return frozenset(row.registrant_id for row in rows)


def last_leave_of(connection: Connection, instance_pk: int) -> datetime | None:
    """When the last one left the instance; None while nobody is known to have left."""
    moment: datetime | None = connection.execute(
        select(func.max(session.c.left_at, type_=UtcDateTime())).where(
            session.c.instance_pk == instance_pk
        )
    ).scalar()
    return moment


def clear_unreported(connection: Connection, occurrence_pk: int, read_number: int) -> None:
    """Take back the attendance of people the complete read with this number did not report.

    Whom nothing else speaks of (no registration, no write, no decision by hand) is nobody of the
    occurrence any more.
    """
    _take_back(
        connection,
        (occurrence_person.c.occurrence_pk == occurrence_pk)
        & (occurrence_person.c.joins > 0)
        & (occurrence_person.c.attended_in_read < read_number),
    )


def clear_attendances(
    connection: Connection, occurrence_pk: int, identities: Sequence[str]
) -> None:
    """Take back the attendance of these identities, as if the report had not named them."""
    _take_back(
        connection,
        (occurrence_person.c.occurrence_pk == occurrence_pk)
        & (occurrence_person.c.joins > 0)
        & occurrence_person.c.identity_key.in_(identities),
    )


def _take_back(connection: Connection, gone: ColumnElement[bool]) -> None:
    is_nobody = (
        occurrence_person.c.status.is_(None)
        & occurrence_person.c.is_included_by_hand.is_(False)
        & ~exists().where(effect.c.occurrence_person_pk == occurrence_person.c.id)
    )
    nobody = select(occurrence_person.c.id).where(gone, is_nobody)
    connection.execute(delete(decision_log).where(decision_log.c.occurrence_person_pk.in_(nobody)))
    connection.execute(delete(occurrence_person).where(gone, is_nobody))
    connection.execute(
        update(occurrence_person)
        .where(gone)
        .values(
            attended_seconds=0,
            attended_percent=0.0,
            first_join_at=None,
            last_leave_at=None,
            joins=0,
            is_pending=True,
        )
    )


def count_unregistered(connection: Connection, occurrence_pk: int) -> int:
    """Identities in the stored report that no registration is known for."""
    identity = case(
        (session.c.email != "", session.c.email),
        (hand_match.c.email.is_not(None), hand_match.c.email),
        else_=NAMELESS + session.c.row_key,
    )
    registered = select(occurrence_person.c.identity_key).where(
        occurrence_person.c.occurrence_pk == occurrence_pk,
        occurrence_person.c.status.is_not(None),
    )
    statement = (
        select(func.count(identity.distinct()))
        .outerjoin(
            registrant_alias,
            and_(
                registrant_alias.c.occurrence_pk == session.c.occurrence_pk,
                registrant_alias.c.registrant_id == session.c.registrant_id,
            ),
        )
        .outerjoin(hand_match, _IS_MATCHED)
        .where(
            session.c.occurrence_pk == occurrence_pk,
            registrant_alias.c.email.is_(None),
            identity.not_in(registered),
        )
    )
    return int(connection.execute(statement).scalar_one())


def count_unlisted(
    connection: Connection, occurrence_pk: int, read_number: int, began_at: datetime
) -> int:
    """People Zoom told of whom the lists of this read could not, or did not yet, hold.

    Those who cancelled, those a notice told of since the read began, and those it missed whom only
    a second read confirms gone.
    """
    person = occurrence_person.c
    return int(
        connection.execute(
            select(func.count()).where(
                person.occurrence_pk == occurrence_pk,
                person.listed_in_read < read_number,
                or_(
                    person.status == "cancelled",
                    person.registered_at > began_at,
                    and_(person.status.is_not(None), person.absent_reads == 1),
                ),
            )
        ).scalar_one()
    )


def count_taken_back(connection: Connection, occurrence_pk: int) -> int:
    """People nobody speaks of any more and whom something was written of: a report named them."""
    return int(
        connection.execute(
            select(func.count()).where(
                occurrence_person.c.occurrence_pk == occurrence_pk,
                occurrence_person.c.status.is_(None),
                occurrence_person.c.joins == 0,
            )
        ).scalar_one()
    )


def erased_matches(
    connection: Connection, occurrence_pk: int, row_keys: Iterable[str]
) -> frozenset[str]:
    """Those of the rows that somebody matched to people who were erased since."""
    rows = connection.execute(
        select(hand_match.c.row_key).where(
            hand_match.c.occurrence_pk == occurrence_pk,
            among(connection, hand_match.c.row_key, row_keys),
            hand_match.c.email.startswith(ERASED),
        )
    )
    return frozenset(row.row_key for row in rows)
