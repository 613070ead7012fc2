"""Who is gone from HubSpot: addresses as keyed hashes, and contacts by id."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, String, Table

from store.tables.base import metadata

gone_address = Table(
    "gone_address",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("digest", String(40), nullable=False),  # the address, hashed with the portal's key
    Column("kind", String(8), nullable=False),  # deleted erased
    Column("contact_id", String(32), nullable=False, server_default=""),  # "" when erased
    PrimaryKeyConstraint("portal_id", "digest"),
    Index("ix_gone_address_contact", "portal_id", "contact_id"),
)

gone_contact = Table(
    "gone_contact",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("contact_id", String(32), nullable=False),
    # erased: kept, for whoever turns out to have been this contact.
    # deleted: nobody we know; kept until the bin tells its addresses.
    Column("kind", String(8), nullable=False),
    PrimaryKeyConstraint("portal_id", "contact_id", "kind"),
)
