"""Participants without identity: they wait for somebody to say who they are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from schemas.api import PageQuery, page_of
from schemas.api_people import UnmatchedSchema
from store.database import reading
from store.decisions import list_unidentified

blueprint = new_blueprint("unmatched", "People without identity.")


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
