"""The fixtures pytest finds by itself where the test kit is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rollcall_testkit.simulated import (
        SimulatedFaults,
        SimulatedHubSpot,
        SimulatedZoom,
        Simulation,
    )

# Imports wait until a fixture is asked for: pytest loads this in every project it runs in.


@pytest.fixture(scope="session")
def simulated_server() -> Iterator[Simulation]:
    """The process that plays both platforms, once for all tests."""
    from rollcall_testkit.simulated import simulated_platforms

    with simulated_platforms() as simulation:
        yield simulation


@pytest.fixture
def simulation(simulated_server: Simulation) -> Simulation:
    """Both platforms, empty."""
    simulated_server.reset()
    return simulated_server


@pytest.fixture
def simulated_hubspot(simulation: Simulation) -> SimulatedHubSpot:
    """HubSpot over HTTP, with one portal and nobody in it."""
    from rollcall_testkit.simulated import SimulatedHubSpot

    hubspot = SimulatedHubSpot(simulation)
    hubspot.new_portal()
    return hubspot


@pytest.fixture
def simulated_zoom(simulation: Simulation) -> SimulatedZoom:
    """Zoom over HTTP, empty."""
    from rollcall_testkit.simulated import SimulatedZoom

    return SimulatedZoom(simulation)


@pytest.fixture
def simulated_faults(simulation: Simulation) -> Iterator[SimulatedFaults]:
    """What goes wrong on purpose, and is mended when the test ends."""
    from rollcall_testkit.simulated import SimulatedFaults

    faults = SimulatedFaults(simulation)
    yield faults
    faults.clear()
