"""Control of HubSpot: set up accounts, look inside, act as the customer or as HubSpot's proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, make_response, request

from simulator.hubspot.errors import HubspotError
from simulator.hubspot.models import PropertyDefinition, Record
from simulator.hubspot.outgoing import (
    enroll,
    fetch_as_proxy,
    fetch_options,
    run_workflow_action,
)
from simulator.hubspot.portal import Portal, PortalSettings
from simulator.hubspot.summary import describe_contact, describe_marketing_events, summarise
from simulator.hubspot.wire import page_of

if TYPE_CHECKING:
    from simulator.world import World

SETTING_NAMES = set(PortalSettings.__dataclass_fields__)


def control_blueprint(world: World) -> Blueprint:
    """Routes under `/control/hubspot`."""
    routes = Blueprint("control_hubspot", __name__)
    _add_portal_routes(routes, world)
    _add_contact_routes(routes, world)
    _add_reading_routes(routes, world)
    _add_outgoing_routes(routes, world)

    @routes.errorhandler(KeyError)
    @routes.errorhandler(HubspotError)
    def explain(error: KeyError | HubspotError) -> tuple[Response, int]:
        missing = f"missing or unknown: {error}"
        message = error.body["message"] if isinstance(error, HubspotError) else missing
        return jsonify({"message": message}), 400

    return routes


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _portal(world: World, portal_id: int) -> Portal:
    portal = world.hubspot.portals.get(portal_id)
    if portal is None:
        abort(make_response(jsonify({"message": f"no portal {portal_id}"}), 404))
    return portal


def _contact(portal: Portal, contact_id: str) -> Record:
    contact = portal.contacts.records.get(contact_id)
    if contact is None:
        abort(make_response(jsonify({"message": f"no contact {contact_id}"}), 404))
    return contact


def describe_portal(portal: Portal) -> dict[str, Any]:
    """An account with its people."""
    settings = {name: getattr(portal.settings, name) for name in sorted(SETTING_NAMES)}
    return {
        "id": portal.id,
        **settings,
        "users": [
            {"id": user.id, "email": user.email, "super_admin": user.super_admin}
            for user in portal.users.values()
        ],
        "owners": [
            {"id": owner.id, "email": owner.email, "archived": owner.archived}
            for owner in portal.owners.values()
        ],
        "business_units": portal.business_units,
    }


def _add_portal_routes(routes: Blueprint, world: World) -> None:
    @routes.get("/portals")
    def list_portals() -> Response:
        portals = world.hubspot.portals.values()
        return jsonify({"portals": [describe_portal(portal) for portal in portals]})

    @routes.post("/portals")
    def create_portal() -> tuple[Response, int]:
        body = _body()
        with world.lock:
            portal = world.hubspot.create_portal(body.pop("id", None))
            _change_portal(world, portal, body)
            if not portal.users:
                email = f"admin@portal-{portal.id}.example"
                world.hubspot.add_user(portal, email, first_name="Ada", super_admin=True)
            return jsonify(describe_portal(portal)), 201

    @routes.patch("/portals/<int:portal_id>")
    def change_portal(portal_id: int) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            _change_portal(world, portal, _body())
            return jsonify(describe_portal(portal))

    @routes.post("/portals/<int:portal_id>/code")
    def issue_code(portal_id: int) -> Response:
        body = _body()
        with world.lock:
            portal = _portal(world, portal_id)
            user = portal.users[int(body.get("user_id") or next(iter(portal.users)))]
            scopes = tuple(str(body.get("scope", "oauth")).split())
            code = world.hubspot.issue_code(portal, user, scopes, str(body["redirect_uri"]))
            return jsonify({"code": code.code})

    @routes.post("/deauthorize/<int:portal_id>")
    def deauthorize(portal_id: int) -> Response:
        with world.lock:
            return jsonify({"uninstalled": world.hubspot.uninstall(portal_id)})

    @routes.route("/app", methods=["GET", "PATCH"])
    def app_settings() -> Response:
        app = world.hubspot.app
        names = set(app.__dataclass_fields__)
        for name, value in (_body() if request.method == "PATCH" else {}).items():
            if name not in names:
                abort(make_response(jsonify({"message": f"no app setting {name}"}), 400))
            setattr(app, name, value)
        return jsonify({name: getattr(app, name) for name in sorted(names)})


def _change_portal(world: World, portal: Portal, body: dict[str, Any]) -> None:
    """Set settings, add users, owners and units, and the rules on property values."""
    aliases = {"timeZone": "time_zone", "uiDomain": "ui_domain"}
    for name, value in body.items():
        if aliases.get(name, name) in SETTING_NAMES:
            setattr(portal.settings, aliases.get(name, name), value)
    for user in body.get("users", []):
        fields = {"first_name", "last_name", "super_admin"}
        world.hubspot.add_user(
            portal,
            user["email"],
            user_id=user.get("id"),
            **{name: user[name] for name in fields & set(user)},
        )
    for owner in body.get("owners", []):
        portal.add_owner(owner["email"], archived=bool(owner.get("archived")))
    portal.business_units += body.get("business_units", [])
    schema = portal.schemas["contacts"]
    schema.required = body.get("required_properties", schema.required)
    schema.conditions = body.get("conditions", schema.conditions)
    schema.rejections = body.get("rejections", schema.rejections)


def _add_contact_routes(routes: Blueprint, world: World) -> None:
    @routes.post("/portals/<int:portal_id>/contacts")
    def create_contacts(portal_id: int) -> tuple[Response, int]:
        listed = request.get_json()
        items = listed["contacts"] if isinstance(listed, dict) else listed
        with world.lock:
            portal = _portal(world, portal_id)
            made = [
                portal.contacts.create({k: str(v) for k, v in item.items()}, "CRM_UI")
                for item in items
            ]
            return jsonify({"ids": [contact.id for contact in made]}), 201

    @routes.patch("/portals/<int:portal_id>/contacts/<contact_id>")
    def change_contact(portal_id: int, contact_id: str) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            contact = _contact(portal, contact_id)
            world.hubspot.change_contact(portal, contact, _body())
            return jsonify(describe_contact(portal, contact))

    @routes.delete("/portals/<int:portal_id>/contacts/<contact_id>")
    def delete_contact(portal_id: int, contact_id: str) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            world.hubspot.delete_contact(portal, _contact(portal, contact_id), "CRM_UI")
            return jsonify({"deleted": contact_id})

    @routes.post("/portals/<int:portal_id>/contacts/<contact_id>/gdpr-delete")
    def erase_contact(portal_id: int, contact_id: str) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            world.hubspot.erase_contact(portal, _contact(portal, contact_id), "CRM_UI")
            return jsonify({"erased": contact_id})

    @routes.post("/portals/<int:portal_id>/contacts/<contact_id>/restore")
    def restore_contact(portal_id: int, contact_id: str) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            world.hubspot.restore_contact(portal, _contact(portal, contact_id), "CRM_UI")
            return jsonify({"restored": contact_id})

    @routes.post("/portals/<int:portal_id>/merge")
    def merge_contacts(portal_id: int) -> Response:
        body = _body()
        with world.lock:
            portal = _portal(world, portal_id)
            survivor = world.hubspot.merge_contacts(
                portal,
                _contact(portal, str(body["primary"])),
                _contact(portal, str(body["other"])),
                "CRM_UI",
            )
            return jsonify(describe_contact(portal, survivor))

    @routes.post("/portals/<int:portal_id>/properties")
    def define_property(portal_id: int) -> tuple[Response, int]:
        """A contact property of the customer's own, or another form of one: its definition."""
        definition = PropertyDefinition(**_body())
        with world.lock:
            _portal(world, portal_id).schemas["contacts"].properties[definition.name] = definition
            return jsonify({"name": definition.name}), 201

    @routes.delete("/portals/<int:portal_id>/properties/<name>")
    def archive_property(portal_id: int, name: str) -> Response:
        with world.lock:
            definition = _portal(world, portal_id).schemas["contacts"].properties.get(name)
            if definition is not None:
                definition.archived = True
            return jsonify({"archived": definition is not None})


