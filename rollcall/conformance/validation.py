"""Whether an object is a plugin that fits the contract, and if not, how its author mends it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pluggy

from rollcall import PluginDescription, PluginError, hookspecs

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VERSION = re.compile(r"[!-~]{1,32}")
_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")
_MARKER = "rollcall_impl"
"""The attribute ``hookimpl`` leaves on a function it marks."""


class Rejected(Exception):
    """The object is no plugin: ``what`` is wrong with it, and the ``remedy``."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def known_hooks() -> dict[str, tuple[str, ...]]:
    """The hooks of the contract and the arguments each may take."""
    hooks = new_manager().hook
    callers = {name: getattr(hooks, name) for name in dir(hooks) if not name.startswith("_")}
    return {name: caller.spec.argnames for name, caller in callers.items()}


def new_manager() -> pluggy.PluginManager:
    """A plugin manager that knows the contract's hooks and no plugin."""
    manager = pluggy.PluginManager("rollcall")
    manager.add_hookspecs(hookspecs)
    return manager


def manage(plugin: object) -> pluggy.PluginManager:
    """A manager that knows this plugin alone; raises `Rejected` unless every hook fits."""
    hooks = known_hooks()
    _check_marked(plugin, hooks)
    manager = new_manager()
    try:
        manager.register(plugin)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _explain(plugin, hooks) or Rejected(
            str(error).splitlines()[-1], "Correct the hook and install the plugin again."
        ) from error
    implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
    if "describe_plugin" not in implemented:
        raise Rejected(
            "has no describe_plugin hook",
            "Add a @hookimpl function describe_plugin() that returns a PluginDescription.",
        )
    if implemented == {"describe_plugin"}:
        raise Rejected("implements no hook", f"Implement at least one of {_listed(hooks)}.")
    return manager


def describe(manager: pluggy.PluginManager) -> PluginDescription:
    """What the plugin says about itself; raises `Rejected` when that cannot be used."""
    description = manager.hook.describe_plugin()
    if not isinstance(description, PluginDescription):
        raise Rejected(
            f"describe_plugin returned {type(description).__name__}",
            "Return a rollcall.PluginDescription.",
        )
    for is_right, what, remedy in (
        (
            _is_text(description.name, _NAME),
            "its name is not usable",
            "Name it with a-z, 0-9, _ and -, starting with a letter, at most 40 characters.",
        ),
        (bool(_is_text(description.title)), "it has no title", "Give PluginDescription a title."),
        (
            _is_text(description.version, _VERSION),
            "it has no usable version",
            'Give PluginDescription a version such as "1.0.0", of at most 32 characters.',
        ),
        (
            isinstance(description.contact_properties, tuple)
            and all(_is_text(name, _PROPERTY) for name in description.contact_properties),
            "contact_properties is not a tuple of property names",
            "List HubSpot's internal names: a-z, 0-9 and _.",
        ),
        (
            _is_version(description.settings_version),
            "settings_version is not a whole number from 1",
            "Count the shapes of the settings from 1.",
        ),
        (
            description.settings_version == 1 or callable(description.migrate_settings),
            "its settings have a version without migrate_settings",
            "Say in migrate_settings what stored settings of earlier versions mean.",
        ),
    ):
        if not is_right:
            raise Rejected(what, remedy)
    _check_settings(description)
    return description


def _is_version(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def load_settings(description: PluginDescription, stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """Defaults, then what the portal stored, loaded through the plugin's schema.

    Raises `PluginError` naming the settings that do not fit it.
    """
    values = {**description.defaults, **stored}
    schema = description.settings_schema
    if schema is None:
        return MappingProxyType(values)
    from marshmallow import ValidationError

    try:
        return MappingProxyType(schema().load(values))
    except ValidationError as error:
        wrong = _listed(error.messages_dict)
        raise PluginError(f"has settings that do not fit its schema: {wrong}") from error


def _check_settings(description: PluginDescription) -> None:
    schema = description.settings_schema
    if schema is None:
        return
    # Only here: a plugin without settings needs no marshmallow.
    from marshmallow import Schema, ValidationError

    if not (isinstance(schema, type) and issubclass(schema, Schema)):
        raise Rejected(
            "settings_schema is not a marshmallow schema class",
            "Pass the class itself, not an instance of it.",
        )
    try:
        # What is required and has no default is for the portal to fill in.
        schema(partial=True).load(dict(description.defaults))
    except ValidationError as error:
        raise Rejected(
            f"its defaults do not fit its own settings schema ({_listed(error.messages_dict)})",
            "Correct the defaults or the schema.",
        ) from error


def _check_marked(plugin: object, hooks: dict[str, tuple[str, ...]]) -> None:
    """A hook without its marker would be ignored without a word."""
    for name in hooks:
        function = getattr(plugin, name, None)
        if callable(function) and not hasattr(function, _MARKER):
            raise Rejected(f"{name} is not marked as a hook", f"Put @hookimpl above {name}.")


def _explain(plugin: object, hooks: dict[str, tuple[str, ...]]) -> Rejected | None:
    """Which of the plugin's hooks does not fit, in the author's terms."""
    manager = pluggy.PluginManager("rollcall")  # without specs it takes any hook
    manager.register(plugin)
    for caller in manager.get_hookcallers(plugin) or ():
        if caller.name not in hooks:
            close = difflib.get_close_matches(caller.name, hooks, n=1)
            known = f"Did you mean {close[0]}?" if close else f"The hooks are {_listed(hooks)}."
            return Rejected(f"there is no hook named {caller.name}", known)
        allowed = hooks[caller.name]
        for implementation in caller.get_hookimpls():
            unknown = [name for name in implementation.argnames if name not in allowed]
            if unknown:
                takes = _listed(allowed) if allowed else "no arguments"
                return Rejected(
                    f"{caller.name} asks for {_listed(unknown)}, which the hook does not have",
                    f"{caller.name} may take {takes}.",
                )
    return None


def _is_text(value: Any, pattern: re.Pattern[str] | None = None) -> bool:
    if not isinstance(value, str) or not value:
        return False
    return pattern is None or pattern.fullmatch(value) is not None


def _listed(names: Any) -> str:
    return ", ".join(sorted(str(name) for name in names))
