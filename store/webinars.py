"""Webinars as they are listed: with their occurrences, and how many people have which outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, func, literal, select, tuple_

from store.statements import among
from store.tables import instance, occurrence, occurrence_person, webinar
from store.types import UtcDateTime

OUTCOMES = ("in_sync", "excluded", "failing", "waiting")
WITHOUT_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""What a webinar without a fixed time is sorted by."""

Counts = dict[tuple[str, str], int]
"""People by (outcome, reason)."""

_SORT = func.coalesce(webinar.c.start_at, literal(WITHOUT_DATE, UtcDateTime()))


def list_webinars(
    connection: Connection,
    portal_id: str,
    limit: int,
    after: tuple[datetime, int] | None = None,
    search: str = "",
    host_id: str = "",
    among_pks: Sequence[int] | None = None,
) -> list[RowMapping]:
    """The portal's webinars, the latest start first, those behind (start, key) ``after``.

    ``among_pks``: only these.
    """
    query = select(webinar).where(webinar.c.portal_id == portal_id)
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.where(tuple_(_SORT, webinar.c.id) < behind)
    if search:
        query = query.where(
            func.lower(webinar.c.topic).contains(search.lower(), autoescape=True)
            | webinar.c.webinar_id.startswith(search, autoescape=True)
        )
    if host_id:
        query = query.where(webinar.c.host_id == host_id)
    if among_pks is not None:
        query = query.where(among(connection, webinar.c.id, among_pks))
    rows = connection.execute(query.order_by(_SORT.desc(), webinar.c.id.desc()).limit(limit))
    return list(rows.mappings())


def find_portal_webinar(
    connection: Connection, portal_id: str, webinar_id: str
) -> RowMapping | None:
    """The portal's webinar with this id of Zoom's, None when the portal has none."""
    return (
        connection.execute(
            select(webinar).where(
                webinar.c.portal_id == portal_id, webinar.c.webinar_id == webinar_id
            )
        )
        .mappings()
        .first()
    )


def occurrences_of_webinars(
    connection: Connection, webinar_pks: Iterable[int]
) -> dict[int, list[RowMapping]]:
    """Every occurrence of the webinars by webinar key, oldest first, series rows among them."""
    found: dict[int, list[RowMapping]] = defaultdict(list)
    rows = connection.execute(
        select(occurrence)
        .where(occurrence.c.webinar_pk.in_(list(webinar_pks)))
        .order_by(occurrence.c.start_at, occurrence.c.id)
    )
    for row in rows.mappings():
        found[row["webinar_pk"]].append(row)
    return found


def instances_of_occurrences(
    connection: Connection, occurrence_pks: Iterable[int]
) -> dict[int, list[RowMapping]]:
    """Every instance of the occurrences by occurrence key, oldest first."""
    found: dict[int, list[RowMapping]] = defaultdict(list)
    rows = connection.execute(
        select(instance)
        .where(instance.c.occurrence_pk.in_(list(occurrence_pks)))
        .order_by(instance.c.started_at, instance.c.id)
    )
    for row in rows.mappings():
        found[row["occurrence_pk"]].append(row)
    return found


def occurrences_that_began(connection: Connection, occurrence_pks: Sequence[int]) -> set[int]:
    """Those of the occurrences of which a session took place, rehearsals left out."""
    rows = connection.execute(
        select(instance.c.occurrence_pk)
        .where(
            among(connection, instance.c.occurrence_pk, occurrence_pks),
            instance.c.is_rehearsal.is_(False),
        )
        .distinct()
    )
    return {row.occurrence_pk for row in rows}


def count_people(connection: Connection, occurrence_pks: Sequence[int]) -> dict[int, Counts]:
    """How many people of each occurrence have which outcome and reason."""
    found: dict[int, Counts] = {pk: {} for pk in occurrence_pks}
    columns = (
        occurrence_person.c.occurrence_pk,
        occurrence_person.c.outcome,
        occurrence_person.c.reason,
    )
    rows = connection.execute(
        select(*columns, func.count().label("people"))
        .where(occurrence_person.c.occurrence_pk.in_(occurrence_pks))
        .group_by(*columns)
    )
    for row in rows:
        found[row.occurrence_pk][row.outcome, row.reason] = row.people
    return found


def by_outcome(counts: Counts) -> dict[str, int]:
    """The counts summed over reasons, every outcome present."""
    summed = dict.fromkeys(OUTCOMES, 0)
    for (outcome, _), people in counts.items():
        summed[outcome] += people
    return summed
