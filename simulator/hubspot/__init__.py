"""HubSpot: state, wire and routes apart; `blueprint`, `control_blueprint` and `HubspotState`."""

from simulator.hubspot.control import control_blueprint
from simulator.hubspot.routes import blueprint
from simulator.hubspot.state import HubspotState

__all__ = ["HubspotState", "blueprint", "control_blueprint"]
