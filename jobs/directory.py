"""The HubSpot account's own users: they are never made contacts, so their list must be fresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from jobs.runtime import Runtime
from store.database import reading, writing
from store.directory import replace_hubspot_users, users_read_at

EVERY = timedelta(hours=1)


def refresh_hubspot_users(runtime: Runtime, run: RowMapping, *, is_forced: bool) -> None:
    """Read the users again when an hour has passed, or when somebody pressed Sync now."""
    now = runtime.clock()
    with reading(runtime.database) as connection:
        last = users_read_at(connection, run["portal_id"])
    if last is not None and now - last < EVERY and not is_forced:
        return
    hubspot = runtime.platforms.hubspot(run["portal_id"], run["pool"])
    users: dict[str, dict[str, Any]] = {}
    for page in hubspot.users():
        for user in page.rows:
            users[user.user_id] = {
                "user_id": user.user_id,
                "email": user.email,
                "is_super_admin": user.super_admin,
            }
    with writing(runtime.database) as connection:
        replace_hubspot_users(connection, run["portal_id"], users.values(), now)
