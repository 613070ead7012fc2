"""Zoom: state, wire and routes apart; `blueprint`, `control_blueprint` and `ZoomState`."""

from simulator.zoom.control import control_blueprint
from simulator.zoom.routes import blueprint
from simulator.zoom.state import ZoomState

__all__ = ["ZoomState", "blueprint", "control_blueprint"]
