"""Backfills: how far back, how far they are, and each webinar they reach."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

backfill = Table(
    "backfill",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("author", String(64), nullable=False, server_default=""),
    Column("since", UtcDateTime, nullable=False),
    Column("webinar_ids", JSON, nullable=False),  # Zoom's ids; empty: whatever there is
    Column("account_ids", JSON, nullable=False),
    Column("is_dry", Boolean, nullable=False, server_default=false()),
    Column("is_quiet", Boolean, nullable=False, server_default=false()),
    # finding checking syncing stopping done failed stopped
    Column("state", String(16), nullable=False, server_default="finding"),
    zero("done"),  # lists read of Zoom's history, of `total`
    zero("total"),
    Column("not_before", UtcDateTime, nullable=False),
    zero("attempts"),
    Column("message", Text, nullable=False, server_default=""),
    Column("gaps", Text, nullable=False, server_default=""),  # why some may not be found
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("ix_backfill_portal", "portal_id", "created_at"),
    Index(
        "ix_backfill_open",
        "not_before",
        sqlite_where=text("state IN ('finding', 'checking', 'syncing', 'stopping')"),
        postgresql_where=text("state IN ('finding', 'checking', 'syncing', 'stopping')"),
    ),
)

backfill_webinar = Table(
    "backfill_webinar",
    metadata,
    Column("id", Key, primary_key=True),
    Column("backfill_id", ForeignKey("backfill.id"), nullable=False),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False, index=True),
    Column("account_id", String(64), nullable=False),
    Column("webinar_id", String(32), nullable=False),
    Column("topic", Text, nullable=False, server_default=""),
    Column("host_id", String(64), nullable=False, server_default=""),
    Column("host_email", String(255), nullable=False, server_default=""),
    Column("starts_at", UtcDateTime),  # of the newest date
    Column("sessions", JSON, nullable=False),  # [uuid, start, end], as the history tells
    Column("plan", JSON),  # what Zoom's detail says of it; None until it was asked
    Column("kept", String(16), nullable=False, server_default=""),
    Column("lost", Text, nullable=False, server_default=""),
    Column("is_known", Boolean, nullable=False, server_default=false()),
    Column("left_out", String(32), nullable=False, server_default=""),  # by which switch
    # found waiting running done failed known left_out nothing
    Column("state", String(16), nullable=False, server_default="found"),
    Column("message", Text, nullable=False, server_default=""),
    Column("webinar_pk", ForeignKey("webinar.id"), index=True),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("backfill_id", "account_id", "webinar_id"),
    Index("ix_backfill_webinar_state", "backfill_id", "state"),
)
