"""What is done once in a while, whichever worker has time for it."""

from __future__ import annotations

import structlog

from jobs.leaving import part_from_the_dead
from jobs.runtime import Runtime
from store.database import empty_log, writing
from store.leases import take_lease
from store.pruning import prune

EVERY_SECONDS = 3600.0

log = structlog.get_logger(__name__)


def keep_house(runtime: Runtime) -> None:
    """Remove what has been kept long enough, and part from grants long dead.

    Once an hour in the whole installation.
    """
    # The lease is never given back: it runs out when the next round is due.
    if take_lease(runtime.database, "housekeeping", runtime.owner, seconds=EVERY_SECONDS) is None:
        return
    part_from_the_dead(runtime)
    with writing(runtime.database) as connection:
        removed = prune(connection, runtime.clock())
    if removed:
        empty_log(runtime.database)
        log.info("pruned", rows=removed)
