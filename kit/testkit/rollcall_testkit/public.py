"""The names of the test kit; tests import them as ``rollcall.testing``."""

from rollcall_testkit._version import __version__
from rollcall_testkit.asking import NotAPlugin
from rollcall_testkit.checks import CHECKS, Finding, Report, check_plugin
from rollcall_testkit.contract import PluginContract
from rollcall_testkit.golden import GoldenPerson, GoldenSession, GoldenWebinar
from rollcall_testkit.golden_webinars import GOLDEN_WEBINARS, NOW, golden_webinar
from rollcall_testkit.preview import PreviewRow, format_preview, preview
from rollcall_testkit.simulated import (
    SimulatedFaults,
    SimulatedHubSpot,
    SimulatedZoom,
    Simulation,
    SimulatorRefused,
    simulated_platforms,
)

__all__ = [
    "CHECKS",
    "GOLDEN_WEBINARS",
    "NOW",
    "Finding",
    "GoldenPerson",
    "GoldenSession",
    "GoldenWebinar",
    "NotAPlugin",
    "PluginContract",
    "PreviewRow",
    "Report",
    "SimulatedFaults",
    "SimulatedHubSpot",
    "SimulatedZoom",
    "Simulation",
    "SimulatorRefused",
    "__version__",
    "check_plugin",
    "format_preview",
    "golden_webinar",
    "preview",
    "simulated_platforms",
]
