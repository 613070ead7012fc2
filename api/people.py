"""The decision log, and what a person decides by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.errors import refuse
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from api.people_csv import stream_csv
from api.webinars import chosen_occurrences, portal_webinar
from schemas.api import page_of
from schemas.api_people import MatchRequest, PeopleQuery, PersonSchema
from schemas.api_webinars import SyncStarted
from store.database import reading, writing
from store.decisions import (
    PeopleFilter,
    applied_effects,
    find_occurrence_person,
    include_by_hand,
    list_people,
    release_by_hand,
    retry_by_hand,
)
from store.gone import erased_among, lock_erasures
from store.hand_matches import match_by_hand, unmatch_by_hand
from store.person_history import primary_addresses, secondary_contacts
from store.session_facts import NAMELESS

blueprint = new_blueprint("people", "Who was synced, who was not, and why.")

_ERASED = "The person's data was erased on their demand; that cannot be overruled."


@blueprint.get("/webinars/<webinar_id>/people")
@blueprint.arguments(PeopleQuery, location="query")
@blueprint.response(200, page_of(PersonSchema))
@blueprint.alt_response(
    200, description="All matching people, when `text/csv` is asked for.", content_type="text/csv"
)
def get_people(query: dict[str, Any], webinar_id: str) -> dict[str, Any] | Response:
    """The decision about each person of the webinar, occurrence by occurrence."""
    if request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv":
        return export_people(query, webinar_id)
    return page_of_people(query, webinar_id)


def page_of_people(query: dict[str, Any], webinar_id: str) -> dict[str, Any]:
    """The people as a page of the list."""
    after = read_cursor(query.get("after"), int, str)
    with reading(parts().engine) as connection:
        occurrences = _occurrence_ids(connection, query, webinar_id)
        rows = list_people(connection, list(occurrences), _filter(query), query["limit"] + 1, after)
        shown = show_people(connection, rows)
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["occurrence_pk"], row["identity_key"]),
        lambda row: {**shown[row["id"]], "occurrence_id": occurrences[row["occurrence_pk"]]},
    )


def export_people(query: dict[str, Any], webinar_id: str) -> Response:
    """All matching people as CSV."""
    with reading(parts().engine) as connection:
        occurrences = _occurrence_ids(connection, query, webinar_id)
    return stream_csv(parts().engine, webinar_id, occurrences, _filter(query))


def _filter(query: dict[str, Any]) -> PeopleFilter:
    return PeopleFilter(query["email"], query["outcome"], query["reason"], query["plugin"])


def _occurrence_ids(
    connection: Connection, query: dict[str, Any], webinar_id: str
) -> dict[int, str]:
    webinar_row = portal_webinar(connection, webinar_id)
    chosen = chosen_occurrences(connection, webinar_row["id"], query.get("occurrence"))
    return {row["id"]: row["occurrence_id"] or "0" for row in chosen}


@blueprint.post("/webinars/<webinar_id>/people/<person_id>/include")
@blueprint.response(202, SyncStarted)
def include_person(webinar_id: str, person_id: str) -> dict[str, str]:
    """Sync the person whatever the rules say."""
    return _decide(webinar_id, person_id, include_by_hand)


@blueprint.post("/webinars/<webinar_id>/people/<person_id>/retry")
@blueprint.response(202, SyncStarted)
def retry_person(webinar_id: str, person_id: str) -> dict[str, str]:
    """Send again what HubSpot refused for the person."""
    return _decide(webinar_id, person_id, retry_by_hand)


@blueprint.post("/webinars/<webinar_id>/people/<person_id>/release")
@blueprint.response(202, SyncStarted)
def release_person(webinar_id: str, person_id: str) -> dict[str, str]:
    """Let a person go on who is held until somebody decides."""
    return _decide(webinar_id, person_id, release_by_hand)


@blueprint.post("/webinars/<webinar_id>/people/<person_id>/match")
@blueprint.arguments(MatchRequest)
@blueprint.response(202, SyncStarted)
def match_person(wanted: dict[str, str], webinar_id: str, person_id: str) -> dict[str, str]:
    """Say whose stay it is that Zoom gave no address for."""
    email = wanted["email"].strip().lower()

    def match(connection: Connection, row: RowMapping, author: str, now: datetime) -> str:
        if row["person_pk"] is not None or not row["identity_key"].startswith(NAMELESS):
            refuse(409, "The person has an address, so there is nobody to match.")
        lock_erasures(connection, row["portal_id"], is_shared=True)
        if erased_among(connection, parts().sealer, row["portal_id"], [email]):
            refuse(409, _ERASED)
        run_id = match_by_hand(connection, row, email, author, now)
        if run_id is None:
            refuse(409, "Zoom's report no longer has this participant; look at the list again.")
        return run_id

    return _decide(webinar_id, person_id, match)


@blueprint.post("/webinars/<webinar_id>/people/<person_id>/unmatch")
@blueprint.response(202, SyncStarted)
def unmatch_person(webinar_id: str, person_id: str) -> dict[str, str]:
    """Take back what was matched to the person; those participants are unmatched again."""

    def unmatch(connection: Connection, row: RowMapping, author: str, now: datetime) -> str:
        run_id = unmatch_by_hand(connection, row, author, now)
        if run_id is None:
            refuse(409, "Nobody was matched to this person by hand.")
        return run_id

    return _decide(webinar_id, person_id, unmatch)


def _decide(
    webinar_id: str,
    person_id: str,
    decide: Callable[[Connection, RowMapping, str, datetime], str],
) -> dict[str, str]:
    given, who = parts(), caller()
    with writing(given.engine) as connection:
        row = portal_person(connection, webinar_id, person_id)
        if decide is release_by_hand:
            _require_held(row)
        if row["reason"] == "privacy_deleted":
            refuse(409, _ERASED)
        run_id = decide(connection, row, who.user_id, given.clock())
    given.ring("live")
    return {"run_id": run_id}


def portal_person(connection: Connection, webinar_id: str, person_id: str) -> RowMapping:
    """The person with this id in the caller's webinar; 404 when there is none."""
    webinar_row = portal_webinar(connection, webinar_id)
    key = read_person_id(person_id)
    row = find_occurrence_person(connection, caller().portal_id, webinar_row["id"], key)
    if row is None:
        refuse(404, "There is no such person in this webinar.")
    return row


