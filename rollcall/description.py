"""What a plugin declares about itself, read once when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class PluginDescription:
    """Name, version and needs of a plugin.

    ``name`` is unique and stays the same for ever (a-z, 0-9, ``_``, ``-``; at most 40 characters).
    ``settings_schema`` is a marshmallow schema class (or None): the console makes a form of it and
    the plugin gets loaded values. ``defaults`` fill in what a portal has not set.
    ``contact_properties`` are read along with the contact and shown in ``context.contact``.
    """

    name: str
    title: str
    version: str
    summary: str = ""
    settings_schema: type[Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    contact_properties: tuple[str, ...] = ()
