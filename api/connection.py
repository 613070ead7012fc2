"""What the portal is connected to, and the way out."""

from __future__ import annotations

from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.parts import parts
from schemas.api_portal import BusinessUnitSchema, ConnectionSchema
from store.connection_status import is_zoom_connected, read_connection_status
from store.database import reading, writing
from store.registration_places import set_business_unit

blueprint = new_blueprint("connection", "The grants in HubSpot and Zoom.")


@blueprint.get("/connection")
@blueprint.response(200, ConnectionSchema)
def get_connection() -> dict[str, Any]:
    """The state of the connection to HubSpot and to each Zoom account."""
    portal_id = caller().portal_id
    with reading(parts().engine) as connection:
        found = read_connection_status(connection, portal_id)
    capabilities = found.portal["capabilities"]
    hubspot = found.hubspot
    return {
        "portal_id": portal_id,
        "hubspot": {
            "status": hubspot["status"] if hubspot is not None else "disconnected",
            "scopes": hubspot["scopes"] if hubspot is not None else [],
            "connected_by": found.installer,
            "connected_at": hubspot["created_at"] if hubspot is not None else None,
            "not_answering": parts().outage("hubspot", portal_id),
        },
        "zoom": [
            {
                "account_id": row["account_id"],
                "status": row["status"],
                "scopes": row["scopes"],
                "connected_by": row["name"] or row["email"] or "",
                "connected_at": row["created_at"],
                "business_unit": row["business_unit"],
                "reduced": row["is_reduced"],
                "not_answering": parts().outage("zoom", row["account_id"]),
            }
            for row in found.zoom
        ],
        "timeline": {
            "marketing_events": capabilities.get("marketing_events", "no_scope"),
            "app_events": capabilities.get("app_events", "off"),
        },
    }


@blueprint.delete("/connection")
@blueprint.response(204)
def delete_connection() -> None:
    """Disconnect HubSpot and Zoom, and erase what is stored about the portal."""
    require_super_admin()
    parts().disconnect_portal(caller().portal_id)


@blueprint.patch("/connection/zoom/<account_id>")
@blueprint.arguments(BusinessUnitSchema)
@blueprint.response(204)
def patch_zoom(changes: dict[str, Any], account_id: str) -> None:
    """Say which business unit a Zoom account belongs to; "" is the primary one.

    With the setting `registration_accounts: "primary"` workflows register contacts for webinars of
    the primary unit's account only.
    """
    require_super_admin()
    portal_id = caller().portal_id
    with writing(parts().engine) as connection:
        if not is_zoom_connected(connection, portal_id, account_id):
            refuse(404, "This HubSpot account is not connected to such a Zoom account.")
        set_business_unit(connection, portal_id, account_id, changes["business_unit"].strip())


@blueprint.delete("/connection/zoom/<account_id>")
@blueprint.response(204)
def delete_zoom(account_id: str) -> None:
    """Disconnect one Zoom account, and erase what came from it."""
    require_super_admin()
    portal_id = caller().portal_id
    with reading(parts().engine) as connection:
        if not is_zoom_connected(connection, portal_id, account_id):
            refuse(404, "This HubSpot account is not connected to such a Zoom account.")
    parts().disconnect_zoom(portal_id, account_id)
