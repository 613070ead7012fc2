"""What Zoom says: webinars, occurrences, instances, registrations, sessions."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

webinar = Table(
    "webinar",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("webinar_id", String(32), nullable=False),
    Column("topic", Text, nullable=False, server_default=""),
    Column("host_id", String(64), nullable=False, server_default=""),
    Column("host_email", String(255), nullable=False, server_default=""),
    Column("type", Integer, nullable=False, server_default=text("5")),
    Column("start_at", UtcDateTime),
    Column("duration_seconds", Integer, nullable=False, server_default=text("0")),
    Column("time_zone", String(64), nullable=False, server_default=""),
    Column("public_url", Text, nullable=False, server_default=""),
    Column("approval_type", Integer, nullable=False, server_default=text("2")),
    Column("registration_type", Integer, nullable=False, server_default=text("1")),
    Column("is_zoom_events", Boolean, nullable=False, server_default=false()),
    # none local cloud; "" until Zoom said so
    Column("auto_recording", String(16), nullable=False, server_default=""),
    Column("panelists", JSON, nullable=False),  # lower-case addresses
    Column("status", String(16), nullable=False, server_default="scheduled"),  # scheduled deleted
    Column("sync", String(8), nullable=False, server_default="default"),  # default on off
    Column("recordings", String(8), nullable=False, server_default="default"),
    Column("detail_read_at", UtcDateTime),
    # When Zoom's list of webinars was last looked at for it: only the list tells Zoom Events.
    Column("listed_at", UtcDateTime),
    UniqueConstraint("portal_id", "account_id", "webinar_id"),
    Index("ix_webinar_account", "account_id", "webinar_id"),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("webinar_pk", ForeignKey("webinar.id"), nullable=False),
    Column("occurrence_id", String(64), nullable=False),  # "" for a single webinar
    # Holds the registrations that cover a whole series; never an event of its own.
    Column("is_series", Boolean, nullable=False, server_default=false()),
    Column("start_at", UtcDateTime),
    Column("duration_seconds", Integer, nullable=False, server_default=text("0")),
    Column("status", String(16), nullable=False, server_default="scheduled"),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("length_seconds", Integer, nullable=False, server_default=text("0")),
    # When something is next due (a read, a read-back, a retry); the scheduler makes a run of it.
    Column("next_due_at", UtcDateTime, index=True),
    Column("next_read_at", UtcDateTime),
    zero("reads"),  # reads of Zoom begun; numbers them
    Column("read_at", UtcDateTime),  # start of the last complete read
    Column("read_digest", String(64), nullable=False, server_default=""),
    Column("read_problem", Text, nullable=False, server_default=""),
    Column("settled_at", UtcDateTime),
    # Brought in by a quiet backfill: what is written because of it is marked as historical.
    Column("is_historical", Boolean, nullable=False, server_default=false()),
    # Attendance came from the plain list of participants: the report may not be read.
    Column("is_reduced", Boolean, nullable=False, server_default=false()),
    Column("is_told_overdue", Boolean, nullable=False, server_default=false()),  # alerted of
    Column("recordings_due_at", UtcDateTime),  # when Zoom's recordings are listed (again)
    Column("recordings_problem", Text, nullable=False, server_default=""),
    # Zoom's own figures, from the last complete read; None until there is one.
    Column("report_rows", Integer),
    Column("zoom_people", Integer),
    UniqueConstraint("webinar_pk", "occurrence_id"),
    Index("ix_occurrence_portal", "portal_id"),
)

instance = Table(
    "instance",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False, index=True),
    Column("uuid", String(128), nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("participants_count", Integer),
    Column("is_rehearsal", Boolean, nullable=False, server_default=false()),
    Column("rows_read", Integer),
    # The last read brought fewer rows than the one before: believed only when it happens again.
    Column("has_shrunk", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("portal_id", "uuid"),
)

registration_fact = Table(
    "registration_fact",
    metadata,
    Column("id", Key, primary_key=True),
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False),
    Column("email", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("occurrence_pk", "email", "status", "at"),
)

registrant_alias = Table(
    "registrant_alias",
    metadata,
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False),
    Column("registrant_id", String(128), nullable=False),
    Column("email", String(255), nullable=False),
    PrimaryKeyConstraint("occurrence_pk", "registrant_id"),
)

session = Table(
    "session",
    metadata,
    Column("id", Key, primary_key=True),
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False),
    Column("instance_pk", ForeignKey("instance.id"), nullable=False),
    Column("row_key", String(64), nullable=False),  # hash of who and when: one row per join
    Column("registrant_id", String(128), nullable=False, server_default=""),
    Column("email", String(255), nullable=False, server_default=""),
    Column("zoom_user_id", String(128), nullable=False, server_default=""),
    Column("name", String(255), nullable=False, server_default=""),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    Column("seconds", Integer, nullable=False),
    Column("read_number", Integer, nullable=False),
    UniqueConstraint("instance_pk", "row_key"),
    Index("ix_session_occurrence", "occurrence_pk"),
)
