"""Each switch that keeps data from being synced: what is off, and where it is switched on."""

from __future__ import annotations

from collections.abc import Mapping

from engine.causes import ActionName
from engine.effective import WhyNot

SWITCHES: Mapping[WhyNot, tuple[str, str, ActionName]] = {
    "global_off": (
        "Webinar sync is off for the whole account.",
        "An admin has to switch on webinar sync in Global settings first.",
        "open_settings",
    ),
    "host_not_selected": (
        "Webinars are synced for selected users, and this webinar's host is not one of them.",
        "Add the host to the selected users in Global settings, or choose all users.",
        "open_settings",
    ),
    "host_domain_excluded": (
        "The host's e-mail domain is in the list of excluded host domains.",
        "Remove the domain from Exclusions in Global settings.",
        "open_settings",
    ),
    "webinar_off": (
        "Sync is switched off for this webinar.",
        "Switch it on in the webinar's own settings.",
        "open_webinar_settings",
    ),
    "user_off": (
        "New webinars of this host are not synced by default.",
        "Switch on sync for this webinar, or new webinars in the host's user settings.",
        "open_webinar_settings",
    ),
    "recordings_global_off": (
        "Recordings and transcripts are off for the whole account.",
        "An admin has to switch on recordings in Global settings first.",
        "open_settings",
    ),
    "recordings_host_not_selected": (
        "Recordings are synced for selected users, and this webinar's host is not one of them.",
        "Add the host to the selected users in Global settings, or choose all users.",
        "open_settings",
    ),
    "recordings_domain_excluded": (
        "The host's e-mail domain is in the list of recording exclusions.",
        "Remove the domain from Recording exclusions in Global settings.",
        "open_settings",
    ),
    "recordings_off": (
        "Recordings are switched off for this webinar.",
        "Switch them on in the webinar's own settings.",
        "open_webinar_settings",
    ),
    "user_recordings_off": (
        "Recordings of this host's webinars are not synced.",
        "Switch on recordings for this webinar, or in the host's user settings.",
        "open_webinar_settings",
    ),
}
"""What is off, what mends it, and the button, by the first switch that is off."""
