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
from schemas.tenant_settings import dump_settings, list_problems
from store.database import reading, writing
from store.settings import read_settings, save_settings

blueprint = new_blueprint("settings", "What is synced, and how.")


@blueprint.get("/settings")
@blueprint.response(200, VersionedSettings)
def get_settings() -> dict[str, Any]:
    """Every setting of the portal."""
    return current_settings()


@blueprint.patch("/settings")
@blueprint.doc(requestBody={"content": {"application/json": {"schema": VersionedSettings}}})
@blueprint.response(200, VersionedSettings)
def patch_settings() -> dict[str, Any]:
    """Change some settings; a key that is not given stays as it is.

    With `version`, the one the change is meant for, nothing is changed (409) when another is in
    force by now.
    """
    require_super_admin()
    save_patch(json_object())
    return current_settings()


def save_patch(patch: dict[str, Any]) -> None:
    """Save the patch, on top of its `version` alone where it names one."""
    based_on = patch.pop("version", None)
    if based_on is not None and (isinstance(based_on, bool) or not isinstance(based_on, int)):
        refuse(400, "The version has to be the number read before.", ["version: Not a number."])
    change_settings(patch, based_on)


def current_settings() -> dict[str, Any]:
    """The settings in force with their version, as JSON values."""
    with reading(parts().engine) as connection:
        version, settings = read_settings(connection, caller().portal_id)
    return {"version": version, **dump_settings(settings)}


def change_settings(patch: dict[str, Any], based_on: int | None = None) -> None:
    """Save the patch as the caller's; what is wrong with it is answered with 400."""
    given, who = parts(), caller()
    try:
        with writing(given.engine) as connection:
            save_settings(
                connection,
                who.portal_id,
                patch,
                who.user_id,
                given.clock(),
                given.plugin_forms(),
                based_on,
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
