"""The decision log: what was decided about each person of an occurrence, and by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, or_, select, update

from store.runs import open_run
from store.tables import (
    decision_log,
    effect,
    occurrence,
    occurrence_person,
    person,
)

UNIDENTIFIED = ("no_email", "unmatched")
"""Reasons of people nobody can name yet."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people to list; "" stands for all.

    ``email`` is any part of an address, ``reason`` one code or several with commas between.
    """

    email: str = ""
    outcome: str = ""
    reason: str = ""
    plugin: str = ""


def list_people(
    connection: Connection,
    occurrence_pks: Sequence[int],
    wanted: PeopleFilter,
    limit: int,
    after: tuple[int, str] | None = None,
) -> list[RowMapping]:
    """People of the occurrences, occurrence by occurrence and then by address, behind ``after``.

    ``after`` is the (occurrence_pk, identity_key) of the last row of the page before. Rows carry
    ``contact_id`` and ``contact_match`` of the person too.
    """
    found: list[RowMapping] = []
    for occurrence_pk in sorted(occurrence_pks):
        if len(found) >= limit:
            break
        if after is not None and occurrence_pk < after[0]:
            continue
        query = _filtered(wanted).where(occurrence_person.c.occurrence_pk == occurrence_pk)
        if after is not None and occurrence_pk == after[0]:
            query = query.where(occurrence_person.c.identity_key > after[1])
        # One occurrence at a time, so that its index brings the rows in this order already.
        rows = connection.execute(
            query.order_by(occurrence_person.c.identity_key).limit(limit - len(found))
        )
        found += rows.mappings()
    return found


def _filtered(wanted: PeopleFilter) -> Select[tuple[object, ...]]:
    query = select(occurrence_person, person.c.contact_id, person.c.contact_match).outerjoin(
        person, person.c.id == occurrence_person.c.person_pk
    )
    if wanted.email:
        part = wanted.email.strip().lower()
        query = query.where(occurrence_person.c.email.contains(part, autoescape=True))
    if wanted.outcome:
        query = query.where(occurrence_person.c.outcome == wanted.outcome)
    if wanted.reason:
        query = query.where(occurrence_person.c.reason.in_(wanted.reason.split(",")))
    if wanted.plugin:
        query = query.where(occurrence_person.c.decided_by == wanted.plugin)
    return query


def find_occurrence_person(
    connection: Connection, portal_id: str, webinar_pk: int, occurrence_person_pk: int
) -> RowMapping | None:
    """One person of one occurrence of this webinar, None when there is none."""
    return (
        connection.execute(
            select(occurrence_person)
            .join(occurrence, occurrence.c.id == occurrence_person.c.occurrence_pk)
            .where(
                occurrence_person.c.id == occurrence_person_pk,
                occurrence_person.c.portal_id == portal_id,
                occurrence.c.webinar_pk == webinar_pk,
            )
        )
        .mappings()
        .first()
    )


def applied_effects(
    connection: Connection, people: Sequence[RowMapping]
) -> dict[int, list[RowMapping]]:
    """What was written in HubSpot for each of these rows, by their key, oldest first."""
    found: dict[int, list[RowMapping]] = defaultdict(list)
    if not people:
        return found
    of_person: dict[int, list[int]] = defaultdict(list)
    for row in people:
        if row["person_pk"] is not None:
            of_person[row["person_pk"]].append(row["id"])
    rows = connection.execute(
        select(effect)
        .where(
            effect.c.applied_at.is_not(None),
            effect.c.state != "withdrawn",
            or_(
                effect.c.occurrence_person_pk.in_([row["id"] for row in people]),
                effect.c.person_pk.in_(list(of_person)) & effect.c.occurrence_pk.is_(None),
            ),
        )
        .order_by(effect.c.applied_at, effect.c.id)
    )
    for row in rows.mappings():
        if row["occurrence_person_pk"] is not None:
            found[row["occurrence_person_pk"]].append(row)
        else:
            for occurrence_person_pk in of_person[row["person_pk"]]:
                found[occurrence_person_pk].append(row)
    return found


def include_by_hand(connection: Connection, row: RowMapping, author: str, now: datetime) -> str:
    """Sync the person whatever the rules say; the id of the run that will do it."""
    note_by_hand(
        connection, row, f"User {author} decided to include this person anyway.", author, now
    )
    return decide_again(connection, row, now, {"is_included_by_hand": True})


def release_by_hand(connection: Connection, row: RowMapping, author: str, now: datetime) -> str:
    """Let a held person go on; the id of the run that will do it. What excludes still excludes."""
    note_by_hand(connection, row, f"User {author} released this person.", author, now)
    return decide_again(connection, row, now, {"is_released_by_hand": True})


def retry_by_hand(connection: Connection, row: RowMapping, author: str, now: datetime) -> str:
    """Send again what HubSpot refused for the person; the id of the run that will do it."""
    mine = effect.c.occurrence_person_pk == row["id"]
    if row["person_pk"] is not None:
        mine |= (effect.c.person_pk == row["person_pk"]) & effect.c.occurrence_pk.is_(None)
    connection.execute(
        update(effect)
        .where(mine, effect.c.state == "rejected")
        .values(state="planned", attempts=0, doubts=0, not_before=None, error="")
    )
    note_by_hand(connection, row, f"User {author} asked to try again.", author, now)
    return decide_again(connection, row, now, {})


def decide_again(
    connection: Connection, row: RowMapping, now: datetime, values: Mapping[str, bool]
) -> str:
    """Have somebody decided upon again; the id of the run that will do it."""
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.id == row["id"])
        .values(dirty=occurrence_person.c.dirty + 1, is_live=True, **values)
    )
    return open_run(
        connection, occurrence_pk=row["occurrence_pk"], trigger="hand", pool="live", now=now
    )


def note_by_hand(
    connection: Connection, row: RowMapping, message: str, author: str, now: datetime
) -> None:
    """Keep in the decision log who decided what by hand, and when."""
    connection.execute(
        decision_log.insert().values(
            portal_id=row["portal_id"],
            occurrence_person_pk=row["id"],
            at=now,
            verdict="by_hand",
            decided_by=f"user:{author}"[:64],
            settings_version=row["settings_version"],
            opinions=[],
            entries=[message],
        )
    )


def decision_history(connection: Connection, occurrence_person_pk: int) -> list[RowMapping]:
    """Every decision about the person in this occurrence, newest first (at most 200)."""
    rows = connection.execute(
        select(decision_log)
        .where(decision_log.c.occurrence_person_pk == occurrence_person_pk)
        .order_by(decision_log.c.id.desc())
        .limit(200)
    )
    return list(rows.mappings())
