"""What arrived: deliveries, stored before they are answered."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text, text

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

inbox = Table(
    "inbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("source", String(16), nullable=False),  # zoom | hubspot
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the signed body
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("received_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False, server_default="new"),  # new done ignored dead
    Column("event", String(64), nullable=False, server_default=""),
    Column("account_id", String(64), nullable=False, server_default=""),
    zero("attempts"),
    Column("not_before", UtcDateTime),  # tried in vain: left alone until then
    Column("error", Text, nullable=False, server_default=""),
    Index(
        "ix_inbox_new",
        "id",
        sqlite_where=text("state = 'new'"),
        postgresql_where=text("state = 'new'"),
    ),
    Index(
        "ix_inbox_dead",
        "account_id",
        "id",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
    ),
)
