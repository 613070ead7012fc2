"""Failing people of occurrences: why each fails, and having many of them tried again at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from store.runs import has_queued_run, open_run
from store.statements import insert_rows
from store.tables import decision_log, effect, occurrence_person

CHUNK = 500


def failing_people(connection: Connection, occurrence_pks: Sequence[int]) -> list[RowMapping]:
    """``id, reason, detail`` of each failing person, oldest first."""
    rows = connection.execute(
        select(occurrence_person.c.id, occurrence_person.c.reason, occurrence_person.c.detail)
        .where(
            occurrence_person.c.occurrence_pk.in_(occurrence_pks),
            occurrence_person.c.outcome == "failing",
        )
        .order_by(occurrence_person.c.id)
    )
    return list(rows.mappings())


def people_rows(connection: Connection, pks: Sequence[int]) -> dict[int, RowMapping]:
    """The rows of these people of occurrences, by key; some hundreds at once."""
    rows = connection.execute(select(occurrence_person).where(occurrence_person.c.id.in_(pks)))
    return {row["id"]: row for row in rows.mappings()}


def retry_people(connection: Connection, pks: Sequence[int], author: str, now: datetime) -> str:
    """Send again what HubSpot refused for these people; the id of the run that does it.

    As `store.decisions.retry_by_hand` does for one of them. A run that is queued takes them along
    under the id it has; else those of several occurrences are one run.
    """
    occurrence_pks: set[int] = set()
    for start in range(0, len(pks), CHUNK):
        rows = people_rows(connection, pks[start : start + CHUNK])
        occurrence_pks |= {row["occurrence_pk"] for row in rows.values()}
        _retry_chunk(connection, list(rows.values()), author, now)
    is_joining = any(has_queued_run(connection, pk) for pk in occurrence_pks)
    group_id = None if is_joining else str(uuid.uuid4())
    run_ids = [
        open_run(
            connection,
            occurrence_pk=occurrence_pk,
            trigger="hand",
            pool="live",
            now=now,
            group_id=group_id,
        )
        for occurrence_pk in sorted(occurrence_pks)
    ]
    return group_id or run_ids[0]


def _retry_chunk(
    connection: Connection, rows: Sequence[RowMapping], author: str, now: datetime
) -> None:
    carriers = [row["lead_pk"] or row["id"] for row in rows]
    of_people = [row["person_pk"] for row in rows if row["person_pk"] is not None]
    for mine in (
        effect.c.occurrence_person_pk.in_(carriers),
        effect.c.person_pk.in_(of_people) & effect.c.occurrence_pk.is_(None),
    ):
        connection.execute(
            update(effect)
            .where(mine, effect.c.state == "rejected")
            .values(state="planned", attempts=0, doubts=0, not_before=None, error="")
        )
    connection.execute(
        update(occurrence_person)
        .where(occurrence_person.c.id.in_([row["id"] for row in rows]))
        .values(dirty=occurrence_person.c.dirty + 1, is_live=True)
    )
    insert_rows(
        connection,
        decision_log,
        [
            {
                "portal_id": row["portal_id"],
                "occurrence_person_pk": row["id"],
                "at": now,
                "verdict": "by_hand",
                "decided_by": f"user:{author}"[:64],
                "settings_version": row["settings_version"],
                "opinions": [],
                "entries": [f"User {author} asked to try again."],
            }
            for row in rows
        ],
    )