def read_person_id(text: str) -> int:
    """The key a person's id stands for; 0, which nobody has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _require_held(row: RowMapping) -> None:
    if not row["is_held"]:
        refuse(409, "The person is not held, so there is nobody to release.")
    if row["reason"] == "plugin_unavailable":
        refuse(409, "The person waits for a plugin: retry the plugin, or switch it off.")


def show_people(connection: Connection, rows: Sequence[RowMapping]) -> dict[int, dict[str, Any]]:
    """The people as the API shows them but for the id of their date, by their key.

    Rows carry ``contact_id`` and ``contact_match`` of the person.
    """
    excluded = [row for row in rows if row["outcome"] == "excluded"]
    written = applied_effects(connection, excluded)
    primary = primary_addresses(connection, caller().portal_id, secondary_contacts(rows))
    return {row["id"]: _show(row, primary, written.get(row["id"], ())) for row in rows}


def _show(
    row: RowMapping, primary: Mapping[str, str], written: Sequence[RowMapping]
) -> dict[str, Any]:
    is_secondary = row["contact_match"] == "secondary"
    by = row["decided_by"]
    return {
        "person_id": str(row["id"]),
        "email": row["email"],
        "name": f"{row['first_name']} {row['last_name']}".strip(),
        "outcome": row["outcome"],
        "reason": row["reason"],
        "detail": row["detail"],
        "decided_by": {"plugin": by, "version": row["decided_by_version"]} if by else None,
        "decided_at": row["decided_at"],
        "settings_version": row["settings_version"],
        "opinions": row["opinions"],
        "included_by_hand": row["is_included_by_hand"],
        "released_by_hand": row["is_released_by_hand"],
        "attended_seconds": row["attended_seconds"],
        "attended_percent": row["attended_percent"],
        "contact_id": row["contact_id"],
        "is_secondary": is_secondary,
        "primary_email": primary.get(row["contact_id"]) if is_secondary else None,
        "written_before": [
            {"effect": effect["kind"], "at": effect["applied_at"]} for effect in written
        ],
    }
