"""Pages for people: portals, contacts and their timelines, marketing events, calls, scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from simulator.hubspot.contacts import addresses_of
from simulator.hubspot.outgoing import fetch_as_proxy
from simulator.hubspot.summary import describe_contact, describe_marketing_events
from simulator.scenes import SCENES

if TYPE_CHECKING:
    from simulator.hubspot.portal import Portal
    from simulator.world import World

CONTACTS_PER_PAGE = 100
NEWEST_CALLS = 100


def blueprint(world: World) -> Blueprint:
    """Routes of the pages."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def home() -> str:
        with world.lock:
            state = world.hubspot
            portals = [(p, state.grant_of(p.id) is not None) for p in state.portals.values()]
            message = f"Scene played: {request.args['played']}" if "played" in request.args else ""
            return render_template(
                "home.html", portals=portals, scenes=sorted(SCENES), message=message
            )

    @routes.post("/scenes/<name>")
    def play_scene(name: str) -> Response:
        if name not in SCENES:
            abort(404)
        SCENES[name](world, {})
        return redirect(f"/?played={name}")

    @routes.get("/journal")
    def journal() -> str:
        return render_template(
            "journal.html",
            summary=world.journal.summary(),
            newest=list(reversed(world.journal.calls()[-NEWEST_CALLS:])),
        )

    _add_portal_pages(routes, world)
    return routes


def _portal(world: World, portal_id: int) -> Portal:
    portal = world.hubspot.portals.get(portal_id)
    if portal is None:
        abort(404)
    return portal


def _add_portal_pages(routes: Blueprint, world: World) -> None:
    @routes.get("/portals/<int:portal_id>/app")
    def open_app(portal_id: int) -> Response:
        """What the app's settings page in HubSpot does for *Open Rollcall's console*."""
        with world.lock:
            url = world.hubspot.app_url(_portal(world, portal_id).id)
        if not url:
            abort(404)
        wanted = {"portal_id": portal_id, "url": f"{url}/api/console-link", "method": "POST"}
        answer = fetch_as_proxy(world, wanted)
        if answer["status"] != 201:
            abort(502, f"The app answered {answer['status']}.")
        return redirect(answer["body"]["url"])

    @routes.get("/portals/<int:portal_id>/contacts")
    def contacts(portal_id: int) -> str:
        email, start = request.args.get("email", ""), request.args.get("start", 0, type=int)
        with world.lock:
            portal = _portal(world, portal_id)
            found = [
                contact
                for contact in portal.contacts.live()
                if not email
                or any(email.lower() in address for address in addresses_of(contact.properties))
            ]
            following = start + CONTACTS_PER_PAGE
            return render_template(
                "contacts.html",
                portal=portal,
                email=email,
                total=len(found),
                start=start,
                contacts=found[start:following],
                following=following if following < len(found) else None,
            )

    @routes.get("/portals/<int:portal_id>/contacts/<contact_id>")
    def contact(portal_id: int, contact_id: str) -> str:
        with world.lock:
            portal = _portal(world, portal_id)
            record = portal.contacts.records.get(contact_id)
            if record is None:
                abort(404)
            described = describe_contact(portal, record)
            return render_template(
                "contact.html", portal=portal, contact=record, described=described
            )

    @routes.get("/portals/<int:portal_id>/marketing-events")
    def marketing_events(portal_id: int) -> str:
        with world.lock:
            portal = _portal(world, portal_id)
            events = describe_marketing_events(portal)
            return render_template("marketing_events.html", portal=portal, events=events)
