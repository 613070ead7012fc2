"""Who leaves: their data is erased, and grants that stay dead are taken for a goodbye."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from jobs.runtime import Runtime
from jobs.slices import LEASE_SECONDS, SLICE_SECONDS, SliceOver, Turn
from store.database import reading, writing
from store.dead_grants import dead_accounts, dead_portals
from store.leases import LeaseLost, release_lease, take_lease
from store.leaving import Scope, close_erasure, erase, erasures_due

CLOCK = timedelta(days=30)
"""So long after its grant died somebody may connect again and find everything."""

log = structlog.get_logger(__name__)


def erase_due(runtime: Runtime) -> int:
    """Erase what is to be erased by now; how many portals or accounts."""
    with reading(runtime.database) as connection:
        scopes = erasures_due(connection, runtime.clock())
    return sum(_erase_one(runtime, scope) for scope in scopes)


def _erase_one(runtime: Runtime, scope: Scope) -> bool:
    name = f"erasure:{scope.portal_id}:{scope.account_id}"
    held = take_lease(runtime.database, name, runtime.owner, seconds=LEASE_SECONDS)
    if held is None:
        return False
    try:
        turn = Turn(runtime, held, time.monotonic() + SLICE_SECONDS)
        rows = erase(runtime.database, runtime.sealer, scope, runtime.clock(), turn.keep)
        with writing(runtime.database) as connection:
            close_erasure(connection, scope, runtime.clock())
    except (SliceOver, LeaseLost):
        # It is still due: others get their turn, and it goes on where it stopped.
        return True
    except DBAPIError as error:
        # Somebody was still writing: the rest is erased in the next round.
        log.warning("erasure_put_off", portal=scope.portal_id, reason=type(error).__name__)
        return False
    finally:
        release_lease(runtime.database, held)
    log.info("erased", portal=scope.portal_id, account=scope.account_id, rows=rows)
    return True


def part_from_the_dead(runtime: Runtime) -> None:
    """Disconnect what nobody has connected again within the 30 days since its grant died."""
    before = runtime.clock() - CLOCK
    with reading(runtime.database) as connection:
        portals = dead_portals(connection, before)
        accounts = dead_accounts(connection, before)
    for portal_id in portals:
        runtime.platforms.disconnect_portal(portal_id)
        log.info("left", portal=portal_id)
    for portal_id, account_id in accounts:
        if portal_id not in portals:
            runtime.platforms.disconnect_zoom(portal_id, account_id)
            log.info("left", portal=portal_id, account=account_id)