def _add_reading_routes(routes: Blueprint, world: World) -> None:
    @routes.get("/portals/<int:portal_id>/contacts")
    def list_contacts(portal_id: int) -> Response:
        email = request.args.get("email", "")
        with world.lock:
            portal = _portal(world, portal_id)
            owner = portal.contacts.owner_of(email) if email else None
            found = ([owner] if owner else []) if email else portal.contacts.live()
            limit = request.args.get("limit", 100, type=int)
            page, frame = page_of(found, limit, request.args.get("after", ""), with_total=True)
            return jsonify({**frame, "results": [describe_contact(portal, c) for c in page]})

    @routes.get("/portals/<int:portal_id>/contacts/<contact_id>")
    def read_contact(portal_id: int, contact_id: str) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            return jsonify(describe_contact(portal, _contact(portal, contact_id)))

    @routes.get("/portals/<int:portal_id>/summary")
    def read_summary(portal_id: int) -> Response:
        with world.lock:
            return jsonify(summarise(_portal(world, portal_id)))

    @routes.get("/portals/<int:portal_id>/marketing-events")
    def list_marketing_events(portal_id: int) -> Response:
        with world.lock:
            return jsonify({"results": describe_marketing_events(_portal(world, portal_id))})

    @routes.get("/portals/<int:portal_id>/calls")
    def list_calls(portal_id: int) -> Response:
        with world.lock:
            portal = _portal(world, portal_id)
            words = {t.call_id: t.utterances for t in portal.transcripts.values()}
            return jsonify(
                {
                    "results": [
                        {
                            "id": call.id,
                            "properties": call.properties,
                            "contacts": sorted(call.associations.get("contacts", {})),
                            "transcript": words.get(call.id),
                            "archived": call.archived_at is not None,
                        }
                        for call in portal.calls.records.values()
                    ]
                }
            )


