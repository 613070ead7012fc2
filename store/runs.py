"""Runs: what is to be done for an occurrence, how far it is, and what it came to."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    select,
    update,
)

from store.clock import read_clock_ms
from store.leases import is_free
from store.statements import insert_rows
from store.tables import lease, occurrence, occurrence_person, run, run_change, webinar

Pool = Literal["live", "bulk"]
Trigger = Literal[
    "webhook",
    "schedule",
    "sync_now",
    "setting",
    "confirm",
    "replay",
    "hand",
    "preview",
    "action",
    "backfill",
]

OPEN_STATES = ("queued", "running")
IS_OPEN = run.c.state.in_([literal_column(f"'{state}'") for state in OPEN_STATES])
"""In so many words, as the index over open runs has it: by values it would not be used, and each
look for work would go through all runs there ever were. https://sqlite.org/partialindex.html"""
PLACES = 3 * (os.cpu_count() or 1)
"""So many portals at once are worked for in bulk on SQLite. It has one writer at a time: more of
them mostly wait for each other, and take the processor from the one who writes."""
MANY = 1_000_000
WRITE_COUNTS = (
    "created",
    "updated",
    "unchanged",
    "excluded",
    "failed",
    "withdrawn",
    "cannot_change",
    "unconfirmed",
)


def open_run(
    connection: Connection,
    *,
    occurrence_pk: int,
    trigger: Trigger,
    pool: Pool,
    now: datetime,
    not_before: datetime | None = None,
    must_read: bool = False,
    must_verify: bool = False,
    is_replay: bool = False,
    is_withdrawal: bool = False,
    group_id: str | None = None,
) -> str:
    """The id of the run that will do this: a new one, or the one already queued, widened.

    ``must_read`` pages Zoom first; ``must_verify`` reads HubSpot again and repairs; ``is_replay``
    asks Zoom nothing at all; ``is_withdrawal`` takes back what was written of people who are
    excluded. Neither of the last two is ever widened into another run, nor another into it.
    """
    due = not_before or now
    queued = _queued_run(
        connection, occurrence_pk, is_replay=is_replay, is_withdrawal=is_withdrawal
    )
    if queued is not None:
        connection.execute(
            update(run)
            .where(run.c.id == queued["id"])
            .values(
                must_read=queued["must_read"] or must_read,
                must_verify=queued["must_verify"] or must_verify,
                pool="live" if "live" in (pool, queued["pool"]) else "bulk",
                not_before=min(due, queued["not_before"]),
                # From now on somebody watches it: the next one who asks has to find this group.
                **({"group_id": group_id, "trigger": trigger} if group_id else {}),
            )
        )
        return str(queued["id"])
    return _insert_run(
        connection,
        occurrence_pk,
        group_id,
        trigger=trigger,
        pool=pool,
        not_before=due,
        must_read=must_read,
        must_verify=must_verify,
        is_replay=is_replay,
        is_withdrawal=is_withdrawal,
        created_at=now,
    )


def open_preview(
    connection: Connection,
    *,
    occurrence_pk: int,
    now: datetime,
    settings_patch: Mapping[str, Any],
    is_withdrawal: bool = False,
    group_id: str | None = None,
) -> str:
    """The id of a dry run: the same plan under changed settings, and nothing written."""
    return _insert_run(
        connection,
        occurrence_pk,
        group_id,
        trigger="preview",
        pool="live",
        not_before=now,
        is_dry=True,
        is_withdrawal=is_withdrawal,
        settings_patch=dict(settings_patch),
        created_at=now,
    )


def _queued_run(
    connection: Connection, occurrence_pk: int, *, is_replay: bool, is_withdrawal: bool
) -> RowMapping | None:
    # The occurrence's row is locked so that two callers cannot both find nothing queued.
    connection.execute(
        select(occurrence.c.id).where(occurrence.c.id == occurrence_pk).with_for_update()
    )
    return (
        connection.execute(
            select(run)
            .where(
                run.c.occurrence_pk == occurrence_pk,
                run.c.state == "queued",
                run.c.is_dry.is_(False),
                run.c.is_replay.is_(is_replay),
                run.c.is_withdrawal.is_(is_withdrawal),
            )
            .limit(1)
        )
        .mappings()
        .first()
    )


