"""Whom a participant without identity may be: registrants who did not come; and matches by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from store.decisions import UNIDENTIFIED
from store.session_facts import NAMELESS
from store.tables import hand_match, occurrence, occurrence_person, webinar
from store.types import UtcDateTime

_PLACE = (
    occurrence.c.occurrence_id,
    occurrence.c.start_at,
    webinar.c.webinar_id,
    webinar.c.topic,
)


def list_unidentified(
    connection: Connection, portal_id: str, limit: int, after: tuple[int, int] | None = None
) -> list[RowMapping]:
    """People of the portal nobody can name yet, with their webinar, date by date.

    ``after`` is the (occurrence_pk, id) of the last row of the page before.
    """
    query = _participants().where(occurrence.c.portal_id == portal_id)
    if after is not None:
        query = query.where(
            or_(
                occurrence_person.c.occurrence_pk < after[0],
                and_(
                    occurrence_person.c.occurrence_pk == after[0],
                    occurrence_person.c.id > after[1],
                ),
            )
        )
    rows = connection.execute(
        query.order_by(occurrence_person.c.occurrence_pk.desc(), occurrence_person.c.id).limit(
            limit
        )
    )
    return list(rows.mappings())


def find_unidentified(
    connection: Connection, portal_id: str, webinar_pk: int, occurrence_person_pk: int
) -> RowMapping | None:
    """One of them; None when there is no such person, or somebody is named already."""
    mine = (
        occurrence.c.portal_id == portal_id,
        occurrence.c.webinar_pk == webinar_pk,
        occurrence_person.c.id == occurrence_person_pk,
    )
    return connection.execute(_participants().where(*mine)).mappings().first()


def _participants() -> Select[Any]:
    # Until the next run has looked at it, the row of somebody just matched is still there.
    is_matched = exists().where(
        hand_match.c.occurrence_pk == occurrence_person.c.occurrence_pk,
        hand_match.c.row_key == func.substr(occurrence_person.c.identity_key, len(NAMELESS) + 1),
    )
    return (
        select(occurrence_person, *_PLACE)
        .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(
            occurrence_person.c.outcome == "excluded",
            occurrence_person.c.reason.in_(UNIDENTIFIED),
            ~is_matched,
        )
    )


def list_candidates(
    connection: Connection,
    occurrence_pk: int,
    places: Sequence[int],
    search: str,
    limit: int,
    after: str = "",
) -> list[RowMapping]:
    """Registrants of these occurrences who did not come to the one, by address behind ``after``.

    ``places`` are the occurrence itself and what holds the registrations of its series, if any.
    With ``search``, those whose address or name holds it.
    """
    came = occurrence_person.alias("came")
    has_come = exists().where(
        came.c.occurrence_pk == occurrence_pk,
        came.c.identity_key == occurrence_person.c.identity_key,
        came.c.attended_seconds > 0,
    )
    query = select(
        occurrence_person.c.email, occurrence_person.c.first_name, occurrence_person.c.last_name
    ).where(
        occurrence_person.c.occurrence_pk.in_(places),
        occurrence_person.c.identity_key > after,
        occurrence_person.c.email != "",
        occurrence_person.c.status == "approved",
        ~has_come,
    )
    if search:
        name = occurrence_person.c.first_name + " " + occurrence_person.c.last_name
        part = search.strip().lower()
        query = query.where(
            or_(
                occurrence_person.c.email.contains(part, autoescape=True),
                func.lower(name).contains(part, autoescape=True),
            )
        )
    rows = connection.execute(query.order_by(occurrence_person.c.identity_key).limit(limit))
    return list(rows.mappings())


def list_hand_matches(
    connection: Connection, portal_id: str, limit: int, after: tuple[datetime, int] | None = None
) -> list[RowMapping]:
    """Matches by hand with the person they were made with, the latest first.

    ``after`` is the (at, id) of the last row of the page before. Several participants matched to
    one person in one occurrence are one row, ``participants`` of them; ``author`` is None where
    several users did it.
    """
    at = func.max(hand_match.c.at, type_=UtcDateTime()).label("at")
    query = (
        select(
            occurrence_person.c.id,
            occurrence_person.c.email,
            *_PLACE,
            at,
            func.count().label("participants"),
            func.min(hand_match.c.author).label("author"),
            func.max(hand_match.c.author).label("other_author"),
        )
        .join(
            occurrence_person,
            and_(
                occurrence_person.c.occurrence_pk == hand_match.c.occurrence_pk,
                occurrence_person.c.identity_key == hand_match.c.email,
            ),
        )
        .join(occurrence, occurrence.c.id == hand_match.c.occurrence_pk)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(hand_match.c.portal_id == portal_id)
        .group_by(occurrence_person.c.id, occurrence_person.c.email, *_PLACE)
    )
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.having(tuple_(at.element, occurrence_person.c.id) < behind)
    rows = connection.execute(query.order_by(at.desc(), occurrence_person.c.id.desc()).limit(limit))
    return list(rows.mappings())
