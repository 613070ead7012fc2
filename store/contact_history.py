"""One contact's webinars: the decisions about everybody who is that contact."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, literal, select, tuple_

from store.tables import occurrence, occurrence_person, person, webinar
from store.types import UtcDateTime
from store.webinars import WITHOUT_DATE

_SORT = func.coalesce(
    occurrence.c.start_at, webinar.c.start_at, literal(WITHOUT_DATE, UtcDateTime())
)


def list_contact_webinars(
    connection: Connection,
    portal_id: str,
    contact_id: str,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[RowMapping]:
    """The contact's dates of webinars, the latest start first, those behind (start, key) ``after``.

    A row is a person of an occurrence, with what the webinar and the occurrence are, and as
    ``sort_at`` what it is sorted by. Two addresses of one contact are two rows.
    """
    query = (
        select(
            occurrence_person,
            occurrence.c.occurrence_id,
            occurrence.c.is_series,
            occurrence.c.start_at,
            occurrence.c.duration_seconds,
            occurrence.c.ended_at,
            occurrence.c.settled_at,
            occurrence.c.status.label("occurrence_status"),
            webinar.c.webinar_id,
            webinar.c.topic,
            webinar.c.public_url,
            webinar.c.start_at.label("webinar_start_at"),
            _SORT.label("sort_at"),
        )
        .join(person, person.c.id == occurrence_person.c.person_pk)
        .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(person.c.portal_id == portal_id, person.c.contact_id == contact_id)
    )
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.where(tuple_(_SORT, occurrence_person.c.id) < behind)
    rows = connection.execute(
        query.order_by(_SORT.desc(), occurrence_person.c.id.desc()).limit(limit)
    )
    return list(rows.mappings())
