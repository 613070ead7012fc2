"""Participants without identity, matched by hand: a fact that later reads of Zoom keep to.

Each row of a report that names nobody is matched on its own; names never match anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select, update

from engine.attendance import unite
from store.attendance_facts import as_session, attendance_columns, spans_of
from store.decisions import decide_again, note_by_hand
from store.runs import open_run
from store.session_facts import (
    NAMELESS,
    clear_attendances,
    count_taken_back,
    count_unregistered,
    merge_attendances,
    stream_sessions,
)
from store.statements import upsert
from store.tables import hand_match, occurrence, occurrence_person


def match_by_hand(
    connection: Connection, row: RowMapping, email: str, author: str, now: datetime
) -> str | None:
    """Give a participant without identity to an address; the id of the run that follows it up.

    ``row`` is the participant's row, ``email`` lower-case. The stay is united with the address's
    own. None when Zoom's report no longer has the participant.
    """
    place = _locked_place(connection, row["occurrence_pk"])
    before = _unregistered(connection, place["id"])
    fact = {
        "occurrence_pk": place["id"],
        "row_key": row["identity_key"].removeprefix(NAMELESS),
        "portal_id": row["portal_id"],
        "email": email,
        "author": author[:64],
        "at": now,
    }
    changing = ["email", "author", "at"]
    upsert(connection, hand_match, [fact], ["occurrence_pk", "row_key"], changing)
    # Nobody is left to be included: whoever it was is somebody else's row from now on.
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.id == row["id"])
        .values(is_included_by_hand=False)
    )
    reunite(connection, place, [row["identity_key"], email])
    _recount(connection, place["id"], before)
    whose = _row_of(connection, place["id"], email)
    if whose is None:
        return None
    said = f"User {author} matched a participant without an address to this person."
    note_by_hand(connection, whose, said, author, now)
    _release(connection, place["id"], [email])
    return decide_again(connection, whose, now, {})


def unmatch_by_hand(
    connection: Connection, row: RowMapping, author: str, now: datetime
) -> str | None:
    """Take back every match with the person in this occurrence; the id of the run that follows.

    None when nobody was matched to the person. What was written in HubSpot stays, corrected as far
    as HubSpot allows.
    """
    place = _locked_place(connection, row["occurrence_pk"])
    before = _unregistered(connection, place["id"])
    mine = (hand_match.c.occurrence_pk == place["id"]) & (hand_match.c.email == row["identity_key"])
    keys = connection.execute(select(hand_match.c.row_key).where(mine)).scalars().all()
    if not keys:
        return None
    connection.execute(delete(hand_match).where(mine))
    identities = [row["identity_key"], *(NAMELESS + key for key in keys)]
    reunite(connection, place, identities)
    _recount(connection, place["id"], before)
    whose = _row_of(connection, place["id"], row["identity_key"])
    if whose is not None:
        said = f"User {author} took back the match of a participant to this person."
        note_by_hand(connection, whose, said, author, now)
    _release(connection, place["id"], identities)
    return open_run(connection, occurrence_pk=place["id"], trigger="hand", pool="live", now=now)


def keep_matches(connection: Connection, occurrence_row: RowMapping) -> None:
    """At the end of a read: matches made while it went on hold too."""
    place = _locked_place(connection, occurrence_row["id"])
    rows = connection.execute(
        select(hand_match.c.row_key, hand_match.c.email).where(
            hand_match.c.occurrence_pk == place["id"]
        )
    ).all()
    if rows:
        emails = dict.fromkeys(row.email for row in rows)
        reunite(connection, place, [*emails, *(NAMELESS + row.row_key for row in rows)])


def reunite(connection: Connection, place: RowMapping, identities: Sequence[str]) -> None:
    """Work out these identities' attendance from the stored rows; who changed is pending."""
    rows = list(stream_sessions(connection, place["id"], identities))
    about = {row.identity: row for row in reversed(rows)}
    figures = {
        one.identity: attendance_columns(one, about[one.identity], place["length_seconds"])
        for one in unite(map(as_session, rows), spans_of(connection, place["id"]))
    }
    merge_attendances(connection, place, figures, read_number=place["reads"])
    absent = [identity for identity in identities if identity not in figures]
    clear_attendances(connection, place["id"], absent)


def _locked_place(connection: Connection, occurrence_pk: int) -> RowMapping:
    """The occurrence's row; a read that ends at the same time waits."""
    statement = select(occurrence).where(occurrence.c.id == occurrence_pk).with_for_update()
    return connection.execute(statement).mappings().one()


def _unregistered(connection: Connection, occurrence_pk: int) -> int:
    return count_unregistered(connection, occurrence_pk) + count_taken_back(
        connection, occurrence_pk
    )


def _recount(connection: Connection, occurrence_pk: int, before: int) -> None:
    """Zoom's figure counts identities, of which there may be fewer or more than before."""
    change = _unregistered(connection, occurrence_pk) - before
    connection.execute(
        update(occurrence)
        .where(occurrence.c.id == occurrence_pk, occurrence.c.zoom_people.is_not(None))
        .values(zoom_people=occurrence.c.zoom_people + change)
    )


def _row_of(connection: Connection, occurrence_pk: int, identity: str) -> RowMapping | None:
    statement = select(occurrence_person).where(
        occurrence_person.c.occurrence_pk == occurrence_pk,
        occurrence_person.c.identity_key == identity,
    )
    return connection.execute(statement).mappings().first()


def _release(connection: Connection, occurrence_pk: int, identities: Sequence[str]) -> None:
    connection.execute(
        update(occurrence_person)
        .where(
            occurrence_person.c.occurrence_pk == occurrence_pk,
            occurrence_person.c.identity_key.in_(identities),
            occurrence_person.c.is_pending.is_(True),
        )
        .values(dirty=occurrence_person.c.dirty + 1, is_pending=False, is_live=True)
    )
