"""The contract: everything a plugin may import. It needs the standard library and pluggy.

``__version__`` is the contract's own version, whatever the application around it is called: what
is added raises the second number, what is changed or taken away the first.
"""

from rollcall.context import ContactMatch, ContactSnapshot, Context, Tenant, Totals
from rollcall.description import PluginDescription
from rollcall.effects import (
    EXCLUSION_REASONS,
    Audience,
    AuditEntry,
    CallRecord,
    ContactWanted,
    Effect,
    Exclusion,
    FollowUp,
    MarketingEventText,
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

__version__ = "1.0.0"

__all__ = [
    "EXCLUSION_REASONS",
    "Attendance",
    "Audience",
    "AuditEntry",
    "CallRecord",
    "ContactMatch",
    "ContactSnapshot",
    "ContactWanted",
    "Context",
    "Effect",
    "Exclusion",
    "FollowUp",
    "Identity",
    "MarketingEventText",
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
