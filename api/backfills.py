"""Backfills: what of the past can still be had, and getting it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.paging import page, read_cursor, read_moment, write_cursor
from api.parts import parts
from engine.backfill import (
    find_horizon,
    history_ranges,
    since_moment,
    what_is_unlisted,
    why_not_since,
)
from schemas.api import PageQuery, page_of
from schemas.api_backfills import (
    KEPT,
    WEBINAR_STATES,
    BackfillRequest,
    BackfillSchema,
    BackfillStarted,
    BackfillWebinarSchema,
)
from store.backfill_webinars import count_items, list_items
from store.backfills import (
    Wanted,
    count_writes,
    find_backfill,
    find_open_backfill,
    is_same,
    list_backfills,
    lock_portal,
    open_backfill,
    stop_backfill,
)
from store.connection_status import read_connection_status
from store.database import reading, writing
from store.directory import accounts_of_portal
from store.settings import read_settings
from store.webinars import WITHOUT_DATE

blueprint = new_blueprint("backfills", "Past webinars: what Zoom still has, and bringing it in.")

_TO_DO = ("waiting", "running", "done", "failed")


@blueprint.post("/backfills")
@blueprint.arguments(BackfillRequest)
@blueprint.response(202, BackfillStarted)
def start_backfill(body: dict[str, Any]) -> dict[str, str]:
    """Bring in webinars from before Rollcall knew of them; with `dry_run`, only show them.

    One at a time: the same asked twice is one, and a preview gives way to whatever comes next.
    """
    require_super_admin()
    given, who = parts(), caller()
    now = given.clock()
    if problem := why_not_since(body["since"], now):
        refuse(400, "A backfill cannot begin on that day.", [f"since: {problem}"])
    wanted = Wanted(
        since=since_moment(body["since"]),
        webinar_ids=tuple(sorted(set(body["webinars"]))),
        is_dry=body["dry_run"],
        is_quiet=body["quiet"],
    )
    with writing(given.engine) as connection:
        lock_portal(connection, who.portal_id)
        known = find_open_backfill(connection, who.portal_id)
        if known is not None and is_same(known, wanted):
            return {"backfill_id": known["id"]}
        if known is not None and not known["is_dry"]:
            refuse(
                409,
                f"A backfill since {known['since'].date()} is under way. Wait until it has ended, "
                f"or stop it: DELETE /api/backfills/{known['id']}.",
            )
        account_ids = _connected_accounts(connection, who.portal_id)
        if not wanted.is_dry:
            _refuse_to_write_nothing(connection, who.portal_id)
        backfill_id = open_backfill(
            connection,
            who.portal_id,
            wanted,
            author=who.user_id,
            account_ids=account_ids,
            lists=len(account_ids) * len(history_ranges(wanted.since, now)),
            gaps=what_is_unlisted(wanted.since, now),
            now=now,
        )
    given.ring("bulk")
    return {"backfill_id": backfill_id}


def _connected_accounts(connection: Connection, portal_id: str) -> list[str]:
    account_ids = sorted(accounts_of_portal(connection, portal_id))
    if not account_ids:
        refuse(409, "Zoom is not connected. Connect it, then Rollcall can see what there is.")
    hubspot = read_connection_status(connection, portal_id).hubspot
    if hubspot is None or hubspot["status"] != "connected":
        refuse(409, "HubSpot no longer accepts Rollcall. Connect HubSpot again first.")
    return account_ids


def _refuse_to_write_nothing(connection: Connection, portal_id: str) -> None:
    _, settings = read_settings(connection, portal_id)
    if settings.webinar_sync == "none":
        refuse(
            409,
            "Webinar sync is off for the whole account, so nothing would be written. Switch it on "
            "first: `webinar_sync` in /api/settings. A preview (`dry_run`) is possible as it is.",
            ["webinar_sync: Is `none`."],
        )


@blueprint.get("/backfills")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(BackfillSchema))
def get_backfills(query: dict[str, Any]) -> dict[str, Any]:
    """Backfills and the last preview, newest first."""
    cursor = read_cursor(query.get("after"), str, str)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        rows = list_backfills(connection, caller().portal_id, query["limit"] + 1, after)
        shown = {row["id"]: _show(connection, row) for row in rows[: query["limit"]]}
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["created_at"].isoformat(), row["id"]),
        lambda row: shown[row["id"]],
    )


@blueprint.get("/backfills/<backfill_id>")
@blueprint.response(200, BackfillSchema)
def get_backfill(backfill_id: str) -> dict[str, Any]:
    """How far a backfill is, and what it came to."""
    with reading(parts().engine) as connection:
        return _show(connection, _portal_backfill(connection, backfill_id))


@blueprint.delete("/backfills/<backfill_id>")
@blueprint.response(200, BackfillSchema)
def delete_backfill(backfill_id: str) -> dict[str, Any]:
    """Stop a backfill: the webinar under way is finished, no other is begun."""
    require_super_admin()
    given = parts()
    with writing(given.engine) as connection:
        row = _portal_backfill(connection, backfill_id)
        stop_backfill(connection, row["id"], given.clock())
        return _show(connection, _portal_backfill(connection, backfill_id))


@blueprint.get("/backfills/<backfill_id>/webinars")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(BackfillWebinarSchema))
def get_backfill_webinars(query: dict[str, Any], backfill_id: str) -> dict[str, Any]:
    """The webinars a backfill reaches, the latest first, and what Zoom still has of each."""
    cursor = read_cursor(query.get("after"), str, int)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        row = _portal_backfill(connection, backfill_id)
        rows = list_items(connection, row["id"], query["limit"] + 1, after)
    return page(rows, query["limit"], _item_cursor, _show_item)


def _portal_backfill(connection: Connection, backfill_id: str) -> RowMapping:
    row = find_backfill(connection, caller().portal_id, backfill_id)
    if row is None:
        refuse(404, "There is no such backfill in this HubSpot account.")
    return row


def _show(connection: Connection, row: RowMapping) -> dict[str, Any]:
    states, kept = count_items(connection, row["id"])
    found = sum(states.values())
    return {
        "id": row["id"],
        "state": row["state"],
        "dry_run": row["is_dry"],
        "quiet": row["is_quiet"],
        "since": row["since"].date(),
        "webinars": row["webinar_ids"],
        "horizon": find_horizon(parts().clock()),
        "progress": _progress(row, states, found),
        "counts": {
            "found": found,
            "kept": {name: kept[name] for name in KEPT},
            "states": {name: states[name] for name in WEBINAR_STATES},
        },
        "writes": count_writes(connection, row),
        "message": row["message"],
        "gaps": row["gaps"],
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
    }


def _progress(row: RowMapping, states: dict[str, int], found: int) -> dict[str, int]:
    if row["state"] == "finding":
        return {"done": row["done"], "total": row["total"]}
    if row["state"] == "checking" or row["is_dry"]:
        return {"done": found - states["found"], "total": found}
    total = sum(states[name] for name in _TO_DO)
    return {"done": states["done"] + states["failed"], "total": total}


def _item_cursor(row: RowMapping) -> str:
    return write_cursor((row["starts_at"] or WITHOUT_DATE).isoformat(), row["id"])


def _show_item(row: RowMapping) -> dict[str, Any]:
    return {
        "webinar_id": row["webinar_id"],
        "topic": row["topic"],
        "host": row["host_email"] or row["host_id"],
        "start_time": row["starts_at"],
        "kept": row["kept"] or None,
        "lost": row["lost"],
        "known": row["is_known"],
        "left_out": row["left_out"] or None,
        "state": row["state"],
        "message": row["message"],
    }
