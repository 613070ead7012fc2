"""Whom an effect of a recording concerns: people of an occurrence that nothing keeps out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select, update

from engine.plan import UNDOES
from rollcall.effects import Audience
from store.tables import effect, occurrence_person

_COLUMNS = (
    occurrence_person.c.id,
    occurrence_person.c.person_pk,
    occurrence_person.c.identity_key,
    occurrence_person.c.generation,
)


def audience_page(
    connection: Connection, occurrence_pk: int, audience: Audience, after: int, limit: int
) -> list[RowMapping]:
    """People of the audience behind ``after``, in order: key, person, identity, generation."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(_is_in(occurrence_pk, audience), occurrence_person.c.id > after)
        .order_by(occurrence_person.c.id)
        .limit(limit)
    )
    return list(rows.mappings())


def has_audience(connection: Connection, occurrence_pk: int, audience: Audience) -> bool:
    """Whether there is anybody in the audience."""
    return bool(audience_page(connection, occurrence_pk, audience, 0, 1))


def _is_in(occurrence_pk: int, audience: Audience) -> Any:
    chosen = (
        occurrence_person.c.attended_seconds > 0
        if audience == "attended"
        else occurrence_person.c.status == "approved"
    )
    return (
        (occurrence_person.c.occurrence_pk == occurrence_pk)
        & chosen
        & occurrence_person.c.person_pk.is_not(None)
        & occurrence_person.c.decided_at.is_not(None)
        & occurrence_person.c.is_excluded.is_(False)
        & occurrence_person.c.is_held.is_(False)
    )


def withdraw_unsent(connection: Connection, occurrence_pk: int, kinds: Sequence[str]) -> None:
    """Forget what was planned of these kinds for people who are kept out by now."""
    kept_out = select(occurrence_person.c.id).where(
        occurrence_person.c.occurrence_pk == occurrence_pk,
        or_(occurrence_person.c.is_excluded, occurrence_person.c.is_held),
    )
    connection.execute(
        update(effect)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind.in_(kinds),
            effect.c.state.in_(("planned", "rejected")),
            effect.c.wanted[UNDOES].as_string().is_(None),
            effect.c.occurrence_person_pk.in_(kept_out),
        )
        .values(state="withdrawn")
    )


def withdraw_unsent_of(
    connection: Connection, occurrence_pk: int, kinds: Sequence[str], external_id: str
) -> None:
    """Forget what was planned of these kinds for a recording that is gone."""
    connection.execute(
        update(effect)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind.in_(kinds),
            effect.c.state.in_(("planned", "rejected")),
            effect.c.wanted["recording"].as_string() == external_id,
        )
        .values(state="withdrawn")
    )
