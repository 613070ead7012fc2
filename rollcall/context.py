"""What a plugin may see besides the event: values only, never a client or a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

ContactMatch = Literal["primary", "secondary", "none"]
"""How a person's address belongs to a contact."""


@dataclass(frozen=True, slots=True)
class ContactSnapshot:
    """The contact as HubSpot last showed it.

    ``match`` says how the person's address belongs to it (``none``: no contact has this address).
    ``is_deleted`` is True for a contact we once synced and a person deleted since.
    ``properties`` holds the properties that plugins declared they want, by name: a read-only copy
    of what it is made with, because every plugin looks at the same one.
    """

    contact_id: str | None = None
    match: ContactMatch = "none"
    is_deleted: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "properties", MappingProxyType(dict(self.properties)))


@dataclass(frozen=True, slots=True)
class Tenant:
    """The customer: a HubSpot portal and the settings of it that concern every plugin.

    Domains are lower-case; ``*.acme.example`` stands for every sub-domain of ``acme.example``.
    ``recording_target`` says where a recording belongs: to a call record of those who came, or to
    the webinar's marketing event.
    """

    portal_id: str
    excluded_contact_domains: tuple[str, ...] = ()
    contact_exclusion: Literal["full", "update_only"] = "full"
    secondary_email: Literal["skip", "resolve", "hold"] = "skip"
    recreate_deleted: bool = False
    recording_target: Literal["call", "marketing_event"] = "call"


@dataclass(frozen=True, slots=True)
class Totals:
    """The person's figures over all webinars Rollcall has counted, this occurrence included.

    ``average_percent`` is the plain mean of the percent of each attended, settled occurrence, or
    None when there is none. ``last_registered_url`` is the public URL of the webinar registered for
    last, "" when there is none. ``last_join_url`` lets its holder in there in the person's name: it
    is "" unless the portal asked for personal links (its setting ``join_link``).
    """

    registrations: int = 0
    attendances: int = 0
    average_percent: float | None = None
    last_registered_url: str = ""
    last_join_url: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Given to every hook. ``settings`` are the plugin's own, loaded through its schema."""

    tenant: Tenant
    settings: Mapping[str, Any]
    contact: ContactSnapshot
    totals: Totals
    now: datetime
