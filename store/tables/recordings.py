"""What Zoom says of recordings: one row a session that was recorded, and one a file of it.

Moments are kept by kind of event, so that events may come in any order and any number of times.
Neither download tokens nor passcodes are stored.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

recording = Table(
    "recording",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("occurrence_pk", ForeignKey("occurrence.id"), index=True),  # None: not placed yet
    Column("uuid", String(128), nullable=False),  # of the session
    # As the newest description said: an event counts as of its moment, a list as of its read.
    Column("described_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("duration_seconds", Integer, nullable=False, server_default=text("0")),
    Column("share_url", Text, nullable=False, server_default=""),
    # Events that named no single file concern all of them.
    Column("trashed_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    Column("recovered_at", UtcDateTime),
    # Set once, when the recording is first planned: the call record's external id.
    Column("external_id", String(128), nullable=False, server_default=""),
    Column(
        "planned_run", String(36), nullable=False, server_default=""
    ),  # the last that planned it
    Column("problem", String(32), nullable=False, server_default=""),  # why nothing is wanted of it
    Column("event_text", Text, nullable=False, server_default=""),  # for the marketing event
    Column("entries", JSON),  # lines plugins wrote for the audit log
    UniqueConstraint("portal_id", "uuid"),
)

recording_file = Table(
    "recording_file",
    metadata,
    Column("id", Key, primary_key=True),
    Column("recording_pk", ForeignKey("recording.id"), nullable=False),
    Column("file_id", String(128), nullable=False),
    Column("file_type", String(16), nullable=False),  # MP4 M4A TRANSCRIPT
    Column("size", Integer, nullable=False, server_default=text("0")),  # bytes
    Column("completed_at", UtcDateTime),
    Column("trashed_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    Column("recovered_at", UtcDateTime),
    Column("listed_at", UtcDateTime),  # start of the last read that listed it as completed
    Column("missed_at", UtcDateTime),  # start of the last read that did not list it
    zero("missed_reads"),  # in a row
    UniqueConstraint("recording_pk", "file_id"),
)
