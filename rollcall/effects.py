"""What a plugin may ask for. Effects are wishes: the engine diffs, batches, writes and logs them.

A plugin returns these values and never calls HubSpot. Each effect belongs to the person (or the
recording) the hook was asked about, so no effect names anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Overwrite = Literal["always", "if_empty", "never_lower"]
"""How a property update treats what the contact already holds."""

Participation = Literal["register", "attend", "cancel"]
"""HubSpot's subscriber states of a marketing event, in the words of its API."""

Audience = Literal["attended", "registered"]
"""Whom an effect of ``on_recording`` concerns; the engine fans it out page by page."""


EXCLUSION_REASONS = frozenset(
    {
        "deleted_contact",
        "denied",
        "excluded_domain",
        "held_secondary",
        "hubspot_user",
        "invalid_email",
        "no_email",
        "not_approved",
        "privacy_deleted",
        "role",
        "secondary_email",
        "sync_off",
        "unmatched",
        "zoom_events",
    }
)
"""The reasons that every plugin may give in these words and people know from the screens."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A decision not to sync a person.

    ``reason`` is one of :data:`EXCLUSION_REASONS` or a code of the plugin's own (a-z, 0-9, ``_``,
    at most 64), which is shown as ``plugin:<name>:<code>``. Somebody may overrule every reason but
    ``privacy_deleted``. ``detail`` is the rule in words, for example ``domain acme.example in
    Contact exclusions``; it names no person.
    ``hold`` makes the person wait for somebody's decision instead of being left out for good.
    """

    reason: str
    detail: str = ""
    hold: bool = False


@dataclass(frozen=True, slots=True)
class ContactWanted:
    """The person should exist as a contact; names are filled in only where the contact has none."""


@dataclass(frozen=True, slots=True)
class PropertyUpdate:
    """One contact property should hold ``value`` (text, as HubSpot's API wants it; "" clears it).

    ``name`` is the property's internal name (a-z, 0-9, ``_``); ``email``, ``hs_additional_emails``
    and ``hs_object_id`` say who the contact is and are not for plugins.
    """

    name: str
    value: str
    overwrite: Overwrite = "always"


@dataclass(frozen=True, slots=True)
class MarketingParticipation:
    """The person's state in the occurrence's marketing event.

    The engine supplies the moments (registration, first join, last leave, cancellation).
    """

    state: Participation


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An entry on the contact's timeline, from an event type HubSpot approved for the app.

    ``type`` is ``registered``, ``attended`` or ``recording`` (or a partner's own configured type);
    ``properties`` are text values by property name, moments as ISO 8601 in UTC. ``audience`` is
    for ``on_recording`` and required there: whose timelines the event goes to.
    """

    type: str
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call record of the recording in HubSpot, joined to the contacts of ``audience``.

    ``body`` is HTML. ``with_transcript`` gives the call the recording's text once Zoom has it;
    ``with_player`` a link of Rollcall's own that plays without signing in to Zoom. A recording has
    one call record: the first plugin in order that asks for one says what it holds.
    """

    title: str
    body: str
    audience: Audience = "attended"
    with_transcript: bool = True
    with_player: bool = False


@dataclass(frozen=True, slots=True)
class MarketingEventText:
    """Words about the recording in the description of the occurrence's marketing event."""

    text: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line for the audit log, shown to people beside the decision it belongs to."""

    message: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The plugin's own I/O, run later as a job: ``module:function`` and its arguments.

    The function is called as ``function(arguments, settings)``: ``arguments`` as given here,
    ``settings`` the plugin's own, in force when it runs. It has 30 seconds and no other data. For
    one person of an occurrence, the same function and arguments succeed once; what has to be told
    once although figures may be corrected leaves the figures out. If a process dies between the
    success and its note, it runs again, so the arguments should say what makes it one.

    What it raises is tried again a few times, later each time; ``rollcall.errors.Permanent`` is
    not. Texts of :class:`rollcall.errors.RollcallError` are shown to people; of anything else only
    the kind. One that ``on_recording`` returns is not run.
    """

    function: str
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


Effect = (
    ContactWanted
    | PropertyUpdate
    | MarketingParticipation
    | TimelineEvent
    | CallRecord
    | MarketingEventText
    | AuditEntry
    | FollowUp
)
"""What a hook may return.

``on_recording``, which is asked about no single person, takes ``TimelineEvent``, ``AuditEntry``,
``FollowUp``, and alone ``CallRecord`` and ``MarketingEventText``. One answer holds at most 100
effects and 64 KiB of text.
"""
