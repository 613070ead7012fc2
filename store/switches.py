"""Switches of single users and webinars, and what switching on or off sets going."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select, update

from engine.effective import WhyNot, is_webinar_effective, why_recordings_not, why_webinar_not
from schemas.tenant_settings import Settings
from store.runs import open_runs_for_dirty
from store.tables import occurrence, occurrence_person, recording, webinar, zoom_user

_CHUNK = 500


def list_users(
    connection: Connection,
    portal_id: str,
    limit: int,
    after: str | None = None,
    search: str = "",
    ids: Collection[str] | None = None,
) -> list[RowMapping]:
    """Users of the portal's Zoom accounts by user id, those behind ``after``.

    ``ids`` are the only ones to list; None: all.
    """
    query = select(zoom_user).where(zoom_user.c.portal_id == portal_id)
    if ids is not None:
        query = query.where(zoom_user.c.user_id.in_(list(ids)))
    if after is not None:
        query = query.where(zoom_user.c.user_id > after)
    if search:
        text = search.lower()
        query = query.where(
            func.lower(zoom_user.c.name).contains(text, autoescape=True)
            | func.lower(zoom_user.c.email).contains(text, autoescape=True)
        )
    rows = connection.execute(query.order_by(zoom_user.c.user_id).limit(limit))
    return list(rows.mappings())


def find_user(connection: Connection, portal_id: str, user_id: str) -> RowMapping | None:
    """The Zoom user's row, None when the portal has no such user."""
    return (
        connection.execute(
            select(zoom_user).where(
                zoom_user.c.portal_id == portal_id, zoom_user.c.user_id == user_id
            )
        )
        .mappings()
        .first()
    )


def change_user(
    connection: Connection,
    portal_id: str,
    user_id: str,
    changes: Mapping[str, bool],
    settings: Settings,
    now: datetime,
) -> int:
    """Set the user's switches (``sync_new_webinars``, ``sync_recordings``); runs opened by it."""

    def change() -> None:
        connection.execute(
            update(zoom_user)
            .where(zoom_user.c.portal_id == portal_id, zoom_user.c.user_id == user_id)
            .values(**changes)
        )

    return _switch(connection, portal_id, settings, now, change) if changes else 0


def change_webinar(
    connection: Connection,
    portal_id: str,
    webinar_pk: int,
    changes: Mapping[str, str],
    settings: Settings,
    now: datetime,
) -> int:
    """Set the webinar's switches (``sync``, ``recordings``); runs opened by it."""

    def change() -> None:
        connection.execute(update(webinar).where(webinar.c.id == webinar_pk).values(**changes))

    return _switch(connection, portal_id, settings, now, change) if changes else 0


def _switch(
    connection: Connection,
    portal_id: str,
    settings: Settings,
    now: datetime,
    change: Callable[[], None],
) -> int:
    """Make the change, then wake what it switched on and decide again about all it concerns."""
    was_on = effective_webinars(connection, portal_id, settings)
    had_recordings = webinars_with_recordings(connection, portal_id, settings)
    change()
    is_on = effective_webinars(connection, portal_id, settings)
    has_recordings = webinars_with_recordings(connection, portal_id, settings)
    make_due(connection, is_on - was_on, now)
    make_recordings_due(connection, has_recordings - had_recordings, now)
    if not is_on ^ was_on:
        return 0
    mark_dirty(connection, portal_id, is_on ^ was_on)
    return open_runs_for_dirty(connection, portal_id, trigger="setting", pool="bulk", now=now)


def effective_webinars(connection: Connection, portal_id: str, settings: Settings) -> set[int]:
    """Keys of the portal's webinars that are synced under these settings."""
    return {
        row["id"]
        for row in webinars_with_hosts(connection, portal_id)
        if is_webinar_effective(
            settings, row["host_id"], row["host_email"], row["sync"], row["sync_new_webinars"]
        )
    }


def webinars_with_recordings(
    connection: Connection, portal_id: str, settings: Settings
) -> set[int]:
    """Keys of the portal's webinars whose recordings are synced under these settings."""
    return {
        row["id"]
        for row in webinars_with_hosts(connection, portal_id)
        if _why_recordings_not(row, settings) is None
    }


