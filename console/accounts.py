"""The accounts Rollcall is connected to, how they stand, and the ways out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from api.connection import delete_connection, delete_zoom, get_connection, patch_zoom
from api.errors import refuse
from console.asking import ask, load
from console.blueprint import done, new_blueprint
from console.setting_pages import render_settings
from oauth.flows import HUBSPOT_SCOPES
from oauth.sign_in import sign_out
from schemas.api_portal import BusinessUnitSchema

pages = new_blueprint("accounts")

LOST_WITHOUT = {
    "crm.objects.marketing_events.write": "no marketing events, and so no attendance on timelines",
    "timeline": "no app events on timelines",
    "settings.users.read": "users of HubSpot are not known, so colleagues may become contacts",
    "automation": "workflows do not learn how a registration ended",
    "crm.extensions_calling_transcripts.write": "no transcripts on call records",
}
"""What a portal lacks without a permission HubSpot did not grant."""


@pages.get("/accounts")
def accounts() -> str:
    """Each account: how it stands, who connected it, and what mends it."""
    found = ask(get_connection)
    granted = set(found["hubspot"]["scopes"])
    return render_settings(
        "accounts.html",
        connection=found,
        zoom=_by_account(found["zoom"]),
        lacking=[
            (scope, LOST_WITHOUT.get(scope, "Rollcall cannot work"))
            for scope in (*HUBSPOT_SCOPES, *LOST_WITHOUT)
            if scope not in granted
        ],
    )


@pages.post("/accounts/business-unit")
def business_unit() -> Response:
    """Say which business unit a Zoom account belongs to; none is the primary one."""
    account_id = request.form.get("account", "")
    unit = request.form.get("business_unit", "")
    ask(patch_zoom, load(BusinessUnitSchema, {"business_unit": unit}), account_id=account_id)
    told = f"business unit {unit.strip()}" if unit.strip() else "the primary business unit"
    return done(f"{account_id} belongs to {told} now.", url_for("console_accounts.accounts"))


@pages.get("/accounts/disconnect")
def confirm() -> str:
    """What disconnecting erases and what stays, before it is done."""
    account_id = request.args.get("zoom", "")
    if account_id and account_id not in _by_account(ask(get_connection)["zoom"]):
        refuse(404, "This HubSpot account is not connected to such a Zoom account.")
    return render_settings("disconnect.html", account_id=account_id)


@pages.post("/accounts/disconnect")
def disconnect() -> Response:
    """Disconnect a Zoom account, or everything; both only from the page that says what follows."""
    account_id = request.form.get("zoom", "")
    if account_id:
        ask(delete_zoom, account_id=account_id)
        text = f"Zoom account {account_id} is disconnected. What came from it is being erased."
        return done(text, url_for("console_accounts.accounts"))
    if request.form.get("everything") != "yes":
        refuse(400, "Nothing was disconnected.", ["Say what is to be disconnected."])
    ask(delete_connection)
    sign_out()
    flash("Rollcall is disconnected. What it knew of this HubSpot account is being erased.")
    return redirect("/", 303)


def _by_account(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Each Zoom account's connections: one for every person who connected it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["account_id"], []).append(row)
    return found
