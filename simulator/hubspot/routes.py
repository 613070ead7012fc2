"""All of HubSpot's routes on one blueprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from simulator.hubspot.account_routes import add_account_routes
from simulator.hubspot.app_event_routes import add_app_event_routes
from simulator.hubspot.association_routes import add_association_routes
from simulator.hubspot.attendance_routes import add_attendance_routes
from simulator.hubspot.call_routes import add_call_routes
from simulator.hubspot.calling_routes import add_calling_routes
from simulator.hubspot.consent_routes import add_browser_routes
from simulator.hubspot.contact_batches import add_contact_batch_routes
from simulator.hubspot.contact_routes import add_contact_routes
from simulator.hubspot.endpoints import Endpoints
from simulator.hubspot.marketing_routes import add_marketing_routes
from simulator.hubspot.oauth_routes import add_token_routes
from simulator.hubspot.property_routes import add_property_routes

if TYPE_CHECKING:
    from simulator.world import World


def blueprint(world: World) -> Blueprint:
    """HubSpot: the REST API at the root, what a browser sees under `/app`."""
    routes = Blueprint("hubspot", __name__)
    add_browser_routes(routes, world)
    add_token_routes(routes, world)
    endpoints = Endpoints(routes, world)
    for add_routes in (
        add_contact_batch_routes,
        add_contact_routes,
        add_property_routes,
        add_account_routes,
        add_marketing_routes,
        add_attendance_routes,
        add_app_event_routes,
        add_call_routes,
        add_association_routes,
        add_calling_routes,
    ):
        add_routes(endpoints)

    @routes.get("/app/contacts/<int:portal_id>/record/0-1/<contact_id>")
    def show_contact(portal_id: int, contact_id: str) -> Response:
        return redirect(f"/portals/{portal_id}/contacts/{contact_id}")

    return routes
