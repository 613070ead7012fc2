"""Who: portals, connections to both platforms, settings, users."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from store.tables.base import metadata
from store.types import Key, UtcDateTime

portal = Table(
    "portal",
    metadata,
    Column("portal_id", String(32), primary_key=True),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    Column("ui_domain", String(255), nullable=False, server_default="app.hubspot.com"),
    Column("installer_user_id", String(64), nullable=False, server_default=""),
    # What the portal offers, as discovered: {"marketing_events": "on", "app_events": "off", ...}
    Column("capabilities", JSON, nullable=False),
    Column("settings_version", Integer, nullable=False, server_default=text("1")),
    Column("users_read_at", UtcDateTime),
    Column("properties_read_at", UtcDateTime),
    Column("discovered_at", UtcDateTime),
    Column("webinars_listed_at", UtcDateTime),
    Column("hash_key", LargeBinary),  # sealed; hashes addresses of people who are gone
    Column("bin_read_at", UtcDateTime),
    # Where the reading of the bin goes on; "" begins anew.
    Column("bin_after", String(255), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
)

connection = Table(
    "connection",
    metadata,
    Column("id", Key, primary_key=True),
    Column("platform", String(16), nullable=False),  # hubspot | zoom
    Column("account_id", String(64), nullable=False),  # portal id | Zoom account id
    Column("user_id", String(64), nullable=False, server_default=""),  # Zoom: who authorised
    Column("tokens", LargeBinary, nullable=False),  # sealed {access, refresh}
    Column("expires_at", UtcDateTime, nullable=False),
    Column("generation", Integer, nullable=False, server_default=text("1")),
    Column("status", String(16), nullable=False, server_default="connected"),
    Column("scopes", JSON, nullable=False),
    Column("api_url", String(255), nullable=False, server_default=""),
    Column("is_reduced", Boolean, nullable=False, server_default=false()),
    # Generation whose refresh was begun: tells a lost answer from a revoked grant.
    Column("refreshing_generation", Integer),
    Column("refreshed_at", UtcDateTime),
    Column("status_changed_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("platform", "account_id", "user_id"),
)

portal_zoom = Table(
    "portal_zoom",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("connection_id", ForeignKey("connection.id"), nullable=False),
    Column("account_id", String(64), nullable=False, index=True),
    Column("business_unit", String(64), nullable=False, server_default=""),
    PrimaryKeyConstraint("portal_id", "connection_id"),
)

setting_version = Table(
    "setting_version",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("values", JSON, nullable=False),
    Column("author", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("portal_id", "version"),
)

hubspot_user = Table(
    "hubspot_user",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("email", String(255), nullable=False),
    Column("is_super_admin", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("portal_id", "user_id"),
)

zoom_user = Table(
    "zoom_user",
    metadata,
    Column("portal_id", ForeignKey("portal.portal_id"), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("email", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("sync_new_webinars", Boolean, nullable=False, server_default=true()),
    Column("sync_recordings", Boolean, nullable=False, server_default=true()),
    PrimaryKeyConstraint("portal_id", "account_id", "user_id"),
)
