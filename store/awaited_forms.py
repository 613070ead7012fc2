"""Registration forms of webinars people may still register for, the next one first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, literal, or_, select, tuple_

from engine.question_sources import ContactProperty
from engine.question_warnings import FormFacts
from schemas.tenant_settings import Settings
from schemas.zoom_codes import NO_REGISTRATION, WITHOUT_FIXED_TIME
from store.contact_properties import contact_properties
from store.questions import StoredForm, forms_of
from store.tables import occurrence, webinar
from store.types import UtcDateTime

LONGEST_WEBINAR = timedelta(days=1)
"""Who began earlier than this ago is over; who began since may still be joined."""
WITHOUT_START = datetime(9999, 1, 1, tzinfo=UTC)
"""Sorts webinars without a fixed time behind the others."""


@dataclass(frozen=True, slots=True)
class AwaitedForm:
    """A webinar's form. ``start_at`` is None without a fixed time; ``sorted_at`` is its place."""

    webinar_pk: int
    webinar_id: str
    start_at: datetime | None
    sorted_at: datetime
    facts: FormFacts


def list_awaited_forms(
    connection: Connection,
    portal_id: str,
    settings: Settings,
    now: datetime,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[AwaitedForm]:
    """Forms by the next start of their webinar, those behind (start, webinar key) ``after``."""
    places = _next_starts(connection, portal_id, now, limit, after)
    rows = connection.execute(select(webinar).where(webinar.c.id.in_(list(places))))
    webinars = {row["id"]: row for row in rows.mappings()}
    forms = forms_of(connection, list(places))
    properties = contact_properties(connection, portal_id)
    return [
        AwaitedForm(
            pk,
            webinars[pk]["webinar_id"],
            start_at if start_at != WITHOUT_START else None,
            start_at,
            _facts(webinars[pk], forms.get(pk, StoredForm()), settings, properties),
        )
        for pk, start_at in places.items()
    ]


def _next_starts(
    connection: Connection,
    portal_id: str,
    now: datetime,
    limit: int,
    after: tuple[datetime, int] | None,
) -> dict[int, datetime]:
    """The next start by webinar key, in order."""
    start = func.coalesce(
        func.min(occurrence.c.start_at), literal(WITHOUT_START, UtcDateTime()), type_=UtcDateTime()
    )
    query = (
        select(webinar.c.id, start.label("start_at"))
        .join(occurrence, occurrence.c.webinar_pk == webinar.c.id)
        .where(
            webinar.c.portal_id == portal_id,
            webinar.c.status == "scheduled",
            or_(webinar.c.approval_type.is_(None), webinar.c.approval_type != NO_REGISTRATION),
            ~webinar.c.is_zoom_events,
            occurrence.c.status.not_in(("cancelled", "deleted")),
            or_(
                occurrence.c.start_at > now - LONGEST_WEBINAR,
                occurrence.c.start_at.is_(None) & (webinar.c.type == WITHOUT_FIXED_TIME),
            ),
            occurrence.c.ended_at.is_(None),
        )
        .group_by(webinar.c.id)
        .order_by(start, webinar.c.id)
        .limit(limit)
    )
    if after is not None:
        behind = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        query = query.having(tuple_(start, webinar.c.id) > behind)
    return {row.id: row.start_at for row in connection.execute(query)}


def _facts(
    row: RowMapping,
    form: StoredForm,
    settings: Settings,
    properties: Mapping[str, ContactProperty],
) -> FormFacts:
    return FormFacts(
        topic=row["topic"] or f"Webinar {row['webinar_id']}",
        is_awaited=True,
        questions=form.questions,
        problem=form.problem,
        mapping=settings.question_mapping,
        answers=settings.question_answers,
        fixed=settings.question_values,
        properties=properties,
    )
