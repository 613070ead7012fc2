"""The contract: everything a plugin may import. It needs the standard library and pluggy."""

from rollcall.context import ContactMatch, ContactSnapshot, Context, Tenant, Totals
from rollcall.description import PluginDescription
from rollcall.effects import (
    EXCLUSION_REASONS,
    Audience,
    AuditEntry,
    ContactWanted,
    Effect,
    Exclusion,
    FollowUp,
    MarketingParticipation,
    Overwrite,
    Participation,
    PropertyUpdate,
    TimelineEvent,
)
from rollcall.errors import NeedsAttention, Permanent, PluginError, Retryable, RollcallError
from rollcall.events import (
    Attendance,
    Identity,
    Occurrence,
    Person,
    Recording,
    Registrant,
    RegistrantStatus,
    Role,
    Webinar,
)
from rollcall.hookspecs import hookimpl

__all__ = [
    "EXCLUSION_REASONS",
    "Attendance",
    "Audience",
    "AuditEntry",
    "ContactMatch",
    "ContactSnapshot",
    "ContactWanted",
    "Context",
    "Effect",
    "Exclusion",
    "FollowUp",
    "Identity",
    "MarketingParticipation",
    "NeedsAttention",
    "Occurrence",
    "Overwrite",
    "Participation",
    "Permanent",
    "Person",
    "PluginDescription",
    "PluginError",
    "PropertyUpdate",
    "Recording",
    "Registrant",
    "RegistrantStatus",
    "Retryable",
    "Role",
    "RollcallError",
    "Tenant",
    "TimelineEvent",
    "Totals",
    "Webinar",
    "hookimpl",
]
