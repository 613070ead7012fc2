"""Stored rows of reports as the engine unites them, and what comes of it as it is stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from engine.attendance import Instance, Presence, Session, percent_attended
from store.session_facts import SessionRow
from store.webinar_facts import instances_of


def spans_of(connection: Connection, occurrence_pk: int) -> list[Instance]:
    """The occurrence's instances whose actual times are known."""
    return [
        Instance(str(row["id"]), row["started_at"], row["ended_at"])
        for row in instances_of(connection, occurrence_pk)
        if row["started_at"] is not None and row["ended_at"] is not None
    ]


def as_session(row: SessionRow) -> Session:
    """A stored row as one of its identity's stays."""
    return Session(row.identity, str(row.instance_pk), row.joined_at, row.left_at, row.seconds)


def stay_columns(presence: Presence, length_seconds: int) -> dict[str, Any]:
    """How long, and from when to when, somebody attended an occurrence of this length."""
    return {
        "attended_seconds": presence.seconds,
        "attended_percent": percent_attended(presence.seconds, length_seconds),
        "first_join_at": presence.first_join_at,
        "last_leave_at": presence.last_leave_at,
    }


def attendance_columns(
    presence: Presence, about: SessionRow, length_seconds: int
) -> dict[str, Any]:
    """The same, with what the report's row tells about them."""
    return {
        **stay_columns(presence, length_seconds),
        "joins": presence.joins,
        "name": about.name,
        "has_zoom_identity": about.has_zoom_identity,
    }
