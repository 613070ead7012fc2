"""Is this webinar, or its recordings, to be synced? The switches as one formula, evaluated now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

Scope = Literal["none", "all", "selected"]
Switch = Literal["default", "on", "off"]
WhyNot = Literal[
    "global_off",
    "host_not_selected",
    "host_domain_excluded",
    "webinar_off",
    "user_off",
    "recordings_global_off",
    "recordings_host_not_selected",
    "recordings_domain_excluded",
    "recordings_off",
    "user_recordings_off",
]


class SyncSettings(Protocol):
    """The settings the formula reads; the portal's `Settings` are one."""

    @property
    def webinar_sync(self) -> Scope: ...
    @property
    def webinar_sync_users(self) -> tuple[str, ...]: ...
    @property
    def recording_sync(self) -> Scope: ...
    @property
    def recording_sync_users(self) -> tuple[str, ...]: ...
    @property
    def excluded_host_domains(self) -> tuple[str, ...]: ...
    @property
    def excluded_recording_domains(self) -> tuple[str, ...]: ...


def why_webinar_not(
    settings: SyncSettings,
    host_id: str,
    host_email: str,
    webinar_sync: str,
    user_sync_new_webinars: bool | None,
) -> WhyNot | None:
    """The first switch that keeps the webinar from being synced, None when it is synced.

    ``webinar_sync`` is the webinar's own switch. ``user_sync_new_webinars`` is the host's; None
    for a host not known yet counts as on, as every user's switches start.
    """
    if settings.webinar_sync == "none":
        return "global_off"
    if settings.webinar_sync == "selected" and host_id not in settings.webinar_sync_users:
        return "host_not_selected"
    if is_domain_listed(host_email, settings.excluded_host_domains):
        return "host_domain_excluded"
    if webinar_sync == "off":
        return "webinar_off"
    if webinar_sync != "on" and user_sync_new_webinars is False:
        return "user_off"
    return None


def why_recordings_not(
    settings: SyncSettings,
    host_id: str,
    host_email: str,
    webinar_sync: str,
    user_sync_new_webinars: bool | None,
    webinar_recordings: str,
    user_sync_recordings: bool | None,
) -> WhyNot | None:
    """The first switch that keeps the recordings from being synced, None when they are synced."""
    webinar = why_webinar_not(settings, host_id, host_email, webinar_sync, user_sync_new_webinars)
    if webinar is not None:
        return webinar
    if settings.recording_sync == "none":
        return "recordings_global_off"
    if settings.recording_sync == "selected" and host_id not in settings.recording_sync_users:
        return "recordings_host_not_selected"
    if is_domain_listed(host_email, settings.excluded_recording_domains):
        return "recordings_domain_excluded"
    if webinar_recordings == "off":
        return "recordings_off"
    if webinar_recordings != "on" and user_sync_recordings is False:
        return "user_recordings_off"
    return None


def is_webinar_effective(
    settings: SyncSettings,
    host_id: str,
    host_email: str,
    webinar_sync: str,
    user_sync_new_webinars: bool | None,
) -> bool:
    """Whether the webinar is synced; see `why_webinar_not`."""
    return (
        why_webinar_not(settings, host_id, host_email, webinar_sync, user_sync_new_webinars) is None
    )


def are_recordings_effective(
    settings: SyncSettings,
    host_id: str,
    host_email: str,
    webinar_sync: str,
    user_sync_new_webinars: bool | None,
    webinar_recordings: str,
    user_sync_recordings: bool | None,
) -> bool:
    """Whether the webinar's recordings are synced; see `why_recordings_not`."""
    return (
        why_recordings_not(
            settings,
            host_id,
            host_email,
            webinar_sync,
            user_sync_new_webinars,
            webinar_recordings,
            user_sync_recordings,
        )
        is None
    )


def is_domain_listed(address: str, rules: Sequence[str]) -> bool:
    """Whether the address's domain is one of the rules', or below a ``*.`` rule's."""
    domain = _ascii(address.rpartition("@")[2])
    return any(
        domain.endswith("." + _ascii(rule[2:])) if rule.startswith("*.") else domain == _ascii(rule)
        for rule in rules
    )


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.lower()