def why_webinar_off(
    connection: Connection, webinar_row: RowMapping, settings: Settings
) -> WhyNot | None:
    """The switch that keeps the webinar from being synced; None when it is."""
    (hosted,) = webinars_with_hosts(connection, webinar_row["portal_id"], [webinar_row["id"]])
    return why_webinar_not(
        settings,
        hosted["host_id"],
        hosted["host_email"],
        hosted["sync"],
        hosted["sync_new_webinars"],
    )


def why_recordings_off(
    connection: Connection, webinar_row: RowMapping, settings: Settings
) -> WhyNot | None:
    """The switch that keeps the webinar's recordings from being synced; None when they are."""
    (hosted,) = webinars_with_hosts(connection, webinar_row["portal_id"], [webinar_row["id"]])
    return _why_recordings_not(hosted, settings)


def _why_recordings_not(hosted: RowMapping, settings: Settings) -> WhyNot | None:
    return why_recordings_not(
        settings,
        hosted["host_id"],
        hosted["host_email"],
        hosted["sync"],
        hosted["sync_new_webinars"],
        hosted["recordings"],
        hosted["sync_recordings"],
    )


def webinars_with_hosts(
    connection: Connection, portal_id: str, webinar_pks: Iterable[int] | None = None
) -> list[RowMapping]:
    """Webinars (all of the portal's, or these) with what the formula of the switches needs.

    ``sync_new_webinars`` and ``sync_recordings`` are the host's, None for a host not known yet.
    """
    query = (
        select(
            webinar.c.id,
            webinar.c.host_id,
            webinar.c.host_email,
            webinar.c.sync,
            webinar.c.recordings,
            zoom_user.c.sync_new_webinars,
            zoom_user.c.sync_recordings,
        )
        .outerjoin(
            zoom_user,
            and_(
                zoom_user.c.portal_id == webinar.c.portal_id,
                zoom_user.c.account_id == webinar.c.account_id,
                zoom_user.c.user_id == webinar.c.host_id,
            ),
        )
        .where(webinar.c.portal_id == portal_id)
    )
    if webinar_pks is not None:
        query = query.where(webinar.c.id.in_(list(webinar_pks)))
    return list(connection.execute(query).mappings())


def make_due(connection: Connection, webinar_pks: Iterable[int], now: datetime) -> None:
    """Have Zoom read now for every occurrence of the webinars whose figures are not settled."""
    for pks in _chunks(webinar_pks):
        connection.execute(
            update(occurrence)
            .where(
                occurrence.c.webinar_pk.in_(pks),
                occurrence.c.settled_at.is_(None),
                occurrence.c.status != "deleted",
            )
            .values(next_read_at=now, next_due_at=now)
        )


def make_recordings_due(connection: Connection, webinar_pks: Iterable[int], now: datetime) -> None:
    """Have recordings listed now for every occurrence of the webinars that has taken place."""
    for pks in _chunks(webinar_pks):
        connection.execute(
            update(occurrence)
            .where(occurrence.c.webinar_pk.in_(pks), occurrence.c.ended_at.is_not(None))
            .values(recordings_due_at=now, next_due_at=now)
        )


def plan_recordings_anew(connection: Connection, portal_id: str, now: datetime) -> None:
    """Have plugins asked again about every recording of the portal; Zoom is not read for it."""
    recorded = select(recording.c.occurrence_pk).where(recording.c.portal_id == portal_id)
    connection.execute(
        update(occurrence).where(occurrence.c.id.in_(recorded)).values(next_due_at=now)
    )


def mark_dirty(
    connection: Connection, portal_id: str, webinar_pks: Iterable[int] | None = None
) -> None:
    """Have everybody of the webinars (None: of the portal) decided upon again."""
    occurrences = select(occurrence.c.id).where(occurrence.c.portal_id == portal_id)
    chunks: Iterable[Any] = [None] if webinar_pks is None else _chunks(webinar_pks)
    for pks in chunks:
        chosen = occurrences if pks is None else occurrences.where(occurrence.c.webinar_pk.in_(pks))
        connection.execute(
            update(occurrence_person)
            .where(occurrence_person.c.occurrence_pk.in_(chosen))
            .values(dirty=occurrence_person.c.dirty + 1)
        )


def _chunks(keys: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(keys)
    return [ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)]
