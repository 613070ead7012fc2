"""The contract every plugin keeps: pure, no network, deterministic, in time, and so on."""

from typing import ClassVar

from rollcall.testing import PluginContract


class TestContract(PluginContract):
    plugin = "rollcall_slack"
    settings: ClassVar[dict[str, object]] = {
        "webhook_url": "https://hooks.slack.example/services/T0/B0/x",
        "tell": ["registrations", "attendances"],
    }
