"""Working off what workflows ask for: one path for requests answered at once and later.

One process at a time works for a portal; what a killed one left is due again after a while.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

import structlog
from sqlalchemy import RowMapping

from clients.errors import BudgetExhausted, outage_of
from jobs.completions import complete_requests
from jobs.registering import look_up, register
from jobs.request_people import prepare
from jobs.request_places import NoPlace, Place, Places
from jobs.request_work import (
    GIVE_UP_AFTER,
    TOO_LONG,
    RequestWork,
)
from jobs.runtime import Runtime
from jobs.slices import LEASE_SECONDS, SLICE_SECONDS, SliceOver
from rollcall.errors import NeedsAttention, Permanent, Retryable
from store.database import reading, writing
from store.leases import LeaseLost, release_lease, take_lease
from store.registration_requests import (
    find_requests,
    open_requests,
    place_requests,
    portals_with_requests,
    turn_at_requests,
)
from store.settings import read_settings

AT_ONCE = 300
PORTALS = 20

log = structlog.get_logger(__name__)


def work_off_requests(runtime: Runtime) -> bool:
    """Take a turn at the requests of the portal that waits longest; False when none is due."""
    with reading(runtime.database) as connection:
        portals = portals_with_requests(connection, runtime.clock(), PORTALS)
    for portal_id in portals:
        held = take_lease(
            runtime.database, turn_at_requests(portal_id), runtime.owner, seconds=LEASE_SECONDS
        )
        if held is None:
            continue
        try:
            with reading(runtime.database) as connection:
                _, settings = read_settings(connection, portal_id)
            ends_at = time.monotonic() + SLICE_SECONDS
            _take_turn(RequestWork(runtime, held, ends_at, portal_id, settings))
        finally:
            release_lease(runtime.database, held)
        return True
    return False


def _take_turn(work: RequestWork) -> None:
    try:
        complete_requests(work)
        _register_open(work)
        complete_requests(work)
    except (SliceOver, LeaseLost) as error:
        log.info("requests_go_on_elsewhere", portal=work.portal_id, why=str(error))


def _register_open(work: RequestWork) -> None:
    with reading(work.runtime.database) as connection:
        rows = open_requests(
            connection, work.portal_id, work.now, work.runtime.timing.coalesce, AT_ONCE
        )
    late = [row for row in rows if work.now - row["received_at"] > GIVE_UP_AFTER]
    work.settle(late, "failed", TOO_LONG)
    for place, group in _by_place(work, [row for row in rows if row not in late]):
        _attempt(work, place, group)


def _by_place(
    work: RequestWork, rows: Sequence[RowMapping]
) -> list[tuple[Place, list[RowMapping]]]:
    """The requests by the place they mean, noted on them; those that mean none are settled."""
    places = Places(work)
    found: dict[tuple[int, str], tuple[Place, list[RowMapping]]] = {}
    nowhere: dict[NoPlace, list[RowMapping]] = defaultdict(list)
    by_input: dict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        by_input[row["webinar_input"]].append(row)
    for webinar_input, group in by_input.items():
        work.keep()
        try:
            place = places.find(webinar_input)
        except Retryable as error:
            _put_back(work, group, error)
            continue
        if isinstance(place, NoPlace):
            nowhere[place] += group
        else:
            found.setdefault(place.key, (place, []))[1].extend(group)
    for why, group in nowhere.items():
        work.settle(group, why.outcome, why.detail)
    with writing(work.runtime.database) as connection:
        for place, group in found.values():
            new = [row["id"] for row in group if not row["webinar_id"]]
            webinar_id = place.webinar["webinar_id"]
            place_requests(connection, new, place.account_id, webinar_id, place.occurrence_id)
    return list(found.values())


def _attempt(work: RequestWork, place: Place, group: Sequence[RowMapping]) -> None:
    """Find out what is in doubt, then send the others; what stops it concerns this place alone."""
    try:
        doubtful = [row for row in group if row["state"] == "sending"]
        if doubtful:
            look_up(work, place, doubtful)
        waiting = [row for row in group if row["state"] == "waiting"]
        if waiting:
            register(work, place, prepare(work, place, waiting))
    except (SliceOver, LeaseLost):
        raise
    except Retryable as error:
        _put_back(work, group, error)
    except (NeedsAttention, Permanent) as error:
        log.error("requests_failed", portal=work.portal_id, why=str(error))
        work.settle(group, "failed", "HubSpot or Zoom refused to tell what is needed for it")
    except Exception as error:
        log.exception("requests_failed", portal=work.portal_id)
        _put_back(work, group, Retryable(f"failed with {type(error).__name__}"))


def _put_back(work: RequestWork, group: Sequence[RowMapping], error: Retryable) -> None:
    """Try a group again later, each as it is now: sent by somebody or not."""
    outage = outage_of(error)
    counts = outage is None and not isinstance(error, BudgetExhausted)
    pause = (outage or error).retry_after
    with reading(work.runtime.database) as connection:
        found = find_requests(connection, [row["id"] for row in group])
    for in_doubt in (True, False):
        rows = [row for row in found if (row["state"] == "sending") is in_doubt]
        work.try_later(rows, str(error), pause, in_doubt=in_doubt, counts=counts)
