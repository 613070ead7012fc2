"""What operators are to be told: alerts on their way out, gone once somebody took them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Table

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

alert = Table(
    "alert",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False, index=True),
    Column("body", JSON, nullable=False),  # as it is sent; names no person
    zero("attempts"),
    Column("not_before", UtcDateTime, nullable=False),
)
