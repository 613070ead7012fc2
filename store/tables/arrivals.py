"""What arrived: deliveries, stored before they are answered."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text, text

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime


def _index(name: str, *columns: str, where: str) -> Index:
    """An index over a part of the table, however large the rest of it is."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


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
    Column("not_before", UtcDateTime),  # put off, or replayed: left alone until then
    zero("deaths"),  # of processes that were merging it alone, one still at it included
    Column("error", Text, nullable=False, server_default=""),
    _index("ix_inbox_fresh", "id", where="state = 'new' AND not_before IS NULL"),
    _index(
        "ix_inbox_put_off", "not_before", "id", where="state = 'new' AND not_before IS NOT NULL"
    ),
    _index("ix_inbox_dead", "account_id", "id", where="state = 'dead'"),
    Index("ix_inbox_account", "account_id", "id"),
)
