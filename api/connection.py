"""What the portal is connected to, and the way out."""

from __future__ import annotations

from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.parts import parts
from schemas.api_portal import ConnectionSchema
from store.connection_status import is_zoom_connected, read_connection_status
from store.database import reading

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
        },
        "zoom": [
            {
                "account_id": row["account_id"],
                "status": row["status"],
                "business_unit": row["business_unit"],
                "reduced": row["is_reduced"],
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
