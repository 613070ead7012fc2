"""Registrations merged as facts: a notice or a list row adds to what is known, never undoes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from engine.facts import Registration, RegistrationFact, fold_registration
from rollcall.events import RegistrantStatus
from store.gone import ERASED
from store.people import ensure_people
from store.statements import among, insert_missing, insert_rows, update_each
from store.tables import occurrence, occurrence_person, registrant_alias, registration_fact

LISTED = ("approved", "pending", "denied")
"""The states Zoom has lists of; nobody lists who cancelled."""


@dataclass(frozen=True, slots=True)
class RegistrationEntry:
    """One registration as a notice or a list row tells it; ``email`` is lower-cased.

    ``join_url`` is the registrant's own, "" unless the portal wants it in HubSpot.
    """

    email: str
    first_name: str
    last_name: str
    registrant_id: str
    status: RegistrantStatus
    at: datetime
    join_url: str = ""


@dataclass(frozen=True, slots=True)
class ListRead:
    """The read a list row belongs to: its number in the occurrence and when it began."""

    number: int
    started_at: datetime


def merge_registrations(
    connection: Connection,
    webinar_row: RowMapping,
    occurrence_row: RowMapping,
    entries: Sequence[RegistrationEntry],
    *,
    read: ListRead | None = None,
) -> int:
    """Merge the entries into the occurrence; how many people changed by it."""
    return len(merge_changes(connection, webinar_row, occurrence_row, entries, read=read))


def merge_changes(
    connection: Connection,
    webinar_row: RowMapping,
    occurrence_row: RowMapping,
    entries: Sequence[RegistrationEntry],
    *,
    read: ListRead | None = None,
) -> set[str]:
    """Merge the entries into the occurrence; the addresses of the people changed by it.

    People changed by a notice become dirty at once; those changed by a read become dirty when the
    read ends (see ``release_pending``). A list row counts as of the start of its read and adds a
    fact only where it disagrees with what is known.
    """
    occurrence_pk = occurrence_row["id"]
    # One merge of an occurrence at a time: two would each miss the people the other adds.
    read_at = connection.execute(
        select(occurrence.c.read_at).where(occurrence.c.id == occurrence_pk).with_for_update()
    ).scalar_one()
    entries = [entry for entry in entries if entry.email]
    known = _known_people(connection, occurrence_pk, {entry.email for entry in entries})
    if read is None:
        _add_facts(connection, occurrence_pk, _notice_facts(entries, known, read_at))
    else:
        _add_facts(connection, occurrence_pk, _list_facts(entries, known, read))
    _add_aliases(connection, occurrence_pk, entries)
    told = {entry.email: entry for entry in entries}
    folded = _fold(connection, occurrence_pk, set(told))
    named = [email for email in told if not email.startswith(ERASED)]
    people = ensure_people(connection, webinar_row["portal_id"], named)
    changed: set[str] = set()
    new_rows: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    for email, registration in folded.items():
        row = known.get(email)
        entry = told[email]
        values = _columns(registration, row, entry.first_name, entry.last_name)
        # Not told this time, it stays as it was.
        values["join_url"] = entry.join_url or (row["join_url"] if row is not None else "")
        if row is None:
            changed.add(email)
            new_rows.append(
                {
                    "portal_id": webinar_row["portal_id"],
                    "occurrence_pk": occurrence_pk,
                    "person_pk": people.get(email),
                    "identity_key": email,
                    "email": email if email in people else "",
                    "identity": "registration",
                    "opinions": [],
                    "listed_in_read": read.number if read else 0,
                    "dirty": 0 if read else 1,
                    "is_live": read is None,
                    "is_pending": read is not None,
                    **values,
                }
            )
        elif any(row[name] != value for name, value in values.items()):
            changed.add(email)
            updates.append({"pk": row["id"], **values})
    insert_rows(connection, occurrence_person, new_rows)
    if new_rows and read is None:
        _count_told(connection, occurrence_pk, len(new_rows))
    _update_changed(connection, updates, read)
    if read is not None:
        _mark_listed(connection, occurrence_pk, told, read)
    return changed


def _count_told(connection: Connection, occurrence_pk: int, people: int) -> None:
    """Add people a notice told of to Zoom's figure, which the next read replaces."""
    connection.execute(
        update(occurrence)
        .where(occurrence.c.id == occurrence_pk, occurrence.c.zoom_people.is_not(None))
        .values(zoom_people=occurrence.c.zoom_people + people)
    )


def _known_people(
    connection: Connection, occurrence_pk: int, emails: Iterable[str]
) -> dict[str, RowMapping]:
    rows = connection.execute(
        select(occurrence_person).where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            among(connection, occurrence_person.c.identity_key, emails),
        )
    )
    return {row["identity_key"]: row for row in rows.mappings().all()}


Fact = tuple[str, str, datetime]
"""Address, status, and the moment it holds from."""


def _list_facts(
    entries: Iterable[RegistrationEntry], known: Mapping[str, RowMapping], read: ListRead
) -> Iterator[Fact]:
    for entry in entries:
        row = known.get(entry.email)
        if row is None or row["status"] is None:
            yield entry.email, entry.status, entry.at
        elif row["status"] != entry.status:
            yield entry.email, entry.status, read.started_at


def _notice_facts(
    entries: Iterable[RegistrationEntry], known: Mapping[str, RowMapping], read_at: datetime | None
) -> Iterator[Fact]:
    for entry in entries:
        yield entry.email, entry.status, entry.at
        row = known.get(entry.email)
        if row is None or read_at is None or entry.at >= read_at:
            continue
        was_listed = row["status"] in LISTED and row["listed_in_read"] and not row["absent_reads"]
        if was_listed and row["status"] != entry.status:
            # The list agreed with what was known and left no fact; this notice comes after it and
            # speaks of a moment before it, so what the list said becomes one.
            yield entry.email, row["status"], read_at


