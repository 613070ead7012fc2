"""How plugins fare: which of them keep failing, and which are not asked any more."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table, Text

from store.tables.base import metadata, zero
from store.types import UtcDateTime

plugin_trouble = Table(
    "plugin_trouble",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("plugin", String(64), nullable=False),
    Column("version", String(32), nullable=False),  # that failed; another begins anew
    zero("offences"),  # in a row; a proper answer takes the row away
    Column("why", Text, nullable=False),  # the last one, in words; names no person
    Column("paused_at", UtcDateTime),  # from then on it is not asked
    PrimaryKeyConstraint("portal_id", "plugin"),
)
