"""What codes are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping

OUTCOMES = (
    ("in_sync", "In sync"),
    ("excluded", "Excluded"),
    ("failing", "Failing"),
    ("waiting", "Waiting"),
)

REASONS: Mapping[str, str] = {
    "hubspot_user": "user of the HubSpot account",
    "excluded_domain": "excluded domain",
    "invalid_email": "address not valid",
    "secondary_email": "secondary address of a contact",
    "no_email": "no address",
    "unmatched": "nobody known",
    "deleted_contact": "contact was deleted",
    "privacy_deleted": "data erased on demand",
    "role": "host or panelist",
    "denied": "registration denied",
    "not_approved": "registration not approved",
    "sync_off": "sync is off",
    "zoom_events": "part of a Zoom Event",
    "provisional": "numbers are not final",
    "unconfirmed": "not yet seen in HubSpot",
    "held_secondary": "held: secondary address",
    "plugin_unavailable": "waits for a plugin",
    "rate_limited": "waits for HubSpot's limit",
    "reconnect": "waits for a connection",
    "queued": "queued",
    "retrying": "tried again soon",
    "pending_approval": "host has not approved yet",
    "rejected": "HubSpot refused",
    "plugin_failed": "a plugin failed",
    "not_confirmed": "never seen in HubSpot",
}

STATUSES: Mapping[str, tuple[str, str]] = {
    "off": ("", "Off"),
    "planned": ("", "To come"),
    "waiting": ("warn", "Waiting for Zoom"),
    "syncing": ("warn", "Syncing"),
    "healthy": ("good", "Healthy"),
    "attention": ("bad", "Needs attention"),
}
"""A webinar's status: how it looks, and its words."""

RECORDING_STATES: Mapping[str, tuple[str, str]] = {
    "processing": ("warn", "Zoom still works on it"),
    "available": ("good", "Available"),
    "trashed": ("", "In Zoom's trash"),
    "deleted": ("", "Deleted in Zoom"),
    "unavailable": ("bad", "Not available"),
}
"""A recording's state: how it looks, and its words."""

TRANSCRIPT_STATES: Mapping[str, str] = {
    "missing": "no transcript",
    "processing": "transcript in the making",
    "available": "with transcript",
    "gone": "transcript gone",
}


def reason_words(reason: str) -> str:
    """A reason in words; a plugin's own as it names it."""
    if reason.startswith("plugin:"):
        return reason.removeprefix("plugin:").replace(":", ": ")
    return REASONS.get(reason, reason.replace("_", " "))
