"""Figures of attendance: who was in a session when, and how many registered, came and stayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    exists,
    extract,
    func,
    or_,
    select,
)

from engine.presence import STAYED_PERCENT, Stay
from store.session_facts import IDENTITY, select_sessions
from store.tables import occurrence, occurrence_person, session, webinar


@dataclass(frozen=True, slots=True)
class Turnout:
    """People of one date. ``registered`` are approved registrations, those for the series included.

    ``came_registered`` are those of ``attended`` who had registered.
    """

    registered: int
    attended: int
    came_registered: int
    stayed: int


def stream_stays(connection: Connection, instance_pk: int) -> Iterator[Stay]:
    """Everybody's stays in one session, fetched as used."""
    joined = extract("epoch", session.c.joined_at)
    ended = func.coalesce(extract("epoch", session.c.left_at), joined + session.c.seconds)
    rows = connection.execute(
        select_sessions(IDENTITY, joined, ended)
        .where(session.c.instance_pk == instance_pk)
        .execution_options(yield_per=500)
    )
    for identity, start, end in rows:
        yield identity, float(start), float(end)


def count_turnout(connection: Connection, occurrence_pk: int, series_pk: int | None) -> Turnout:
    """How many registered for the date, came and stayed; ``series_pk``: where series are kept."""
    row = occurrence_person.c
    other = occurrence_person.alias()
    has_registered: ColumnElement[bool] = row.status == "approved"
    if series_pk is not None:
        for_series = exists().where(
            other.c.occurrence_pk == series_pk,
            other.c.identity_key == row.identity_key,
            other.c.status == "approved",
        )
        has_registered = or_(func.coalesce(has_registered, False), for_series)
    came = row.attended_seconds > 0
    found = connection.execute(
        select(
            _count(row.status == "approved"),
            _count(came),
            _count(and_(came, has_registered)),
            _count(and_(came, row.attended_percent >= STAYED_PERCENT)),
        ).where(row.occurrence_pk == occurrence_pk)
    ).one()
    registered, attended, came_registered, stayed = (int(each or 0) for each in found)
    if series_pk is not None:
        registered += _count_registered(connection, series_pk)
    return Turnout(registered, attended, came_registered, stayed)


def _count_registered(connection: Connection, occurrence_pk: int) -> int:
    row = occurrence_person.c
    statement = select(func.count()).where(
        row.occurrence_pk == occurrence_pk, row.status == "approved"
    )
    return int(connection.execute(statement).scalar_one())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def latest_held(
    connection: Connection, portal_id: str, since: datetime, limit: int
) -> list[RowMapping]:
    """The portal's latest dates whose attendance was read, the newest first, with their webinar."""
    rows = connection.execute(
        select(
            occurrence,
            webinar.c.webinar_id,
            webinar.c.topic,
        )
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(
            occurrence.c.portal_id == portal_id,
            occurrence.c.is_series.is_(False),
            occurrence.c.ended_at >= since,
            occurrence.c.report_rows.is_not(None),
        )
        .order_by(occurrence.c.ended_at.desc(), occurrence.c.id.desc())
        .limit(limit)
    )
    return list(rows.mappings())


def series_of(connection: Connection, webinar_pks: list[int]) -> dict[int, int]:
    """Where registrations for a whole series are kept, by webinar; those that have any."""
    rows = connection.execute(
        select(occurrence.c.webinar_pk, occurrence.c.id).where(
            occurrence.c.webinar_pk.in_(webinar_pks), occurrence.c.is_series.is_(True)
        )
    )
    return {row.webinar_pk: row.id for row in rows}
