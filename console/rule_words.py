"""The rules a portal sets and what is written under them, as pages name them."""

from __future__ import annotations

from collections.abc import Mapping

CONTACT_EXCLUSION = (
    ("full", "Write nothing for them"),
    ("update_only", "Update contacts that exist, and make none"),
)
SECONDARY_EMAIL = (
    ("skip", "Exclude the person"),
    ("resolve", "Write to the contact that has the address"),
    ("hold", "Wait until somebody decides"),
)

SETTINGS: Mapping[str, str] = {
    "webinar_sync": "Whose webinars are synced",
    "webinar_sync_users": "Selected Zoom users",
    "recording_sync": "Whose recordings are synced",
    "recording_sync_users": "Selected Zoom users for recordings",
    "excluded_host_domains": "Excluded host domains",
    "excluded_recording_domains": "Excluded recording domains",
    "excluded_contact_domains": "Excluded contact domains",
    "contact_exclusion": "What excluding a contact domain means",
    "secondary_email": "Secondary e-mail addresses",
    "recreate_deleted": "Contacts that were deleted",
    "join_link": "Which join link is written",
    "registration_accounts": "Accounts workflows register for",
    "recording_target": "Where recordings go",
    "question_mapping": "Questions and contact properties",
    "question_answers": "Answers to questions",
    "raw_retention_days": "How long Zoom's words are kept",
}

WRITTEN: Mapping[str, str] = {
    "register": "Registrations",
    "cancel": "Cancellations",
    "attend": "Attendances",
    "app_registered": "Timeline events: registered",
    "app_attended": "Timeline events: attended",
    "app_recording": "Timeline events: recording available",
    "call_contact": "Call records of a recording",
}


def setting_words(name: str) -> str:
    """A setting as the pages call it; a plugin's by the plugin's name."""
    if name.startswith("plugins."):
        return f"Plugin {name.removeprefix('plugins.')}"
    return SETTINGS.get(name, name.replace("_", " ").capitalize())


def written_words(kind: str) -> str:
    """A kind of entry in HubSpot."""
    return WRITTEN.get(kind, kind.replace("_", " ").capitalize())