def _add_facts(connection: Connection, occurrence_pk: int, facts: Iterable[Fact]) -> None:
    rows = [
        {"occurrence_pk": occurrence_pk, "email": email, "status": status, "at": at}
        for email, status, at in facts
    ]
    insert_missing(connection, registration_fact, rows, ["occurrence_pk", "email", "status", "at"])


def _add_aliases(
    connection: Connection, occurrence_pk: int, entries: Sequence[RegistrationEntry]
) -> None:
    rows = [
        {
            "occurrence_pk": occurrence_pk,
            "registrant_id": entry.registrant_id,
            "email": entry.email,
        }
        for entry in entries
        if entry.registrant_id
    ]
    insert_missing(connection, registrant_alias, rows, ["occurrence_pk", "registrant_id"])


def _fold(connection: Connection, occurrence_pk: int, emails: set[str]) -> dict[str, Registration]:
    facts: dict[str, list[RegistrationFact]] = defaultdict(list)
    rows = connection.execute(
        select(registration_fact.c.email, registration_fact.c.status, registration_fact.c.at).where(
            registration_fact.c.occurrence_pk == occurrence_pk,
            among(connection, registration_fact.c.email, emails),
        )
    )
    for row in rows:
        facts[row.email].append(RegistrationFact(row.status, row.at))
    return {email: folded for email in facts if (folded := fold_registration(facts[email]))}


def _columns(
    registration: Registration, row: RowMapping | None, first: str, last: str
) -> dict[str, Any]:
    registered_at = registration.registered_at
    cancelled_at = registration.cancelled_at
    absent_reads = 0  # absences of an earlier turn say nothing about this one
    if row is not None and row["generation"] == registration.generation:
        absent_reads = row["absent_reads"]
        # Set once a generation by whoever told it first; a later source never moves it.
        registered_at = row["registered_at"] or registered_at
        cancelled_at = row["cancelled_at"] or cancelled_at
    return {
        "status": registration.status,
        "generation": registration.generation,
        "registered_at": registered_at,
        "cancelled_at": cancelled_at,
        "identity": "registration",
        "first_name": first or (row["first_name"] if row is not None else ""),
        "last_name": last or (row["last_name"] if row is not None else ""),
        "absent_reads": absent_reads,
    }


def _update_changed(
    connection: Connection, updates: list[dict[str, Any]], read: ListRead | None
) -> None:
    if read is None:
        update_each(connection, occurrence_person, updates, counting="dirty", is_live=True)
    else:
        update_each(connection, occurrence_person, updates, is_pending=True)


def _mark_listed(
    connection: Connection, occurrence_pk: int, emails: Iterable[str], read: ListRead
) -> None:
    connection.execute(
        update(occurrence_person)
        .where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            among(connection, occurrence_person.c.identity_key, emails),
        )
        .values(listed_in_read=read.number, absent_reads=0)
    )


def cancel_vanished(connection: Connection, occurrence_row: RowMapping, read: ListRead) -> int:
    """Cancel registrations that two complete reads in a row did not list; how many.

    Call it once after a complete read of all three lists.
    """
    missing = (
        (occurrence_person.c.occurrence_pk == occurrence_row["id"])
        & occurrence_person.c.status.in_(LISTED)
        & (occurrence_person.c.listed_in_read < read.number)
        # Told by a notice since the read began: the list could not know.
        & (func.coalesce(occurrence_person.c.registered_at, read.started_at) <= read.started_at)
    )
    connection.execute(
        update(occurrence_person)
        .where(missing)
        .values(absent_reads=occurrence_person.c.absent_reads + 1)
    )
    rows = connection.execute(
        select(occurrence_person.c.identity_key.label("email")).where(
            missing, occurrence_person.c.absent_reads >= 2
        )
    ).all()
    vanished = [row.email for row in rows]
    facts = [(email, "cancelled", read.started_at) for email in vanished]
    _add_facts(connection, occurrence_row["id"], facts)
    known = _known_people(connection, occurrence_row["id"], vanished)
    updates = [
        {"pk": known[email]["id"], **_columns(registration, known[email], "", "")}
        for email, registration in _fold(connection, occurrence_row["id"], set(known)).items()
    ]
    _update_changed(connection, updates, read)
    return len(vanished)


def forget_join_links(connection: Connection, portal_id: str) -> None:
    """Drop every personal link; where they are wanted, the next read of Zoom brings them."""
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.portal_id == portal_id, occurrence_person.c.join_url != "")
        .values(join_url="")
    )


def is_somebody_missing(connection: Connection, occurrence_pk: int) -> bool:
    """Whether the last complete read missed somebody whom a second one has to confirm gone."""
    rows = connection.execute(
        select(occurrence_person.c.id)
        .where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            occurrence_person.c.status.in_(LISTED),
            occurrence_person.c.absent_reads == 1,
        )
        .limit(1)
    )
    return rows.first() is not None


def release_pending(connection: Connection, occurrence_pk: int) -> int:
    """Make everybody a read changed dirty; how many. Call it in the read's last transaction."""
    return connection.execute(
        update(occurrence_person)
        .where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            occurrence_person.c.is_pending.is_(True),
        )
        .values(dirty=occurrence_person.c.dirty + 1, is_pending=False)
    ).rowcount
