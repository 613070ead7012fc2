"""What was written: the ledger of effects, runs, leases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

effect = Table(
    "effect",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("key", String(255), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("occurrence_pk", ForeignKey("occurrence.id")),  # None: the contact write
    Column("occurrence_person_pk", ForeignKey("occurrence_person.id"), index=True),
    Column("person_pk", ForeignKey("person.id"), index=True),
    # planned sending applied unconfirmed rejected cannot_change withdrawn
    Column("state", String(16), nullable=False, server_default="planned"),
    Column("wanted", JSON, nullable=False),
    Column("wanted_hash", String(64), nullable=False),
    Column("applied", JSON),
    Column("applied_hash", String(64), nullable=False, server_default=""),
    Column("applied_at", UtcDateTime),
    Column("remote_id", String(64), nullable=False, server_default=""),
    Column("plugin", String(64), nullable=False, server_default=""),
    Column("plugin_version", String(32), nullable=False, server_default=""),
    Column("batch_id", String(36), nullable=False, server_default=""),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    zero("attempts"),
    zero("doubts"),  # times it was in doubt in a way that may not last, see mark_unconfirmed
    Column("not_before", UtcDateTime),
    Column("error", Text, nullable=False, server_default=""),
    Column("run_id", String(36), nullable=False, server_default=""),
    UniqueConstraint("portal_id", "key"),
    Index("ix_effect_work", "occurrence_pk", "kind", "state"),
    Index(
        "ix_effect_open",
        "portal_id",
        "state",
        sqlite_where=text("state IN ('planned', 'sending', 'unconfirmed')"),
        postgresql_where=text("state IN ('planned', 'sending', 'unconfirmed')"),
    ),
)

run = Table(
    "run",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("group_id", String(36), nullable=False, index=True),  # one Sync now, many occurrences
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("webinar_pk", ForeignKey("webinar.id"), nullable=False, index=True),
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False),
    Column("trigger", String(16), nullable=False),  # webhook schedule sync_now setting confirm ...
    Column("pool", String(8), nullable=False),  # live bulk
    Column("state", String(16), nullable=False, server_default="queued"),
    Column("must_read", Boolean, nullable=False, server_default=false()),  # page Zoom first
    Column("must_verify", Boolean, nullable=False, server_default=false()),  # read HubSpot again
    Column("is_dry", Boolean, nullable=False, server_default=false()),
    Column("is_replay", Boolean, nullable=False, server_default=false()),  # Zoom unread
    Column("is_withdrawal", Boolean, nullable=False, server_default=false()),
    Column("settings_patch", JSON),
    Column("settings_version", Integer, nullable=False, server_default=text("0")),
    Column("not_before", UtcDateTime, nullable=False),
    zero("attempts"),
    Column("message", Text, nullable=False, server_default=""),
    zero("done"),
    zero("total"),
    zero("created"),
    zero("updated"),
    zero("unchanged"),
    zero("excluded"),
    zero("failed"),
    zero("withdrawn"),
    zero("cannot_change"),
    zero("unconfirmed"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index(
        "ix_run_ready",
        "pool",
        "not_before",
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
    Index("ix_run_occurrence", "occurrence_pk", "state"),
)

run_change = Table(
    "run_change",
    metadata,
    Column("id", Key, primary_key=True),
    Column("run_id", ForeignKey("run.id"), nullable=False, index=True),
    Column("email", String(255), nullable=False),
    Column("effect", String(32), nullable=False),
    Column("property", String(128), nullable=False, server_default=""),
    Column("before", Text),
    Column("after", Text),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until_ms", Key, nullable=False),  # milliseconds since 1970 by the database's clock
    Column("fence", Integer, nullable=False),
)
