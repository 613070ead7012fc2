"""The plugins, their forms, their order, and how they fare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.parts import parts
from api.settings import change_settings, json_object
from plugins.registry import LoadedPlugin
from schemas.api_portal import PluginListSchema
from schemas.tenant_settings import PluginChoice, Settings
from store.database import reading
from store.plugin_health import read_plugin_health
from store.settings import read_settings

blueprint = new_blueprint("plugins", "Plugins of this installation, and the portal's choices.")

_UNKNOWN_SCHEMA: dict[str, Any] = {"type": "object"}


@blueprint.get("/plugins")
@blueprint.response(200, PluginListSchema)
def get_plugins() -> dict[str, Any]:
    """Every plugin in the order they are asked, and those that could not be loaded."""
    return _show_all()


@blueprint.patch("/plugins")
@blueprint.doc(
    requestBody={
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "By plugin name: `enabled`, `order`, `settings`.",
                    "additionalProperties": {"type": "object"},
                }
            }
        }
    }
)
@blueprint.response(200, PluginListSchema)
def patch_plugins() -> dict[str, Any]:
    """Switch plugins on or off, order them, or change their settings; by plugin name."""
    require_super_admin()
    change_settings({"plugins": json_object()})
    return _show_all()


def _show_all() -> dict[str, Any]:
    registry, portal_id = parts().registry, caller().portal_id
    with reading(parts().engine) as connection:
        _, settings = read_settings(connection, portal_id)
        health = read_plugin_health(connection, portal_id)
    loaded = {plugin.name: plugin for plugin in registry.plugins}
    on = settings.plugin_order(list(loaded))
    off = [name for name in loaded if name not in on]
    return {
        "results": [
            _show(name, place, loaded.get(name), settings, name in on, health.get(name, {}))
            for place, name in enumerate([*on, *off])
        ],
        "problems": [
            {"name": problem.name, "what": problem.what, "remedy": problem.remedy}
            for problem in registry.problems
        ],
    }


def _show(
    name: str,
    place: int,
    plugin: LoadedPlugin | None,
    settings: Settings,
    is_on: bool,
    troubles: Mapping[str, int],
) -> dict[str, Any]:
    described = plugin.description if plugin is not None else None
    state = "needs_attention" if troubles else "healthy"
    if plugin is None:
        state = "missing"
    elif not is_on:
        state = "off"
    return {
        "name": name,
        "title": described.title if described else name,
        "version": described.version if described else "",
        "summary": described.summary if described else "",
        "hooks": list(plugin.hooks) if plugin is not None else [],
        "enabled": is_on,
        "order": place,
        "settings": dict(settings.plugins.get(name, PluginChoice()).settings),
        "defaults": dict(described.defaults) if described else {},
        "schema": _form(described.settings_schema) if described else None,
        "health": {
            "state": state,
            "waiting": troubles.get("waiting", 0),
            "failing": troubles.get("failing", 0),
        },
    }


def _form(schema: type[Schema] | None) -> dict[str, Any] | None:
    """The plugin's settings as JSON Schema; a form nobody can make one of is any object."""
    if schema is None:
        return None
    converter: Any = OpenAPIConverter("3.1.0", lambda _: None, None)  # type: ignore[arg-type]
    converter.refs = {}
    try:
        return dict(converter.schema2jsonschema(schema()))
    except Exception:  # the schema is a plugin's own code
        return _UNKNOWN_SCHEMA
