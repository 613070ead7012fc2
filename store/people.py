"""People: one row per portal and address, and one per address and occurrence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from rollcall.events import Role
from store.statements import among, insert_missing
from store.tables import hubspot_user, occurrence, occurrence_person, person, webinar, zoom_user


def role_of(webinar_row: RowMapping, email: str) -> Role:
    """Whether an address is the webinar's host's, a panelist's, or just an attendee's."""
    if email and email == webinar_row["host_email"]:
        return "host"
    return "panelist" if email in webinar_row["panelists"] else "attendee"


def ensure_people(connection: Connection, portal_id: str, emails: Iterable[str]) -> dict[str, int]:
    """The keys of the portal's people with these addresses, made where missing."""
    wanted = list(emails)
    insert_missing(
        connection,
        person,
        [{"portal_id": portal_id, "email": email, "contact": {}} for email in wanted],
        ["portal_id", "email"],
    )
    rows = connection.execute(
        select(person.c.email, person.c.id).where(
            person.c.portal_id == portal_id, among(connection, person.c.email, wanted)
        )
    )
    return {row.email: row.id for row in rows}


def count_dirty(connection: Connection, occurrence_pk: int) -> int:
    """How many people of the occurrence wait to be planned."""
    return int(
        connection.execute(
            select(func.count()).where(
                occurrence_person.c.occurrence_pk == occurrence_pk,
                occurrence_person.c.dirty != occurrence_person.c.decided,
            )
        ).scalar_one()
    )


def dirty_people(connection: Connection, portal_id: str, limit: int) -> list[int]:
    """Keys of people with something to plan, those marked by a notice or the action first."""
    found: dict[int, None] = {}
    for is_live in (True, False):
        if len(found) >= limit:
            break
        rows = connection.execute(
            select(occurrence_person.c.person_pk)
            .where(
                occurrence_person.c.portal_id == portal_id,
                occurrence_person.c.dirty != occurrence_person.c.decided,
                occurrence_person.c.person_pk.is_not(None),
                occurrence_person.c.is_live.is_(is_live),
            )
            .limit(limit)
        )
        found.update(dict.fromkeys(row.person_pk for row in rows))
    return list(found)[:limit]


def dirty_nameless(connection: Connection, portal_id: str, limit: int) -> list[RowMapping]:
    """Dirty rows of participants Zoom gave no address for."""
    rows = connection.execute(
        select(occurrence_person)
        .where(
            occurrence_person.c.portal_id == portal_id,
            occurrence_person.c.dirty != occurrence_person.c.decided,
            occurrence_person.c.person_pk.is_(None),
        )
        .limit(limit)
    )
    return list(rows.mappings())


