"""Reading and changing the portal's settings."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import request
from marshmallow import ValidationError

from api.blueprint import new_blueprint
from api.bodies import read_sent_json
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.parts import parts
from schemas.api_portal import VersionedSettings
from schemas.tenant_settings import SettingsSchema, dump_settings, list_problems
from store.database import reading, writing
from store.settings import read_settings, save_settings

blueprint = new_blueprint("settings", "What is synced, and how.")


@blueprint.get("/settings")
@blueprint.response(200, VersionedSettings)
def get_settings() -> dict[str, Any]:
    """Every setting of the portal."""
    return current_settings()


@blueprint.patch("/settings")
@blueprint.doc(requestBody={"content": {"application/json": {"schema": SettingsSchema}}})
@blueprint.response(200, VersionedSettings)
def patch_settings() -> dict[str, Any]:
    """Change some settings; a key that is not given stays as it is."""
    require_super_admin()
    change_settings(json_object())
    return current_settings()


def current_settings() -> dict[str, Any]:
    """The settings in force with their version, as JSON values."""
    with reading(parts().engine) as connection:
        version, settings = read_settings(connection, caller().portal_id)
    return {"version": version, **dump_settings(settings)}


def change_settings(patch: dict[str, Any]) -> None:
    """Save the patch as the caller's; what is wrong with it is answered with 400."""
    given, who = parts(), caller()
    try:
        with writing(given.engine) as connection:
            save_settings(
                connection, who.portal_id, patch, who.user_id, given.clock(), given.plugin_forms()
            )
    except ValidationError as error:
        refuse_patch(error)
    given.ring("bulk")


def refuse_patch(error: ValidationError, under: str = "") -> NoReturn:
    """Answer 400 with every problem of a settings patch."""
    problems = [f"{under}{line}" for line in list_problems(error.messages)]
    refuse(400, "Some settings are not as they should be; nothing was changed.", problems)


def json_object() -> dict[str, Any]:
    """The request's body, which has to be a JSON object."""
    try:
        body = read_sent_json(request)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        refuse(400, "The body has to be a JSON object, sent as application/json.")
    return body
