"""Who leaves: what is still to be erased, and what is remembered of the ledger, as keyed hashes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table

from store.tables.base import metadata
from store.types import UtcDateTime

erasure = Table(
    "erasure",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("account_id", String(64), nullable=False),  # the Zoom account; "": everything
    Column("due_at", UtcDateTime, nullable=False, index=True),
    # Erased again then, for what was on its way; the row goes with it.
    Column("last_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("portal_id", "account_id"),
)

past_effect = Table(
    "past_effect",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("digest", String(40), nullable=False),  # the effect's key, hashed with the portal's key
    # What was applied, hashed likewise; "": look for it in HubSpot before sending it.
    Column("payload_digest", String(40), nullable=False, server_default=""),
    Column("applied_at", UtcDateTime),
    Column("until", UtcDateTime, nullable=False, index=True),
    PrimaryKeyConstraint("portal_id", "digest"),
)