def _insert_run(
    connection: Connection, occurrence_pk: int, group_id: str | None, **values: Any
) -> str:
    run_id = str(uuid.uuid4())
    place = connection.execute(
        select(occurrence.c.portal_id, occurrence.c.webinar_pk).where(
            occurrence.c.id == occurrence_pk
        )
    ).one()
    connection.execute(
        run.insert().values(
            id=run_id,
            group_id=group_id or run_id,
            portal_id=place.portal_id,
            webinar_pk=place.webinar_pk,
            occurrence_pk=occurrence_pk,
            **values,
        )
    )
    return run_id


def open_runs_for_dirty(
    connection: Connection, portal_id: str, *, trigger: Trigger, pool: Pool, now: datetime
) -> int:
    """Open a run for every occurrence of the portal with people waiting to be planned; how many."""
    dirty = exists().where(
        occurrence_person.c.occurrence_pk == occurrence.c.id,
        occurrence_person.c.portal_id == portal_id,
        occurrence_person.c.dirty != occurrence_person.c.decided,
    )
    rows = connection.execute(
        select(occurrence.c.id).where(occurrence.c.portal_id == portal_id, dirty)
    ).scalars()
    count = 0
    for occurrence_pk in rows.all():
        open_run(connection, occurrence_pk=occurrence_pk, trigger=trigger, pool=pool, now=now)
        count += 1
    return count


def turn_of(portal_id: str, pool: Pool) -> str:
    """The name of the lease that whoever works for the portal in this pool holds."""
    return f"portal:{portal_id}:{pool}"


def ready_portals(connection: Connection, pool: Pool, now: datetime, limit: int) -> list[str]:
    """Portals a worker may take up now: as `waiting_portals`, as many as there are places for."""
    return waiting_portals(connection, pool, now, min(limit, _free_places(connection, pool)))


def waiting_portals(connection: Connection, pool: Pool, now: datetime, limit: int) -> list[str]:
    """Portals with a run that may start now and that nobody works for, the longest waiting first.

    One query for all: whoever looks for work does not try one lease after the other.
    """
    rows = connection.execute(
        select(run.c.portal_id)
        .where(run.c.not_before <= now, *_waits_for_a_worker(connection, pool))
        .group_by(run.c.portal_id)
        .order_by(func.min(run.c.not_before))
        .limit(limit)
    )
    return [row.portal_id for row in rows]


def next_ready_at(connection: Connection, pool: Pool) -> datetime | None:
    """When the next open run of the pool that nobody works for may start.

    None without any, and while there is no place for another portal.
    """
    if not _free_places(connection, pool):
        return None
    moment: datetime | None = connection.execute(
        select(func.min(run.c.not_before)).where(*_waits_for_a_worker(connection, pool))
    ).scalar()
    return moment


def _free_places(connection: Connection, pool: Pool) -> int:
    """How many portals more may be worked for at once; about as many, where several ask at once."""
    if pool == "live" or connection.dialect.name != "sqlite":
        return MANY
    taken = connection.execute(
        select(func.count()).where(
            lease.c.name.like(f"portal:%:{pool}"), lease.c.until_ms >= read_clock_ms(connection)
        )
    ).scalar_one()
    return max(0, PLACES - int(taken))


def _waits_for_a_worker(connection: Connection, pool: Pool) -> tuple[ColumnElement[bool], ...]:
    turn = literal("portal:") + run.c.portal_id + literal(f":{pool}")
    return run.c.pool == pool, IS_OPEN, is_free(connection, turn)


def next_run(
    connection: Connection, portal_id: str, pool: Pool, now: datetime
) -> RowMapping | None:
    """The portal's next run: one begun before any queued one, previews first, then by waiting."""
    return (
        connection.execute(
            select(run)
            .where(
                run.c.portal_id == portal_id,
                run.c.pool == pool,
                IS_OPEN,
                run.c.not_before <= now,
            )
            .order_by(
                run.c.is_dry.desc(), case((run.c.state == "running", 0), else_=1), run.c.not_before
            )
            .limit(1)
        )
        .mappings()
        .first()
    )


