"""The plugins, their forms, their order, and how they fare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.parts import parts
from api.settings import change_settings, json_object
from plugins.registry import LoadedPlugin
from rollcall import PluginError
from rollcall.description import SETTINGS_VERSION
from schemas.api_portal import PluginListSchema
from schemas.tenant_settings import PluginChoice, Settings
from store.database import reading, writing
from store.plugin_health import Trouble, read_plugin_health, read_troubles, retry_plugins
from store.settings import read_settings

log = structlog.get_logger(__name__)

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
                    "description": "By plugin name: `enabled`, `order`, `settings`; `retry`: true"
                    " has the plugin asked again about everybody it failed for, and ends a pause.",
                    "additionalProperties": {"type": "object"},
                }
            }
        }
    }
)
@blueprint.response(200, PluginListSchema)
def patch_plugins() -> dict[str, Any]:
    """Switch plugins on or off, order them, change their settings, or retry them; by name."""
    change_plugins(json_object())
    return _show_all()


def change_plugins(body: dict[str, Any]) -> None:
    """Do what the body says of each plugin; all of it, or nothing."""
    require_super_admin()
    retried = _take_retries(body)
    if body:
        change_settings({"plugins": body})
    if retried:
        _retry(retried)


def _take_retries(body: dict[str, Any]) -> list[str]:
    """The plugins to retry; what is asked for of them is taken out of the body."""
    retried = [
        name for name, choice in body.items() if isinstance(choice, dict) and "retry" in choice
    ]
    problems = []
    for name in retried:
        if body[name].pop("retry") is not True:
            problems.append(f"plugins.{name}.retry: Only true can be said.")
        if parts().registry.find(name) is None:
            problems.append(f"plugins.{name}: There is no plugin of this name.")
        if not body[name]:
            del body[name]
    if problems:
        refuse(400, "A plugin cannot be retried like that; nothing was changed.", problems)
    return retried


def _retry(names: list[str]) -> None:
    given, who = parts(), caller()
    with writing(given.engine) as connection:
        retry_plugins(connection, who.portal_id, names, given.clock())
    log.info("plugins_retried", portal=who.portal_id, plugins=names, user=who.user_id)
    given.ring("bulk")


def _show_all() -> dict[str, Any]:
    registry, portal_id = parts().registry, caller().portal_id
    loaded = {plugin.name: plugin for plugin in registry.plugins}
    versions = {name: plugin.version for name, plugin in loaded.items()}
    with reading(parts().engine) as connection:
        _, settings = read_settings(connection, portal_id)
        people = read_plugin_health(connection, portal_id)
        troubles = read_troubles(connection, portal_id, versions)
    on = settings.plugin_order(list(loaded))
    off = [name for name in loaded if name not in on]
    return {
        "results": [
            _show(name, place, loaded.get(name), settings)
            | {
                "enabled": name in on,
                "health": _health(
                    people.get(name, {}),
                    troubles.get(name),
                    is_missing=name not in loaded,
                    is_on=name in on,
                ),
            }
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
) -> dict[str, Any]:
    described = plugin.description if plugin is not None else None
    entered, problem = _usable(plugin, settings.plugins.get(name, PluginChoice()).settings)
    return {
        "name": name,
        "title": described.title if described else name,
        "version": described.version if described else "",
        "summary": described.summary if described else "",
        "hooks": list(plugin.hooks) if plugin is not None else [],
        "order": place,
        "settings": entered,
        "settings_version": described.settings_version if described else 1,
        "settings_problem": problem,
        "defaults": dict(described.defaults) if described else {},
        "schema": _form(described.settings_schema) if described else None,
    }


def _usable(plugin: LoadedPlugin | None, stored: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The settings as the plugin installed means them, and why it cannot use them."""
    entered = {name: value for name, value in stored.items() if name != SETTINGS_VERSION}
    if plugin is None:
        return entered, ""
    try:
        entered = plugin.upgrade(stored)
        plugin.load_settings(stored)
    except PluginError as error:
        return entered, f"The plugin {error}."
    except Exception as error:  # a plugin's own code
        return entered, f"The plugin failed with its settings ({type(error).__name__})."
    return entered, ""


def _health(
    people: Mapping[str, int], trouble: Trouble | None, *, is_missing: bool, is_on: bool
) -> dict[str, Any]:
    pause = trouble if trouble is not None and trouble.paused_at is not None else None
    if is_missing:
        state = "missing"
    elif not is_on:
        state = "off"
    elif pause is not None:
        state = "paused"
    else:
        state = "needs_attention" if people else "healthy"
    return {
        "state": state,
        "why": f"The plugin {pause.words}." if pause is not None else "",
        "since": pause.paused_at if pause is not None else None,
        "last_failure": trouble.why if trouble is not None and pause is None else "",
        "waiting": people.get("waiting", 0),
        "failing": people.get("failing", 0),
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