def _add_outgoing_routes(routes: Blueprint, world: World) -> None:
    @routes.post("/fetch")
    def fetch() -> Response:
        return jsonify(fetch_as_proxy(world, _body()))

    @routes.post("/workflow-action")
    def workflow_action() -> Response:
        return jsonify(run_workflow_action(world, _body()))

    @routes.post("/workflow-enrollments")
    def workflow_enrollments() -> Response:
        return jsonify({"executions": enroll(world, _body())})

    @routes.post("/workflow-options")
    def workflow_options() -> Response:
        return jsonify(fetch_options(world, _body()))

    @routes.get("/callbacks")
    def callbacks() -> Response:
        executions = world.hubspot.executions
        return jsonify(
            {
                "completed": executions.completed,
                "refused": executions.refused,
                "executions": executions.describe(),
            }
        )

    @routes.post("/callbacks")
    def end_callback() -> Response:
        """The customer ends a waiting execution by hand: `{id, outputs}`."""
        body, executions = _body(), world.hubspot.executions
        portal_id = executions.all[body["id"]].portal_id
        executions.complete(body["id"], portal_id, body["outputs"])
        return jsonify({"ended": body["id"]})

    @routes.route("/webhooks", methods=["GET", "PUT"])
    def webhooks() -> Response:
        sender = world.hubspot.webhooks
        if request.method == "PUT":
            body = _body()
            world.hubspot.app.webhook_url = body.get("url", "")
            sender.retry_seconds = float(body.get("retry_seconds", sender.retry_seconds))
        return jsonify(
            {
                "url": world.hubspot.app.webhook_url,
                "deliveries": [
                    {"url": d.url, "events": d.events, "statuses": d.statuses, "done": d.done}
                    for d in sender.deliveries
                ],
            }
        )

    @routes.post("/webhooks/resend")
    def resend() -> Response:
        events = [event for d in world.hubspot.webhooks.deliveries for event in d.events]
        world.hubspot.webhooks.send([dict(event) for event in events])
        return jsonify({"sent": len(events)})
