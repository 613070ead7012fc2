"""Everything known about one person of one occurrence, and where else an address appears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from store.session_facts import IDENTITY, select_sessions
from store.statements import among
from store.tables import (
    effect,
    hand_match,
    instance,
    occurrence,
    occurrence_person,
    person,
    run,
    run_change,
    session,
    webinar,
)

RUNS = 20
"""So many of an occurrence's newest runs are looked through for what they changed."""
CHANGES = 100


def list_everywhere(
    connection: Connection,
    portal_id: str,
    email: str,
    limit: int,
    after: tuple[str, int] | None = None,
) -> list[RowMapping]:
    """Every date of every webinar in which an address holding ``email`` appears.

    By address, the newest row first; those behind (address, key) ``after``. Rows carry the webinar
    and the occurrence too.
    """
    query = (
        select(
            occurrence_person,
            person.c.contact_id,
            person.c.contact_match,
            person.c.email.label("found_by"),
            occurrence.c.occurrence_id,
            occurrence.c.is_series,
            func.coalesce(occurrence.c.start_at, webinar.c.start_at).label("start_at"),
            webinar.c.webinar_id,
            webinar.c.topic,
        )
        .join(person, person.c.id == occurrence_person.c.person_pk)
        .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(person.c.portal_id == portal_id, person.c.email.contains(email, autoescape=True))
    )
    if after is not None:
        address, key = after
        query = query.where(
            or_(
                person.c.email > address,
                and_(person.c.email == address, occurrence_person.c.id < key),
            )
        )
    rows = connection.execute(
        query.order_by(person.c.email, occurrence_person.c.id.desc()).limit(limit)
    )
    return list(rows.mappings())


def primary_addresses(
    connection: Connection, portal_id: str, contact_ids: Iterable[str]
) -> dict[str, str]:
    """The address each contact is known by, where somebody came with it, by contact id."""
    wanted = list(contact_ids)
    if not wanted:
        return {}
    rows = connection.execute(
        select(person.c.contact_id, person.c.email).where(
            among(connection, person.c.contact_id, wanted),
            person.c.portal_id == portal_id,
            person.c.contact_match == "primary",
        )
    )
    return {row.contact_id: row.email for row in rows}


def find_person_row(connection: Connection, person_pk: int | None) -> RowMapping | None:
    """The portal's row of the person, None of somebody without address."""
    if person_pk is None:
        return None
    return connection.execute(select(person).where(person.c.id == person_pk)).mappings().first()


def effects_about(connection: Connection, row: RowMapping) -> list[RowMapping]:
    """Everything wanted or written for the person in this occurrence, oldest first.

    What somebody else's row carries for both, because they are one contact, is among it.
    """
    rows = {row["id"]: row["person_pk"]}
    if row["lead_pk"] is not None:
        lead = connection.execute(
            select(occurrence_person.c.id, occurrence_person.c.person_pk).where(
                occurrence_person.c.id == row["lead_pk"]
            )
        ).first()
        if lead is not None:
            rows[lead.id] = lead.person_pk
    people = [pk for pk in rows.values() if pk is not None]
    own = effect.c.occurrence_person_pk.in_(list(rows))
    contact = effect.c.person_pk.in_(people) & (effect.c.kind == "contact")
    found = connection.execute(select(effect).where(or_(own, contact)).order_by(effect.c.id))
    return list(found.mappings())


def changes_about(connection: Connection, row: RowMapping) -> list[RowMapping]:
    """What the occurrence's newest runs changed about the person, newest first."""
    if not row["email"]:
        return []
    runs = (
        connection.execute(
            select(run.c.id)
            .where(run.c.occurrence_pk == row["occurrence_pk"], run.c.is_dry.is_(False))
            .order_by(run.c.created_at.desc())
            .limit(RUNS)
        )
        .scalars()
        .all()
    )
    lines = connection.execute(
        select(run_change, run.c.group_id, run.c.started_at, run.c.created_at)
        .join(run, run.c.id == run_change.c.run_id)
        .where(run_change.c.run_id.in_(runs), run_change.c.email == row["email"])
    )
    return sorted(lines.mappings(), key=lambda line: line["id"], reverse=True)[:CHANGES]


def stays_of(connection: Connection, row: RowMapping) -> list[RowMapping]:
    """The report's rows that are the person's: instance_pk, joined_at, left_at, seconds."""
    statement = select_sessions(
        session.c.instance_pk, session.c.joined_at, session.c.left_at, session.c.seconds
    ).where(session.c.occurrence_pk == row["occurrence_pk"], row["identity_key"] == IDENTITY)
    return list(connection.execute(statement.order_by(session.c.joined_at)).mappings())


def counted_instances(connection: Connection, occurrence_pk: int) -> list[RowMapping]:
    """The occurrence's sessions in Zoom that count, rehearsals left out, oldest first."""
    rows = connection.execute(
        select(instance)
        .where(instance.c.occurrence_pk == occurrence_pk, instance.c.is_rehearsal.is_(False))
        .order_by(instance.c.started_at, instance.c.id)
    )
    return list(rows.mappings())


def is_matched_by_hand(connection: Connection, row: RowMapping) -> bool:
    """Whether somebody said of a participant without address that it is this person."""
    statement = select(hand_match.c.row_key).where(
        hand_match.c.occurrence_pk == row["occurrence_pk"],
        hand_match.c.email == row["identity_key"],
    )
    return connection.execute(statement.limit(1)).first() is not None


def secondary_contacts(rows: Sequence[RowMapping]) -> list[str]:
    """The contacts that these rows are, by a secondary address."""
    return [
        row["contact_id"]
        for row in rows
        if row["contact_match"] == "secondary" and row["contact_id"]
    ]
