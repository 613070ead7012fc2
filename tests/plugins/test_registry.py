"""Loading: built-ins by the stranger's path, partners by entry point, never a crash."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields

from plugins.registry import BUILT_INS, PluginProblem, Registry, load_plugin, load_plugins
from rollcall import PluginDescription, PluginError, hookimpl
from rollcall.conformance.validation import Rejected
from tests.rollcall.values import attendance, context, person

PARTNERS = Path(__file__).parent / "data" / "partners"
BUILT_IN_NAMES = [name.removeprefix("plugins.") for name in BUILT_INS]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Everything a server sees that has the partners' distribution installed."""
    monkeypatch.syspath_prepend(PARTNERS)
    for name in [name for name in sys.modules if name.startswith("partner_")]:
        monkeypatch.delitem(sys.modules, name)
    return load_plugins()


def problem(registry: Registry, name: str) -> PluginProblem:
    (found,) = [one for one in registry.problems if one.name == name]
    return found


def test_built_ins_load_without_problems_in_the_order_listed() -> None:
    registry = load_plugins(entry_points=False)
    assert registry.problems == ()
    assert [plugin.name for plugin in registry.plugins] == BUILT_IN_NAMES


def test_every_built_in_says_what_it_does_and_loads_its_own_defaults() -> None:
    for plugin in load_plugins(entry_points=False).plugins:
        assert plugin.description.summary.endswith(".")
        assert plugin.load_settings({}) is not None
        assert plugin.hooks


def test_partners_follow_built_ins_by_their_own_names(registry: Registry) -> None:
    assert [plugin.name for plugin in registry.plugins] == [
        *BUILT_IN_NAMES,
        "aardvark",
        "loyalty",
    ]


def test_partners_stay_out_when_entry_points_are_not_wanted(registry: Registry) -> None:
    assert load_plugins(entry_points=False).find("loyalty") is None


@pytest.mark.parametrize(
    ("name", "what", "remedy"),
    [
        ("missing", "cannot be imported", "install"),
        ("needs_something", "a_library_nobody_has", "Install what it needs"),
        ("raises", "failed with ValueError at partner_raises.py:1", "author"),
        ("exits", "failed with SystemExit at partner_exits.py:1", "author"),
        ("misspelt", "no hook named on_registrent", "Did you mean on_registrant?"),
        ("wrong_argument", "asks for session", "may take attendance, context"),
        ("unmarked", "should_exclude is not marked", "@hookimpl"),
        ("nameless", "name is not usable", "a-z"),
        ("undescribed", "no describe_plugin", "PluginDescription"),
        ("hookless", "implements no hook", "on_attendance"),
        ("bad_defaults", "defaults do not fit its own settings schema (threshold)", "Correct"),
        ("audit", "'Audit log' 1.0.0, beside 'Another audit' 1.0.0", "Uninstall one"),
    ],
)
def test_a_broken_plugin_is_reported_with_its_remedy_and_skipped(
    registry: Registry, name: str, what: str, remedy: str
) -> None:
    found = problem(registry, name)
    assert what in found.what
    assert remedy in found.remedy
    assert "@example.com" not in found.what


def test_only_the_broken_ones_are_reported(registry: Registry) -> None:
    assert len(registry.problems) == 12


def test_a_built_in_that_breaks_is_reported_like_anybody_else() -> None:
    registry = load_plugins(False, built_ins=("plugins.nowhere", "plugins.audit", "json"))
    assert [plugin.name for plugin in registry.plugins] == ["audit"]
    assert problem(registry, "plugins.nowhere").what.startswith("cannot be imported")
    assert problem(registry, "json").what == "has no describe_plugin hook"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("exclusions", True), ("loyalty", True), ("audit", False), ("uninstalled", True)],
)
def test_whoever_might_have_excluded_somebody_may_exclude(
    registry: Registry, name: str, expected: bool
) -> None:
    assert registry.may_exclude(name) is expected


def test_a_caller_asks_one_plugin_and_passes_the_arguments_it_wants(registry: Registry) -> None:
    loyalty = registry.find("loyalty")
    assert loyalty is not None
    assert loyalty.hooks == ("on_attendance", "should_exclude")
    ((effect,),) = loyalty.calls["on_attendance"](
        attendance=attendance(), context=context(settings={"threshold": 50, "label": "gold"})
    )
    assert (effect.name, effect.value) == ("loyalty_level", "gold")
    assert loyalty.calls["should_exclude"](person=person(), context=context()) == []


def test_settings_are_defaults_then_stored_values_loaded_through_the_schema(
    registry: Registry,
) -> None:
    loyalty = registry.find("loyalty")
    assert loyalty is not None
    assert loyalty.load_settings({"threshold": "80"}) == {"threshold": 80, "label": "gold"}
    with pytest.raises(TypeError):
        loyalty.load_settings({"threshold": 1})["threshold"] = 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("stored", "named"), [({}, "threshold"), ({"threshold": 1, "colour": "red"}, "colour")]
)
def test_settings_that_do_not_fit_are_named(
    registry: Registry, stored: dict[str, object], named: str
) -> None:
    loyalty = registry.find("loyalty")
    assert loyalty is not None
    with pytest.raises(PluginError, match=named):
        loyalty.load_settings(stored)


class TestVersionsOfSettings:
    """B10: what portals stored for an earlier version of a plugin's settings."""

    @staticmethod
    def plugin(version: int, migrate: Any) -> object:
        class Tiers:
            @hookimpl
            def describe_plugin(self) -> PluginDescription:
                return PluginDescription(
                    "tiers",
                    "Tiers",
                    "1.0",
                    settings_schema=Schema.from_dict({"tier": fields.String(required=True)}),
                    settings_version=version,
                    migrate_settings=migrate,
                )

            @hookimpl
            def on_registrant(self) -> list[Any]:
                return []

        return Tiers()

    @pytest.mark.parametrize(
        ("stored", "loaded"),
        [
            pytest.param({"level": "gold"}, "gold from 1", id="never marked"),
            pytest.param({"level": "gold", "$version": 2}, "gold from 2", id="one version back"),
            pytest.param({"tier": "gold", "$version": 3}, "gold", id="of today"),
        ],
    )
    def test_B10_they_are_migrated_before_they_are_loaded(
        self, stored: dict[str, Any], loaded: str
    ) -> None:
        def migrate(values: Mapping[str, Any], version: int) -> Mapping[str, Any]:
            return {"tier": f"{values['level']} from {version}"}

        plugin = load_plugin(self.plugin(3, migrate))
        assert plugin.load_settings(stored) == {"tier": loaded}

    @pytest.mark.parametrize("version", [4, 0, "3", True])
    def test_B10_those_of_a_version_nobody_knows_are_refused(self, version: Any) -> None:
        plugin = load_plugin(self.plugin(3, dict))
        with pytest.raises(PluginError, match="settings it cannot use"):
            plugin.load_settings({"tier": "gold", "$version": version})

    @pytest.mark.parametrize(("version", "migrate"), [(2, None), (0, None), ("1", None)])
    def test_B10_a_version_without_a_way_to_it_is_no_plugin(
        self, version: Any, migrate: Any
    ) -> None:
        with pytest.raises(Rejected, match="version"):
            load_plugin(self.plugin(version, migrate))
