"""The two routes that platforms call by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint

from webhooks import hubspot, zoom
from webhooks.door import Door


def blueprint(
    door: Door, *, zoom_secrets: Sequence[str], hubspot_secret: str, public_url: str
) -> Blueprint:
    """The routes under ``/webhooks``, which signatures guard and nothing else."""
    routes = Blueprint("webhooks", __name__)
    zoom.add_route(routes, door, zoom_secrets)
    hubspot.add_route(routes, door, hubspot_secret, public_url)
    return routes
