"""The contract suite as tests: one for each promise, so that a red one says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from rollcall_testkit.checks import CHECKS, Report, check_plugin


class PluginContract:
    """Subclass it in a plugin's tests, name the plugin, and pytest does the rest.

    ``plugin`` is a module's name or ``module:object``; ``settings`` are as a portal stores them::

        class TestContract(PluginContract):
            plugin = "loyalty_points"
    """

    plugin: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def contract_report(cls) -> Report:
        """What the suite found, once for all tests of the class."""
        return check_plugin(cls.plugin, settings=cls.settings)

    @pytest.mark.parametrize("check", CHECKS)
    def test_contract(self, check: str, contract_report: Report) -> None:
        """The plugin keeps this promise on every golden webinar."""
        if failures := contract_report.failures(check):
            told = "\n".join(map(str, failures))
            pytest.fail(f"{CHECKS[check]}: {told}", pytrace=False)
