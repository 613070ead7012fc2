"""Who fails of a run's dates, grouped by cause, and trying all of a cause again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from api.blueprint import new_blueprint
from api.callers import caller
from api.errors import refuse
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from api.runs import portal_run
from engine.failure_causes import SAMPLES, Failure, FailureCause, group_failures
from schemas.api import PageQuery, page_of
from schemas.api_runs import FailureCauseSchema, RetryRequest
from schemas.api_webinars import SyncStarted
from store.database import reading, writing
from store.failing_people import failing_people, people_rows, retry_people
from store.people import load_occurrence_details

blueprint = new_blueprint("run_failures", "What HubSpot refused, by cause.")


@blueprint.get("/runs/<run_id>/errors")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(FailureCauseSchema))
def get_errors(query: dict[str, Any], run_id: str) -> dict[str, Any]:
    """Who fails now of the run's dates, the cause of most people first, with three of each."""
    cursor = read_cursor(query.get("after"), int)
    start = max(cursor[0], 0) if cursor else 0
    with reading(parts().engine) as connection:
        causes = _causes(connection, portal_run(connection, run_id))[start:]
        shown = causes[: query["limit"]]
        rows = people_rows(connection, [pk for one in shown for pk in one.pks[:SAMPLES]])
        places = load_occurrence_details(connection, {r["occurrence_pk"] for r in rows.values()})
    ids = {pk: place["occurrence_id"] or "0" for pk, (place, _) in places.items()}
    return page(
        causes,
        query["limit"],
        lambda _: write_cursor(start + query["limit"]),
        lambda one: _show_cause(one, rows, ids),
    )


@blueprint.post("/runs/<run_id>/retry")
@blueprint.arguments(RetryRequest, required=False)
@blueprint.response(202, SyncStarted)
def retry_failed(wanted: dict[str, str], run_id: str) -> dict[str, str]:
    """Send again what failed for everybody of the run's dates, or for everybody of one cause."""
    given = parts()
    with writing(given.engine) as connection:
        causes = _causes(connection, portal_run(connection, run_id))
        pks = [pk for one in causes if wanted["cause"] in ("", one.key) for pk in one.pks]
        if not pks:
            refuse(409, "Nobody fails for this any more, so there is nothing to try again.")
        retried = retry_people(connection, pks, caller().user_id, given.clock())
    given.ring("live")
    return {"run_id": retried}


def _causes(connection: Connection, rows: Sequence[RowMapping]) -> list[FailureCause]:
    people = failing_people(connection, list({row["occurrence_pk"] for row in rows}))
    return group_failures(Failure(row["id"], row["reason"], row["detail"]) for row in people)


def _show_cause(
    cause: FailureCause, rows: dict[int, RowMapping], occurrence_ids: dict[int, str]
) -> dict[str, Any]:
    samples = [rows[pk] for pk in cause.pks[:SAMPLES]]
    return {
        "cause": cause.key,
        "reason": cause.reason,
        "message": cause.message,
        "people": len(cause.pks),
        "samples": [
            {
                "person_id": str(row["id"]),
                "occurrence_id": occurrence_ids[row["occurrence_pk"]],
                "email": row["email"],
                "name": f"{row['first_name']} {row['last_name']}".strip(),
                "detail": row["detail"],
            }
            for row in samples
        ],
    }
