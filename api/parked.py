"""What waits for somebody to look at it: people without identity and parked deliveries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.errors import refuse
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from schemas.api import PageQuery, page_of
from schemas.api_people import UnmatchedSchema
from schemas.api_portal import DeadLetterSchema
from store.database import reading, writing
from store.dead_letters import list_dead_letters, replay_dead_letter
from store.decisions import list_unidentified

blueprint = new_blueprint("parked", "People without identity, and deliveries that were parked.")


@blueprint.get("/unmatched")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(UnmatchedSchema))
def get_unmatched(query: dict[str, Any]) -> dict[str, Any]:
    """Participants nobody can name yet."""
    after = read_cursor(query.get("after"), int)
    with reading(parts().engine) as connection:
        rows = list_unidentified(
            connection, caller().portal_id, query["limit"] + 1, after[0] if after else 0
        )
    return page(rows, query["limit"], lambda row: write_cursor(row["id"]), _show_unmatched)


@blueprint.get("/dead-letters")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(DeadLetterSchema))
def get_dead_letters(query: dict[str, Any]) -> dict[str, Any]:
    """Deliveries that could not be made use of, and why."""
    after = read_cursor(query.get("after"), int)
    with reading(parts().engine) as connection:
        rows = list_dead_letters(
            connection, caller().portal_id, query["limit"] + 1, after[0] if after else 0
        )
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["id"]),
        lambda row: {**row, "id": str(row["id"])},
    )


@blueprint.post("/dead-letters/<delivery_id>/replay")
@blueprint.response(202)
def replay_delivery(delivery_id: str) -> None:
    """Have a parked delivery tried again."""
    is_known = False
    if delivery_id.isascii() and delivery_id.isdigit() and len(delivery_id) < 19:
        with writing(parts().engine) as connection:
            is_known = replay_dead_letter(connection, caller().portal_id, int(delivery_id))
    if not is_known:
        refuse(404, "There is no such parked delivery in this HubSpot account.")
    parts().ring("live")


def _show_unmatched(row: RowMapping) -> dict[str, Any]:
    return {
        "person_id": str(row["id"]),
        "webinar_id": row["webinar_id"],
        "topic": row["topic"],
        "occurrence_id": row["occurrence_id"] or "0",
        "name": f"{row['first_name']} {row['last_name']}".strip(),
        "reason": row["reason"],
        "detail": row["detail"],
        "attended_seconds": row["attended_seconds"],
    }
