"""What webinars ask of people who register, and the contact properties that may answer."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, PrimaryKeyConstraint, String, Table, Text

from store.tables.base import metadata
from store.types import UtcDateTime

registration_form = Table(
    "registration_form",
    metadata,
    Column("webinar_pk", ForeignKey("webinar.id"), primary_key=True),
    Column("questions", JSON(none_as_null=True)),  # null: never read
    Column("read_at", UtcDateTime, nullable=False),  # when Zoom was last asked
    Column("problem", Text, nullable=False, server_default=""),  # why Zoom did not show them
)

contact_property = Table(
    "contact_property",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("label", Text, nullable=False),
    Column("type", String(32), nullable=False),
    Column("options", JSON, nullable=False),  # [[internal value, label], ...]
    PrimaryKeyConstraint("portal_id", "name"),
)
