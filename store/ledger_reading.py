"""What the ledger knows: which effects HubSpot holds, which are due, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from engine.plan import FOLLOW_UP
from store.statements import among
from store.tables import effect, person

CHUNK = 500
OPEN = ("planned", "sending", "unconfirmed")
TELLING = (*OPEN, "rejected")
"""States that say something about what became of a person; all others are as they should be."""


def effects_by_key(
    connection: Connection, portal_id: str, keys: Sequence[str]
) -> dict[str, RowMapping]:
    """The rows of these effects, by key; at most ``CHUNK`` keys at once."""
    rows = connection.execute(
        select(effect).where(effect.c.portal_id == portal_id, among(connection, effect.c.key, keys))
    )
    return {row["key"]: row for row in rows.mappings().all()}


def may_go(now: datetime) -> Any:
    """The condition for effects that need not wait any longer."""
    return or_(effect.c.not_before.is_(None), effect.c.not_before <= now)


def find_effect(connection: Connection, portal_id: str, key: str) -> RowMapping | None:
    """The ledger row with this key, None when nothing of the kind was ever wanted."""
    return effects_by_key(connection, portal_id, [key]).get(key)


def contact_effects(connection: Connection, person_pks: Sequence[int]) -> dict[int, RowMapping]:
    """The contact write of each person that has one, by person: what was wanted, and its state."""
    columns = ("id", "person_pk", "kind", "state", "wanted", "wanted_hash", "doubts")
    rows = connection.execute(
        select(*(effect.c[name] for name in columns)).where(
            among(connection, effect.c.person_pk, person_pks), effect.c.kind == "contact"
        )
    )
    return {row["person_pk"]: row for row in rows.mappings().all()}


def count_sendable(
    connection: Connection, occurrence_pk: int, now: datetime, kinds: Sequence[str] = ()
) -> int:
    """Effects of people known in HubSpot that could be sent now, of these kinds or of any.

    Follow-ups are none of these: nothing waits for them.
    """
    return int(
        connection.execute(
            select(func.count())
            .select_from(effect.outerjoin(person, person.c.id == effect.c.person_pk))
            .where(
                effect.c.occurrence_pk == occurrence_pk,
                effect.c.state == "planned",
                effect.c.kind.in_(kinds) if kinds else effect.c.kind != FOLLOW_UP,
                may_go(now),
                or_(
                    effect.c.person_pk.is_(None),
                    and_(
                        person.c.contact_id.is_not(None),
                        person.c.is_deleted.is_(False),
                        person.c.must_read.is_(False),
                    ),
                ),
            )
        ).scalar_one()
    )


def count_unfinished(connection: Connection, occurrence_pk: int, kind: str) -> int:
    """Effects of a kind that are planned, on their way or unconfirmed."""
    return int(
        connection.execute(
            select(func.count()).where(
                effect.c.occurrence_pk == occurrence_pk,
                effect.c.kind == kind,
                effect.c.state.in_(OPEN),
            )
        ).scalar_one()
    )


def next_effect_at(connection: Connection, occurrence_pk: int) -> datetime | None:
    """When the next parked or unconfirmed effect of the occurrence is due; None when none is."""
    moment: datetime | None = connection.execute(
        select(func.min(effect.c.not_before)).where(
            and_(
                effect.c.occurrence_pk == occurrence_pk,
                effect.c.state.in_(OPEN),
                effect.c.kind != FOLLOW_UP,
            )
        )
    ).scalar()
    return moment


def effects_of_people(
    connection: Connection, occurrence_person_pks: Sequence[int], person_pks: Sequence[int]
) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """What is still to come or was refused, by person of the occurrence; contact writes by person.

    A contact write of somebody who is the same contact counts as the person's too.
    """
    other = person.alias()
    columns = (
        effect.c.occurrence_person_pk,
        effect.c.person_pk,
        effect.c.kind,
        effect.c.state,
        effect.c.error,
        effect.c.not_before,
    )
    own: dict[int, list[Any]] = {}
    shared: dict[int, list[Any]] = {}
    is_telling = effect.c.state.in_(TELLING)
    mine = select(*columns).where(
        among(connection, effect.c.occurrence_person_pk, occurrence_person_pks), is_telling
    )
    for row in connection.execute(mine).all():
        own.setdefault(row.occurrence_person_pk, []).append(row)
    writes = select(*columns).where(
        among(connection, effect.c.person_pk, person_pks), effect.c.kind == "contact", is_telling
    )
    for row in connection.execute(writes).all():
        shared.setdefault(row.person_pk, []).append(row)
    of_others = (
        select(person.c.id.label("member"), *columns)
        .join(
            other,
            (other.c.portal_id == person.c.portal_id)
            & (other.c.contact_id == person.c.contact_id)
            & (other.c.id != person.c.id),
        )
        .join(effect, effect.c.person_pk == other.c.id)
        .where(
            among(connection, person.c.id, person_pks),
            person.c.is_deleted.is_(False),
            effect.c.kind == "contact",
            is_telling,
        )
    )
    for other_row in connection.execute(of_others).all():
        shared.setdefault(other_row.member, []).append(other_row)
    return own, shared


def rows_with_effects(connection: Connection, occurrence_person_pks: Sequence[int]) -> set[int]:
    """Those of these rows of people that something was sent for."""
    found: set[int] = set()
    for start in range(0, len(occurrence_person_pks), CHUNK):
        rows = connection.execute(
            select(effect.c.occurrence_person_pk).where(
                effect.c.occurrence_person_pk.in_(occurrence_person_pks[start : start + CHUNK]),
                effect.c.state.not_in(("planned", "withdrawn", "rejected")),
            )
        )
        found |= {row.occurrence_person_pk for row in rows}
    return found


def applied_keys(connection: Connection, portal_id: str, keys: Sequence[str]) -> set[str]:
    """Those of the keys whose effect HubSpot holds."""
    found: set[str] = set()
    for start in range(0, len(keys), CHUNK):
        rows = effects_by_key(connection, portal_id, keys[start : start + CHUNK])
        found |= {key for key, row in rows.items() if row["applied_hash"]}
    return found
