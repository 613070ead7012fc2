"""Zoom users and the switches for their webinars."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from schemas.api import page_of
from schemas.api_webinars import UserPatch, UserQuery, UserSchema
from store.database import reading, writing
from store.settings import read_settings
from store.switches import change_user, find_user, list_users

NO_USER = "There is no such Zoom user in this HubSpot account."

blueprint = new_blueprint("users", "Users of the connected Zoom accounts.")


@blueprint.get("/users")
@blueprint.arguments(UserQuery, location="query")
@blueprint.response(200, page_of(UserSchema))
def get_users(query: dict[str, Any]) -> dict[str, Any]:
    """Zoom users with their switches."""
    after = read_cursor(query.get("after"), str)
    with reading(parts().engine) as connection:
        rows = list_users(
            connection,
            caller().portal_id,
            query["limit"] + 1,
            after[0] if after else None,
            query["search"],
            query["ids"].split(",") if "ids" in query else None,
        )
    return page(rows, query["limit"], lambda row: write_cursor(row["user_id"]), _show)


@blueprint.get("/users/<user_id>")
@blueprint.response(200, UserSchema)
def get_user(user_id: str) -> dict[str, Any]:
    """One Zoom user with the switches."""
    with reading(parts().engine) as connection:
        row = find_user(connection, caller().portal_id, user_id)
    if row is None:
        refuse(404, NO_USER)
    return _show(row)


@blueprint.patch("/users/<user_id>")
@blueprint.arguments(UserPatch)
@blueprint.response(200, UserSchema)
def patch_user(changes: dict[str, bool], user_id: str) -> dict[str, Any]:
    """Change the switches of a user's webinars."""
    require_super_admin()
    given, portal_id = parts(), caller().portal_id
    with writing(given.engine) as connection:
        if find_user(connection, portal_id, user_id) is None:
            refuse(404, NO_USER)
        _, settings = read_settings(connection, portal_id)
        change_user(connection, portal_id, user_id, changes, settings, given.clock())
        row = find_user(connection, portal_id, user_id)
    given.ring("bulk")
    return _show(row) if row is not None else {}


def _show(row: RowMapping) -> dict[str, Any]:
    return {
        "id": row["user_id"],
        "email": row["email"],
        "name": row["name"],
        "sync_new_webinars": row["sync_new_webinars"],
        "sync_recordings": row["sync_recordings"],
    }