def has_run(connection: Connection, run_id: str) -> bool:
    """Whether the run is (still) there: a portal that leaves takes its runs along."""
    return connection.execute(select(run.c.id).where(run.c.id == run_id)).first() is not None


def has_queued_run(connection: Connection, occurrence_pk: int) -> bool:
    """Whether a run of the occurrence is yet to begin."""
    queued = select(run.c.id).where(
        run.c.occurrence_pk == occurrence_pk, run.c.state == "queued", run.c.is_dry.is_(False)
    )
    return connection.execute(queued.limit(1)).first() is not None


def find_run(connection: Connection, run_id: str) -> RowMapping:
    """The run's row."""
    return connection.execute(select(run).where(run.c.id == run_id)).mappings().one()


def change_run(connection: Connection, run_id: str, **values: Any) -> None:
    """Set columns of the run."""
    connection.execute(update(run).where(run.c.id == run_id).values(**values))


def count_in_run(connection: Connection, run_id: str, **increments: int) -> None:
    """Add to the run's counters (``done``, ``total`` and the write counts)."""
    changed = {name: run.c[name] + by for name, by in increments.items() if by}
    if changed:
        connection.execute(update(run).where(run.c.id == run_id).values(**changed))


def finish_run(
    connection: Connection, run_id: str, *, state: str, now: datetime, message: str = ""
) -> None:
    """Close the run as done, failed or superseded."""
    connection.execute(
        update(run)
        .where(run.c.id == run_id, IS_OPEN)
        .values(state=state, finished_at=now, message=message)
    )


def is_webinar_busy(connection: Connection, webinar_pk: int) -> bool:
    """Whether a run of the webinar is queued or going on."""
    return bool(
        connection.execute(
            select(exists().where(and_(run.c.webinar_pk == webinar_pk, IS_OPEN)))
        ).scalar()
    )


def occurrences_of(connection: Connection, portal_id: str, webinar_id: str) -> list[RowMapping]:
    """The occurrences of the portal's webinar, oldest first."""
    rows = connection.execute(
        select(occurrence)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(webinar.c.portal_id == portal_id, webinar.c.webinar_id == webinar_id)
        .order_by(occurrence.c.start_at, occurrence.c.id)
    )
    return list(rows.mappings())


def withdrawing_runs(connection: Connection, portal_id: str) -> dict[int, str]:
    """The run that is withdrawing at each occurrence of the portal that has one."""
    rows = connection.execute(
        select(run.c.occurrence_pk, run.c.id).where(
            run.c.portal_id == portal_id,
            IS_OPEN,
            run.c.state == "running",
            run.c.is_dry.is_(False),
            run.c.is_withdrawal.is_(True),
        )
    )
    return {row.occurrence_pk: row.id for row in rows}


def open_run_ids(connection: Connection, portal_id: str) -> dict[int, str]:
    """The begun (else queued) run of each occurrence of the portal that has one."""
    rows = connection.execute(
        select(run.c.occurrence_pk, run.c.id)
        .where(run.c.portal_id == portal_id, IS_OPEN, run.c.is_dry.is_(False))
        .order_by(case((run.c.state == "running", 1), else_=0))
    )
    return {row.occurrence_pk: row.id for row in rows}


def last_started_at(connection: Connection, occurrence_pk: int) -> datetime | None:
    """When the occurrence's newest run began; None when none ever did."""
    moment: datetime | None = connection.execute(
        select(func.max(run.c.started_at)).where(
            run.c.occurrence_pk == occurrence_pk, run.c.is_dry.is_(False)
        )
    ).scalar()
    return moment


def add_changes(connection: Connection, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note what the run changes (or would change): ``email, effect, property, before, after``."""
    insert_rows(connection, run_change, [{"run_id": run_id, **row} for row in rows])


def occurrences_due(connection: Connection, now: datetime, limit: int) -> list[RowMapping]:
    """Occurrences that are due by themselves now, the longest overdue first."""
    rows = connection.execute(
        select(occurrence)
        .where(occurrence.c.next_due_at <= now)
        .order_by(occurrence.c.next_due_at)
        .limit(limit)
    )
    return list(rows.mappings())
