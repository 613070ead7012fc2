"""Participants without identity: they wait for somebody to say who they are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.errors import refuse
from api.paging import page, read_cursor, read_moment, write_cursor
from api.parts import parts
from api.people import read_person_id
from api.webinars import chosen_occurrences, portal_webinar
from schemas.api import PageQuery, page_of
from schemas.api_people import (
    CandidatePageSchema,
    CandidateQuery,
    HandMatchSchema,
    UnmatchedSchema,
)
from store.database import reading
from store.match_candidates import (
    find_unidentified,
    list_candidates,
    list_hand_matches,
    list_unidentified,
)

blueprint = new_blueprint("unmatched", "People without identity.")


@blueprint.get("/unmatched")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(UnmatchedSchema))
def get_unmatched(query: dict[str, Any]) -> dict[str, Any]:
    """Participants nobody can name yet, date by date; the webinars known last come first."""
    cursor = read_cursor(query.get("after"), int, int)
    after = (cursor[0], cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        rows = list_unidentified(connection, caller().portal_id, query["limit"] + 1, after)
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["occurrence_pk"], row["id"]),
        _show_unmatched,
    )


@blueprint.get("/webinars/<webinar_id>/people/<person_id>/candidates")
@blueprint.arguments(CandidateQuery, location="query")
@blueprint.response(200, CandidatePageSchema)
def get_candidates(query: dict[str, Any], webinar_id: str, person_id: str) -> dict[str, Any]:
    """Who registered for the webinar and did not come, by address; nobody is proposed by name."""
    after = read_cursor(query.get("after"), str)
    with reading(parts().engine) as connection:
        webinar_row = portal_webinar(connection, webinar_id)
        key = read_person_id(person_id)
        row = find_unidentified(connection, caller().portal_id, webinar_row["id"], key)
        if row is None:
            refuse(404, "There is no such person in this webinar, or somebody is named already.")
        places = {
            place["id"]
            for place in chosen_occurrences(connection, webinar_row["id"], None)
            if place["is_series"] or place["id"] == row["occurrence_pk"]
        }
        found = list_candidates(
            connection,
            row["occurrence_pk"],
            sorted(places),
            query["search"],
            query["limit"] + 1,
            after[0] if after else "",
        )
    shown = page(found, query["limit"], lambda one: write_cursor(one["email"]), _show_candidate)
    return {**shown, "participant": _show_unmatched(row)}


@blueprint.get("/hand-matches")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(HandMatchSchema))
def get_hand_matches(query: dict[str, Any]) -> dict[str, Any]:
    """Whom participants were matched to by hand, the latest first; `unmatch` takes one back."""
    cursor = read_cursor(query.get("after"), str, int)
    after = (read_moment(cursor[0]), cursor[1]) if cursor else None
    with reading(parts().engine) as connection:
        rows = list_hand_matches(connection, caller().portal_id, query["limit"] + 1, after)
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["at"].isoformat(), row["id"]),
        _show_match,
    )


def _show_place(row: RowMapping) -> dict[str, Any]:
    return {
        "webinar_id": row["webinar_id"],
        "topic": row["topic"],
        "occurrence_id": row["occurrence_id"] or "0",
        "start_time": row["start_at"],
    }


def _show_unmatched(row: RowMapping) -> dict[str, Any]:
    return {
        **_show_place(row),
        "person_id": str(row["id"]),
        "name": _name(row),
        "reason": row["reason"],
        "detail": row["detail"],
        "attended_seconds": row["attended_seconds"],
        "joined_at": row["first_join_at"],
        "left_at": row["last_leave_at"],
    }


def _show_candidate(row: RowMapping) -> dict[str, Any]:
    return {"email": row["email"], "name": _name(row)}


def _name(row: RowMapping) -> str:
    return f"{row['first_name']} {row['last_name']}".strip()


def _show_match(row: RowMapping) -> dict[str, Any]:
    return {
        **_show_place(row),
        "person_id": str(row["id"]),
        "email": row["email"],
        "participants": row["participants"],
        "author": row["author"] if row["author"] == row["other_author"] else None,
        "at": row["at"],
    }
