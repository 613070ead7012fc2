"""Stored deliveries: found, and merged again; dead letters are those that were parked.

Merging again what was merged before changes nothing in HubSpot, however often it is done.
"""

from __future__ import annotations

from typing import Any

from api.blueprint import new_blueprint
from api.callers import caller, require_super_admin
from api.errors import refuse
from api.paging import page, read_cursor, write_cursor
from api.parts import parts
from schemas.api import PageQuery, page_of
from schemas.api_deliveries import (
    DeadLetterSchema,
    DeliveryFilter,
    DeliveryQuery,
    DeliverySchema,
    ReplayedSchema,
)
from store.database import reading, writing
from store.deliveries import (
    PARKED,
    Replayed,
    Which,
    list_deliveries,
    replay_deliveries,
    replay_delivery,
)

blueprint = new_blueprint("deliveries", "What the platforms delivered, and merging it again.")


@blueprint.get("/dead-letters")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(DeadLetterSchema))
def get_dead_letters(query: dict[str, Any]) -> dict[str, Any]:
    """Deliveries that could not be made use of, why, and what to do about each."""
    return _list(query, PARKED)


@blueprint.get("/deliveries")
@blueprint.arguments(DeliveryQuery, location="query")
@blueprint.response(200, page_of(DeliverySchema))
def get_deliveries(query: dict[str, Any]) -> dict[str, Any]:
    """Every delivery that is kept, oldest first; never their bodies."""
    return _list(query, _which(query))


@blueprint.post("/dead-letters/<delivery_id>/replay")
@blueprint.response(202)
def replay_dead_letter(delivery_id: str) -> None:
    """Have a parked delivery merged, at once.

    One that is not parked (any more), because it was replayed, merged or ignored before, is left as
    it is and answered the same way. 404 when the account has no such delivery, 410 when what it
    said is no longer kept.
    """
    _replay(delivery_id, only_parked=True)


@blueprint.post("/deliveries/<delivery_id>/replay")
@blueprint.response(202)
def replay_any_delivery(delivery_id: str) -> None:
    """Have a delivery merged (again), whatever became of it; one that waits is due at once.

    404 when the account has no such delivery, 410 when what it said is no longer kept.
    """
    _replay(delivery_id, only_parked=False)


@blueprint.post("/dead-letters/replay")
@blueprint.response(202, ReplayedSchema)
def replay_dead_letters() -> dict[str, int]:
    """Have everything that is parked merged; what still cannot be is parked again."""
    return _replay_all(PARKED)


@blueprint.post("/deliveries/replay")
@blueprint.arguments(DeliveryFilter)
@blueprint.response(202, ReplayedSchema)
def replay_many(wanted: dict[str, Any]) -> dict[str, int]:
    """Have all these deliveries merged (again) whose bodies are kept; fresh ones go first."""
    return _replay_all(_which(wanted))


def _which(wanted: dict[str, Any]) -> Which:
    return Which(wanted.get("state"), wanted.get("event"), wanted.get("since"))


def _list(query: dict[str, Any], which: Which) -> dict[str, Any]:
    after = read_cursor(query.get("after"), int)
    with reading(parts().engine) as connection:
        rows = list_deliveries(
            connection,
            caller().portal_id,
            which,
            query["limit"] + 1,
            after[0] if after else 0,
        )
    return page(
        rows,
        query["limit"],
        lambda row: write_cursor(row["id"]),
        lambda row: {**row, "id": str(row["id"])},
    )


def _replay(delivery_id: str, *, only_parked: bool) -> None:
    require_super_admin()
    given = parts()
    result: Replayed = "unknown"
    if delivery_id.isascii() and delivery_id.isdigit() and len(delivery_id) < 19:
        with writing(given.engine) as connection:
            result = replay_delivery(
                connection,
                caller().portal_id,
                int(delivery_id),
                given.clock(),
                only_parked=only_parked,
            )
    if result == "unknown":
        refuse(
            404,
            "There is no such delivery in this HubSpot account, or it was kept long enough and is "
            "gone. Sync now reads from Zoom what it told.",
        )
    if result == "forgotten":
        refuse(
            410,
            "What this delivery said was forgotten, because it named somebody who was erased or "
            "concerned nobody here. It cannot be replayed.",
        )
    if result == "again":
        given.ring("live")


def _replay_all(which: Which) -> dict[str, int]:
    require_super_admin()
    given = parts()
    with writing(given.engine) as connection:
        replayed = replay_deliveries(connection, caller().portal_id, which, given.clock())
    if replayed:
        given.ring("live")
    return {"replayed": replayed}
