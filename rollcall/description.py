"""What a plugin declares about itself, read once when it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Migrate = Callable[[Mapping[str, Any], int], Mapping[str, Any]]

SETTINGS_VERSION = "$version"
"""Beside a plugin's stored settings: the version of their shape."""


@dataclass(frozen=True, slots=True)
class PluginDescription:
    """Name, version and needs of a plugin.

    ``name`` is unique and stays the same for ever (a-z, 0-9, ``_``, ``-``; at most 40 characters).
    ``settings_schema`` is a marshmallow schema class (or None): the console makes a form of it and
    the plugin gets loaded values. ``defaults`` fill in what a portal has not set.
    ``contact_properties`` are read along with the contact and shown in ``context.contact``.

    ``settings_version`` counts the shapes the settings have had: raise it when what portals stored
    before does not mean the same any more, and say in ``migrate_settings`` what it means now. That
    is called with stored values and the version they are of, and returns values of the present one.
    """

    name: str
    title: str
    version: str
    summary: str = ""
    settings_schema: type[Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    contact_properties: tuple[str, ...] = ()
    settings_version: int = 1
    migrate_settings: Migrate | None = None


def upgrade_settings(
    stored: Mapping[str, Any], version: int, migrate: Migrate | None
) -> dict[str, Any]:
    """Stored values as ``version`` of their shape means them, without the mark they carry.

    Values without a mark are of version 1. Raises ValueError for those of a later version, and
    whatever ``migrate`` raises.
    """
    values = {name: value for name, value in stored.items() if name != SETTINGS_VERSION}
    of = stored.get(SETTINGS_VERSION, 1)
    if isinstance(of, bool) or not isinstance(of, int) or of < 1:
        raise ValueError(f"their version is no version: {of!r}")
    if of > version:
        raise ValueError(f"they are of version {of}, and this plugin knows {version} at most")
    if of == version or migrate is None or not values:
        return values
    return dict(migrate(MappingProxyType(values), of))


def mark_settings(values: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The values as they are stored, marked with the version of their shape; 1 needs no mark."""
    return {**values, SETTINGS_VERSION: version} if version > 1 else dict(values)
