"""One contact's webinars, for the card on the contact's record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.paging import page, read_cursor, read_moment, write_cursor
from api.parts import parts
from engine.timing import final_at, scheduled_end
from schemas.api import PageQuery, page_of
from schemas.api_contacts import ContactWebinarSchema
from store.contact_history import list_contact_webinars
from store.database import reading
from store.decisions import applied_effects
from store.recording_facts import StoredRecording, recordings_of

blueprint = new_blueprint("contacts", "What became of one contact in every webinar.")


@blueprint.get("/contacts/<contact_id>/webinars")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(ContactWebinarSchema))
def get_contact_webinars(query: dict[str, Any], contact_id: str) -> dict[str, Any]:
    """The contact's webinars, the latest start first; none for a contact Zoom never told of."""
    cursor = read_cursor(query.get("after"), str, int)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        rows = list_contact_webinars(
            connection, caller().portal_id, contact_id, query["limit"] + 1, after
        )
        shown = rows[: query["limit"]]
        written = applied_effects(connection, shown)
        recordings = recordings_of(connection, sorted({row["occurrence_pk"] for row in shown}))
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["sort_at"].isoformat(), row["id"]),
        lambda row: _show(
            row, written.get(row["id"], ()), recordings.get(row["occurrence_pk"], ())
        ),
    )


def _show(
    row: RowMapping, written: Sequence[RowMapping], recordings: Sequence[StoredRecording]
) -> dict[str, Any]:
    ends_at = row["ended_at"] or scheduled_end(row["start_at"], row["duration_seconds"])
    is_counted = not row["is_series"] and row["occurrence_status"] != "cancelled"
    return {
        "webinar_id": row["webinar_id"],
        "topic": row["topic"],
        "occurrence_id": row["occurrence_id"] or "0",
        "series": row["is_series"],
        "start_time": row["start_at"] or row["webinar_start_at"],
        "status": row["occurrence_status"],
        "public_url": row["public_url"],
        "person_id": str(row["id"]),
        "email": row["email"],
        "registration": row["status"],
        "outcome": row["outcome"],
        "reason": row["reason"],
        "detail": row["detail"],
        "attended_seconds": row["attended_seconds"],
        "attended_percent": row["attended_percent"],
        "provisional": is_counted and row["settled_at"] is None,
        "final_at": final_at(ends_at, parts().reconcile_after) if is_counted else None,
        "written": [{"effect": one["kind"], "at": one["applied_at"]} for one in written],
        "recordings": [
            one.row["share_url"]
            for one in recordings
            if one.state.state == "available" and one.row["share_url"]
        ],
    }