def load_people(connection: Connection, person_pks: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The people's rows by key."""
    rows = connection.execute(select(person).where(among(connection, person.c.id, person_pks)))
    return {row["id"]: {**row} for row in rows.mappings().all()}


def companions_of(
    connection: Connection, portal_id: str, contact_ids: Sequence[str], known: Sequence[int]
) -> list[int]:
    """Keys of people who are one of these contacts, but for those ``known`` already."""
    rows = connection.execute(
        select(person.c.id).where(
            person.c.portal_id == portal_id, among(connection, person.c.contact_id, contact_ids)
        )
    )
    return sorted({row.id for row in rows} - set(known))


def load_appearances(
    connection: Connection, person_pks: Sequence[int]
) -> dict[int, list[RowMapping]]:
    """Every occurrence each person appears in, oldest first."""
    found: dict[int, list[RowMapping]] = {pk: [] for pk in person_pks}
    rows = connection.execute(
        select(occurrence_person)
        .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
        .where(among(connection, occurrence_person.c.person_pk, person_pks))
        .order_by(occurrence.c.start_at, occurrence_person.c.id)
    )
    for row in rows.mappings().all():
        found[row["person_pk"]].append(row)
    return found


def load_occurrence_details(
    connection: Connection, occurrence_pks: Iterable[int]
) -> dict[int, tuple[RowMapping, RowMapping]]:
    """Occurrence and webinar rows by occurrence key."""
    occurrences = (
        connection.execute(select(occurrence).where(occurrence.c.id.in_(list(occurrence_pks))))
        .mappings()
        .all()
    )
    webinars = {
        row["id"]: row
        for row in connection.execute(
            select(webinar).where(webinar.c.id.in_({o["webinar_pk"] for o in occurrences}))
        ).mappings()
    }
    return {row["id"]: (row, webinars[row["webinar_pk"]]) for row in occurrences}


def hubspot_user_emails(connection: Connection, portal_id: str) -> frozenset[str]:
    """Addresses of the users of the HubSpot account, lower-cased."""
    rows = connection.execute(
        select(hubspot_user.c.email).where(hubspot_user.c.portal_id == portal_id)
    )
    return frozenset(row.email for row in rows)


def mark_occurrence_dirty(connection: Connection, occurrence_pk: int, *, must_read: bool) -> int:
    """Make everybody of the occurrence dirty and count them; ``must_read``: read HubSpot too."""
    if must_read:
        connection.execute(
            update(person)
            .where(
                person.c.id.in_(
                    select(occurrence_person.c.person_pk).where(
                        occurrence_person.c.occurrence_pk == occurrence_pk
                    )
                )
            )
            .values(must_read=True)
        )
    return connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.occurrence_pk == occurrence_pk)
        .values(dirty=occurrence_person.c.dirty + 1)
    ).rowcount


def look_up_again(connection: Connection, occurrence_person_pks: Sequence[int]) -> None:
    """Have these people's contacts read, and the people decided upon again, before any write."""
    rows = occurrence_person.c.id.in_(occurrence_person_pks)
    connection.execute(
        update(person)
        .where(person.c.id.in_(select(occurrence_person.c.person_pk).where(rows)))
        .values(must_read=True)
    )
    connection.execute(
        update(occurrence_person).where(rows).values(dirty=occurrence_person.c.dirty + 1)
    )


def mark_attendees_dirty(connection: Connection, occurrence_pk: int) -> int:
    """Make everybody who attended dirty: their attendance has become settled. How many."""
    return connection.execute(
        update(occurrence_person)
        .where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            occurrence_person.c.attended_seconds > 0,
        )
        .values(dirty=occurrence_person.c.dirty + 1)
    ).rowcount


def user_switches(connection: Connection, portal_id: str) -> dict[tuple[str, str], bool]:
    """Whether each Zoom user's newly scheduled webinars sync, by account and user id."""
    rows = connection.execute(
        select(zoom_user.c.account_id, zoom_user.c.user_id, zoom_user.c.sync_new_webinars).where(
            zoom_user.c.portal_id == portal_id
        )
    )
    return {(row.account_id, row.user_id): row.sync_new_webinars for row in rows}


def people_of_occurrence(
    connection: Connection, occurrence_pk: int, after: int, limit: int
) -> list[int]:
    """Keys of the occurrence's people behind ``after``, in order."""
    rows = connection.execute(
        select(occurrence_person.c.person_pk)
        .where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            occurrence_person.c.person_pk > after,
        )
        .order_by(occurrence_person.c.person_pk)
        .limit(limit)
    )
    return [row.person_pk for row in rows]


def nameless_of_occurrence(connection: Connection, occurrence_pk: int) -> list[RowMapping]:
    """The occurrence's participants Zoom gave no address for."""
    rows = connection.execute(
        select(occurrence_person).where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            occurrence_person.c.person_pk.is_(None),
        )
    )
    return list(rows.mappings())


def look_up_people(connection: Connection, person_pks: Sequence[int]) -> None:
    """Have these people's contacts read again, and decide about them wherever they appear."""
    connection.execute(
        update(person).where(among(connection, person.c.id, person_pks)).values(must_read=True)
    )
    connection.execute(
        update(occurrence_person)
        .where(among(connection, occurrence_person.c.person_pk, person_pks))
        .values(dirty=occurrence_person.c.dirty + 1)
    )
