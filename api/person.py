"""One person: everything known in one webinar, and every webinar an address appears in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from api.people import portal_person, show_people
from schemas.api import page_of
from schemas.api_person import FoundPersonSchema, PeopleEverywhereQuery, PersonDetailSchema
from store.database import reading
from store.decisions import decision_history
from store.person_history import (
    changes_about,
    counted_instances,
    effects_about,
    find_person_row,
    is_matched_by_hand,
    list_everywhere,
    stays_of,
)
from store.session_facts import NAMELESS
from store.webinar_facts import find_occurrence

blueprint = new_blueprint("person", "One person, in one webinar or in all of them.")

_NEVER_INCLUDED = ("privacy_deleted", "sync_off", "zoom_events")
"""Reasons for which nobody is included by hand: no plugin's word that could be overruled."""


@blueprint.get("/people")
@blueprint.arguments(PeopleEverywhereQuery, location="query")
@blueprint.response(200, page_of(FoundPersonSchema))
def find_people(query: dict[str, Any]) -> dict[str, Any]:
    """Every date of every webinar in which the address appears, address by address."""
    portal_id = caller().portal_id
    after = read_cursor(query.get("after"), str, int)
    with reading(parts().engine) as connection:
        rows = list_everywhere(
            connection, portal_id, query["email"].strip().lower(), query["limit"] + 1, after
        )
        shown = show_people(connection, rows)
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["found_by"], row["id"]),
        lambda row: {
            **shown[row["id"]],
            "occurrence_id": row["occurrence_id"] or "0",
            "webinar_id": row["webinar_id"],
            "topic": row["topic"],
            "start_time": row["start_at"],
        },
    )


@blueprint.get("/webinars/<webinar_id>/people/<person_id>")
@blueprint.response(200, PersonDetailSchema)
def get_person(webinar_id: str, person_id: str) -> dict[str, Any]:
    """Decisions, opinions, attendance and writes of one person of one date."""
    with reading(parts().engine) as connection:
        row = portal_person(connection, webinar_id, person_id)
        known = find_person_row(connection, row["person_pk"])
        full: Any = {
            **row,
            "contact_id": known["contact_id"] if known is not None else None,
            "contact_match": known["contact_match"] if known is not None else "none",
        }
        effects = effects_about(connection, row)
        occurrence = find_occurrence(connection, row["occurrence_pk"])
        return {
            **show_people(connection, [full])[row["id"]],
            "occurrence_id": occurrence["occurrence_id"] or "0",
            "registration": row["status"],
            "registered_at": row["registered_at"],
            "cancelled_at": row["cancelled_at"],
            "joined_at": row["first_join_at"],
            "left_at": row["last_leave_at"],
            "plugin_failure": row["plugin_failure"],
            "history": [_show_decision(one) for one in decision_history(connection, row["id"])],
            "sessions": _show_sessions(connection, row),
            "effects": [_show_effect(one) for one in effects],
            "changes": [_show_change(one) for one in changes_about(connection, row)],
            "deeds": _deeds(connection, row, effects),
        }


def _show_decision(row: RowMapping) -> dict[str, Any]:
    by = row["decided_by"]
    return {
        "at": row["at"],
        "verdict": row["verdict"],
        "reason": row["reason"],
        "detail": row["detail"],
        "decided_by": {"plugin": by, "version": row["decided_by_version"]} if by else None,
        "settings_version": row["settings_version"],
        "opinions": row["opinions"],
        "entries": row["entries"],
    }


def _show_sessions(connection: Connection, row: RowMapping) -> list[dict[str, Any]]:
    stays = stays_of(connection, row)
    return [
        {
            "uuid": one["uuid"],
            "start_time": one["started_at"],
            "end_time": one["ended_at"],
            "stays": [
                {"joined_at": stay["joined_at"], "left_at": stay["left_at"]}
                for stay in stays
                if stay["instance_pk"] == one["id"]
            ],
        }
        for one in counted_instances(connection, row["occurrence_pk"])
    ]


def _show_effect(row: RowMapping) -> dict[str, Any]:
    return {
        "effect": row["kind"],
        "state": row["state"],
        "at": row["applied_at"],
        "error": row["error"],
        "plugin": row["plugin"],
    }


def _show_change(row: RowMapping) -> dict[str, Any]:
    return {
        "at": row["started_at"] or row["created_at"],
        "run_id": row["group_id"],
        "effect": row["effect"],
        "property": row["property"] or None,
        "before": row["before"],
        "after": row["after"],
    }


def _deeds(connection: Connection, row: RowMapping, effects: Sequence[RowMapping]) -> list[str]:
    """What somebody can decide about the person now."""
    is_erased = row["reason"] == "privacy_deleted"
    has_address = row["person_pk"] is not None
    possible = {
        "include": has_address
        and row["outcome"] == "excluded"
        and not row["is_included_by_hand"]
        and row["reason"] not in _NEVER_INCLUDED,
        "retry": row["outcome"] == "failing" or any(one["state"] == "rejected" for one in effects),
        "release": row["is_held"] and row["reason"] != "plugin_unavailable",
        "match": not has_address and row["identity_key"].startswith(NAMELESS),
        "unmatch": has_address and is_matched_by_hand(connection, row),
    }
    return [] if is_erased else [name for name, can in possible.items() if can]
