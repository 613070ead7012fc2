"""The contract every plugin keeps: pure, no network, deterministic, in time, and so on."""

from rollcall.testing import PluginContract


class TestContract(PluginContract):
    plugin = "rollcall_engagement"
