"""Who is asked what: the hooks that return effects, and the statuses they hear of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "should_exclude": "person",
        "on_registrant": "registrant",
        "on_attendance": "attendance",
        "on_recording": "recording",
    }
)
"""By hook: the name of what it is asked about; every hook gets ``context`` beside it."""

EFFECT_HOOKS = ("on_registrant", "on_attendance", "on_recording")

DECIDED = ("approved", "cancelled")
"""Plugins hear of a registration once Zoom's side has decided about it."""
