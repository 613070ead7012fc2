"""Who is meant: people, people of occurrences, decisions."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
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
    true,
)

from store.tables.base import metadata, zero
from store.types import Key, UtcDateTime

person = Table(
    "person",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("email", String(255), nullable=False),
    Column("contact_id", String(32), index=True),
    Column("contact_match", String(16), nullable=False, server_default="none"),
    Column("is_deleted", Boolean, nullable=False, server_default=false()),
    Column("contact", JSON, nullable=False),  # properties as HubSpot last showed them
    Column("other_addresses", JSON),  # keyed hashes of the contact's other addresses
    Column("contact_read_at", UtcDateTime),
    Column("must_read", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("portal_id", "email"),
)

occurrence_person = Table(
    "occurrence_person",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False),
    Column("person_pk", ForeignKey("person.id"), index=True),  # None: Zoom gave no address
    Column("identity_key", String(255), nullable=False),  # the address, or "row:<hash>"
    Column("email", String(255), nullable=False, server_default=""),
    Column("first_name", String(255), nullable=False, server_default=""),
    Column("last_name", String(255), nullable=False, server_default=""),
    Column("identity", String(16), nullable=False),  # registration report none
    Column("has_zoom_identity", Boolean, nullable=False, server_default=true()),
    # folded from the registration facts
    Column("status", String(16)),  # approved pending denied cancelled; None: not registered
    zero("generation"),
    Column("registered_at", UtcDateTime),
    Column("cancelled_at", UtcDateTime),
    zero("listed_in_read"),  # number of the last read whose registrant lists held the person
    zero("absent_reads"),  # complete reads in a row whose lists did not
    # united from the sessions
    zero("attended_seconds"),
    Column("attended_percent", Float, nullable=False, server_default=text("0")),
    Column("first_join_at", UtcDateTime),
    Column("last_leave_at", UtcDateTime),
    zero("joins"),
    zero("attended_in_read"),  # number of the last read whose report held the person
    # dirty: counts changes; decided: the count last decided upon. Unequal means "to be planned".
    zero("dirty"),
    zero("decided"),
    Column("is_live", Boolean, nullable=False, server_default=false()),
    # Changed by a read that has not ended: becomes dirty with the rest when it ends.
    Column("is_pending", Boolean, nullable=False, server_default=false()),
    Column("is_included_by_hand", Boolean, nullable=False, server_default=false()),
    Column("is_released_by_hand", Boolean, nullable=False, server_default=false()),
    # The row of the same contact and occurrence that carries the effects of both; None: this one.
    Column("lead_pk", Key, index=True),
    # The registrant's own way in; kept only where the portal wants it in HubSpot.
    Column("join_url", Text, nullable=False, server_default=""),
    # the decision in force, and what became of it
    Column("outcome", String(16), nullable=False, server_default="waiting"),
    Column("reason", String(128), nullable=False, server_default="queued"),
    Column("detail", Text, nullable=False, server_default=""),
    Column("decided_by", String(64), nullable=False, server_default=""),
    Column("decided_by_version", String(32), nullable=False, server_default=""),
    Column("opinions", JSON, nullable=False),
    Column("is_excluded", Boolean, nullable=False, server_default=false()),
    Column("is_held", Boolean, nullable=False, server_default=false()),
    Column("plugin_failure", Text, nullable=False, server_default=""),
    Column("settings_version", Integer, nullable=False, server_default=text("0")),
    Column("decided_at", UtcDateTime),
    UniqueConstraint("occurrence_pk", "identity_key"),
    Index(
        "ix_occurrence_person_dirty",
        "portal_id",
        "occurrence_pk",
        sqlite_where=text("dirty <> decided"),
        postgresql_where=text("dirty <> decided"),
    ),
    Index("ix_occurrence_person_outcome", "occurrence_pk", "outcome", "reason"),
)

hand_match = Table(
    "hand_match",
    metadata,
    Column("occurrence_pk", ForeignKey("occurrence.id"), nullable=False),
    Column("row_key", String(64), nullable=False),  # of the report's row that names nobody
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False, index=True),
    Column("email", String(255), nullable=False),  # whose row it is, as somebody decided
    Column("author", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("occurrence_pk", "row_key"),
)

decision_log = Table(
    "decision_log",
    metadata,
    Column("id", Key, primary_key=True),
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("occurrence_person_pk", ForeignKey("occurrence_person.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("verdict", String(16), nullable=False),  # sync excluded held
    Column("reason", String(128), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("decided_by", String(64), nullable=False, server_default=""),
    Column("decided_by_version", String(32), nullable=False, server_default=""),
    Column("settings_version", Integer, nullable=False),
    Column("opinions", JSON, nullable=False),
    Column("entries", JSON, nullable=False),  # lines plugins wrote for the audit log
)
