"""Effects that are taken back, and those that take them back.

An effect whose payload names the key of another under ``undoes`` stands for the end of that one:
once HubSpot confirms it, the other is ``withdrawn``. A cancellation undoes a registration, a
registration after it undoes the cancellation; a call record's end undoes the call record itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select, update

from engine.plan import (
    APP_EVENT_KINDS,
    CALL_KINDS,
    NOTHING_HASH,
    PARTICIPATION_KINDS,
    UNDOES,
)
from rollcall.effects import Audience
from store.statements import among
from store.tables import effect, occurrence_person

TAKEN_BACK_KINDS = (*PARTICIPATION_KINDS, *APP_EVENT_KINDS, "call_contact")
"""What was written of one person of an occurrence."""
DOUBTFUL = ("sending", "unconfirmed")


def written_of(connection: Connection, occurrence_person_pks: Sequence[int]) -> list[RowMapping]:
    """What HubSpot holds of these people, or may hold, and what is about to end it."""
    rows = connection.execute(
        select(effect)
        .where(
            among(connection, effect.c.occurrence_person_pk, occurrence_person_pks),
            effect.c.kind.in_(TAKEN_BACK_KINDS),
            effect.c.state != "withdrawn",
            or_(
                effect.c.applied_hash != "",
                effect.c.state.in_(DOUBTFUL),
                effect.c.wanted[UNDOES].as_string().is_not(None),
            ),
            # Told before: it cannot be taken back.
            effect.c.wanted_hash != NOTHING_HASH,
        )
        .order_by(effect.c.id)
    )
    return list(rows.mappings())


def undoing_of(connection: Connection, occurrence_person_pks: Sequence[int]) -> list[RowMapping]:
    """Registrations and cancellations of these people that undo each other, those withdrawn not."""
    columns = ("key", "state", "wanted", "occurrence_person_pk", "kind")
    rows = connection.execute(
        select(*(effect.c[name] for name in columns)).where(
            among(connection, effect.c.occurrence_person_pk, occurrence_person_pks),
            effect.c.kind.in_(("register", "cancel")),
            effect.c.state != "withdrawn",
            effect.c.wanted[UNDOES].as_string().is_not(None),
        )
    )
    return list(rows.mappings())


def end_undone(connection: Connection, portal_id: str, keys: Iterable[str]) -> None:
    """HubSpot no longer holds these effects: wanted again, they are new to it."""
    wanted = list(keys)
    if wanted:
        connection.execute(
            update(effect)
            .where(effect.c.portal_id == portal_id, among(connection, effect.c.key, wanted))
            .values(state="withdrawn", applied_hash="", remote_id="", not_before=None)
        )


def decide_again_if_included(connection: Connection, occurrence_person_pks: Sequence[int]) -> None:
    """Plan those anew whom nothing keeps out any more: what was just taken back is theirs."""
    connection.execute(
        update(occurrence_person)
        .where(
            among(connection, occurrence_person.c.id, occurrence_person_pks),
            occurrence_person.c.is_excluded.is_(False),
        )
        .values(dirty=occurrence_person.c.dirty + 1)
    )


def applied_contacts(
    connection: Connection, person_pks: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """What was last written to each person's contact, by person."""
    rows = connection.execute(
        select(effect.c.person_pk, effect.c.applied).where(
            among(connection, effect.c.person_pk, person_pks),
            effect.c.kind == "contact",
            effect.c.applied.is_not(None),
        )
    )
    return {row.person_pk: row.applied or {} for row in rows}


def is_audience_excluded(connection: Connection, occurrence_pk: int, audience: Audience) -> bool:
    """Whether everybody of the audience is excluded; people who wait for a decision are not."""
    chosen = (
        occurrence_person.c.attended_seconds > 0
        if audience == "attended"
        else occurrence_person.c.status == "approved"
    )
    left = select(occurrence_person.c.id).where(
        occurrence_person.c.occurrence_pk == occurrence_pk,
        chosen,
        occurrence_person.c.is_excluded.is_(False) | occurrence_person.c.decided_at.is_(None),
    )
    return connection.execute(left.limit(1)).first() is None


def standing_calls(connection: Connection, occurrence_pk: int) -> list[str]:
    """The kinds of the occurrence's call records and transcripts in HubSpot, one a record."""
    rows = connection.execute(
        select(effect.c.kind)
        .where(
            effect.c.occurrence_pk == occurrence_pk,
            effect.c.kind.in_(CALL_KINDS),
            effect.c.applied_hash != "",
            effect.c.state != "withdrawn",
        )
        .order_by(effect.c.id)
    )
    return [row.kind for row in rows]
