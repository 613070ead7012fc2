"""The way into the console for people who did not install the app."""

from __future__ import annotations

from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller
from api.parts import parts
from schemas.api_portal import ConsoleLinkSchema

LINK_SECONDS = 60

blueprint = new_blueprint("console_link", "Signing in to the console from HubSpot.")


@blueprint.post("/console-link")
@blueprint.response(201, ConsoleLinkSchema)
def post_console_link() -> dict[str, Any]:
    """An address that signs the caller in to the console, once, within 60 seconds."""
    who = caller()
    return {"url": parts().console_link(who.portal_id, who.user_id), "expires_in": LINK_SECONDS}
