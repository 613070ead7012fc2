"""What workflows ask for: one row each time a contact reaches the action."""

from __future__ import annotations

from sqlalchemy import (
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

registration_request = Table(
    "registration_request",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("callback_id", String(255), nullable=False),  # HubSpot's; the same when it asks again
    Column("received_at", UtcDateTime, nullable=False),
    # as HubSpot said
    Column("contact_id", String(32), nullable=False),
    Column("email", String(255), nullable=False, server_default=""),  # lower-case
    Column("first_name", String(255), nullable=False, server_default=""),
    Column("last_name", String(255), nullable=False, server_default=""),
    Column("webinar_input", String(512), nullable=False, server_default=""),
    # what that was found to mean, "" until then
    Column("account_id", String(64), nullable=False, server_default=""),
    Column("webinar_id", String(32), nullable=False, server_default=""),
    Column("occurrence_id", String(64), nullable=False, server_default=""),
    # waiting; sending: a call is on its way, or what became of it is unknown; done
    Column("state", String(16), nullable=False, server_default="waiting"),
    # When it is worked on next, and for "done" when HubSpot is told; None: nothing left to do.
    Column("due_at", UtcDateTime),
    zero("attempts"),
    zero("sendings"),  # calls to Zoom that may have counted
    Column("sent_at", UtcDateTime),
    Column(
        "must_go_alone", Boolean, nullable=False, server_default=false()
    ),  # never in a batch again
    # what came of it
    Column("outcome", String(32), nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    Column("registrant_id", String(128), nullable=False, server_default=""),
    Column("join_url", Text, nullable=False, server_default=""),  # as told to the workflow
    # Blocked: HubSpot was told to wait, and waits for our completion until it expires.
    Column("is_blocked", Boolean, nullable=False, server_default=false()),
    Column("blocked_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("completing_at", UtcDateTime),  # the completion is on its way, or was accepted
    Column("completed_at", UtcDateTime),
    UniqueConstraint("portal_id", "callback_id"),
    Index(
        "ix_registration_request_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("ix_registration_request_email", "portal_id", "email"),
    Index("ix_registration_request_contact", "portal_id", "contact_id"),
    Index("ix_registration_request_webinar", "portal_id", "webinar_id", "sent_at"),
)
