"""A plugin's settings as a portal may store them: of the shape the plugin has now, and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, ValidationError

from rollcall.description import (
    SETTINGS_VERSION,
    Migrate,
    PluginDescription,
    mark_settings,
    upgrade_settings,
)

MAX_PLUGIN_SETTINGS_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class PluginForm:
    """What a plugin's settings are checked with: its marshmallow schema (None: it has no settings).

    ``defaults`` fill in what the portal has not set. ``version`` is that of the settings' shape,
    ``migrate`` brings values of an earlier one to it.
    """

    schema: type[Schema] | None = None
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    version: int = 1
    migrate: Migrate | None = None

    @classmethod
    def of(cls, described: PluginDescription) -> PluginForm:
        """The form of a plugin that describes itself so."""
        return cls(
            described.settings_schema,
            described.defaults,
            described.settings_version,
            described.migrate_settings,
        )

    def stored(self, entered: Mapping[str, Any]) -> dict[str, Any]:
        """What to store for what was entered: of the present version, and marked so.

        Without a mark of its own what was entered is of the present version.
        """
        marked = {SETTINGS_VERSION: self.version, **entered}
        return mark_settings(upgrade_settings(marked, self.version, self.migrate), self.version)


def check_form(
    entered: Mapping[str, Any], form: PluginForm | None
) -> tuple[Mapping[str, Any], Any]:
    """What to store, and what the plugin's schema says against it; None when nothing."""
    if form is None:
        return entered, ["The plugin is not installed, so its settings cannot be checked."]
    if form.schema is None:
        return entered, ["The plugin has no settings."] if entered else None
    if len(json.dumps(entered)) > MAX_PLUGIN_SETTINGS_BYTES:
        return entered, [f"Longer than {MAX_PLUGIN_SETTINGS_BYTES // 1024} KiB."]
    try:
        stored = form.stored(entered)
    except ValueError as error:
        return entered, [f"These settings cannot be used: {error}."]
    except Exception as error:  # migrating is a plugin's own code
        return entered, [f"The plugin could not bring them up to date ({type(error).__name__})."]
    try:
        plain = {name: value for name, value in stored.items() if name != SETTINGS_VERSION}
        form.schema().load({**form.defaults, **plain})
    except ValidationError as error:
        return entered, error.messages
    except Exception as error:  # the schema is a plugin's own code
        return entered, [f"The plugin's own check failed ({type(error).__name__})."]
    return stored, None
