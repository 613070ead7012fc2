"""Loads the plugins: built-ins first, then partners', all by one path, and no plugin can stop it.

Each plugin gets a pluggy manager of its own. A plain hook call loses every plugin's answer when one
raises and does not say who answered; a manager that knows one plugin calls exactly that one, by
pluggy's own rules (subsets of arguments, wrappers), and rejects it without touching the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import PurePath
from traceback import extract_tb
from types import MappingProxyType
from typing import Any

import pluggy

from rollcall import PluginDescription, PluginError
from rollcall.conformance.validation import Rejected, describe, load_settings, manage
from rollcall.description import upgrade_settings

BUILT_INS = (
    "plugins.exclusions",
    "plugins.contacts",
    "plugins.property_updates",
    "plugins.marketing_events",
    "plugins.timeline_events",
    "plugins.recordings",
    "plugins.audit",
)
"""Module names in declared order, loaded as if a partner had brought them."""

ENTRY_POINT_GROUP = "rollcall"

HookCall = Callable[..., list[Any]]
"""Calls one hook of one plugin with keyword arguments; its answers other than None."""


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that fits the contract; ``calls`` has a caller for each hook it answers."""

    name: str
    version: str
    description: PluginDescription
    calls: Mapping[str, HookCall]

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks it implements, ``describe_plugin`` apart."""
        return tuple(self.calls)

    def upgrade(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """What the portal stored, as this version of the plugin means it."""
        described = self.description
        try:
            return upgrade_settings(stored, described.settings_version, described.migrate_settings)
        except ValueError as error:
            raise PluginError(f"has settings it cannot use: {error}") from error

    def load_settings(self, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        """Defaults, then what the portal stored, loaded through the plugin's schema.

        What was stored for an earlier version of the settings is migrated first. Raises
        `PluginError` naming the settings that do not fit, or saying that they are of a later one.
        """
        return load_settings(self.description, self.upgrade(stored))


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """Why a plugin was not loaded: its name (or where it came from), what is wrong, the remedy."""

    name: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Registry:
    """The plugins in declared order, and those that could not be loaded."""

    plugins: tuple[LoadedPlugin, ...]
    problems: tuple[PluginProblem, ...] = ()

    def find(self, name: str) -> LoadedPlugin | None:
        """The plugin of this name, or None when it is not loaded."""
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def may_exclude(self, name: str) -> bool:
        """Whether people must wait for this plugin when it cannot be asked.

        True for a plugin that is not here: nobody can tell any more whom it would have excluded.
        """
        plugin = self.find(name)
        return plugin is None or "should_exclude" in plugin.calls


def load_plugins(entry_points: bool = True, *, built_ins: Sequence[str] = BUILT_INS) -> Registry:
    """Load the built-ins as listed, then partners' entry points of group ``rollcall`` by name.

    Never raises: what cannot be loaded is skipped and listed in ``problems``.
    """
    problems: list[PluginProblem] = []
    plugins = list(_load_all([(name, _importer(name)) for name in built_ins], problems))
    if entry_points:
        points = [(point.name, point.load) for point in _find_entry_points()]
        plugins += sorted(_load_all(points, problems), key=lambda plugin: plugin.name)
    return Registry(tuple(_take_unique(plugins, problems)), tuple(problems))


def _importer(name: str) -> Callable[[], object]:
    return lambda: import_module(name)


def _find_entry_points() -> list[metadata.EntryPoint]:
    """Sorted, so that installation order decides nothing; one found twice counts once."""
    found = metadata.entry_points(group=ENTRY_POINT_GROUP)
    unique = {(point.name, point.value): point for point in found}
    return [unique[key] for key in sorted(unique)]


def _load_all(
    sources: Iterable[tuple[str, Callable[[], object]]], problems: list[PluginProblem]
) -> Iterator[LoadedPlugin]:
    for source, load in sources:
        try:
            yield load_plugin(load())
        except Rejected as rejected:
            problems.append(PluginProblem(source, rejected.what, rejected.remedy))
        except (Exception, SystemExit) as error:  # anything at all may go wrong in foreign code
            problems.append(PluginProblem(source, *_explain(error)))


def load_plugin(plugin: object) -> LoadedPlugin:
    """Load a module or any other object with hooks; raises `Rejected` unless it is a plugin."""
    manager = manage(plugin)
    description = describe(manager)
    return LoadedPlugin(
        description.name, description.version, description, MappingProxyType(_calls(manager))
    )


def _calls(manager: pluggy.PluginManager) -> dict[str, HookCall]:
    (plugin,) = manager.get_plugins()
    callers = manager.get_hookcallers(plugin) or ()
    return {caller.name: _direct(caller) for caller in callers if caller.name != "describe_plugin"}


def _direct(caller: pluggy.HookCaller) -> HookCall:
    """The hook as pluggy would call it, without its detours where one plain function answers it."""
    implementations = caller.get_hookimpls()
    if len(implementations) != 1 or implementations[0].hookwrapper or implementations[0].wrapper:
        return caller
    function, names = implementations[0].function, implementations[0].argnames

    def call(**arguments: Any) -> list[Any]:
        answer = function(*[arguments[name] for name in names])
        return [] if answer is None else [answer]

    return call


def _explain(error: BaseException) -> tuple[str, str]:
    frames = extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    if isinstance(error, ImportError):
        return (
            f"cannot be imported: {error}",
            "Install what it needs, or install the plugin again.",
        )
    return (
        f"failed with {type(error).__name__}{where}",
        "Ask its author, or install another version.",
    )


def _take_unique(
    plugins: Iterable[LoadedPlugin], problems: list[PluginProblem]
) -> Iterator[LoadedPlugin]:
    taken: dict[str, LoadedPlugin] = {}
    for plugin in plugins:
        first = taken.setdefault(plugin.name, plugin)
        if first is plugin:
            yield plugin
            continue
        problems.append(
            PluginProblem(
                plugin.name,
                f"there is already a plugin of this name: {first.description.title!r}"
                f" {first.version}, beside {plugin.description.title!r} {plugin.version}",
                "Uninstall one of the two, or ask an author to rename it.",
            )
        )
